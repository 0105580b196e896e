"""The process that runs jobs. Started by `asepsis up`."""

from __future__ import annotations

import logging

import django

from ..server import prepare
from ..serving import served
from ..supervisor import tell_ready


def main() -> None:
    """Runs jobs until it is told to stop (SIGTERM, SIGINT)."""
    for name in ("django_tasks", "django_tasks_db"):
        # What they say is not for who runs the console; a job says by itself what came of it.
        quiet = logging.getLogger(name)
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
    site = prepare(served())
    django.setup(set_prefix=False)
    from .runner import run

    run(site, tell_ready)


if __name__ == "__main__":
    main()
