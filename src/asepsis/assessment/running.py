"""The running table of who talks to whom, kept up with the lake, so that no page reads what was said before.

What came is counted once, by the assets that the inventory puts at its addresses. Where an inventory tells another story of who was where,
what was said there is read again from the lake, and only that: machines that were merged, split, moved, or not known yet. So the table is
always what counting the whole lake anew would give (docs/decisions/0029).
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from asepsis.kit.site import Site
from asepsis.lake.service import Lake, news, open_lake
from asepsis.settings import open_store

from . import talks
from .folded import FAN_MAX, fold
from .grouped import Groups, grouped
from .talks import HELD, HINT_MOST, Openness, Pair, Said, Tally

if TYPE_CHECKING:
    from asepsis.hospital.service import Asset, Locator

    from .models import ProgressRow

NAME = "talks"
HELD_MAX = 50_000
"""Connections that go on of which something was told; of more the latest are kept."""
_FAR = 64
"""Commits after which the log of the lake may no longer tell parts that were merged from those that came (`lake.news`)."""
_DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Span = tuple[str, datetime, datetime, str]
"""An address, from when, until before when, and the place that it was then."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a count rests on: who held addresses that had several holders, and the groups of assets."""

    spans: Sequence[Span]
    groups: Groups


def everything(site: Site, locator: Locator, spans: Sequence[Span]) -> Basis:
    """Counts what came, and reads again what the inventory of `locator` tells otherwise than the one before. What to count news by."""
    open_store(site)
    from .models import ProgressRow, TalkRow, sum_anew

    with ProgressRow.alone(NAME) as progress:
        basis = Basis(spans, grouped(locator.assets.values()))
        moved = _moved(progress.members, basis.groups.members)
        if progress.commit and _is_stale(site, progress, locator):
            _begin_again(progress)
        anew = progress.commit == 0
        _count(site, progress, locator, basis)
        if not anew and _late(site):
            _begin_again(progress)
            _count(site, progress, locator, basis)
            anew = True
        TalkRow.objects.regroup([(group, asset) for asset, group in moved.items()])
        changed = not anew and _read_again(site, progress, locator, basis)
        changed = fold(basis.groups) or changed
        changed = _expire(locator) or changed
        if moved or changed:
            sum_anew()
        progress.members, progress.plan = basis.groups.members, _digest(locator)
        if anew:
            progress.places = _places(locator, spans)
        progress.save()
    return basis


def more(site: Site, locator: Locator, basis: Basis) -> None:
    """Counts what came since the last look, by the inventory of `locator`. Who is where is said by the next look at everything."""
    open_store(site)
    from .models import ProgressRow

    with ProgressRow.alone(NAME) as progress:
        _count(site, progress, locator, basis)
        progress.save(update_fields=["commit", "parts"])


def said() -> Said:
    """All that was counted."""
    from .models import TalkRow

    rows = TalkRow.objects.values_list("source", "target", "service", "openness", "connections", "first", "last")
    return {Pair(source, target, service, Openness(openness)): Tally(*told) for source, target, service, openness, *told in rows}


def _count(site: Site, progress: ProgressRow, locator: Locator, basis: Basis) -> None:
    came = news(site, progress.commit, progress.parts)
    if any(part.stream in talks.STREAMS for part in came.parts):
        with open_lake(site, only=came.parts) as fresh:
            if basis.spans:
                fresh.place(basis.spans)
            held = _take_up(fresh)
            found = talks.said(fresh.rows(talks.sums(held)), locator)
            _hold(fresh.rows(talks.left(held)))
        add(found, locator, basis)
    progress.commit, progress.parts = came.n, sorted(came.known)


def add(found: Said, locator: Locator, basis: Basis) -> None:
    """Adds what was said to the table and its sums."""
    from .models import FlowRow, PlaceFlowRow, TalkRow, sum_anew

    group, whole = basis.groups.of, basis.groups.wholes
    rows, flows, places = [], dict[tuple[Any, ...], Tally](), dict[tuple[Any, ...], Tally]()
    for pair, tally in sorted(found.items()):
        ends, how = (group(pair.source, locator.assets), group(pair.target, locator.assets)), (pair.service, int(pair.openness))
        rows.append((pair.source, pair.target, *ends, *how, *tally))
        for sums, key in ((flows, (*ends, *how)), (places, (whole[ends[0]], whole[ends[1]], *how))):
            sums[key] = sums[key] + tally if key in sums else tally
    TalkRow.objects.add(rows)
    FlowRow.objects.add((*key, *tally) for key, tally in flows.items())
    PlaceFlowRow.objects.add((*key, *tally) for key, tally in places.items())
    wide = Counter(source for source, _ in {(pair.source, pair.target) for pair in found})
    if any(many > FAN_MAX for many in wide.values()) and fold(basis.groups):
        sum_anew()


def _take_up(fresh: Lake) -> bool:
    """Gives what was told of connections before to the rows that came; whether there was any."""
    import pyarrow as pa

    from .models import HeldRow

    names = ("uid", "heard", "source_hint", "target_hint", "carries", "associated", "spoke")
    told = list(HeldRow.objects.values_list(*names))
    if told:
        types = (pa.string(), pa.int64(), *[pa.string()] * 3, pa.int32(), pa.int32())
        columns = zip(*told, strict=True)
        fresh.append(HELD, pa.table([pa.array(of, kind) for of, kind in zip(columns, types, strict=True)], names=list(names)))
    return bool(told)


