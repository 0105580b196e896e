"""The proof beside a rule: events that fire it, and events that look like them and are harmless. A rule that has none is not believed.

`proof.json` has `assets`, `site_toml`, and the examples `fires` and `quiet`: what one `says`, its `rows` (as `RowsLake` reads them), for a
rule of what is new the values that were `learned` before, and of one that fires what to `expect` of the alert: its `attacker` and
`victims`. Captures beside it, `fires*.pcap` and `quiet*.pcap`, are read whole.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asepsis.findings.service import Look, Proposal
from asepsis.hospital.service import Asset, asset_of, assets_in, locate, plan_of
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.lake.service import ingest, open_lake

from .alert import alert, left_after, opens
from .detector import Detector, Given
from .detectors import detect_by
from .library import PROOF, Entry, bytes_of
from .memory import Kept
from .repute import ANYTHING
from .scan import ALL, Seen, scan, shown
from .sighting import Sighting
from .sigma.hunt import Tables
from .spans import spans

CAPTURES = ("*.pcap", "*.pcapng", "*.pcap.gz")
PROOF_BYTES = 4 << 20
TAUGHT = timedelta(days=60)
"""So long before the examples was the first row: what is to be learned was learned."""
_KEYS = frozenset({"says", "rows", "expect", "learned", "assets", "site_toml"})


@dataclass(frozen=True, slots=True)
class Example:
    """One example: whether the rule has to fire, and what makes it. `where` names the file that it stands in."""

    says: str
    fires: bool
    where: str
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    capture: Path | None = None
    expect: Mapping[str, Any] = field(default_factory=dict)
    learned: Sequence[Sequence[Any]] = ()
    assets: Sequence[Mapping[str, Any]] = ()
    site_toml: str = ""


@dataclass(frozen=True, slots=True)
class Proven:
    """What stands beside a rule: how many examples fire it and how many do not, captures among them; or what is wrong with them."""

    fires: int = 0
    quiet: int = 0
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of an example: nothing is `wrong` if it holds."""

    rule: str
    example: str
    fires: bool
    wrong: str = ""


def examples(entry: Entry) -> Iterator[Example]:
    """The examples beside a rule. Raises BadInput for a file that is none."""
    path = entry.folder / PROOF
    if path.exists():
        yield from examples_of(bytes_of(path, PROOF_BYTES), f"{entry.name}/{PROOF}" if entry.own else str(path))
    for key in ("fires", "quiet"):
        for capture in sorted(file for kind in CAPTURES for file in entry.folder.glob(f"{key}{kind}")):
            yield Example(capture.name, key == "fires", str(capture), capture=capture)


def proven(entry: Entry) -> Proven:
    """What stands beside a rule, without trying it."""
    try:
        found = [one.fires for one in examples(entry)]
    except BadInput as error:
        return Proven(wrong=str(error))
    return Proven(found.count(True), found.count(False))


def examples_of(data: bytes, where: str) -> Iterator[Example]:
    """The examples that a `proof.json` holds; `where` names it. Raises BadInput if it is none."""
    told = _read(data, where)
    for key in ("fires", "quiet"):
        if not isinstance(told.get(key, []), list):
            raise BadInput(f"{key} is no list", where, "write one of examples")
        for case in told.get(key, []):
            if not isinstance(case, dict) or case.keys() - _KEYS or not isinstance(case.get("says"), str):
                raise BadInput(f"an example under {key} is not understood", where, f"it has {', '.join(sorted(_KEYS))}")
            rest = {name: case[name] for name in ("expect", "learned") if name in case}
            site = {name: value for name in ("assets", "site_toml") if (value := case.get(name, told.get(name))) is not None}
            yield Example(case["says"], key == "fires", where, case.get("rows", {}), **(rest | site))


def _read(data: bytes, where: str) -> dict[str, Any]:
    if len(data) > PROOF_BYTES:
        raise BadInput(f"the proof is larger than {PROOF_BYTES >> 20} MiB", where, "a row may repeat")
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInput("the proof is no JSON", where, str(error)) from None
    if not isinstance(told, dict) or told.keys() - {"assets", "site_toml", "fires", "quiet"}:
        raise BadInput("the proof is not understood", where, "it has assets, site_toml, fires and quiet")
    return told


