"""The journal as a Django app, for what the store keeps of it."""

from __future__ import annotations

from django.apps import AppConfig


class Journal(AppConfig):
    name = "asepsis.journal"
    label = "journal"
