"""What tshark says of a capture: one run over it with every field that is compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .facts import End, Fact, Facts, Flow, counted, flow
from .oracle import Values, first, read_by_tshark

# On ports that it does not know tshark needs to be told, or passes over the first message of a connection.
OPTIONS = ("-d", "tcp.port==6661,hl7")
ADDRESSES = ("ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport")
DNS = ("dns.id", "dns.count.queries", "dns.count.zones", "dns.count.answers", "dns.qry.name", "dns.resp.name", "nbns.id", "nbns.name")
SMB = ("smb.dialect.name", "smb.dialect.index", "smb2.cmd", "smb2.flags.response", "smb2.dialect")
DICOM = ("dicom.pdu.type", "dicom.assoc.ae.calling", "dicom.assoc.ae.called", "_ws.col.Info")
RPC = ("dcerpc.pkt_type", "dcerpc.cn_flags.first_frag", "dcerpc.opnum")
KERBEROS = ("kerberos.msg_type", "kerberos.error_code")
TICKETS = {"10": "AS-REQ", "11": "AS-REP", "12": "TGS-REQ", "13": "TGS-REP", "30": "ERROR"}
OTHERS = ("tls.handshake.extensions_server_name", "dhcp.id", "dhcp.option.hostname", "hl7.message.type", "hl7.event.type")
FIELDS = ("frame.protocols", *ADDRESSES, *DNS, *SMB, *DICOM, *RPC, *KERBEROS, *OTHERS)

DIALECTS = {0x0202: "2.02", 0x0210: "2.1", 0x0300: "3.0", 0x0302: "3.0.2", 0x0311: "3.1.1"}
COMMAND = re.compile(r"\b[CN]-[A-Z-]+?-R(?:Q|SP)\b(?!-)")
Frame = dict[str, Values]


@dataclass(frozen=True)
class Layers:
    """The transports of a frame from the outermost inwards, and the protocols that stand on the last."""

    flows: list[Flow]
    above: list[str]


def facts(path: Path) -> Facts:
    frames = [dict(zip(FIELDS, values, strict=True)) for values in read_by_tshark(path, "", *FIELDS, options=OPTIONS)]
    return counted(_all(frames))


def _all(frames: list[Frame]) -> Iterator[tuple[str, Fact]]:
    spoken = Spoken()
    for frame in frames:
        layers = _layers(frame)
        for found in layers.flows:
            yield "connections", (found,)
            yield "packets", (found,)
        if layers.flows and layers.above:
            yield from _names(frame, layers.flows[-1], layers.above)
            yield from _messages(frame, layers.flows[-1], layers.above)
            spoken.see(frame, layers.flows[-1], layers.above)
    for found, family, dialect in spoken.agreed():
        yield "SMB dialects", (found, family, dialect)


def _layers(frame: Frame) -> Layers:
    """What an ICMP error quotes was sent by somebody else, and is left out."""
    rest = {name: iter(frame[name]) for name in ADDRESSES}
    source, target = "", ""
    flows: list[Flow] = []
    above: list[str] = []
    for name in frame["frame.protocols"][0].split(":"):
        if name in ("icmp", "icmpv6"):
            return Layers(flows, [])
        if name in ("ip", "ipv6"):
            source, target = next(rest[f"{name}.src"]), next(rest[f"{name}.dst"])
        elif name in ("tcp", "udp"):
            ends: tuple[End, End] = (source, int(next(rest[f"{name}.srcport"]))), (target, int(next(rest[f"{name}.dstport"])))
            flows.append(flow(name, *ends))
            above = []
        else:
            above.append(name)
    return Layers(flows, above)


def _names(frame: Frame, where: Flow, above: list[str]) -> Iterator[tuple[str, Fact]]:
    for flavor in ("dns", "mdns", "llmnr"):
        if flavor in above:
            for ident, names in _questions(frame):
                for name in names:
                    yield "DNS names", (where, flavor, ident, name)
    if "nbns" in above:
        yield "DNS names", (where, "nbns", int(frame["nbns.id"][0], 0), frame["nbns.name"][0].partition(" ")[0])
    for name in frame["tls.handshake.extensions_server_name"]:
        yield "TLS server names", (where, name)
    for number, name in zip(frame["dhcp.id"], frame["dhcp.option.hostname"], strict=False):
        yield "DHCP host names", (where, int(number, 0), name)


def _questions(frame: Frame) -> Iterator[tuple[int, Values]]:
    """By message its id and the names asked for; where nothing is asked (multicast answers) what the first record is about."""
    asked = iter(frame["dns.qry.name"])
    counts = frame["dns.count.queries"] or frame["dns.count.zones"]
    for ident, count in zip(frame["dns.id"], counts, strict=True):
        names = [next(asked) for _ in range(int(count))]
        yield int(ident, 0), names or frame["dns.resp.name"][:1]


def _messages(frame: Frame, where: Flow, above: list[str]) -> Iterator[tuple[str, Fact]]:
    if "dicom" in above:
        # The answer repeats both titles (PS3.8 9.3.3).
        kinds = [kind for kind in frame["dicom.pdu.type"] if kind in ("0x01", "0x02")]
        for kind, calling, called in zip(kinds, frame["dicom.assoc.ae.calling"], frame["dicom.assoc.ae.called"], strict=True):
            if kind == "0x01":
                yield "DICOM associations", (where, calling.strip(), called.strip())
        for command in COMMAND.findall(first(frame["_ws.col.Info"]) or ""):
            yield "DIMSE commands", (where, command)
    yield from _calls(frame, where)
    if "kerberos" in above:
        for kind in frame["kerberos.msg_type"]:
            if kind in TICKETS:
                code = int(frame["kerberos.error_code"][0]) if kind == "30" else None
                yield "Kerberos messages", (("krb", *where[1:]), TICKETS[kind], code)
    codes, events = frame["hl7.message.type"], frame["hl7.event.type"]
    for n, code in enumerate(codes):
        yield "HL7 messages", (where, code, events[n] if n < len(events) else None)


def _calls(frame: Frame, where: Flow) -> Iterator[tuple[str, Fact]]:
    """Where a frame has calls and answers, numbers of the calls stand before those of the answers that it may have. The answer to an
    IOCTL has the question in it once more, for tshark.
    """
    if "1" in frame["smb2.flags.response"]:
        return
    kinds = zip(frame["dcerpc.pkt_type"], frame["dcerpc.cn_flags.first_frag"], strict=False)
    calls = [is_first for kind, is_first in kinds if kind == "0"]
    for is_first, number in zip(calls, frame["dcerpc.opnum"], strict=False):
        if is_first == "1":
            yield "RPC calls", (where, int(number))


class Spoken:
    """Families and dialects of SMB by connection."""

    def __init__(self) -> None:
        self.families: dict[Flow, str] = {}
        self.offered: dict[Flow, Values] = {}
        self.dialects: dict[Flow, str] = {}

    def see(self, frame: Frame, where: Flow, above: list[str]) -> None:
        if where[0] != "tcp":
            return
        if "smb2" in above:
            self.families[where] = "SMB2"
            if "0" in frame["smb2.cmd"] and "1" in frame["smb2.flags.response"] and frame["smb2.dialect"]:
                self.dialects[where] = DIALECTS.get(int(frame["smb2.dialect"][0], 0), "")
        elif "smb" in above:
            self.families.setdefault(where, "SMB1")
            self.offered[where] = frame["smb.dialect.name"] or self.offered.get(where, [])
            if frame["smb.dialect.index"]:
                self.dialects[where] = self.offered[where][int(frame["smb.dialect.index"][0], 0)]

    def agreed(self) -> Iterator[tuple[Flow, str, str | None]]:
        for where, family in self.families.items():
            yield where, family, self.dialects.get(where) or None
