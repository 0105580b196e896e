"""What machines say of their make: DICOM software, network card, operating system."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from asepsis.hospital.dicom_software import by_contexts, implementation, named
from asepsis.hospital.export import system_of
from asepsis.hospital.inventory import inventory
from asepsis.hospital.kinds import table
from asepsis.hospital.network_card import card, is_made_up, maker_of
from asepsis.hospital.observations import observe
from asepsis.hospital.plan import Plan
from asepsis.hospital.questions import QUESTIONS
from asepsis.hospital.systems import supported

from .rows import RowLake, Traffic

OPENINGS = Path(__file__).parents[1] / "golden/ssh/openings.json"
DCMTK = "1.2.276.0.7230010.3.0.3"


@pytest.mark.parametrize(
    ("uid", "version", "product"),
    [
        (DCMTK + ".6.7", "OFFIS_DCMTK_367", "DCMTK"),
        ("1.2.826.0.1.3680043.9.3811.2.0.2", "PYNETDICOM_202", "pynetdicom"),
        (None, "pynetdicom_202", "pynetdicom"),
    ],
)
def test_software_by_its_uid_or_its_version_name(uid: str | None, version: str, product: str) -> None:
    row = implementation(uid, version)
    assert row
    assert row["product"] == product


def test_a_root_ends_at_a_dot_and_the_version_name_beats_another_ones_root() -> None:
    assert implementation(DCMTK + "9.1", None) != implementation(DCMTK + ".9.1", None)
    both = implementation("1.2.276.0.7238010.5.0.3.5.4", "OSIRIX_361")
    assert both
    assert "OsiriX" in both["product"]
    assert implementation(None, None) is None
    assert implementation("9.9.9", "NOBODY") is None
    assert named("9.9.9", "NOBODY") == "NOBODY"


@pytest.mark.parametrize(
    ("uid", "version", "kind"),
    [
        ("1.9.9.9.8", "MR_VIEWER", None),
        ("1.2.3", "BROKER_TOOL", None),
        ("1.2.3", "LOGIQUE", None),
        (None, "DCF_SEND", None),
        # Toolkits have names of their own, but not every word that begins so is theirs.
        ("1.2.3", "OFFIS_DCMTK_367", ""),
        ("1.2.3", "MergeCOM3_390", ""),
        ("1.2.3", "dcm4che-5.31", ""),
        ("1.2.3", "GDCMATIC", None),
        # Both fit, or the root has one line of products.
        ("1.3.12.2.1107.5.2.30", "MR_VE11C", "MR"),
        ("1.2.124.113532.3320", "BROKER992.0", "worklist broker"),
        ("1.2.840.113619.6.475", "DV28.0", "MR"),
        # The maker is known, the line of products is not.
        ("1.3.12.2.1107.5.2.30", "LEONARDO", ""),
        ("1.2.124.113532.3320", None, ""),
    ],
)
def test_a_name_that_anyone_may_choose_says_nothing_without_its_root(uid: str | None, version: str | None, kind: str | None) -> None:
    row = implementation(uid, version)
    assert (row["kind"] if row else None) == kind


def test_a_row_that_rests_on_a_number_alone_tells_no_kind() -> None:
    rows = table("dicom_implementations")
    assert not [row["root"] for row in rows if row["kind"] and row["source"].startswith(("root only", "no named source"))]
    assert not [row["root"] for row in rows if row["source"].startswith(("OID root", "IANA")) and ";" not in row["source"]]
    assert not [row["root"] for row in rows if "public code" in row["source"] and not row["source"].startswith("no named source")]


ORTHANC, MOVESCU, FINDSCU = "41d3e7e35cd69a14", "3c81ba6ab3b0f21a", "24ae69f45884b00f"


@pytest.mark.parametrize(
    ("uid", "version", "contexts", "product"),
    [
        (None, None, MOVESCU, "DCMTK"),
        (None, None, FINDSCU, "DCMTK"),
        ("9.9.9", "NOBODY", FINDSCU, "DCMTK"),
        (DCMTK + ".6.7", "OFFIS_DCMTK_367", ORTHANC, "Orthanc"),
        # It says the same; a single context contradicts nobody; nobody proposes so.
        (DCMTK + ".6.7", "OFFIS_DCMTK_367", MOVESCU, None),
        ("1.2.826.0.1.3680043.9.3811.3.0.4", "PYNETDICOM_304", FINDSCU, None),
        (None, None, "0" * 16, None),
        (None, None, None, None),
    ],
)
def test_software_by_what_it_proposes(uid: str | None, version: str | None, contexts: str | None, product: str | None) -> None:
    row = by_contexts(uid, version, contexts)
    assert (row and row["product"]) == product


def test_who_proposes_like_another_is_told_so_with_less_confidence() -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 11112, "dicom")
    named = {"calling_implementation_class_uid": DCMTK + ".6.7", "calling_implementation_version": "OFFIS_DCMTK_367"}
    t.add("dicom_association", "10.0.0.5", "10.0.0.9", 11112, calling_ae="PACS", contexts_hash=ORTHANC, result="released", **named)
    found = next(a for a in inventory(observe(RowLake(t.rows)), Plan()) if "10.0.0.5" in a.addresses)
    assert [(a.value, a.confidence) for a in found.attributes if a.name == "dicom_software"] == [
        ("DCMTK (OFFIS_DCMTK_367)", 0.7),
        ("Orthanc", 0.5),
    ]
    assert [a.value for a in found.attributes if a.name == "dicom_contexts"] == [
        "Orthanc when it asks, searches or has images sent, but it calls itself DCMTK (OFFIS_DCMTK_367)"
    ]


def test_a_network_card_by_the_longest_block() -> None:
    longest = max((row for row in table("oui")), key=lambda row: len(row["prefix"]))
    mac = (longest["prefix"] + "0:00:00:00")[:17] if len(longest["prefix"]) > 8 else longest["prefix"] + ":00:00:01"
    assert maker_of(mac) == longest["organisation"]
    assert card("ff:ff:ff:00:00:01") is None
    assert is_made_up("02:00:00:00:00:01")
    assert maker_of("da:a1:19:00:00:01") == ""


def test_a_system_and_until_when_it_is_mended() -> None:
    t = (
        Traffic()
        .add("http", "10.0.0.5", "10.0.0.9", 80, user_agent="Mozilla/5.0 (Windows NT 5.1) Firefox/52.0")
        .conn("10.0.0.5", "10.0.0.9", 80, "http")
    )
    found = next(a for a in inventory(observe(RowLake(t.rows)), Plan()) if "10.0.0.5" in a.addresses)
    assert {a.value for a in found.attributes if a.name == "system"} == {"Windows XP"}
    support = supported("Windows XP")
    assert support
    assert support.end == date(2014, 4, 8)
    assert supported("Windows") is None


def test_both_ends_of_ssh_say_what_they_run() -> None:
    t = Traffic()
    for row in json.loads(OPENINGS.read_text("utf-8")):
        if row.get("stream") == "ssh":
            t.add("ssh", row["id_orig_h"], row["id_resp_h"], row["id_resp_p"], client=row["client"], server=row["server"])
            t.conn(row["id_orig_h"], row["id_resp_h"], row["id_resp_p"], "ssh")
    found = inventory(observe(RowLake(t.rows)), Plan())
    assert {asset.addresses[0] for asset in found} == {"10.66.0.2", "10.66.0.3"}
    for asset in found:
        assert [(a.value, a.source) for a in asset.attributes if a.name == "system"] == [("Debian 12", "ssh")]


@pytest.mark.parametrize(
    ("banner", "system"),
    [
        ("OpenSSH_10.0p2 Debian-7", "Debian 13"),
        ("OpenSSH_6.0p1 Debian-4+deb7u2", "Debian 7"),
        ("OpenSSH_9.6p1 Ubuntu-3ubuntu13.5", "Ubuntu 24.04 LTS"),
        ("OpenSSH_8.9p1 Ubuntu-3ubuntu0.10", "Ubuntu 22.04 LTS"),
        ("OpenSSH_8.4p1 Raspbian-5+deb11u1", "Linux"),
        ("OpenSSH_for_Windows_8.1", "Windows"),
        ("FlowSsh: Bitvise SSH Server", "Windows"),
        ("dropbear_2022.83", "Linux"),
        ("Cisco-1.25", "Cisco IOS"),
        ("ROSSSH", "MikroTik RouterOS"),
        ("mpSSH_0.2.1", "HPE iLO"),
        ("RomSShell_5.40", "Allegro RomSShell"),
        ("PuTTY_Release_0.78", None),
        ("OpenSSH_7.4", None),
    ],
)
def test_what_the_stream_keeps_of_a_banner_tells_the_system(banner: str, system: str | None) -> None:
    t = Traffic().add("ssh", "10.0.0.9", "10.0.0.5", 22, server=banner).conn("10.0.0.9", "10.0.0.5", 22, "ssh")
    found = next(a for a in inventory(observe(RowLake(t.rows)), Plan()) if "10.0.0.5" in a.addresses)
    assert {a.value for a in found.attributes if a.name == "system"} == ({system} if system else set())


@pytest.mark.parametrize("label", ["mysql", "postgresql", "tds", "mongodb", "tns"])
def test_a_database_is_told_by_what_it_speaks(label: str) -> None:
    t = Traffic().conn("10.0.0.9", "10.0.0.5", 9999, label)
    found = next(a for a in inventory(observe(RowLake(t.rows)), Plan()) if "10.0.0.5" in a.addresses)
    assert found.kind == "database"


@pytest.mark.parametrize(
    ("ja4", "system"),
    [
        ("t12d190800_d83cc789557e_7af1ed941c26", "Windows"),
        ("t12i210700_76e208dd3e22_16bbda4055b2", "Windows"),
        ("t13d2014h2_a09f3c656075_14788d8d241b", "macOS"),
        ("t13d1516h2_8daaf6152771_02713d6af862", None),
    ],
)
def test_a_library_that_belongs_to_a_system_hints_at_it(ja4: str, system: str | None) -> None:
    t = Traffic().add("ssl", "10.0.0.5", "10.0.0.9", 443, ja4=ja4).conn("10.0.0.5", "10.0.0.9", 443, "ssl")
    asset = next(a for a in inventory(observe(RowLake(t.rows)), Plan()) if "10.0.0.5" in a.addresses)
    assert {(a.value, a.source) for a in asset.attributes if a.name == "system"} == ({(system, "ssl")} if system else set())


@pytest.mark.parametrize(
    ("hops", "system"),
    [
        (128, "possible Windows"),
        # Behind three routers.
        (125, "possible Windows"),
        (61, "possible Unix-like or embedded system"),
        (255, "possible embedded or network system"),
        (32, ""),
        (None, ""),
    ],
)
def test_the_hop_limit_hints_at_a_system(hops: int | None, system: str) -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 9000, orig_bytes=9, orig_ttl=hops, resp_ttl=64)
    found = {a.addresses[0]: a for a in inventory(observe(RowLake(t.rows)), Plan())}
    assert system_of(found["10.0.0.5"]) == system
    assert system_of(found["10.0.0.9"]) == "possible Unix-like or embedded system"


def test_who_answers_nothing_or_sends_to_many_shows_no_hop_limit_of_its_own() -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 9000, orig_bytes=0, orig_ttl=128, resp_bytes=0, resp_ttl=255)
    t.conn("10.0.0.5", "224.0.0.251", 5353, "dns", proto="udp", orig_bytes=90, orig_ttl=255, resp_pkts=0)
    t.conn("10.0.0.5", "10.0.0.9", 80, "http", orig_bytes=90, resp_bytes=90)
    assert {system_of(a) for a in inventory(observe(RowLake(t.rows)), Plan())} == {""}


def test_several_hop_limits_at_one_address_tell_nothing() -> None:
    t = (
        Traffic()
        .conn("10.0.0.5", "10.0.0.9", 9000, orig_bytes=9, orig_ttl=64)
        .conn("10.0.0.5", "10.0.0.9", 9001, orig_bytes=9, orig_ttl=127)
    )
    (asset,) = [a for a in inventory(observe(RowLake(t.rows)), Plan()) if a.addresses == ("10.0.0.5",)]
    assert system_of(asset) == ""


def test_what_a_machine_says_beats_its_hop_limit() -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 445, "smb", orig_bytes=90, orig_ttl=64, resp_ttl=64)
    t.add("ntlm", "10.0.0.5", "10.0.0.9", 445, server_os_version="6.1.7601")
    (asset,) = [a for a in inventory(observe(RowLake(t.rows)), Plan()) if a.addresses == ("10.0.0.9",)]
    assert system_of(asset) == "Windows 7 or Server 2008 R2"


def test_every_sign_of_the_table_is_read() -> None:
    read = {"http-agent", "http-server", "dhcp-vendor", "dhcp-fingerprint"}
    asked = " ".join(source for name, _, _, source in QUESTIONS if name == "signs")
    assert {row["sign"] for row in table("os_signs")} <= read | set(re.findall(r"'([a-z0-9]+(?:-[a-z]+)?)'", asked))


def test_every_system_of_a_sign_has_dates_or_is_a_family() -> None:
    families = {row["system"] for row in table("os_signs") if supported(row["system"]) is None}
    assert not {name for name in families if re.search(r"\b\d", name)}


def test_a_device_tells_its_type_over_sdc() -> None:
    row = next(r for r in table("sdc_types") if r["kind"] == "infusion pump")
    t = Traffic().add(
        "sdc", "10.0.0.5", "239.255.255.250", 3702, transport="udp", action="Hello", scopes=[f"sdc.cdc.type:///{row['code']}"]
    )
    t.conn("10.0.0.5", "10.0.0.9", 80, "http")
    found = next(a for a in inventory(observe(RowLake(t.rows)), Plan()) if "10.0.0.5" in a.addresses)
    assert (found.kind, found.clinical_class) == ("infusion pump", "life")


@pytest.mark.parametrize("service", ["tds", "tds,ssl", "tns", "postgresql", "mysql,ssl", "mongodb"])
def test_a_database_that_is_named_by_what_it_says_is_one(service: str) -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 14330, service)
    (asset,) = [a for a in inventory(observe(RowLake(t.rows)), Plan()) if a.addresses == ("10.0.0.9",)]
    assert asset.kind == "database"


def test_what_a_mac_says_to_log_in_does_not_make_it_windows() -> None:
    traffic = Traffic().conn("10.0.0.5", "10.0.0.9", 445, "smb")
    traffic.add("ntlm", "10.0.0.5", "10.0.0.9", 445, client_os_version="6.1.7600", server_os_version="6.1.7601")
    found = {asset.addresses[0]: asset for asset in inventory(observe(RowLake(traffic.rows)), Plan())}
    assert not [fact for fact in found["10.0.0.5"].attributes if fact.name == "system"]
    assert [fact.value for fact in found["10.0.0.9"].attributes if fact.name == "system"] == ["Windows 7 or Server 2008 R2"]


@pytest.mark.parametrize(
    ("name", "share_type", "kind"), [("lsarpc", None, "unknown"), ("k1:abc", "PIPE", "unknown"), ("k1:abc", None, "file server")]
)
def test_who_opens_a_pipe_opens_no_file(name: str, share_type: str | None, kind: str) -> None:
    traffic = Traffic().conn("10.0.0.5", "10.0.0.9", 4450)
    traffic.add("smb_files", "10.0.0.5", "10.0.0.9", 4450, name=name, share_type=share_type)
    found = {asset.addresses[0]: asset for asset in inventory(observe(RowLake(traffic.rows)), Plan())}
    assert found["10.0.0.9"].kind == kind


@pytest.mark.parametrize(
    ("build", "kind"),
    [
        # Windows XP, 10 1703 and 10 22H2 are no servers; builds that a server has too, or no build at all.
        ("5.1.2600", "workstation"),
        ("10.0.15063", "workstation"),
        ("10.0.19045", "workstation"),
        ("10.0.19041", "file server"),
        ("6.1.7601", "file server"),
        ("10.0.20348", "file server"),
        (None, "file server"),
    ],
)
def test_a_desktop_of_which_a_folder_is_open_to_others_is_no_file_server(build: str | None, kind: str) -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 445, "smb").add("smb_mapping", "10.0.0.5", "10.0.0.9", 445, share="k1:abc", status=0)
    t.add("ntlm", "10.0.0.5", "10.0.0.9", 445, server_os_version=build)
    (asset,) = [a for a in inventory(observe(RowLake(t.rows)), Plan()) if a.addresses == ("10.0.0.9",)]
    assert asset.kind == kind
