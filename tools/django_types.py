"""The settings by which types are checked: those of the console, without a site to serve. Nothing runs with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from asepsis.settings import INSTALLED_APPS as CORE

INSTALLED_APPS = [
    *CORE,
    "asepsis.console",
    "asepsis.lake",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]
AUTH_USER_MODEL = "console.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECRET_KEY = "none: nothing is signed"  # noqa: S105
SITE = Path()
DIRECTORY: Any = None
