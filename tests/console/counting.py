"""How many queries each page asks of the store: run as a program, told what to serve by the environment; prints JSON.

Each page is asked for three times, and the third counts: what is remembered between pages has been by then.
"""

from __future__ import annotations

import json
import re

from asepsis.console.server import prepare
from asepsis.console.serving import served

PAGES = (
    "/", "/?decision=scheduled", "/?zone=imaging", "/findings", "/findings?state=accepted", "/findings?kind=alert", "/findings?q=CT",
    "/assets", "/assets?sort=last_seen", "/assets?q=CT", "/stories", "/detection", "/detection/coverage", "/sensor", "/map",
    "/map?clinical=1", "/approvals", "/reports", "/jobs", "/hunt", "/settings", "/journal", "/people", "/clients", "/about",
)  # fmt: skip


def main() -> None:
    """Counts."""
    prepare(served())
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from asepsis.console.models import Person

    person, _ = Person.objects.get_or_create(username="counter", defaults={"role": "administrator"})
    visitor = Client(HTTP_HOST="localhost")
    visitor.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    found = [re.findall(r'href="(/findings/F\w+)"', visitor.get("/findings").content.decode())[0]]
    found += [re.findall(r'href="(/assets/[^"?/]+)"', visitor.get("/assets").content.decode())[0]]
    counts = {}
    for path in (*PAGES, *found):
        for _ in range(2):
            assert visitor.get(path).status_code == 200, path
        with CaptureQueriesContext(connection) as asked:
            visitor.get(path)
        counts[{0: "/findings/ID", 1: "/assets/ID"}.get(found.index(path), path) if path in found else path] = len(asked)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
