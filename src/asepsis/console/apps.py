"""The console as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Console(AppConfig):
    name = "asepsis.console"
    label = "console"

    def ready(self) -> None:
        from .comings import listen

        listen()
