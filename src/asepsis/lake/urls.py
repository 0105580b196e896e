"""Where the page Hunt and what belongs to it are."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from . import views

__all__ = ["app_name", "urlpatterns"]

app_name = "lake"
urlpatterns = [
    path("hunt", require_safe(views.hunt), name="hunt"),
    path("hunt/ask", require_POST(views.ask), name="ask"),
    path("hunt/streams", require_safe(views.streams), name="streams"),
    path("hunt/answers/<str:id>", require_safe(views.answer), name="answer"),
    path("hunt/answers/<str:id>/stop", require_POST(views.stop), name="stop"),
    path("hunt/answers/<str:id>/csv", require_safe(views.as_csv), name="csv"),
    path("hunt/answers/<str:id>/json", require_safe(views.as_json), name="json"),
    path("hunt/queries", require_POST(views.keep), name="keep"),
    path("hunt/queries/<str:id>/rename", require_POST(views.rename), name="rename"),
    path("hunt/queries/<str:id>/forget", require_POST(views.forget), name="forget"),
]
