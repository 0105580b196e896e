"""A site's store as large as hospitals have: assets and findings like those of a recorded morning, many times over.

    python bench/filled.py SITE --assets 50000 --findings 1000000

The recorded morning is assessed first; its assets and findings are the patterns. Each copy has its own name, address, zone and time, and an
asset of its own kind. Lines of the worklist are made as the product makes them.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from itertools import count, islice
from pathlib import Path

from asepsis.assessment.service import assess
from asepsis.findings.service import Acceptance, Finding, State, findings, identity
from asepsis.hospital.service import Asset, as_json, assets
from asepsis.kit.site import Site
from asepsis.settings import open_store

CAPTURES = Path(__file__).parents[1] / "range" / "captures"
FIRST = int(ip_address("10.64.0.0"))
ZONES = 60
AT_ONCE = 2_000
UNTIL = date(2027, 11, 1)
STATES = (State.OPEN,) * 12 + (State.STALE,) * 2 + (State.ACCEPTED,) * 3 + (State.CLOSED,) * 15


def filled(site: Site, wanted: int, faults: int, seed: int = 1) -> None:
    """Fills the store of an empty site."""
    assess(site, [CAPTURES])
    chance, patterns, seen = random.Random(seed), assets(site), findings(site)
    open_store(site)
    copies = [_asset(chance.choice(patterns), n, chance) for n in range(wanted - len(patterns))]
    _keep_assets(copies)
    by_kind: dict[str, list[Asset]] = {}
    for asset in [*patterns, *copies]:
        by_kind.setdefault(asset.kind, []).append(asset)
    _keep_findings(_findings([f for f in seen if not f.seen.part_of], by_kind, chance), faults - len(seen))


def _asset(pattern: Asset, n: int, chance: random.Random) -> Asset:
    address = str(ip_address(FIRST + n))
    return replace(
        pattern,
        id=f"a{n:010x}",
        name=f"{pattern.kind.upper()[:4]}{n:05d}" if n % 3 else f"{pattern.name} {n}",
        zone=f"zone {chance.randrange(ZONES):02d}",
        serial=f"S{n:08d}" if pattern.serial else "",
        addresses=(address,),
        macs=(),
        hostnames=(f"host{n:05d}.hospital.example",),
        stays=(),
        former=(),
        behind="",
    )


def _keep_assets(copies: list[Asset]) -> None:
    from asepsis.hospital.listing import words_of
    from asepsis.hospital.models import AssetRow

    rows = (
        AssetRow(
            id=a.id, name=a.name, kind=a.kind, kind_confidence=a.kind_confidence, clinical_class=a.clinical_class, zone=a.zone,
            first_seen=a.first_seen, last_seen=a.last_seen, detail=as_json(a), words=words_of(a),
        )
        for a in copies
    )  # fmt: skip
    while some := list(islice(rows, AT_ONCE)):
        AssetRow.objects.bulk_create(some)


def _findings(patterns: list[Finding], by_kind: dict[str, list[Asset]], chance: random.Random) -> Iterator[Finding]:
    for n in count():
        finding = chance.choice(patterns)
        of = chance.choice(by_kind.get(finding.seen.asset_kind) or next(iter(by_kind.values())))
        first = finding.seen.first_seen - timedelta(minutes=chance.randrange(300_000))
        subject = f"{of.id} {n}"
        seen = replace(
            finding.seen,
            subject=subject,
            zone=of.zone,
            assets=(of.id,),
            title=f"{finding.seen.fault} ({of.name})"[:300],
            first_seen=first,
            last_seen=first + timedelta(minutes=chance.randrange(20_000)),
            patients=chance.randrange(40) if finding.seen.patients else 0,
        )
        state = chance.choice(STATES)
        turned = seen.last_seen if state is not State.OPEN else first
        yield replace(
            finding,
            id=identity(seen.check, subject, seen.discriminator),
            seen=seen,
            state=state,
            acceptance=Acceptance("console:anna", "a new firewall comes", UNTIL, finding.decision) if state is State.ACCEPTED else None,
            history=(*finding.history[:1], replace(finding.history[0], at=turned, what=state.value)),
        )


def _keep_findings(made: Iterator[Finding], wanted: int) -> None:
    from django.db import transaction

    from asepsis.findings import store
    from asepsis.findings.models import ChangeRow, FindingRow
    from asepsis.findings.tally import Tally, tallied

    counts, leads = Counter[Tally](), dict[Tally, str]()
    done, began, told = 0, time.monotonic(), datetime.now()
    while done < wanted and (some := list(islice(made, min(AT_ONCE, wanted - done)))):
        with transaction.atomic():
            FindingRow.objects.bulk_create([FindingRow.of(f, "") for f in some])
            ChangeRow.objects.bulk_create(
                [ChangeRow(finding_id=f.id, at=t.at, what=t.what, who=t.who, why=t.why) for f in some for t in f.history]
            )
        more, of = tallied(some, {})
        counts.update(more)
        leads = of | leads
        done += len(some)
        if datetime.now() - told > timedelta(seconds=10):
            told = datetime.now()
            print(f"{done:,} findings in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    store.count(counts, leads)
    store.refresh(FindingRow.objects.to_do().places())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--assets", type=int, default=50_000)
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    filled(Site.open(given.site, create=True), given.assets, given.findings, given.seed)


if __name__ == "__main__":
    main()
