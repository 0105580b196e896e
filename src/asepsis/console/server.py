"""The process that serves pages: one site, over HTTPS unless told otherwise. Started by `asepsis up`."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path

import uvicorn

from asepsis.kit import live
from asepsis.kit.site import Site

from .serving import Serving, served
from .supervisor import tell_ready


def main() -> None:
    """Serves until it is told to stop (SIGTERM, SIGINT)."""
    serving = served()
    site = prepare(serving)
    from asepsis.lake.service import hunts

    # What was asked before this process began is kept no longer than the rest.
    hunts(site).sweep()
    import django

    django.setup(set_prefix=False)
    from .body import Handler

    config = uvicorn.Config(
        Handler(),
        host=serving.host,
        port=serving.port,
        ssl_certfile=serving.certificate or None,
        ssl_keyfile=serving.key or None,
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=64 << 10,
        timeout_graceful_shutdown=5,
    )
    _Server(config).run()


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            tell_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        live.end_all()
        await super().shutdown(sockets)


def prepare(serving: Serving) -> Site:
    """Opens the store of the site for this process, with what the console keeps in it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "asepsis.console.settings"
    # Django would write down addresses of requests that fail, and an address may hold the word that lets somebody in (`door.Door` tells).
    # What logs in by the directory would write down names, into whose field people type passwords (`directory_backend.silent` tells).
    for name in ("django", "django_auth_ldap"):
        quiet = logging.getLogger(name)
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
    from asepsis.settings import serve_store

    site = Site.open(Path(serving.site))
    serve_store(site)
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("clearsessions")
    call_command("createcachetable", verbosity=0)
    return site


if __name__ == "__main__":
    main()
