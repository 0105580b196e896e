"""Where the pages of assets are."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from . import views
from .api import api

__all__ = ["api", "app_name", "urlpatterns"]

app_name = "hospital"
urlpatterns = [
    path("assets", require_safe(views.assets), name="assets"),
    path("assets.csv", require_safe(views.assets_csv), name="assets_csv"),
    path("assets/acts/<int:n>/undo", require_POST(views.undo), name="undo"),
    path("assets/<str:id>", require_safe(views.asset), name="asset"),
    path("assets/<str:id>/edit", require_POST(views.edit), name="edit"),
    path("assets/<str:id>/merge", require_POST(views.merge), name="merge"),
    path("assets/<str:id>/split", require_POST(views.split), name="split"),
]
