"""Where the pages of who talks to whom are."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_safe

from . import views
from .api import api

__all__ = ["api", "app_name", "urlpatterns"]

app_name = "assessment"
urlpatterns = [
    path("map", require_safe(views.map_page), name="map"),
    path("map/<str:source>/<str:target>", require_safe(views.pair), name="pair"),
    path("assets/<str:id>/talks", require_safe(views.peers), name="peers"),
]
