"""Tells Django that network security keeps rows."""

from __future__ import annotations

from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "asepsis.network"
    label = "network"
