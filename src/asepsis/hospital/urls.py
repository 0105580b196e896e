"""Where the pages of assets are."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_safe

from . import views
from .api import api

__all__ = ["api", "app_name", "urlpatterns"]

app_name = "hospital"
urlpatterns = [
    path("assets", require_safe(views.assets), name="assets"),
    path("assets/<str:id>", require_safe(views.asset), name="asset"),
]
