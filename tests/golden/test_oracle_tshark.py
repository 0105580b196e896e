"""Field by field against tshark, an independent reader of the same packets.

Where we differ on purpose:

| field | tshark | here, because |
|---|---|---|
| http uri, query | as sent | a template and known names: values are never kept (rule 1) |
| http user agent, server | as sent | product tokens only, comments can hold names: not compared |
| DNS answers beyond A, AAAA, CNAME, PTR | as sent | type and length only: TXT is free text |
| JA4 | not in tshark before 4.2 | made here from tshark's fields |
| SMB names, shares | as sent | pseudonyms; the counts and bytes are compared |
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from itertools import chain
from pathlib import Path

from .oracle import captures, first, needs_tshark, number, ordered, ours, rows, tshark

pytestmark = needs_tshark


@captures("")
def test_connections(path: Path) -> None:
    """Packets and IP bytes both ways, payload bytes by sequence number (TCP) or length (UDP), hop limits, community id."""
    flows: dict[tuple[str, str], dict[str, list[int]]] = {}
    for transport, size in (("tcp", "tcp.len"), ("udp", "udp.length")):
        fields = ("communityid", f"{transport}.stream", "ip.src", f"{transport}.srcport", "ip.len", "ip.ttl", size, "tcp.seq")
        packets = tshark(path, f"ip && {transport} && !icmp", *fields)
        for (flow,), (stream,), (source,), (port,), (length,), (hops,), (data,), seq in packets:
            sums = flows.setdefault((flow, transport + stream), {}).setdefault(f"{source}:{port}", [0, 0, 0, int(hops)])
            sums[0] += 1
            sums[1] += int(length)
            if transport == "udp":
                sums[2] += int(data) - 8
            elif int(data):
                sums[2] = max(sums[2], int(seq[0]) - 1 + int(data))
    theirs = [(flow, *sorted(map(repr, [*sides.items()]))) for (flow, _), sides in flows.items()]
    mine = []
    for row in rows(path)["conn"]:
        if row["proto"] != "icmp" and not row["interim"]:
            sides = [
                (f"{row[f'id_{side}_h']}:{row[f'id_{side}_p']}", [row[f"{side}_{what}"] for what in ("pkts", "ip_bytes", "bytes", "ttl")])
                for side in ("orig", "resp")
            ]
            mine.append((row["community_id"], *sorted(repr(side) for side in sides if side[1][0])))
    assert ordered(mine) == ordered(theirs)


@captures("dns")
def test_arp(path: Path) -> None:
    fields = ("arp.opcode", "arp.src.hw_mac", "arp.src.proto_ipv4", "arp.dst.hw_mac", "arp.dst.proto_ipv4", "eth.src")
    theirs = [(int(op), *rest) for (op,), *others in tshark(path, "arp", *fields) for rest in [[value[0] for value in others]]]
    assert ours(path, "arp", "op", "sender_mac", "sender_ip", "target_mac", "target_ip", "mac_src") == ordered(theirs)


@captures("dns")
def test_dhcp(path: Path) -> None:
    kinds = {1: "DISCOVER", 2: "OFFER", 3: "REQUEST", 4: "DECLINE", 5: "ACK", 6: "NAK", 7: "RELEASE", 8: "INFORM"}
    names = ("dhcp", "hostname", "vendor_class_id", "domain_name", "dhcp_server_id", "requested_ip_address")
    fields = ("dhcp.id", "dhcp.hw.mac_addr", "dhcp.ip.your", "dhcp.option.request_list_item", "dhcp.option.ip_address_lease_time")
    theirs = []
    for ident, mac, your, asked, lease, kind, *texts in tshark(path, "dhcp", *fields, *(f"dhcp.option.{name}" for name in names)):
        given = None if your == ["0.0.0.0"] else first(your)
        known = (int(ident[0], 0), first(mac), given, [int(item) for item in asked], number(lease), kinds[int(kind[0])])
        theirs.append((*known, *map(first, texts)))
    columns: tuple[str, ...] = ("trans_id", "mac", "assigned_addr", "requested_params", "lease_time", "msg_type")
    columns += ("host_name", "vendor_class", "domain", "server_addr", "requested_addr")
    assert ours(path, "dhcp", *columns) == ordered(theirs)


@captures("dns")
def test_dns(path: Path) -> None:
    fields = ("communityid", "dns.id", "dns.qry.name", "dns.qry.type", "dns.flags.rcode", "dns.flags.authoritative", "dns.flags.recavail")
    answers = ("dns.a", "dns.aaaa", "dns.cname", "dns.ptr.domain_name", "dns.resp.ttl", "dns.time")
    theirs = []
    for flow, ident, name, kind, code, aa, ra, *given, ttls, took in tshark(path, "dns.flags.response == 1", *fields, *answers):
        known = (flow[0], number(ident), first(name), number(kind), number(code), aa == ["1"], ra == ["1"])
        theirs.append((*known, sorted(chain(*given)), [int(ttl) for ttl in ttls], round(float(took[0]), 6)))
    mine = [
        (
            *(row[c] for c in ("community_id", "trans_id", "query", "qtype", "rcode", "aa", "ra")),
            sorted(row["answers"]),
            row["ttls"],
            row["rtt"],
        )
        for row in rows(path)["dns"]
    ]
    assert ordered(mine) == ordered(theirs)


def same_shape(template: str, path: str) -> bool:
    parts, given = template.split("/"), path.split("/")
    return len(parts) == len(given) and all(part == other or "{}" in part for part, other in zip(parts, given, strict=True))


@captures("fhir")
def test_http(path: Path) -> None:
    asked = ("communityid", "http.request.method", "http.request.uri", "http.request.version", "http.host", "http.authorization")
    said = ("communityid", "http.response.code", "http.response.phrase", "http.content_length_header", "http.content_type")
    requests, responses = (defaultdict(list), defaultdict(list))
    for flow, *rest in tshark(path, "http.request", *asked):
        requests[flow[0]].append([first(value) for value in rest])
    for flow, *rest in tshark(path, "http.response", *said):
        responses[flow[0]].append([first(value) for value in rest])
    assert len(rows(path)["http"]) == sum(map(len, requests.values()))
    for row in rows(path)["http"]:
        method, uri, version, host, credentials = requests[row["community_id"]][row["trans_depth"] - 1]
        code, phrase, length, kind = responses[row["community_id"]][row["trans_depth"] - 1]
        target, _, query = (uri or "").partition("?")
        keys = [pair.partition("=")[0] for pair in query.split("&")] if query else []
        assert (row["method"], f"HTTP/{row['version']}", row["host"]) == (method, version, (host or "").partition(":")[0])
        assert (str(row["status_code"]), row["status_msg"], row["resp_mime"]) == (code, phrase, (kind or "").partition(";")[0] or None)
        assert length is None or row["response_body_len"] == int(length)
        assert same_shape(row["uri"], target)
        assert all(mine in (key, "{}") for mine, key in zip(row["query_keys"], keys, strict=True))
        assert row["auth_scheme"] == (credentials.split()[0].lower() if credentials else None)


def _grease(value: str) -> bool:
    return int(value, 0) & 0x0F0F == 0x0A0A and int(value, 0) >> 8 == int(value, 0) & 0xFF


def _ja4(
    versions: list[str], old: str, sni: list[str], ciphers: list[str], extensions: list[str], alpn: list[str], signing: list[str]
) -> str:
    """JA4 as FoxIO's technical description gives it, from tshark's fields."""
    names = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10"}
    version = max([int(value, 0) for value in versions if not _grease(value)] or [int(old, 0)])
    suites = sorted(f"{int(value, 0):04x}" for value in ciphers if not _grease(value))
    kinds = [f"{int(value, 0):04x}" for value in extensions if not _grease(value)]
    tail = ",".join(sorted(kind for kind in kinds if kind not in ("0000", "0010")))
    if signing:
        tail += "_" + ",".join(f"{int(value, 0):04x}" for value in signing)
    offered = alpn[0][0] + alpn[0][-1] if alpn else "00"
    head = f"t{names[version]}{'d' if sni else 'i'}{len(suites):02}{len(kinds):02}{offered}"
    return "_".join([head, *(hashlib.sha256(text.encode()).hexdigest()[:12] for text in (",".join(suites), tail))])


@captures("https")
def test_tls(path: Path) -> None:
    """Both hellos: names, versions, suites, JA3, JA3S, JA4, key shares, ALPN; certificates by their fingerprint."""
    hello = "tls.handshake."
    asked = ("ja3", "version", "ciphersuite", "extension.type", "extensions_server_name", "extensions.supported_version")
    more = ("extensions_alpn_str", "sig_hash_alg", "extensions_key_share_group")
    said = ("ja3s", "version", "ciphersuite", "extensions.supported_version", "extensions_key_share_group")
    client = {flow[0]: rest for flow, *rest in tshark(path, f"{hello}type == 1", "communityid", *(hello + name for name in asked + more))}
    server = {flow[0]: rest for flow, *rest in tshark(path, f"{hello}type == 2", "communityid", *(hello + name for name in said))}
    shown: dict[str, list[str]] = defaultdict(list)
    for flow, certificates in tshark(path, f"{hello}certificate", "communityid", f"{hello}certificate"):
        shown[flow[0]] += [hashlib.sha256(bytes.fromhex(text)).hexdigest() for text in certificates]
    curves = {flow[0]: curve for flow, curve in tshark(path, f"{hello}type == 12", "communityid", f"{hello}server_named_curve")}
    assert {row["community_id"] for row in rows(path)["ssl"]} == set(client)
    for row in rows(path)["ssl"]:
        ja3, old, ciphers, kinds, sni, versions, alpn, signing, shares = client[row["community_id"]]
        ja3s, spoken, chosen, selected, group = server[row["community_id"]]
        assert (row["ja3"], row["ja3s"], row["server_name"]) == (ja3[0], ja3s[0], first(sni))
        assert row["ja4"] == _ja4(versions, old[0], sni, ciphers, kinds, alpn, signing)
        assert (row["version_num"], row["cipher_num"]) == (number(selected or spoken), number(chosen))
        assert row["curve_num"] == number(group or curves[row["community_id"]])
        assert row["client_ciphers_count"] == sum(not _grease(value) for value in ciphers)
        assert (row["client_alpn"], len(row["key_share_groups"])) == (alpn, sum(not _grease(value) for value in shares))
        assert row["cert_chain_fps"] == shown[row["community_id"]]
    assert Counter(row["fingerprint"] for row in rows(path)["x509"]) == Counter(chain(*shown.values()))


@captures("smb2")
def test_smb2(path: Path) -> None:
    """Dialects, trees, successful creates and closes, bytes read and written, encrypted messages: by connection."""
    dialects = {0x0202: "2.02", 0x0210: "2.1", 0x0300: "3.0", 0x0302: "3.0.2", 0x0311: "3.1.1"}
    spoken: dict[str, str] = {}
    theirs: Counter[tuple[str, str]] = Counter()
    fields = ("communityid", "smb2.cmd", "smb2.flags.response", "smb2.nt_status", "smb2.dialect", "smb2.write.count")
    for flow, commands, answers, states, dialect, written in tshark(path, "smb2 && smb2.flags.response == 1", *fields):
        assert len(commands) == len(answers) == len(states), "a compound of questions and answers: compare by hand"
        if "0" in commands and dialect and int(dialect[0], 0) in dialects:
            spoken[flow[0]] = dialects[int(dialect[0], 0)]
        for command, state in zip(commands, states, strict=True):
            what = {"3": "tree", "5": "create", "6": "close"}.get(command)
            if what and not int(state, 0):
                theirs[flow[0], what] += 1
        theirs[flow[0], "write"] += sum(map(int, written))
    for flow, asked in tshark(path, "smb2.cmd == 8 && smb2.flags.response == 0", "communityid", "smb2.read_length"):
        theirs[flow[0], "read"] += sum(map(int, asked))  # the recorded clients ask for what is there
    for flow, ids in tshark(path, "smb2.header.transform.msg_size", "communityid", "smb2.header.transform.msg_size"):
        theirs[flow[0], "encrypted"] += len(ids)
    mine: Counter[tuple[str, str]] = Counter()
    for row in rows(path)["smb_mapping"]:
        if row["version"] == "SMB2":
            assert row["dialect"] == spoken[row["community_id"]]
            mine[row["community_id"], "tree"] += row["status"] == 0
    for row in rows(path)["smb_files"]:
        if row["version"] == "SMB2":
            flow, action = row["community_id"], row["action"]
            mine[flow, "create"] += action in ("open", "create") and row["status"] == 0
            mine[flow, "close"] += action == "close" and row["status"] == 0
            mine[flow, action] += row["bytes"] or 0 if action in ("read", "write") else 0
            mine[flow, "encrypted"] += (row["messages_orig"] or 0) + (row["messages_resp"] or 0)
    assert +mine == +theirs
