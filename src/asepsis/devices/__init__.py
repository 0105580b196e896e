"""Measure 4, medical devices: what they are, how they are set up, whether they are patched."""
