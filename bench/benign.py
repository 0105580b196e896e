"""Alerts of days in which nothing bad happens: all of them are false.

    python bench/benign.py SITE [--json]

SITE holds the lake of benign days, as `asepsis lake ingest` makes it of recordings of the range, one after the other; it stays as it is.
The first 150 heard hours teach, the days after them count. All days are looked at in one look, which gives what looks of ten seconds give
(tests/network/test_detect.py).
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from asepsis.assessment.judgement import judge
from asepsis.findings.finding import STORY
from asepsis.findings.service import Finding, Kind, findings
from asepsis.kit.site import Site
from asepsis.lake.service import open_lake
from asepsis.network.detect import hours_of
from asepsis.network.memory import taught

COPIED = ("lake", "key", "seal", "site.json", "site.toml", "journal")


def looked_at(folder: Path, work: Path) -> dict[str, Any]:
    """What was told of each day."""
    work.mkdir()
    for name in COPIED:
        whole = shutil.copytree if (folder / name).is_dir() else shutil.copy
        whole(folder / name, work / name)
    site = Site.open(work)
    with open_lake(site) as lake:
        hours = hours_of(lake)
        _, since = taught([], hours)
        assets, _ = judge(site, lake)
    days = [day for day in map(_date, sorted(_whole(hours))) if day > since.date()]
    told = [one for one in findings(site) if one.seen.kind is Kind.ALERT and one.seen.check != STORY]
    later = [one for one in told if one.seen.first_seen.date() in days]
    return {
        "assets": len(assets),
        "taught": since,
        "days": {day.isoformat(): _day([one for one in later if one.seen.first_seen.date() == day]) for day in days},
        "while_it_learned": _day([one for one in told if one not in later]),
        "hours": len(hours),
    }


def _whole(hours: Iterable[int]) -> list[int]:
    """The days since 1970 of which every hour was heard."""
    return [day for day, heard in Counter(hour // 24 for hour in hours).items() if heard == 24]


def _date(day: int) -> date:
    return date.fromordinal(date(1970, 1, 1).toordinal() + day)


def _day(told: list[Finding]) -> dict[str, Any]:
    return {
        "alerts": len(told),
        "immediate": sum(one.decision.value == "immediate" for one in told),
        "rules": dict(Counter(one.seen.check for one in told)),
        "titles": [one.seen.title for one in told],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = looked_at(given.site, Path(folder) / "site")
    if given.json:
        print(json.dumps(told, indent=1, default=str))
        return
    print(f"{told['assets']} assets, {told['hours']} hours heard; taught at {told['taught']:%Y-%m-%d %H:%M}")
    days = told["days"] | {"while it learned": told["while_it_learned"]}
    for day, one in days.items():
        print(f"{day:>16}  {one['alerts']} alerts, {one['immediate']} immediate  {', '.join(f'{k} {n}' for k, n in one['rules'].items())}")
        for title in one["titles"]:
            print(f"{'':18}{title}")
    counted = list(told["days"].values())
    if counted:
        alerts, immediate = (sum(one[name] for one in counted) / len(counted) for name in ("alerts", "immediate"))
        print(f"{len(counted)} whole days: {alerts:.1f} alerts and {immediate:.1f} immediate a day")


if __name__ == "__main__":
    main()
