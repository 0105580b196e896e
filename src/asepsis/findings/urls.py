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
    path("worklist/live", require_safe(views.live), name="live"),
    path("findings", require_safe(views.findings), name="findings"),
    path("findings/several", require_POST(views.several), name="several"),
    path("findings/take-back", require_POST(views.take_back), name="take_back"),
    path("findings/view", require_POST(views.keep), name="keep"),
    path("findings/comments/<int:n>/redact", require_POST(views.redact), name="redact"),
    path("findings/<str:id>", require_safe(views.finding), name="finding"),
    path("findings/<str:id>/accept", require_POST(views.accept), name="accept"),
    path("findings/<str:id>/reopen", require_POST(views.reopen), name="reopen"),
    path("findings/<str:id>/close", require_POST(views.close), name="close"),
    path("findings/<str:id>/assign", require_POST(views.assign), name="assign"),
    path("findings/<str:id>/comment", require_POST(views.comment), name="comment"),
    path("approvals", require_safe(views.approvals), name="approvals"),
    path("approvals/<str:id>", require_safe(views.approval), name="approval"),
    path("approvals/<str:id>/answer", require_POST(views.answer), name="answer"),
    path("approvals/<str:id>/withdraw", require_POST(views.withdraw), name="withdraw"),
]
