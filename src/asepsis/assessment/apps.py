"""Tells Django that the assessment keeps rows, and has pages."""

from __future__ import annotations

from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    name = "asepsis.assessment"
    label = "assessment"
