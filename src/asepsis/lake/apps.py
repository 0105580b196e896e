"""The lake as a Django app, of the console alone: `asepsis lake ...` and the sensor never load Django."""

from __future__ import annotations

from django.apps import AppConfig


class LakeConfig(AppConfig):
    name = "asepsis.lake"
    label = "lake"
