"""Scenes of the golden captures: two hosts, one protocol, its real programs (`record_golden.py`)."""
