"""What the rules catch, and what they say where nothing is to be caught, against the truth of recordings of the range.

    python bench/detection.py RECORDING [--work DIR] [--teach DAYS] [--only NAME] [--json]

RECORDING is a folder that `range record` wrote: benign days, and behind them variants of scenarios one after the other. A site is taught by
the days; a copy of it sees each variant alone. A variant is caught if an alert cites a row of one of its conversations, or, where its rows
have none (ARP), names its host while it acts; a sign alone is told as such. What an alert cites on the days is a false alarm, told with
what the range says that it looks like.
"""

from __future__ import annotations

import argparse
import bisect
import json
import os
import shutil
import struct
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from asepsis.assessment.judgement import judge
from asepsis.findings.service import Kind, worklist
from asepsis.kit.site import Site
from asepsis.lake.service import ingest, open_lake
from asepsis.network import memory
from asepsis.network.alert import opens
from asepsis.network.service import library
from asepsis.network.sighting import Sighting
from asepsis.settings import open_store

NEAR, MARGIN, AFTERWARDS = timedelta(seconds=120), timedelta(seconds=30), timedelta(hours=3)
EARLIEST, LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass
class Act:
    """One act of the truth."""

    scenario: str
    begin: datetime
    end: datetime
    addresses: frozenset[str]
    flows: frozenset[str]
    looks_like: str


@dataclass
class Variant:
    """What came of a scenario's variant: rules by name with the first moment at which each held, those that told of something else, and the
    lines of the worklist that tell of attacks."""

    name: str
    begin: datetime
    end: datetime = EARLIEST
    alerts: dict[str, datetime] = field(default_factory=dict)
    signs: dict[str, datetime] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)


@dataclass
class Figures:
    """`false` are alerts that no scenario made: rule, attacker, day, and what the range says that it was."""

    variants: list[Variant]
    false: list[tuple[str, str, str, str]]
    days: int


def acts_of(recording: Path) -> list[Act]:
    """The acts of a recording, in order of time."""
    found = []
    for line in (recording / "truth.jsonl").read_text("utf-8").splitlines():
        told = json.loads(line)
        if told["line"] == "act":
            begin, end = (datetime.fromisoformat(told[key]) for key in ("begin", "end"))
            addresses = frozenset(filter(None, (told.get("address"),)))
            found.append(
                Act(
                    told.get("scenario", ""),
                    begin,
                    end,
                    addresses,
                    frozenset(told["flows"]),
                    told.get("looks_like") or told.get("what", ""),
                )
            )
    return sorted(found, key=lambda act: act.begin)


def measure(recording: Path, work: Path, only: str = "") -> Figures:
    """The figures of a recording; what is taught and cut is kept in `work`."""
    acts = acts_of(recording)
    variants = _variants(acts)
    first = min((variant.begin for variant in variants), default=LATEST)
    days = max((act.end for act in acts if not act.scenario and act.begin < first), default=first) + MARGIN
    # What others do before a variant begins, and belongs to it, comes after the one before it.
    starts = [min(days, first - MARGIN), *(variant.end + MARGIN for variant in variants[:-1])]
    spans = [("days", datetime.min.replace(tzinfo=UTC), starts[0])]
    spans += [(v.name.replace(":", "."), begin, end) for v, begin, end in zip(variants, starts, [*starts[1:], LATEST], strict=True)]
    cut(recording, work, spans)
    taught = work / "taught"
    if not taught.exists():
        _learn(recording, work / "days", taught)
    benign = [act for act in acts if act.begin < first]
    false = list(_false(taught, benign))
    for variant, (name, begin, _) in zip(variants, spans[1:], strict=True):
        if only in variant.name:
            _later(work / name, variant.end + AFTERWARDS)
            _try(variant, taught, work / name, begin, [act for act in acts if act.scenario == variant.name])
    return Figures([one for one in variants if only in one.name], false, len({act.begin.date() for act in benign}))


