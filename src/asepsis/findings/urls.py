"""Where the pages of findings are."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from . import views
from .api import api

__all__ = ["api", "app_name", "urlpatterns"]

app_name = "findings"
urlpatterns = [
    path("", require_safe(views.worklist), name="worklist"),
    path("findings/<str:id>", require_safe(views.finding), name="finding"),
    path("findings/<str:id>/accept", require_POST(views.accept), name="accept"),
    path("findings/<str:id>/reopen", require_POST(views.reopen), name="reopen"),
    path("findings/<str:id>/close", require_POST(views.close), name="close"),
]