def proofs(entry: Entry, some: Iterable[Example]) -> list[Tried]:
    """Examples of a rule tried. A rule without one that fires it is proven by nothing, and that is wrong too."""
    tried = [Tried(entry.name, one.says, one.fires, _wrong(entry, one)) for one in some]
    for fires, word in ((True, "fires"), (False, "does not fire")):
        if not any(one.fires is fires for one in tried):
            tried.append(Tried(entry.name, f"an example that {word} it", fires, "there is none"))
    return tried


def _wrong(entry: Entry, example: Example) -> str:
    try:
        alerts, sightings = alerts_of(entry, example)
    except BadInput as error:
        return str(error)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError, ArithmeticError):
        return "the example is not understood: docs/how-to/detection.md has one"
    if example.fires is not bool(sightings):
        return "it is quiet" if example.fires else f"it fires: {alerts[0].title if alerts else sightings[0].attacker}"
    return _unlike(example.expect, alerts, sightings)


def _unlike(expect: Mapping[str, Any], alerts: Sequence[Proposal], sightings: Sequence[Sighting]) -> str:
    """What was expected otherwise."""
    seen: dict[str, Any] = {
        "attacker": sorted({one.attacker for one in sightings}),
        "victims": sorted({victim for one in sightings for victim in one.victims}),
        "events": sum(one.events for one in sightings),
        "title": [one.title for one in alerts],
    }
    for name, value in expect.items():
        wanted = sorted(value) if isinstance(value, list) else value if name == "events" else [value]
        if seen.get(name) != wanted:
            return f"{name} is {seen.get(name)}, not {wanted}"
    return ""


def alerts_of(entry: Entry, example: Example) -> tuple[list[Proposal], list[Sighting]]:
    """The alerts and sightings that an example makes, nothing being known from before but what it says was learned. Raises BadInput."""
    if example.capture:
        with tempfile.TemporaryDirectory(prefix="asepsis-") as folder:
            try:
                site = Site.open(Path(folder) / "site", create=True)
                ingest(site, [example.capture])
                with open_lake(site) as lake:
                    return _alerts(entry, example, lake, assets_in(lake), lake.last("conn", "arp") or datetime.now(UTC))
            except BadInput as error:
                if folder not in str(error):
                    raise
                # A folder that is gone when this is read says nothing to anybody.
                raise BadInput(f"{error.what} beside temporary files", example.where, error.todo) from None
    from asepsis.lake.service import RowsLake

    rows = RowsLake(example.rows, example.where)
    return _alerts(entry, example, rows, [asset_of(one) for one in example.assets], RowsLake.day + timedelta(days=1))


def _alerts(entry: Entry, example: Example, lake: Tables, assets: Sequence[Asset], now: datetime) -> tuple[list[Proposal], list[Sighting]]:
    look = Look(lake, locate(assets, plan_of(example.site_toml, Path(f"site_toml in {example.where}"))), now)
    learned = {tuple(values) for values in example.learned}
    seen = [one for one in _seen(entry, lake, look) if not _known(entry, one, learned)]
    counted = [replace(one, sighting=sighting) for one in seen if (sighting := left_after(entry, (), one.sighting, look, ANYTHING))]
    left = shown(entry, lake, counted)
    by: dict[str, list[Sighting]] = {}
    for one in left:
        by.setdefault(look.at(one.attacker).key, []).append(one)
    return [alert(entry, of, look) for of in by.values()] if opens(entry) else [], left


def _seen(entry: Entry, lake: Tables, look: Look) -> list[Seen]:
    if isinstance(entry.speaks, Detector):
        code, settings = detect_by(entry.speaks)
        return [Seen(one) for one in code(Given(entry.name, lake, Kept(), look, look.now - TAUGHT, look.now, settings))]
    return scan(entry, lake, lambda _: lake, lambda _: (), spans([entry], lake, ALL).get(entry.name))


def _known(entry: Entry, seen: Seen, learned: set[tuple[Any, ...]]) -> bool:
    """Whether a rule of what is new has nothing to say of it."""
    if not seen.values:
        return False
    part = entry.meaning.known_part
    return seen.values in learned or (bool(entry.meaning.known) and part(seen.values) not in map(part, learned))
