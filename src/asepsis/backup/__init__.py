"""Backup: a site in one file, taken while everything runs, and a new site made of it."""
