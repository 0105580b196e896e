"""The running table of who talks to whom: however rows come, it says what a count of the whole lake says."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.assessment.test_judgement import minutes
from tests.network.making import put

from asepsis.assessment import folded, judgement, running
from asepsis.assessment.judgement import places_of
from asepsis.assessment.service import Judge, assess
from asepsis.assessment.talks import MANY, OUTSIDE, Openness, Pair, Said, Tally
from asepsis.hospital.asset import Asset, Stay, from_json
from asepsis.hospital.plan import Plan
from asepsis.hospital.service import Locator, as_json, assets, merge
from asepsis.kit.site import Site
from asepsis.lake.rows_lake import DAY
from asepsis.lake.service import compact, ingest, open_lake

__all__ = ["minutes"]
MORNING = Path(__file__).parents[2] / "range/captures/morning.pcap.gz"
BLANK = as_json(Asset("", "", "unknown", 0.0, "unknown", "", 1.0))
Row = tuple[str, dict[str, Any]]


def asset(id: str, *addresses: str, **given: Any) -> Asset:
    return from_json(BLANK | {"id": id, "name": id, "addresses": list(addresses)} | given)


CT = asset("CT", "10.0.0.1", ae_titles=["CT01"], behind="A")
MR = asset("MR", "10.0.0.1", ae_titles=["MR01"], behind="A")
ADAPTER = asset("A", "10.0.0.1")
PACS, PC, EHR = asset("PACS", "10.0.0.2"), asset("PC", "10.0.0.3"), asset("EHR", "10.0.0.4")
HOUSE = Locator([CT, MR, ADAPTER, PACS, PC, EHR], Plan())
ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.9", "203.0.113.5", "224.0.0.1"]


def conn(n: int, source: str, target: str, service: str | None = None, **more: Any) -> Row:
    given = {"proto": "tcp", "interim": False, "service": service, "uid": f"C{n}", "event_id": f"conn{n}{more.get('interim', '')}"}
    return "conn", given | {"ts": f"08:{n // 60 % 60:02}:{n % 60:02}", "id_orig_h": source, "id_resp_h": target} | more


def told(n: int, stream: str, nth: int = 0, **more: Any) -> Row:
    return stream, {"ts": f"08:{n // 60 % 60:02}:{n % 60:02}.5", "uid": f"C{n}", "event_id": f"{stream}{n}-{nth}"} | more


def spoken(chance: random.Random, n: int) -> list[Row]:
    """One connection, and what applications told of it."""
    source, target = chance.choice(ADDRESSES), chance.choice(ADDRESSES)
    kind = chance.choice(["dicom", "echo", "hl7", "http", "ssl", "", "smtp,ssl"])
    rows = [conn(n, source, target, {"echo": "dicom", "": None}.get(kind, kind))]
    if chance.random() < 0.3:
        rows.insert(0, conn(n, source, target, None, interim=True))
    if kind in ("dicom", "echo"):
        rows.insert(0, told(n, "dicom_association", calling_ae=chance.choice(["CT01", "MR01", "WHO"]), called_ae="PACS"))
        rows.insert(0, told(n, "dicom_message", command="C-ECHO-RQ" if kind == "echo" else "C-STORE-RQ"))
    if kind == "hl7":
        rows.insert(0, told(n, "hl7", is_ack=False, sending_application="LAB"))
    if kind == "http":
        rows.insert(0, told(n, "http", carries=chance.choice(["fhir", None])))
    return rows


def commit(site: Site, rows: Sequence[Row]) -> None:
    streams: dict[str, list[dict[str, Any]]] = {}
    for stream, row in rows:
        streams.setdefault(stream, []).append(row)
    put(site, streams)


def at_once(folder: Path, rows: Sequence[Row], locator: Locator = HOUSE) -> Said:
    site = Site.open(folder, create=True)
    commit(site, rows)
    running.everything(site, locator, ())
    return running.said()


def by_pairs() -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for pair, tally in running.said().items():
        found[pair.source, pair.target] = found.get((pair.source, pair.target), 0) + tally.connections
    return found


def sums_agree() -> bool:
    """Whether the sums of groups are those of the talks."""
    from asepsis.assessment.models import FlowRow, TalkRow

    of_talks: dict[tuple[Any, ...], Tally] = {}
    for *key, connections, first, last in TalkRow.objects.values_list(
        "source_group", "target_group", "service", "openness", "connections", "first", "last"
    ):
        tally = Tally(connections, first, last)
        of_talks[tuple(key)] = of_talks[tuple(key)] + tally if tuple(key) in of_talks else tally
    flows = FlowRow.objects.values_list("source", "target", "service", "openness", "connections", "first", "last")
    return {tuple(key): Tally(*tally) for *key, a, b, c in flows for tally in [(a, b, c)]} == of_talks


@pytest.mark.parametrize("seed", range(6))
def test_however_rows_come_it_counts_what_one_look_at_all_of_them_does(seed: int, site: Site, tmp_path: Path) -> None:
    chance = random.Random(seed)
    rows = [row for n in range(120) for row in spoken(chance, n)]
    if seed % 2:
        chance.shuffle(rows)  # Logs of another sensor may come in any order.
    cuts = sorted(chance.sample(range(1, len(rows)), 6))
    basis = None
    for begin, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        commit(site, rows[begin:end])
        if basis is None or chance.random() < 0.2:
            basis = running.everything(site, HOUSE, ())
        else:
            running.more(site, HOUSE, basis)
        if chance.random() < 0.3:
            compact(site)
    running.everything(site, HOUSE, ())
    found = running.said()
    assert sums_agree()
    assert found == at_once(tmp_path / "whole", rows)
    assert {pair.target for pair in found} >= {"PACS", OUTSIDE}
    assert {"CT", "MR"} & {end for pair in found for end in pair[:2]}, "a title tells machines behind an adapter apart"


def test_the_same_again_changes_nothing(site: Site) -> None:
    commit(site, [conn(1, "10.0.0.3", "10.0.0.4", "ssl"), conn(2, "10.0.0.3", "10.0.0.4", "ssl")])
    basis = running.everything(site, HOUSE, ())
    once = running.said()
    assert once == {Pair("PC", "EHR", "ssl", Openness.ENCRYPTED): Tally(2, once_us(1), once_us(2))}
    for _ in range(2):
        running.everything(site, HOUSE, ())
        running.more(site, HOUSE, basis)
    assert running.said() == once


def once_us(second: int) -> int:
    return int((DAY + timedelta(hours=8, seconds=second)).timestamp() * 1_000_000)


def test_who_turns_out_to_be_another_is_read_again(site: Site, tmp_path: Path) -> None:
    rows = [conn(n, "10.0.0.3", f"10.0.0.{2 + n % 8}", "http") for n in range(40)]
    commit(site, rows)
    running.everything(site, HOUSE, ())
    assert ("PC", "NEW") not in by_pairs()
    merged = Locator([CT, MR, ADAPTER, PACS, asset("BOTH", "10.0.0.3", "10.0.0.4"), asset("NEW", "10.0.0.9")], Plan())
    running.everything(site, merged, ())
    assert by_pairs()["BOTH", "NEW"] == 5, "nobody answered there before"
    assert not {"PC", "EHR"} & {end for pair in by_pairs() for end in pair}
    found = running.said()
    assert sums_agree()
    assert found == at_once(tmp_path / "whole", rows, merged)
    running.everything(site, HOUSE, ())
    assert running.said() == at_once(tmp_path / "back", rows)


def test_an_address_that_changed_hands_is_each_holders_for_its_time(site: Site) -> None:
    commit(site, [conn(n, "10.0.0.3", "10.0.0.4", "http") for n in range(100)])
    running.everything(site, HOUSE, ())
    middle = DAY + timedelta(hours=8, seconds=30)
    spans = [("10.0.0.3", DAY, middle, "10.0.0.3@a"), ("10.0.0.3", middle, DAY + timedelta(days=1), "10.0.0.3@b")]
    stays = [[{"address": "10.0.0.3", "mac": "", "first": None, "last": None, "place": span[3]}] for span in spans]
    one, other = (from_json(as_json(asset(id, "10.0.0.3")) | {"stays": of, "addresses": []}) for id, of in zip("XY", stays, strict=True))
    assert one.stays[0] == Stay("10.0.0.3", "", None, None, "10.0.0.3@a")
    running.everything(site, Locator([one, other, EHR], Plan()), spans)
    assert by_pairs() == {("X", "EHR"): 30, ("Y", "EHR"): 70}


def test_machines_that_change_kind_or_zone_change_the_sums(site: Site) -> None:
    from asepsis.assessment.models import FlowRow, GroupRow

    commit(site, [conn(n, "10.0.0.3", "10.0.0.4", "http") for n in range(3)])
    running.everything(site, HOUSE, ())
    moved = Locator(
        [asset("PC", "10.0.0.3", kind="workstation", kind_confidence=0.9, clinical_class="support", zone="offices"), EHR], Plan()
    )
    running.everything(site, moved, ())
    (flow,) = FlowRow.objects.all()
    group = GroupRow.objects.get(pk=flow.source)
    assert (group.place, group.kind, group.machines, flow.connections) == ("offices", "workstation", 1, 3)


def test_who_goes_through_the_network_makes_few_rows(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folded, "FAN_MAX", 10)
    monkeypatch.setattr(running, "FAN_MAX", 10)
    there = [asset(f"M{n}", f"10.1.0.{n}") for n in range(100)]
    house = Locator([PC, PACS, EHR, *there], Plan())
    scan = [conn(n, "10.0.0.3", f"10.1.0.{n}", None) for n in range(100)]
    usual = [conn(200 + n, "10.0.0.3", "10.0.0.2", "dicom") for n in range(5)]
    nobody = [conn(300 + n, "10.0.0.3", f"10.9.{n}.1") for n in range(200)]
    abroad = [conn(600 + n, "10.0.0.3", f"203.0.113.{n}", "http") for n in range(200)]
    commit(site, [*scan[:50], *usual, *nobody])
    basis = running.everything(site, house, ())
    commit(site, [*scan[50:], *abroad])
    running.more(site, house, basis)
    running.everything(site, house, ())
    found = by_pairs()
    assert len(found) == 10 + len({MANY, OUTSIDE})
    assert found["PC", OUTSIDE] == 200
    assert found["PC", "PACS"] == 5, "what is clinical in clear is told apart"
    assert sum(found.values()) == 100 + 5 + 200, "no connection is lost"
    assert sums_agree()


def test_what_a_stranger_calls_himself_makes_no_rows(site: Site) -> None:
    rows = [row for n in range(50) for row in (told(n, "dicom_association", calling_ae=f"AE{n}"), conn(n, "10.0.0.3", "10.0.0.2", "dicom"))]
    commit(site, rows)
    running.everything(site, HOUSE, ())
    assert by_pairs() == {("PC", "PACS"): 50}


PLAIN = """
    SELECT o.asset AS source, r.asset AS target, coalesce(h.carries, c.service, '') AS service, count(*) AS n,
           epoch_us(min(c.ts)) AS first, epoch_us(max(c.ts)) AS last
    FROM conn c
    JOIN owners o ON o.address = c.id_orig_h JOIN owners r ON r.address = c.id_resp_h
    LEFT JOIN (SELECT uid, min(carries) AS carries FROM http GROUP BY uid) h ON h.uid = c.uid
    WHERE c.proto IN ('tcp', 'udp') AND NOT c.interim AND o.asset <> r.asset GROUP BY ALL
