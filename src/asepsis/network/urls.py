"""Where the pages of network security are."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_safe

from . import views

__all__ = ["app_name", "urlpatterns"]

app_name = "network"
urlpatterns = [
    path("stories", require_safe(views.stories), name="stories"),
    path("stories/<str:id>", require_safe(views.story), name="story"),
]
