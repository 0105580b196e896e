"""How well beacons and data that leave are told from what is harmless, as ROC curves, beside RITA on the same rows.

    python bench/roc.py SITE [--until DAY] [--teach DAYS] [--rounds N] [--seed N] [--json]

SITE has the lake of benign days of the range. The first days teach; into the others connections of known label are planted (planted.py),
other ones in each round. A unit is a machine, a place outside and a day. Every unit is scored by the detector (0 where it does not judge at
all: a place that is known, too few calls), by the measure alone without what it knows of the hospital, and by what RITA publishes:

* the beacon score with its thresholds, and the threat score that it makes of it (rita.py);
* of data that leave RITA has no score: its long connections come nearest. Bytes of a day alone are set beside.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from curve import area, curve, rate
from planted import CLASSES, DAY, ORDER, Place, Planted, Row, Seeds
from rita import CATEGORIES, LONG, threat

from asepsis import _wire
from asepsis.findings.service import Look, public_sql
from asepsis.hospital.service import KINDS, assets_in, locate, plan
from asepsis.kit.site import Site
from asepsis.lake.service import Lake, open_lake
from asepsis.network.alert import left_after
from asepsis.network.detector import Given
from asepsis.network.detectors import beaconing, volume
from asepsis.network.detectors.book import SECOND, Book
from asepsis.network.detectors.outward import Call, Score, calls
from asepsis.network.detectors.regular import RITA_SCORES, rita, score
from asepsis.network.library import Entry, shipped
from asepsis.network.memory import Kept
from asepsis.network.sighting import Sighting

INFRASTRUCTURE = ("domain controller", "name server", "mail server", "backup server", "telephone exchange", "scanner", "printer")
OURS, ALONE, SCORE, THREAT, BYTES, LASTING = (
    "asepsis",
    "measure alone",
    "RITA beacon score",
    "RITA threat score",
    "bytes a day",
    "RITA long connections",
)
POINTS: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "beaconing": {
        OURS: {"told of": 1.0},
        ALONE: {"0.8": 0.8},
        SCORE: {name: RITA_SCORES[name] for name in ("base", "low", "medium")},
        THREAT: {"medium": CATEGORIES["low"], "high": CATEGORIES["medium"], "critical": CATEGORIES["high"]},
    },
    "volume": {OURS: {"told of": 1.0}, BYTES: {"25 MB": 25e6, "500 MB": 500e6}, LASTING: LONG},
}
"""The scores of each detector, and the thresholds of each that are marked. RITA's own `high` of 1.0 is a beacon without any fault."""
LABEL = {"beaconing": "beacon", "volume": "exfiltration"}


@dataclass
class Unit:
    """A machine, a place and a day. `label` is what was planted, empty for what the range itself does; `scores` are of one detector."""

    day: str
    sort: str
    label: str
    how: Mapping[str, str]
    scores: dict[str, float] = field(default_factory=dict)


class Days:
    """Rows of the days of a lake that leave the house, and of each machine its first, with what is planted among them."""

    def __init__(self, lake: Lake, begin: datetime, end: datetime) -> None:
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.execute("SET TimeZone = 'UTC'")
        span = f"ts >= TIMESTAMPTZ '{begin.isoformat()}' AND ts < TIMESTAMPTZ '{end.isoformat()}'"
        first = "row_number() OVER (PARTITION BY id_orig_h ORDER BY ts) = 1"
        self._begin("conn", lake.sql(f"SELECT * FROM conn WHERE {span} QUALIFY {public_sql('id_resp')} OR {first}"))
        self._begin("ssl", lake.sql(f"SELECT * FROM ssl WHERE {span} AND {public_sql('id_resp')}"))
        self.streams = lake.streams

    def plant(self, rows: Iterable[Row]) -> None:
        """Puts rows in place of those that were planted before."""
        by: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by[row["stream"]].append(row)
        for stream in ("conn", "ssl"):
            table = _table(stream, by[stream])
            self._connection.register("_planted", table)
            names = ", ".join(table.column_names)
            self._connection.execute(
                f"CREATE OR REPLACE TABLE {stream} AS SELECT {names} FROM own_{stream} UNION ALL SELECT {names} FROM _planted"
            )
            self._connection.unregister("_planted")

    def rows(self, query: str) -> list[dict[str, Any]]:
        return self._connection.sql(query).to_arrow_table().to_pylist()

    def _begin(self, stream: str, table: pa.Table) -> None:
        self._connection.register("_own", table)
        self._connection.execute(f"CREATE TABLE own_{stream} AS SELECT * FROM _own")
        self._connection.unregister("_own")


