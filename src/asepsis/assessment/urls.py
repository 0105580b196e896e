"""Where the pages of who talks to whom are, and of reports. A week and a month differ in who may look: the one tells who did what."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_safe

from . import views
from .api import api, reports_api

__all__ = ["api", "app_name", "reports_api", "urlpatterns"]

app_name = "assessment"
urlpatterns = [
    path("map", require_safe(views.map_page), name="map"),
    path("map/<str:source>/<str:target>", require_safe(views.pair), name="pair"),
    path("assets/<str:id>/talks", require_safe(views.peers), name="peers"),
    path("reports", require_safe(views.reports), name="reports"),
    path("reports/weekly/<str:name>.pdf", require_safe(views.weekly_pdf), name="weekly_pdf"),
    path("reports/weekly/<str:name>", require_safe(views.weekly), name="weekly"),
    path("reports/monthly/<str:name>.pdf", require_safe(views.monthly_pdf), name="monthly_pdf"),
    path("reports/monthly/<str:name>", require_safe(views.monthly), name="monthly"),
]