def _hold(left: Iterable[Mapping[str, Any]]) -> None:
    """Keeps what was told of connections that go on, in place of what was kept before."""
    from .models import HeldRow

    latest = sorted(left, key=lambda row: (-row["heard"], row["uid"]))[:HELD_MAX]
    known = {row.uid: row for row in HeldRow.objects.all()}
    kept = []
    for row in latest:
        hints = {name: None if row[name] is None else row[name][:HINT_MOST] for name in ("source_hint", "target_hint")}
        lives = row["lives"] or (known[row["uid"]].lives if row["uid"] in known else 0)
        kept.append(HeldRow(**dict(row) | hints | {"lives": lives}))
    HeldRow.objects.all().delete()
    HeldRow.objects.bulk_create(kept, batch_size=500)


def _late(site: Site) -> bool:
    """Whether something was told only now of connections that were counted: logs of another sensor may come in any order."""
    import pyarrow as pa

    from .models import HeldRow

    quiet = list(HeldRow.objects.filter(lives=0).values_list("uid", "heard"))
    if not quiet:
        return False
    since = _EPOCH + timedelta(microseconds=min(heard for _, heard in quiet) - _DAY_US)
    with open_lake(site, since=since) as lake:
        lake.append("late", pa.table({"uid": [uid for uid, _ in quiet]}))
        found = bool(lake.rows(talks.ended("late")))
    HeldRow.objects.filter(lives=0, heard__lt=max(heard for _, heard in quiet) - _DAY_US).delete()
    return found


def _is_stale(site: Site, progress: ProgressRow, locator: Locator) -> bool:
    """Whether nothing of what was counted can be kept: the hospital states another network, or nobody looked for long."""
    if progress.plan != _digest(locator):
        return True
    came = news(site, progress.commit, progress.parts)
    return came.n < progress.commit or (came.n - progress.commit > _FAR and not came.known.issuperset(progress.parts))


def _begin_again(progress: ProgressRow) -> None:
    from .models import FlowRow, HeldRow, PlaceFlowRow, TalkRow

    for rows in (TalkRow, FlowRow, PlaceFlowRow, HeldRow):
        rows.objects.all().delete()
    progress.commit, progress.parts, progress.places = 0, [], {}


def _read_again(site: Site, progress: ProgressRow, locator: Locator, basis: Basis) -> bool:
    """Reads again what those said and heard of whom the inventory tells something new, and whether there are any."""
    import pyarrow as pa

    from .models import TalkRow

    now = _places(locator, basis.spans)
    changed = {place for place in {*now, *progress.places} if now.get(place) != progress.places.get(place)}
    if not changed:
        return False
    whose = {id for place in changed for told in (now, progress.places) for id in told.get(place, "").partition("#")[0].split()}
    # What was folded of somebody cannot be told apart any more: all of it is read again.
    whose |= set(TalkRow.objects.filter(target=talks.MANY).values_list("source", flat=True))
    theirs = [place for place, told in now.items() if not whose.isdisjoint(told.partition("#")[0].split())]
    with open_lake(site) as lake:
        if lake.parts != frozenset(progress.parts):
            return False  # More came meanwhile: the next look at everything tells.
        lake.place(basis.spans)
        lake.append("moved", pa.table({"place": sorted({*theirs, *changed})}))
        found = talks.said(lake.rows(talks.sums(at="moved")), locator)
    TalkRow.objects.forget(whose)
    add({pair: tally for pair, tally in found.items() if not whose.isdisjoint(pair[:2])}, locator, basis)
    progress.places = now
    return True


def _moved(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    """Assets that are in another group than before, or were in none, with it."""
    return {asset: group for asset, group in now.items() if before.get(asset) != group}


def _places(locator: Locator, spans: Iterable[Span]) -> dict[str, str]:
    """Who is at each place, and what tells them apart: what it rests on whose the rows there are."""
    at: defaultdict[str, list[Asset]] = defaultdict(list)
    for asset in locator.assets.values():
        for place in {*asset.addresses, *(stay.place for stay in asset.stays)}:
            at[place].append(asset)
    held = {place: f"#{since}-{until}" for _, since, until, place in spans}
    return {place: _who(of) + held.get(place, "") for place, of in at.items()}


def _who(assets: Collection[Asset]) -> str:
    ids = " ".join(sorted(asset.id for asset in assets))
    if len(assets) < 2:
        return ids
    apart = sorted((a.id, a.behind, a.ae_titles, a.station, a.hl7_applications) for a in assets)
    return f"{ids}#{zlib.crc32(repr(apart).encode()):x}"


def _digest(locator: Locator) -> str:
    """What it rests on whether an address is the hospital's (`Plan.inside`)."""
    plan = locator.plan
    stated = [[str(net) for zone in plan.zones for net in zone.cidrs], [asset.address for asset in plan.assets]]
    return hashlib.sha256(repr(stated).encode()).hexdigest()


def _expire(locator: Locator) -> bool:
    """Forgets who last spoke longer ago than rows of connections are kept."""
    from .models import TalkRow

    days = locator.plan.retention.of(["conn"]).get("conn")
    if days is None:
        return False
    before = (datetime.now(UTC) - timedelta(days=days) - _EPOCH) // timedelta(microseconds=1)
    return bool(TalkRow.objects.filter(last__lt=before).delete()[0])
