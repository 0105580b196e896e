"""Processor time of the pages of who talks to whom, in a store as large as hospitals have: p95 of each.

    python bench/map.py [--assets 50000] [--talks 300000]

Everything is asked of the views through all middleware, by somebody who is logged in, in one process. No lake is there to be read.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from filled import filled

from asepsis.assessment import running
from asepsis.assessment.talks import OUTSIDE, Openness, Pair, Tally
from asepsis.console.server import prepare
from asepsis.console.serving import Serving
from asepsis.hospital.service import Asset, assets, locate
from asepsis.kit.site import Site

TIMES = 40
SERVERS = {"PACS", "archive", "RIS", "LIS", "EHR", "interface engine", "name server", "file server", "domain controller"}
SPOKEN = (("dicom", Openness.CLEAR_CLINICAL), ("hl7", Openness.CLEAR_CLINICAL), ("ssl", Openness.ENCRYPTED), ("dns", Openness.OTHER),
          ("smb", Openness.OTHER), ("http", Openness.OTHER), ("", Openness.OTHER))  # fmt: skip


def spoken(known: list[Asset], number: int, chance: random.Random) -> dict[Pair, Tally]:
    """Who talks to whom: most with servers, one server with everybody, some with each other and with the world."""
    servers = [one for one in known if one.kind in SERVERS][:400]
    busiest, found = servers[0].id, {}
    for one in known[1:]:
        found[Pair(one.id, busiest, "dns", Openness.OTHER)] = Tally(9, 1, 2)
    while len(found) < number:
        source, of = chance.choice(known).id, servers if chance.random() < 0.8 else known
        target = OUTSIDE if chance.random() < 0.02 else chance.choice(of).id
        service, openness = chance.choice(SPOKEN)
        if source != target:
            found[Pair(source, target, service, openness)] = Tally(chance.randrange(1, 500), 1_772_000_000_000_000, 1_772_600_000_000_000)
    return found


def fill(site: Site, number: int, talks: int) -> list[Asset]:
    """Fills the store of an empty site."""
    filled(site, number, 100)
    known, chance = assets(site), random.Random(1)
    basis = running.everything(site, locate(known), ())
    running.add(spoken(known, talks, chance), locate(known), basis)
    return known


def measure(client: Any, address: str) -> tuple[float, int]:
    """Milliseconds of a processor (p95), and bytes of a page."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    took = []
    for _ in range(TIMES):
        begun = time.process_time()
        client.get(address)
        took.append(1000 * (time.process_time() - begun))
    return statistics.quantiles(took, n=20)[-1], len(answer.content)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--assets", type=int, default=50_000)
    parser.add_argument("--talks", type=int, default=300_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Site.open(Path(folder) / "site", create=True)
        os.environ |= Serving(str(site.path), "127.0.0.1", 1, ("testserver",)).environment()
        prepare(Serving(str(site.path), "127.0.0.1", 1, ("testserver",)))
        known = fill(site, given.assets, given.talks)
        from django.test import Client

        from asepsis.assessment.models import FlowRow, GroupRow, TalkRow
        from asepsis.console.models import Person

        client = Client()
        client.force_login(Person.objects.create(username="anna", role="viewer"), "django.contrib.auth.backends.ModelBackend")
        many = [f"{rows.objects.count():,} {what}" for rows, what in ((TalkRow, "talks"), (GroupRow, "groups"), (FlowRow, "flows"))]
        print(f"{len(known):,} assets, {', '.join(many)}")
        first = TalkRow.objects.order_by("-connections").first()
        busiest = TalkRow.objects.filter(service="dns", connections=9).values_list("target", flat=True)[0]
        one, other = (GroupRow.objects.get(pk=pk) for pk in (first.source_group, first.target_group))
        near = f"source={one.place}&target={other.place}"
        kinds = f"{near}&source_kind={one.kind}&target_kind={other.kind}"
        pages = ["/map", "/map?clear=1", "/map?clinical=1", "/map?outside=1", f"/map?place={one.place}", f"/map?{near}", f"/map?{kinds}"]
        pages += [f"/map/{first.source}/{first.target}", f"/assets/{first.source}/talks", f"/assets/{busiest}/talks"]
        for address in pages:
            p95, size = measure(client, address)
            print(f"{address[:70]:<72} p95 {p95:6.0f} ms  {size:,} bytes", flush=True)


if __name__ == "__main__":
    main()