"""


def test_the_recorded_morning_is_as_plain_sql_tells_it(site: Site) -> None:
    import pyarrow as pa

    assess(site, [MORNING])
    owner: dict[str, list[str]] = {}
    for one in assets(site):
        for address in one.addresses:
            owner.setdefault(address, []).append(one.id)
    alone = {address: ids[0] for address, ids in owner.items() if len(ids) == 1}
    with open_lake(site) as lake:
        lake.append("owners", pa.table({"address": list(alone), "asset": list(alone.values())}))
        plain = {(row["source"], row["target"], row["service"]): (row["n"], row["first"], row["last"]) for row in lake.rows(PLAIN)}
    counted: dict[tuple[str, str, str], Tally] = {}
    for pair, tally in running.said().items():
        key = pair[:3]
        if {pair.source, pair.target} <= set(alone.values()):
            counted[key] = counted[key] + tally if key in counted else tally
    assert len(plain) > 40
    assert counted == plain


def test_listened_to_in_pieces_it_says_what_one_look_says(minutes: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgement, "COUNTED_S", 0.0)
    site, whole = (Site.open(tmp_path / name, create=True) for name in ("site", "whole"))
    ingest(site, minutes[:1])
    judge = Judge(site)
    judge.everything()
    for minute in minutes[1:]:
        ingest(site, [minute])
        judge.news()
    early = by_pairs()
    judge.everything()
    found = running.said()
    for minute in minutes:
        ingest(whole, [minute])
    assess(whole, [])
    assert found == running.said()
    assert sum(early.values()) > 0.5 * sum(by_pairs().values()), "what came since is counted before the next look at everything"


def test_a_merge_by_a_person_is_in_the_table_after_the_next_look(site: Site) -> None:
    assess(site, [MORNING])
    before = by_pairs()
    busy = sorted({source for source, target in before if target != OUTSIDE})[:2]
    merge(site, busy)
    assess(site, [])
    after = by_pairs()
    assert {end for pair in after for end in pair} - {OUTSIDE} <= {one.id for one in assets(site)}
    within = sum(n for pair, n in before.items() if set(pair) == set(busy))
    assert sum(after.values()) == sum(before.values()) - within


def test_places_are_as_the_inventory_found_them(site: Site) -> None:
    assess(site, [MORNING])
    with open_lake(site) as lake:
        assert places_of(lake) == []
