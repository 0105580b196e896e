"""A package of its own: a library of the tests (textstat) installs one of this name, and would stand before a folder without this file."""
