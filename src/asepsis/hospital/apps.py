"""Tells Django that the hospital keeps rows."""

from __future__ import annotations

from django.apps import AppConfig


class HospitalConfig(AppConfig):
    name = "asepsis.hospital"
    label = "hospital"
