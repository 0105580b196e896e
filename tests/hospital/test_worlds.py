"""Small random hospitals of facts: whatever is seen, in whatever order, each address stands at the assets that were there, ids differ, what
people say can be taken back, and a further day changes nothing of the days before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asepsis.hospital import observations
from asepsis.hospital.act import Act, Verb, goes_by, marks_of_asset
from asepsis.hospital.asset import Asset
from asepsis.hospital.facts import (
    Association,
    Binding,
    Certificate,
    Client,
    Described,
    Endpoint,
    Message,
    Observations,
    Store,
    Talker,
)
from asepsis.hospital.inventory import inventory
from asepsis.hospital.locator import Locator
from asepsis.hospital.observations import observe
from asepsis.hospital.plan import Plan
from asepsis.hospital.tenure import Claim, Tenure, tenures

from .rows import CT, START, RowLake, Traffic

MACS = [f"00:1b:21:00:00:{n:02x}" for n in range(5)] + ["00:00:5e:00:01:01", "02:aa:00:00:00:01"]
ADDRESSES = [f"10.0.{n // 4}.{n % 4 + 1}" for n in range(8)] + ["fd00::21b:21ff:fe00:1", "fd00::7"]
NAMES = [None, "pc-1", "pc-2", "*"]
TOLD = [None, "SN1", "SN2", "12345"]

address, mac = st.sampled_from(ADDRESSES), st.sampled_from(MACS)
name, told = st.sampled_from(NAMES), st.sampled_from(TOLD)
application = st.sampled_from([None, "A", "B"])
title, maybe_mac = st.sampled_from([None, "CT01", "MR01"]), st.sampled_from([None, *MACS])


def fact(kind: type[Any], **of: Any) -> st.SearchStrategy[Any]:
    """A fact of this kind, seen at some hours of five days."""
    fields = tuple(of)

    def build(begin: int, long: int, events: int, *values: Any) -> Any:
        first, last = START + timedelta(hours=begin), START + timedelta(hours=begin + long)
        shown = f"{kind.__name__}-{begin}-{long}-{events}-{values}"
        return kind(first=first, last=last, events=events, event_id=shown, **dict(zip(fields, values, strict=True)))

    return st.builds(build, st.integers(0, 120), st.integers(0, 60), st.integers(1, 9), *of.values())


def none() -> st.SearchStrategy[None]:
    return st.none()


KINDS: dict[str, st.SearchStrategy[Any]] = {
    "talkers": fact(Talker, address=address, mac=maybe_mac, vlan=none()),
    "bindings": fact(Binding, address=address, mac=mac, source=st.sampled_from(["arp", "dhcp"])),
    "clients": fact(
        Client, mac=mac, place=st.sampled_from([None, *ADDRESSES]), client_id=st.sampled_from([None, "255:01"]), host_name=name,
        client_fqdn=none(), vendor_class=none(), fingerprint=none(),
    ),
    "described": fact(
        Described, address=address, source=st.sampled_from(["sdc", "astm"]), manufacturer=st.just("M"), model=none(), serial=told,
        software=none(),
    ),
    "endpoints": fact(Endpoint, address=address, endpoint=st.sampled_from(["urn:1", "urn:2"])),
    "certificates": fact(Certificate, address=address, fingerprint=st.just("f" * 64)),
    "stores": fact(
        Store, sender=address, sender_ae=title, receiver=address, sop_class=st.just(CT), modality=st.just("CT"), manufacturer=st.just("M"),
        model=st.sampled_from(["A", "B"]), serial=told, software=none(), station=none(), device_uid=none(), moved=st.booleans(),
    ),
    "associations": fact(
        Association, orig=address, resp=address, port=st.just(104), calling_ae=title, called_ae=title, calling_uid=st.just("1.2"),
        calling_version=none(), called_uid=none(), called_version=none(), proposed=st.just((CT,)), contexts=none(), accepted=st.booleans(),
    ),
    "messages": fact(
        Message, orig=address, resp=address, port=st.just(2575), is_ack=st.booleans(),
        sending_application=application, sending_facility=none(),
        receiving_application=none(), receiving_facility=none(), message_type=st.just("ORU"),
        software_vendor=none(), software_product=none(), software_version=none(),
    ),
}  # fmt: skip
WORLDS = st.builds(
    lambda **facts: Observations(**{n: tuple(f) for n, f in facts.items()}), **{n: st.lists(k, max_size=6) for n, k in KINDS.items()}
)
STARTED = timedelta(hours=1)


def claimed_in(seen: Observations) -> list[Claim]:
    """Claims as the lake would tell them: those of each address in turn."""
    several = Counter(address for address, _ in {(b.address, b.mac) for b in seen.bindings})
    return [Claim(b.address, b.mac, b.first, b.last, b.source == "dhcp", alone=several[b.address] == 1) for b in seen.bindings]


def placed(seen: Observations, held: Sequence[Tenure]) -> Observations:
    """The talkers by place, as the lake names them."""
    by = {(t.address, t.mac): t.place for t in held}
    several = {t.address for t in held}
    talkers = (
        t if t.address not in several else replace(t, address=by.get((t.address, t.mac or ""), f"{t.address}@?")) for t in seen.talkers
    )
    return replace(seen, talkers=tuple(talkers))


def assets_of(seen: Observations, acts: Sequence[Act] = ()) -> list[Asset]:
    held = tenures(claimed_in(seen))
    return inventory(placed(seen, held), Plan(), held, acts=acts)


@settings(max_examples=150, deadline=None)
@given(WORLDS, st.randoms(use_true_random=False))
def test_who_is_who_in_any_hospital(seen: Observations, random: Any) -> None:
    found = assets_of(seen)
    assert len({a.id for a in found}) == len(found)
    locator = Locator(found)
    for talker in placed(seen, tenures(claimed_in(seen))).talkers:
        here = locator.at(talker.address)
        assert here or not Plan().machine(talker.address), talker
        # Several are there only if one stands before the others.
        standing = {a.id for a in here}
        assert len([a for a in here if a.behind not in standing]) <= 1, talker
    ids = {a.id for a in found}
    assert all(other.id in ids for a in found for other in a.maybe)
    assert all(not a.behind or a.behind in ids for a in found)
    shuffled = Observations(
        *(tuple(random.sample(of, len(of))) for n in Observations.__slots__ if isinstance(of := getattr(seen, n), tuple))
    )
    assert assets_of(shuffled) == found


@settings(max_examples=60, deadline=None)
@given(WORLDS, st.data())
def test_what_people_said_can_be_taken_back(seen: Observations, data: st.DataObject) -> None:
    before = assets_of(seen)
    if len(before) < 2:
        return
    one, other = data.draw(st.permutations(before))[:2]
    merge = Act(1, START, "os:t", Verb.MERGE, (one.id, other.id), (marks_of_asset(one), marks_of_asset(other)))
    known = goes_by(one)
    acts = [merge]
    if known:
        what = data.draw(st.sampled_from(sorted(known)))
        acts.append(Act(2, START, "os:t", Verb.SPLIT, (one.id,), (marks_of_asset(one), frozenset({known[what]})), what))
    after = assets_of(seen, acts)
    assert len({a.id for a in after}) == len(after)
    assert assets_of(seen, [replace(act, undone=True) for act in acts]) == before


@settings(max_examples=60, deadline=None)
@given(WORLDS, WORLDS)
def test_who_others_are_does_not_depend_on_a_machine_that_comes_later(seen: Observations, later: Observations) -> None:
    """A day on which only others were there, with other names, changes nothing of those before."""
    before = {a.id: a.stays for a in assets_of(seen)}
    other = {f.address: f"10.9.{n}.1" for n, f in enumerate(later.talkers)}
    talkers = tuple(
        replace(
            t, address=other[t.address], mac=f"00:1b:99:00:00:{n:02x}", first=t.first + 20 * STARTED * 24, last=t.last + 20 * STARTED * 24
        )
        for n, t in enumerate(later.talkers)
    )
    after = {a.id: a.stays for a in assets_of(replace(seen, talkers=seen.talkers + talkers))}
    assert {id: after.get(id) for id in before} == before


def test_an_answer_that_is_cut_is_said_and_keeps_who_was_there_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    t = Traffic()
    for _ in range(10):
        t.arp(MACS[0], "10.0.0.1").conn("10.0.0.1", "10.0.0.9", 80, "http", (MACS[0], None))
    for n in range(60):
        t.arp(f"02:00:00:00:00:{n:02x}", f"10.3.0.{n}").conn(f"10.3.0.{n}", "10.0.0.9", 80, "http")
    assert observe(RowLake(t.rows)).cut == ()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(observations, "MAX_FACTS", 20)
    seen = observe(RowLake(t.rows))
    assert {"bindings", "talkers"} <= set(seen.cut)
    assert len(seen.talkers) == 20
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "incomplete" in said
    assert next(a for a in inventory(seen, Plan()) if "10.0.0.1" in a.addresses).macs == (MACS[0],)
