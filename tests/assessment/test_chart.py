"""The map and the picture of one machine: what is asked for, what a listener can read, and that a picture holds whatever names say."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest

from asepsis.assessment import chart, ego, running
from asepsis.assessment.chart import Asked, Sum, kind_in_words, place_of
from asepsis.assessment.ego import PEERS_MAX, Peers, picture, shown
from asepsis.assessment.grouped import APART, Group
from asepsis.assessment.talks import MANY, OUTSIDE, Openness, Pair, Tally
from asepsis.hospital.plan import Plan
from asepsis.hospital.service import Asset, Locator, asset_of
from asepsis.kit.errors import WrongUse
from asepsis.kit.site import Site

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ["</svg><script>alert(1)</script>", "\u202egnp.evil", "\u05d0" * 50, "W" * 65_536, '" onload="x', "{{ 7 }}"]


def spoken(*services: tuple[str, Openness, int]) -> Sum:
    found = Sum()
    for n, (service, openness, connections) in enumerate(services, 1):
        found.add(service, openness, Tally(connections, n, 10 * n))
    return found


def test_what_can_be_read_is_said_in_words() -> None:
    dicom, tls, dns = ("dicom", Openness.CLEAR_CLINICAL, 3), ("smtp,ssl", Openness.ENCRYPTED, 4), ("dns", Openness.OTHER, 2)
    assert spoken(dicom, tls).how == "patients' data in clear: DICOM 3"
    assert spoken(tls).how == "encrypted"
    assert spoken(tls, dns).how == "4 of 6 encrypted"
    assert spoken(dns).how == "not encrypted, no patients' data seen"
    whole = spoken(dicom, tls, dns)
    assert (whole.connections, whole.first_us, whole.last_us) == (9, 1, 30)
    assert whole.speaks == "DICOM, dns, smtp, ssl"
    assert spoken(("", Openness.OTHER, 1)).speaks == "unknown protocol"


def test_an_address_keeps_what_is_asked_for() -> None:
    asked = Asked(source="a&b", clear=True)
    assert parse_qs(asked.query(target="wards")[1:]) == {"source": ["a&b"], "clear": ["1"], "target": ["wards"]}
    assert asked.query(source="", clear=False) == "?"


def test_what_is_in_no_part_of_the_network_has_a_name_of_its_own() -> None:
    outside, zone = APART[OUTSIDE], Group(OUTSIDE, "CT", "monitor")
    assert place_of(outside) != place_of(zone), "a zone may be called outside"
    assert kind_in_words(outside, 1) == "outside the hospital"
    assert kind_in_words(zone, 12) == "12 CT scanners"
    assert kind_in_words(APART[MANY], 1) == "many other machines"


def one(n: int, name: str = "", called: bool = False) -> Peers:
    return Peers(Group(f"zone {n}", "CT", "monitor"), 1, f"a{n}", called, spoken(("dicom", Openness.CLEAR_CLINICAL, n + 1)), name=name)


def test_beyond_what_has_room_all_others_are_one_box() -> None:
    many = [one(n) for n in range(PEERS_MAX + 5)]
    found = shown(many, False)
    assert len(found) == PEERS_MAX
    assert found[-1].words == "6 other groups"
    assert sum(peers.sum.connections for peers in found) == sum(peers.sum.connections for peers in many)
    assert len(shown(many[:PEERS_MAX], False)) == PEERS_MAX
    assert shown(many, True) == []


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_a_machine_is_called_the_picture_is_whole(name: str) -> None:
    drawn = picture(name, name, [one(1, name), one(2, name, called=True)], {one(1).key: "/x?a=1&b=2"})
    svg = ElementTree.fromstring(drawn)
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} == {"svg", "g", "a", "title", "rect", "text", "path"}
    assert not [key for element in svg.iter() for key in element.attrib if key.startswith("on") or key == "style"]
    assert len(drawn) < 10_000
    assert [link.get("href") for link in svg.iter(f"{SVG}a")] == ["/x?a=1&b=2"]


def asset(id: str, kind: str, zone: str, clinical_class: str = "none") -> Asset:
    return asset_of({"id": id, "name": id, "kind": kind, "zone": zone, "clinical_class": clinical_class})


CTS = [asset(f"CT{n}", "CT", "imaging", "monitor") for n in range(3)]
PACS, PC = asset("PACS", "PACS", "servers", "support"), asset("PC", "workstation", "offices")
HOUSE = Locator([*CTS, PACS, PC], Plan())
SAID: Mapping[Pair, Tally] = {
    **{Pair(ct.id, "PACS", "dicom", Openness.CLEAR_CLINICAL): Tally(10, 1, 5) for ct in CTS},
    Pair("CT0", "PACS", "ssl", Openness.ENCRYPTED): Tally(2, 1, 9),
    Pair("PC", "PACS", "http", Openness.OTHER): Tally(5, 1, 5),
    Pair("PC", OUTSIDE, "ssl", Openness.ENCRYPTED): Tally(7, 1, 5),
    Pair("PC", MANY, "", Openness.OTHER): Tally(900, 1, 5),
}


@pytest.fixture
def told(site: Site) -> Site:
    """A table in which SAID stands."""
    running.add(SAID, HOUSE, running.everything(site, HOUSE, ()))
    return site


def lines(asked: Asked) -> list[tuple[str, str, int]]:
    return [(line.source, line.target, line.sum.connections) for line in chart.chart(asked).lines]


def test_what_is_clinical_in_clear_comes_first_and_nothing_is_lost(told: Site) -> None:
    found = lines(Asked())
    assert found[0] == ("imaging", "servers", 32)
    assert sum(n for *_, n in found) == sum(tally.connections for tally in SAID.values())
    assert ("offices", "many other machines", 900) in found
    assert ("offices", "outside the hospital", 7) in found


def test_filters_leave_what_is_asked_for(told: Site) -> None:
    assert lines(Asked(clear=True)) == [("imaging", "servers", 30)]
    assert lines(Asked(clinical=True)) == [("imaging", "servers", 32)]
    assert lines(Asked(outside=True)) == [("offices", "outside the hospital", 7)]
    assert lines(Asked(place="offices")) == lines(Asked(place="offices", kind="workstation"))
    assert lines(Asked(source="imaging", target="servers")) == [("imaging: 3 CT scanners", "servers: PACS server", 32)]


def test_pairs_of_machines_come_page_by_page(told: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart, "PAGE", 2)
    asked = Asked(source="imaging", source_kind="CT", target="servers", target_kind="PACS")
    first = chart.machines(asked)
    rest = chart.machines(asked, first.next)
    assert [pair[:2] for pair in (*first.pairs, *rest.pairs)] == [(f"CT{n}", "PACS") for n in range(3)]
    assert [pair[2].connections for pair in first.pairs] == [12, 10]
    assert rest.next == ""
    with pytest.raises(WrongUse, match="no place in the list"):
        chart.machines(asked, "x")
    assert chart.between("CT0", "PACS")[0][0] == "dicom"
    assert chart.between("CT0", "\0") == []


def test_whom_one_machine_talks_to(told: Site) -> None:
    found = ego.peers("PACS", chart.groups())
    assert [(peers.words, peers.id, peers.called, peers.sum.connections) for peers in found] == [
        ("3 CT scanners", "", False, 32),
        ("workstation", "PC", False, 5),
    ]
    outward = [peers for peers in ego.peers("PC", chart.groups()) if peers.group == APART[OUTSIDE]]
    assert [(peers.id, peers.called, peers.words) for peers in outward] == [("", True, "outside the hospital")]
