"""Measure 1, network security: what the traffic shows to be wrong."""
