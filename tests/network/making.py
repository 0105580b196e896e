"""Rows put into the lake of a site, as if the core had made them, and a look of the rules at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asepsis.findings.service import Look
from asepsis.hospital.service import locate
from asepsis.kit.site import Site
from asepsis.lake.rows_lake import DAY, table
from asepsis.lake.service import open_lake
from asepsis.lake.writer import Writer
from asepsis.network import service

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def put(site: Site, rows: Rows) -> None:
    """One commit with these rows."""
    with Writer(site.lake, lambda _: {}) as writer:
        for stream, given in rows.items():
            for batch in table(stream, given).to_batches():
                writer.write(stream, batch)
        writer.commit()


def look(site: Site) -> None:
    """The rules look at what came."""
    with open_lake(site) as lake:
        service.detect(site, Look(lake, locate(()), DAY))


def calls(client: str, server: str, second: int, **more: Any) -> list[dict[str, Any]]:
    """A program that is run on another machine as a service."""
    both = {"id_orig_h": client, "id_resp_h": server, "endpoint": "svcctl"} | more
    ids = [f"{client}>{server}@{second}-{n}" for n in range(2)]
    return [
        both | {"ts": f"08:{second // 60:02}:{second % 60:02}", "event_id": ids[0], "operation": "CreateServiceW"},
        both | {"ts": f"08:{second // 60:02}:{second % 60:02}.5", "event_id": ids[1], "operation": "StartServiceW"},
    ]


def zeros(client: str, server: str, time: str, n: int = 0) -> dict[str, Any]:
    """A secure channel that is begun with zeros."""
    told = {"endpoint": "netlogon", "operation": "NetrServerAuthenticate3", "marks": ["null-client-credential"]}
    return {"ts": time, "event_id": f"zeros-{client}-{time}-{n}", "id_orig_h": client, "id_resp_h": server, **told}
