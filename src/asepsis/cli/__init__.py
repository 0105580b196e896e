"""The roof: the command line."""
