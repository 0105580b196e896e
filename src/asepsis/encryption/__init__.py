"""Measure 3, encryption: what travels, and what lies, where others can read or change it."""
