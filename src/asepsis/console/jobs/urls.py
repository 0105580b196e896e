"""Where the pages of jobs are."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from . import views
from .api import gives, reads

__all__ = ["app_name", "gives", "reads", "urlpatterns"]

app_name = "jobs"
urlpatterns = [
    path("captures", require_POST(views.take), name="take"),
    path("jobs", require_safe(views.jobs), name="jobs"),
    path("jobs/cancel", require_POST(views.cancel), name="cancel"),
    path("jobs/<str:id>", require_safe(views.job), name="job"),
]
