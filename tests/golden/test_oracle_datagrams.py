"""Protocols of single datagrams message by message against tshark, in their golden captures."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from .captures import HERE
from .oracle import first, needs_tshark, rows, tshark

pytestmark = needs_tshark
ECHO_REPLY, ECHO = "0", "8"
FACILITIES = {"USER": 1, "DAEMON": 3, "AUTH": 4, "LOCAL4": 20}
CLASS_BITS = (0, 0x10, 0x100, 0x110)
CLASSES = ("requests", "indications", "successes", "errors")


@pytest.mark.parametrize("name", ["messages", "tunnel"])
def test_icmp(name: str) -> None:
    path = HERE / "icmp" / f"{name}.pcap"
    said: Counter[tuple[str, ...]] = Counter()
    carried: Counter[tuple[str, ...]] = Counter()
    gateways = set()
    known = set()
    fields = ("ip.id", "ip.src", "ip.dst", "icmp.type", "icmp.code", "ip.len", "icmp.redir_gw")
    for (ident, *_), source, target, kinds, codes, lengths, gateway in tshark(path, "icmp", *fields):
        # The stranger hands on what is meant for him: the same packet once more, which is a copy.
        if (ident, source[0], kinds[0]) in known:
            continue
        known.add((ident, source[0], kinds[0]))
        kind, ends = kinds[0], (source[0], target[0])
        if kind == ECHO_REPLY:
            kind, ends = ECHO, (target[0], source[0])
        said[*ends, kind, codes[0]] += 1
        carried[*ends, kind, codes[0]] += int(lengths[0]) - 28
        gateways |= set(gateway)
    mine = {(row["id_orig_h"], row["id_resp_h"], str(row["icmp_type"]), str(row["icmp_code"])): row for row in rows(path)["icmp"]}
    assert {key: row["requests"] + row["replies"] for key, row in mine.items()} == said
    assert {key: row["payload_bytes"] for key, row in mine.items()} == carried
    assert {row["gateway"] for row in mine.values() if row["gateway"]} == gateways


def test_ntp() -> None:
    path = HERE / "ntp" / "messages.pcap"
    said: Counter[tuple[str, ...]] = Counter()
    strata: dict[tuple[str, ...], str | None] = {}
    for (flow,), source, (version,), (mode,), code, private, stratum in tshark(
        path,
        "ntp",
        "communityid",
        "ip.src",
        "ntp.flags.vn",
        "ntp.flags.mode",
        "ntp.ctrl.flags2.opcode",
        "ntp.priv.reqcode",
        "ntp.stratum",
    ):
        asked = (code or private or ["None"])[0]
        key = flow, source[0], version, mode, asked
        said[key] += 1
        strata.setdefault(key, first(stratum))
    mine = {}
    for row in rows(path)["ntp"]:
        # Rows of answers have the ends of their connection.
        sender = row["id_resp_h"] if row["mode"] == 4 or row["response"] else row["id_orig_h"]
        mine[row["community_id"], sender, str(row["version"]), str(row["mode"]), str(row["opcode"])] = row
    assert {key: row["messages"] for key, row in mine.items()} == said
    assert {key: row["stratum"] if row["stratum"] is None else str(row["stratum"]) for key, row in mine.items()} == strata


def test_stun_of_a_relay() -> None:
    path = HERE / "stun" / "relay.pcap"
    said: dict[str, Counter[str]] = defaultdict(Counter)
    told: dict[str, dict[str, str]] = defaultdict(dict)
    names = ("att.port-xord", "att.realm", "att.software")
    for (flow,), kinds, *values in tshark(path, "stun.type", "communityid", "stun.type", *(f"stun.{name}" for name in names)):
        said[flow][CLASSES[CLASS_BITS.index(int(kinds[0], 0) & 0x110)]] += 1
        for name, value in zip(names, values, strict=True):
            if value and value[0]:
                told[flow].setdefault(name, value[0])
    mine = {row["community_id"]: row for row in rows(path)["stun"]}
    assert {flow: {name: row[name] for name in CLASSES if row[name]} for flow, row in mine.items()} == said
    assert all(row["realm"] == told[flow].get("att.realm") for flow, row in mine.items())
    assert all(told[flow]["att.software"].startswith(row["server_software"]) for flow, row in mine.items())


def test_stun_of_a_visit() -> None:
    path = HERE / "stun" / "visit.pcap"
    (row,) = rows(path)["stun"]
    fields = ("dtls.handshake.version", "dtls.handshake.ciphersuite", "dtls.use_srtp.protection_profile")
    ((version, cipher, profile),) = tshark(path, "dtls.handshake.type == 2", *fields)
    assert (version, row["dtls_version"]) == (["0xfefd"], "DTLSv12")
    assert (cipher, row["dtls_cipher"]) == (["0xc02b"], "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
    assert (int(profile[0], 0), row["srtp_profile"]) == (8, "SRTP_AEAD_AES_256_GCM")
    data = sum(kinds.count("23") for (kinds,) in tshark(path, "dtls", "dtls.record.content_type"))
    media = [data for (data,) in tshark(path, "udp && !stun && !dtls", "udp.payload")]
    assert row["data_records"] == data
    assert row["orig_media_pkts"] + row["resp_media_pkts"] == len(media)
    assert row["media_bytes"] == sum(len(one[0]) // 2 for one in media)


def test_syslog() -> None:
    path = HERE / "syslog" / "messages.pcap"
    said: Counter[tuple[str, int, int]] = Counter()
    for (flow,), (facility,), (level,) in tshark(path, "syslog", "communityid", "syslog.facility", "syslog.level"):
        said[flow, int(facility), int(level)] += 1
    mine: Counter[tuple[str, int, int]] = Counter()
    for row in rows(path)["syslog"]:
        for level, count in enumerate(row["severities"]):
            mine[row["community_id"], FACILITIES[row["facility"]], level] += count
    assert +mine == said


def test_ssdp() -> None:
    path = HERE / "ssdp" / "messages.pcap"
    said: Counter[tuple[str, str]] = Counter()
    for (flow,), method, code in tshark(path, "ssdp", "communityid", "http.request.method", "http.response.code"):
        said[flow, (method or ["RESPONSE" if code else ""])[0]] += 1
    mine: Counter[tuple[str, str]] = Counter()
    for row in rows(path)["ssdp"]:
        mine[row["community_id"], row["method"]] += row["messages"]
    assert mine == said


def test_tftp() -> None:
    path = HERE / "tftp" / "transfers.pcap"
    blocks: Counter[str] = Counter()
    carried: Counter[str] = Counter()
    errors: dict[str, int] = {}
    operations = {}
    fields = ("communityid", "tftp.opcode", "udp.length", "tftp.error.code")
    for (flow,), (opcode,), (length,), error in tshark(path, "tftp", *fields):
        match int(opcode):
            case 1 | 2:
                operations[flow] = ("read", "write")[int(opcode) - 1]
            case 3:
                blocks[flow] += 1
                carried[flow] += int(length) - 12
            case 5:
                errors[flow] = int(error[0])
    found = rows(path)["tftp"]
    moved = [row for row in found if row["kind"] == "transfer"]
    assert {row["community_id"]: row["operation"] for row in found if row["kind"] == "request"} == operations
    assert Counter({row["community_id"]: row["blocks"] for row in moved if row["blocks"]}) == blocks
    assert Counter({row["community_id"]: row["bytes"] for row in moved if row["bytes"]}) == carried
    assert {row["community_id"]: row["error_code"] for row in moved if row["error"]} == errors