def _table(stream: str, rows: Sequence[Row]) -> pa.Table:
    names = ("event_id", "ts", "uid", "id_orig_h", "id_resp_h", "id_resp_p", "id_resp_hi", "id_resp_lo")
    names += ("proto", "service", "duration", "orig_bytes", "resp_bytes", "interim") if stream == "conn" else ("server_name",)
    schema = pa.record_batch(_wire.empty(stream)).schema
    return pa.Table.from_pylist(list(rows), schema=pa.schema([schema.field(name) for name in names]))


def measure(site: Site, until: datetime | None, teach: int, rounds: int, seed: int) -> dict[str, list[Unit]]:
    """The units of each detector."""
    with open_lake(site) as lake:
        begin = _midnight(lake.rows("SELECT MIN(ts) AS ts FROM conn")[0]["ts"])
        # The last row is a little before midnight.
        end = until or _midnight(lake.rows("SELECT MAX(ts) AS ts FROM conn")[0]["ts"] + timedelta(hours=1))
        look = Look(lake, locate(assets_in(lake), plan(site)), end)
        days = Days(lake, begin, end)
        days.plant(())
        taught = begin + timedelta(days=teach)
        known = _known(calls(_given(days, look, taught, {}), Book(Kept())), taught)
        first = int(taught.timestamp())
        found: dict[str, list[Unit]] = defaultdict(list)
        for nth in range(rounds):
            seeds = Seeds(seed + nth, _machines(look), range(first, int(end.timestamp()), DAY), known)
            plants = list(seeds.all())
            days.plant([*(row for one in plants for row in one.rows), _later(end)])
            for detector, units in _scored(days, look, taught, plants).items():
                found[detector] += [unit for unit in units if nth == 0 or unit.label]
    return found


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _given(days: Days, look: Look, taught: datetime, settings: Mapping[str, float]) -> Given:
    return Given("roc", days, Kept(), look, taught, look.now + timedelta(hours=6), settings)


def _later(end: datetime) -> Row:
    """Something else comes later: an hour is judged when it is over."""
    row = {"id_orig_h": "198.18.0.0", "id_resp_h": "198.18.0.0", "id_resp_p": 1, "id_resp_hi": 0, "id_resp_lo": 0, "proto": "tcp"}
    return {"stream": "conn", "ts": end + timedelta(hours=3), "event_id": "later", "uid": "later", "interim": False} | row


def _machines(look: Look) -> dict[str, list[str]]:
    """Addresses of machines by class, without those whom the rule of volume excuses."""
    found: dict[str, list[str]] = defaultdict(list)
    entry = _entry("volume")
    for asset in look.locator.assets.values():
        if asset.addresses and (sort := sort_of(asset.kind)) in CLASSES and not _excused(entry, look, asset.addresses[0]):
            found[sort].append(asset.addresses[0])
    return {sort: sorted(found[sort]) for sort in CLASSES}


def sort_of(kind: str) -> str:
    """The class of a kind of machine. At the bedside are pumps, monitors, ventilators, and with them analysers and meters."""
    known = KINDS.get(kind)
    if known is None or known.group == "none":
        return "unidentified"
    if kind in INFRASTRUCTURE or known.group == "gear":
        return "infrastructure"
    if known.group == "device":
        return "modality" if "modality" in (kind, *known.general) else "bedside device"
    return "workstation" if known.group == "client" else "server"


def _entry(name: str) -> Entry:
    return next(entry for entry in shipped() if entry.name == name)


def _excused(entry: Entry, look: Look, source: str) -> bool:
    one = Sighting(entry.name, source, ("198.18.0.0",), look.now, look.now, 1, ())
    return left_after(entry, (), one, look) is None


