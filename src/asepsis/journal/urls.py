"""Where the page of the journal is."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_safe

from . import views

app_name = "journal"
urlpatterns = [path("journal", require_safe(views.entries), name="entries")]
