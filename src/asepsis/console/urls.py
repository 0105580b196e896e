"""Every address of the console."""

from __future__ import annotations

from django.urls import include, path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import glass_views, setting, views
from .api import api

console = [
    path("welcome/<str:word>", require_http_methods(["GET", "HEAD", "POST"])(views.welcome), name="welcome"),
    path("people", require_safe(views.people_page), name="people"),
    path("people/invite", require_POST(views.invite), name="invite"),
    path("people/become", require_POST(views.become), name="become"),
    path("people/allow", require_POST(glass_views.allow), name="allow"),
    path("glass", require_http_methods(["GET", "HEAD", "POST"])(glass_views.glass), name="glass"),
    path("glass/end", require_POST(glass_views.mend), name="mend"),
    path("glass/enter", require_http_methods(["GET", "HEAD", "POST"])(glass_views.enter), name="enter"),
    path("clients", require_safe(views.clients_page), name="clients"),
    path("clients/admit", require_POST(views.admit), name="admit"),
    path("clients/withdraw", require_POST(views.withdraw), name="withdraw"),
    path("settings", require_safe(setting.settings_page), name="settings"),
    path("approvals/<str:id>/link", require_POST(views.ask_by_link), name="ask_by_link"),
    path("approve/<str:word>", require_http_methods(["GET", "HEAD", "POST"])(views.approve), name="approve"),
    path("about", require_safe(views.about), name="about"),
]
urlpatterns = [
    path("healthz", require_safe(views.healthz), name="healthz"),
    path("readyz", require_safe(views.readyz), name="readyz"),
    path("api/v1/", api.urls),
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("", include((console, "console"))),
    path("", include("asepsis.console.jobs.urls")),
    path("", include("asepsis.assessment.urls")),
    path("", include("asepsis.findings.urls")),
    path("", include("asepsis.hospital.urls")),
    path("", include("asepsis.lake.urls")),
    path("", include("asepsis.network.urls")),
    path("", include("asepsis.journal.urls")),
    path("settings/channels/", include("asepsis.notices.urls")),
]
