"""Values for scripts, as text in a page: a page has no script of its own, not even one that only holds values."""

from __future__ import annotations

import json

from django import template
from django.core.serializers.json import DjangoJSONEncoder

register = template.Library()


@register.filter
def json_text(value: object) -> str:
    """JSON (RFC 8259), which the template escapes as any text."""
    return json.dumps(value, cls=DjangoJSONEncoder)
