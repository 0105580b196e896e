"""Findings as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Findings(AppConfig):
    name = "asepsis.findings"
    label = "findings"
