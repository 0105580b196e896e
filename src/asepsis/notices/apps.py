"""Notices as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Notices(AppConfig):
    name = "asepsis.notices"
    label = "notices"
