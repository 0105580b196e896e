"""The console as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Console(AppConfig):
    name = "asepsis.console"
    label = "console"
