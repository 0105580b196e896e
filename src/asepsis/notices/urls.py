"""Where the forms of channels are: below the page of settings."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from . import views

__all__ = ["app_name", "urlpatterns"]

app_name = "notices"
_form = require_http_methods(["GET", "HEAD", "POST"])
urlpatterns = [
    path("new/<str:kind>", _form(views.new), name="new"),
    path("<int:id>", _form(views.channel), name="channel"),
    path("<int:id>/test", require_POST(views.test), name="test"),
    path("<int:id>/switch", require_POST(views.switch), name="switch"),
    path("<int:id>/renew", require_POST(views.renew), name="renew"),
    path("<int:id>/again", require_POST(views.again), name="again"),
    path("<int:id>/delete", require_POST(views.delete), name="delete"),
]
