"""Where the pages of network security are."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from . import views
from .api import api

__all__ = ["api", "app_name", "urlpatterns"]

app_name = "network"
urlpatterns = [
    path("stories", require_safe(views.stories), name="stories"),
    path("stories/<str:id>", require_safe(views.story), name="story"),
    path("sensor", require_safe(views.live), name="live"),
    path("detection", require_safe(views.rules), name="rules"),
    path("detection/coverage", require_safe(views.coverage), name="coverage"),
    path("detection/rules/<str:name>", require_safe(views.rule), name="rule"),
    path("detection/rules/<str:name>/tune", require_POST(views.tune), name="tune"),
    path("detection/rules/<str:name>/untune", require_POST(views.untune), name="untune"),
]