def _known(found: Iterable[Call], taught: datetime) -> list[Place]:
    """Places that the house called while it learned."""
    early = {(call.address, call.service, call.port) for call in found if call.begin < taught.timestamp() * SECOND and call.spoken == "ssl"}
    return [Place(address, "" if service == address else service, port) for address, service, port in sorted(early)]


def _scored(days: Days, look: Look, taught: datetime, plants: Iterable[Planted]) -> dict[str, list[Unit]]:
    """Every unit of the days behind the learning, scored by all."""
    by: defaultdict[tuple[str, str, int], list[Call]] = defaultdict(list)
    found = calls(_given(days, look, taught, {}), Book(Kept()))
    for call in found:
        if not call.interim:
            by[call.source, call.service, call.end // SECOND // DAY].append(call)
    first, last = int(taught.timestamp()) // DAY, int(look.now.timestamp()) // DAY
    planted: defaultdict[tuple[str, str, int], dict[str, Planted]] = defaultdict(dict)
    for one in plants:
        for at in {int(row["ts"].timestamp()) // DAY for row in one.rows}:
            planted[one.source, one.place.service, at][one.label] = one
    rare = _prevalence(days, found)
    ours = {"beaconing": _best(days, look, taught, "beaconing"), "volume": _best(days, look, taught, "volume")}
    out: dict[str, list[Unit]] = {"beaconing": [], "volume": []}
    for (source, service, day), of in by.items():
        if not first <= day < last:
            continue
        there = planted.get((source, service, day), {})
        for detector, measures in (("beaconing", _beacon(of, day, rare[service])), ("volume", _volume(of))):
            one = there.get(LABEL[detector]) or next(iter(there.values()), None)
            if one and one.bad and one.label != LABEL[detector]:
                continue
            scores = {OURS: ours[detector].get((source, service, day), 0.0)} | measures
            told = (f"{datetime.fromtimestamp(day * DAY, UTC):%Y-%m-%d}", sort_of(look.at(source).kind))
            out[detector].append(Unit(*told, one.label if one else "", one.how if one else {}, scores))
    return out


def _best(days: Days, look: Look, taught: datetime, name: str) -> dict[tuple[str, str, int], float]:
    """The best score of each unit by a detector, as its rule sets it."""
    code: Callable[[Given], list[Score]] = {"beaconing": beaconing.scores, "volume": volume.scores}[name]
    settings = {"beaconing": beaconing.SETTINGS, "volume": volume.SETTINGS}[name]
    entry = _entry(name)
    found: dict[tuple[str, str, int], float] = {}
    for one in code(_given(days, look, taught, {**settings, **entry.speaks.settings})):
        unit = (one.source, one.service, one.hour // 24)
        if not _excused(entry, look, one.source):
            found[unit] = max(found.get(unit, 0.0), one.value)
    return found


def _prevalence(days: Days, found: Iterable[Call]) -> dict[str, float]:
    """The part of the machines that calls each place."""
    machines = days.rows("SELECT COUNT(DISTINCT id_orig_h) AS n FROM conn")[0]["n"]
    callers: defaultdict[str, set[str]] = defaultdict(set)
    for call in found:
        callers[call.service].add(call.source)
    return {service: len(sources) / machines for service, sources in callers.items()}


def _beacon(of: Sequence[Call], day: int, prevalence: float) -> dict[str, float]:
    starts, sizes = [call.begin / SECOND for call in of], [float(call.sent) for call in of]
    by_rita = rita(starts, sizes, day * DAY, (day + 1) * DAY)
    return {ALONE: score(starts, sizes), SCORE: by_rita, THREAT: threat(by_rita, prevalence)}


def _volume(of: Sequence[Call]) -> dict[str, float]:
    return {BYTES: float(sum(call.sent for call in of)), LASTING: sum(call.end - call.begin for call in of) / SECOND}


def figures(found: Mapping[str, Sequence[Unit]]) -> dict[str, Any]:
    """What is written down: by detector and class the counts, areas, points and curves; by parameter and by newcomer what is told of."""
    return {detector: _figures(detector, units) for detector, units in found.items()}


def _figures(detector: str, units: Sequence[Unit]) -> dict[str, Any]:
    bad = [unit for unit in units if unit.label == LABEL[detector]]
    good = [unit for unit in units if unit.label != LABEL[detector]]
    marks = [(name, point, at) for name, points in POINTS[detector].items() for point, at in points.items()]
    classes = {}
    for sort in ("all", *CLASSES):
        ours, others = ([unit for unit in of if sort in ("all", unit.sort)] for of in (bad, good))
        told = {"bad": len(ours), "own": sum(not unit.label for unit in others), "newcomers": sum(bool(unit.label) for unit in others)}
        scores = {name: ([unit.scores[name] for unit in ours], [unit.scores[name] for unit in others]) for name in POINTS[detector]}
        own = [unit for unit in others if not unit.label]
        told["areas"] = {name: area(*both) for name, both in scores.items()}
        told["own areas"] = {name: area(both[0], [unit.scores[name] for unit in own]) for name, both in scores.items()}
        told["points"] = {f"{name}: {point}": _point(ours, others, name, at) for name, point, at in marks}
        told["curves"] = {name: curve(*both) for name, both in scores.items()}
        classes[sort] = told
    strangers = [unit for unit in bad if unit.how["place"] != "known"]
    by: dict[str, Any] = {"place": _by("place", bad, marks)}
    by |= {key: _by(key, strangers, marks) for key in (strangers[0].how if strangers else ()) if key != "place"}
    newcomers = {
        label: _told([unit for unit in good if unit.label == label], marks) for label in sorted({u.label for u in good if u.label})
    }
    return {"days": sorted({unit.day for unit in units}), "classes": classes, "parameters": by, "newcomers": newcomers}


def _point(bad: Sequence[Unit], good: Sequence[Unit], name: str, at: float) -> dict[str, float]:
    own = sum(not unit.label and unit.scores[name] >= at for unit in good)
    return {"true": rate([u.scores[name] for u in bad], at), "false": rate([u.scores[name] for u in good], at), "own": own}


def _by(key: str, units: Sequence[Unit], marks: Iterable[tuple[str, str, float]]) -> dict[str, Any]:
    """By the values of one parameter, in their order."""
    order = {value: n for n, value in enumerate(ORDER[key])}
    values = sorted({unit.how[key] for unit in units}, key=lambda value: order[value])
    return {value: _told([unit for unit in units if unit.how[key] == value], marks) for value in values}


def _told(units: Sequence[Unit], marks: Iterable[tuple[str, str, float]]) -> dict[str, Any]:
    return {"units": len(units)} | {f"{name}: {point}": sum(u.scores[name] >= at for u in units) for name, point, at in marks}


def table(told: Mapping[str, Any]) -> Iterator[str]:
    """The figures as lines."""
    for detector, of in told.items():
        yield f"{detector}, {len(of['days'])} days"
        yield "  areas against the range's own, and against all; at the points the part of bad, of all that is harmless, and how many own"
        for sort, one in of["classes"].items():
            yield f"  {sort}: {one['bad']} bad, {one['own']} of the range's own, {one['newcomers']} newcomers"
            for name, size in one["areas"].items():
                mine = [(at.partition(": ")[2], p) for at, p in one["points"].items() if at.startswith(f"{name}:")]
                points = [f"{at} ({p['true']:.2f}, {p['false']:.3f}, {p['own']})" for at, p in mine]
                sizes = " ".join("-" if one is None else f"{one:.3f}" for one in (one["own areas"][name], size))
                yield f"    {name:<22} {sizes}  {', '.join(points)}"
        for title, rows in (*of["parameters"].items(), ("newcomers", of["newcomers"])):
            yield f"  {title}"
            for value, counts in rows.items():
                yield f"    {value:<32} {counts['units']:>5}  " + ", ".join(f"{at} {n}" for at, n in counts.items() if at != "units")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("site", type=Path)
    parser.add_argument(
        "--until", type=lambda day: datetime.fromisoformat(day).replace(tzinfo=UTC), metavar="DAY", help="where the benign days end"
    )
    parser.add_argument("--teach", type=int, default=2, metavar="DAYS")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    told = figures(measure(Site.open(given.site), given.until and given.until.replace(tzinfo=UTC), given.teach, given.rounds, given.seed))
    if given.json:
        json.dump(told, sys.stdout, indent=1)
    else:
        print("\n".join(table(told)))


if __name__ == "__main__":
    main()