def _variants(acts: Iterable[Act]) -> list[Variant]:
    found: dict[str, Variant] = {}
    for act in acts:
        if act.scenario:
            variant = found.setdefault(act.scenario, Variant(act.scenario, act.begin))
            variant.end = max(variant.end, act.end)
    return sorted(found.values(), key=lambda one: one.begin)


def cut(recording: Path, work: Path, spans: list[tuple[str, datetime, datetime]]) -> None:
    """Cuts the captures of a recording into those of spans of time, a folder each, unless that was done."""
    if (work / spans[0][0]).exists():
        return
    starts = [span[1].timestamp() if span[1].year > 1970 else 0.0 for span in spans]
    for name, _, _ in spans:
        (work / name).mkdir(parents=True)
    for capture in sorted(recording.glob("*.pcap")):
        with ExitStack() as held:
            files: dict[int, BinaryIO] = {}
            source = held.enter_context(capture.open("rb"))
            head = source.read(24)
            scale = 1e-9 if head[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e-6
            order = "<" if head[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
            while len(record := source.read(16)) == 16:
                seconds, part, size, _ = struct.unpack(order + "IIII", record)
                n = max(0, bisect.bisect_right(starts, seconds + part * scale) - 1)
                if n not in files:
                    files[n] = held.enter_context((work / spans[n][0] / capture.name).open("wb"))
                    files[n].write(head)
                files[n].write(record)
                files[n].write(source.read(size))


def _later(captures: Path, moment: datetime) -> None:
    """One packet of later: detectors judge an hour when it is over, and in a hospital something always comes."""
    frame = bytes.fromhex("020000000001020000000002080045000020000000004011000000000000000000000035003500080000")
    addresses = bytes((10, 30, 60, 2, 10, 30, 60, 40))
    frame = frame[:26] + addresses + frame[34:]
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)
    record = struct.pack("<IIII", int(moment.timestamp()), 0, len(frame), len(frame))
    (captures / "later.pcap").write_bytes(head + record + frame)


def _learn(recording: Path, days: Path, taught: Path) -> None:
    site = Site.open(taught.with_name("teaching"), create=True)
    (site.path / "site.toml").write_bytes((recording / "site.toml").read_bytes())
    ingest(site, [days])
    with open_lake(site) as lake:
        judge(site, lake)
    _close()
    site.path.rename(taught)


def _close() -> None:
    """Lets the store go: a copy of its file must be whole."""
    from django.db import connections

    connections.close_all()


def _false(taught: Path, acts: list[Act]) -> Iterator[tuple[str, str, str, str]]:
    """What alerts cite on the days: rule, attacker, day, and what that looks like."""
    site = Site.open(taught)
    rules = library(site).by_name
    by_flow = _by_flow(acts)
    open_store(site)
    sightings = [one for one in _sightings() if opens(rules[one.rule])]
    with open_lake(site) as lake:
        flow_of = _flows(lake, {row.event_id: row.stream for one in sightings for row in one.evidence})
    for one in sightings:
        like = Counter(act.looks_like for act in _acts(one, flow_of, by_flow, [])).most_common(1)
        yield one.rule, one.attacker, f"{one.begin:%Y-%m-%d}", like[0][0] if like else ""


def copied(taught: Path, to: Path) -> Path:
    """A copy of a site that shares the parts of its lake."""
    shutil.copytree(taught, to, copy_function=os.link, ignore=shutil.ignore_patterns("*.sqlite3*", ".lock"))
    for file in taught.glob("*.sqlite3*"):
        shutil.copy(file, to)
    return to


def _try(variant: Variant, taught: Path, captures: Path, begin: datetime, acts: list[Act]) -> None:
    """Lets a copy of the taught site see a variant, and writes down what it saw."""
    with tempfile.TemporaryDirectory(dir=taught.parent) as folder:
        site = Site.open(copied(taught, Path(folder) / "site"))
        ingest(site, [captures])
        with open_lake(site) as lake:
            judge(site, lake)
            sightings = [one for one in _sightings() if one.end >= begin]
            flow_of = _flows(lake, {row.event_id: row.stream for one in sightings for row in one.evidence})
            variant.stories = [
                line.lead.seen.title for line in worklist(site) if line.lead.seen.kind is Kind.ALERT and line.lead.seen.last_seen >= begin
            ]
        _close()
    rules, by_flow = library(site).by_name, _by_flow(acts)
    for one in sightings:
        if any(_acts(one, flow_of, by_flow, acts)):
            held = variant.alerts if opens(rules[one.rule]) else variant.signs
            held[one.rule] = min(one.held_from or one.begin, held.get(one.rule, LATEST))
        elif opens(rules[one.rule]):
            variant.foreign.append(one.rule)


def _by_flow(acts: Iterable[Act]) -> dict[str, list[Act]]:
    found: dict[str, list[Act]] = defaultdict(list)
    for act in acts:
        for flow in act.flows:
            found[flow].append(act)
    return found


def _sightings() -> list[Sighting]:
    from asepsis.network.models import SightingRow

    return [row.sighting() for row in SightingRow.objects.all()]


def _flows(lake: Any, streams: dict[str, str]) -> dict[str, str]:
    by_stream: dict[str, list[str]] = defaultdict(list)
    for event, stream in streams.items():
        by_stream[stream].append(event)
    found: dict[str, str] = {}
    for stream, events in by_stream.items():
        names = ", ".join(f"'{event}'" for event in events)
        rows = lake.rows(f"select event_id, community_id from {stream} where event_id in ({names})")
        found |= {row["event_id"]: row["community_id"] for row in rows if row["community_id"]}
    return found


def _acts(one: Sighting, flow_of: dict[str, str], by_flow: dict[str, list[Act]], acts: list[Act]) -> Iterator[Act]:
    """The acts that a sighting's rows belong to, by conversation and time; of rows without one by who acts then."""
    told = False
    for row in one.evidence:
        for act in by_flow.get(flow_of.get(row.event_id, ""), ()):
            if act.begin - NEAR <= row.ts <= act.end + NEAR or act.scenario:
                told = True
                yield act
    if not told:
        people = {one.attacker.partition("@")[0], *one.victims}
        yield from (
            act for act in acts if act.scenario and act.begin - NEAR <= one.end and one.begin <= act.end + NEAR and people & act.addresses
        )


def table(figures: Figures) -> Iterable[str]:
    """The figures as lines."""
    caught = sum(bool(one.alerts) for one in figures.variants)
    yield f"{caught} of {len(figures.variants)} variants caught"
    for one in figures.variants:
        rules = ", ".join(
            f"{rule} after {(moment - one.begin).total_seconds():,.0f} s" for rule, moment in sorted(one.alerts.items(), key=lambda p: p[1])
        )
        signs = f" (signs: {', '.join(sorted(one.signs))})" if one.signs else ""
        foreign = f" [foreign: {', '.join(sorted(set(one.foreign)))}]" if one.foreign else ""
        lines = f" {len(one.stories)} lines" if len(one.stories) > 1 else ""
        yield f"  {'+' if one.alerts else '-'} {one.name:<34} {rules or 'nothing'}{signs}{foreign}{lines}"
    yield f"false alarms on {figures.days} benign days: {len({(rule, who, day) for rule, who, day, _ in figures.false})}"
    for (rule, like), count in Counter((rule, like) for rule, _, _, like in figures.false).most_common():
        yield f"  {count:>4} {rule}: {like}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recording", type=Path)
    parser.add_argument("--work", type=Path, help="where what is cut and taught is kept for the next run")
    parser.add_argument("--teach", type=float, default=7, metavar="DAYS", help="how long what is new is learned and not told of")
    parser.add_argument("--only", default="", metavar="NAME", help="only variants whose name holds this")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    memory.TEACHING = int(given.teach * 23)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(given.recording, given.work or Path(folder), given.only)
    if given.json:
        json.dump(figures, sys.stdout, default=lambda one: one.isoformat() if isinstance(one, datetime) else vars(one), indent=2)
    else:
        print("\n".join(table(figures)))


if __name__ == "__main__":
    main()
