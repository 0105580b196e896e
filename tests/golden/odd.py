"""Captures of what goes wrong or is rare: each a named capture, so that what once broke stays mended."""

from __future__ import annotations

import struct
from collections.abc import Callable

from .packets import (
    ACK,
    MAC_A,
    MAC_B,
    PSH,
    RAW,
    RST,
    SLL,
    START,
    SYN,
    Talk,
    arp,
    cooked,
    ethernet,
    ip4,
    ip6_fragments,
    pcap,
    pcapng,
    spaced,
    udp,
)

MSH = b"MSH|^~\\&|LAB|CORE|EHR|MAIN|20260101120000||ORU^R01^ORU_R01|%s|P|2.5.1\r"
ACK_OF = b"\x0bMSH|^~\\&|EHR|MAIN|LAB|CORE|20260101120001||ACK^R01|A%s|P|2.5.1\rMSA|AA|%s\r\x1c\r"
BODY = b"PID|1||ZZ100001^^^MAIN^MR\rOBR|1|ORD1||GLU\rOBX|1|NM|GLU||5.1|mmol/L\r"
HTTP_PAGE = b"HTTP/1.1 200 OK\r\nServer: test/1.0\r\nContent-Length: 2\r\n\r\nok"
QUESTION = b"\x04pacs\x08hospital\x04test\0"


def mllp(control: bytes) -> bytes:
    return b"\x0b" + MSH % control + BODY + b"\x1c\r"


def query(ident: int, name: bytes, kind: int = 1) -> bytes:
    return struct.pack(">HHHHHH", ident, 0x0100, 1, 0, 0, 0) + name + struct.pack(">HH", kind, 1)


def _hello() -> Talk:
    return Talk().open().say(b"hello " * 10).answer(b"world " * 20).close()


def _vlan() -> bytes:
    return pcap(spaced(ethernet(packet, 0, tags=((0x8100, 104),)) for packet in _hello().packets))


def _qinq() -> bytes:
    return pcap(spaced(ethernet(packet, 0, tags=((0x88A8, 7), (0x8100, 104))) for packet in _hello().packets))


def _mirrored() -> bytes:
    """Mirrors of virtual switches: one talk in ERSPAN II, whose header tells its VLAN, and one in VXLAN."""
    erspan = struct.pack(">HHIHHI", 0x1000, 0x88BE, 1, 0x1000 | 104, 0x1801, 5)
    packets = [ip4("10.9.0.1", "10.9.0.2", 47, erspan + frame) for frame in _hello().frames()]
    for frame in Talk(a=("10.1.0.3", 40000)).open().say(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").answer(HTTP_PAGE).close().frames():
        packets.append(ip4("10.9.0.1", "10.9.0.2", 17, udp(50000, 4789, bytes([8, 0, 0, 0, 0, 0, 42, 0]) + frame)))
    return pcap(spaced(ethernet(packet, 0, b"\x02\0\0\0\0\x0e", b"\x02\0\0\0\0\x0f") for packet in packets))


def _provider() -> bytes:
    """At the border of a site: one talk in a PPPoE session, one in a pseudowire below two MPLS labels."""
    frames = [ethernet(struct.pack(">BBHHH", 0x11, 0, 9, len(p) + 2, 0x21) + p, 0x8864) for p in _hello().packets]
    labels = struct.pack(">III", 0x00010040, 0x00011140, 1)
    other = Talk(a=("10.1.0.3", 40000)).open().say(b"hello").close().frames()
    return pcap(spaced(frames + [ethernet(labels + frame, 0x8847) for frame in other]))


def _wrong_stamp() -> bytes:
    """One packet is a century ahead of its connection."""
    packets = spaced(_hello().frames())
    packets[4] = (packets[4][0] + 2_000_000_000_000_000, packets[4][1])
    return pcap(packets)


def _cooked() -> bytes:
    return pcap(spaced(cooked(packet) for packet in _hello().packets), link=SLL)


def _raw_big_endian_nano() -> bytes:
    return pcap(spaced(_hello().packets), link=RAW, order=">", nano=True)


def _pcapng() -> bytes:
    return pcapng(spaced(_hello().frames()))


def _ipv6_fragments() -> bytes:
    """A DNS answer of three fragments, the last first and one twice."""
    a, b = "2001:db8::1", "2001:db8::2"
    ask = query(9, QUESTION, 28)
    records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", 28, 1, 60, 16) + bytes(15) + bytes([i]) for i in range(4))
    reply = struct.pack(">HHHHHH", 9, 0x8580, 1, 4, 0, 0) + ask[12:] + records
    pieces = ip6_fragments(b, a, 17, udp(53, 40000, reply), 64)
    asked = ip6_fragments(a, b, 17, udp(40000, 53, ask), 1024, ident=1)
    return pcap(spaced(ethernet(packet) for packet in [*asked, pieces[-1], *pieces[:-1], pieces[0]]))


def _out_of_order() -> bytes:
    talk = Talk().open().say(b"".join(mllp(b"M%d" % i) for i in range(4)), size=97).answer(ACK_OF % (b"M0", b"M0")).close()
    packets = talk.frames()
    packets[4], packets[5], packets[7] = packets[7], packets[4], packets[5]
    return pcap(spaced([*packets[:9], packets[6], *packets[9:]], step=500))


def _overlap_differs() -> bytes:
    """Behind a segment that is late, one comes twice, the second time with other bytes: the first copy counts."""
    talk = Talk().open().say(b"late. first copy wins!", size=6)
    late = talk.packets.pop(3)
    talk.packets += [talk.segment(0, PSH | ACK, b"OTHER", seq=1007), late]
    return pcap(spaced(talk.say(b" and goes on").close().frames()))


def _midstream() -> bytes:
    """The capture begins in the middle of the first message."""
    talk = Talk(b=("10.1.0.2", 2575)).open().say(mllp(b"M1"), size=60)
    for control in (b"M1", b"M2"):
        talk.answer(ACK_OF % (control, control)).say(mllp(b"M2") if control == b"M1" else b"")
    return pcap(spaced(talk.close().frames()[4:]))


def _lost_segment() -> bytes:
    talk = Talk(b=("10.1.0.2", 2575)).open()
    for i in range(5):
        talk.say(mllp(b"M%d" % i), size=120).answer(ACK_OF % (b"M%d" % i, b"M%d" % i))
    packets = talk.close().frames()
    del packets[8]
    return pcap(spaced(packets))


def _both_ports() -> bytes:
    """A page as a mirror of both its ports shows it: every packet twice, the second one as it leaves a router."""
    twice = []
    for frame in Talk(b=("10.1.0.2", 80)).open().say(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").answer(HTTP_PAGE).close().frames():
        routed = MAC_B + MAC_A + frame[12:22] + bytes([frame[22] - 1]) + frame[23:]
        twice += [frame, routed]
    return pcap([(START + n // 2 * 1000 + n % 2 * 200, frame) for n, frame in enumerate(twice)])


def _cut_record() -> bytes:
    return pcap(spaced(_hello().frames()))[:-30]


def _short_snap() -> bytes:
    return pcap(
        spaced(Talk(b=("10.1.0.2", 80)).open().say(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").answer(HTTP_PAGE).close().frames()), snap=70
    )


def _refused_and_silent() -> bytes:
    refused = Talk(a=("10.1.0.1", 40001))
    frames = [ethernet(refused.segment(0, SYN)), ethernet(refused.segment(1, RST | ACK, seq=0), 0, MAC_B, MAC_A)]
    silent = Talk(a=("10.1.0.1", 40002))
    reset = Talk(a=("10.1.0.1", 40003)).open().say(b"x")
    reset.packets.append(reset.segment(1, RST))
    ping = ip4("10.1.0.1", "10.1.0.2", 1, struct.pack(">BBHHH", 8, 0, 0, 1, 1) + b"ping")
    pong = ip4("10.1.0.2", "10.1.0.1", 1, struct.pack(">BBHHH", 0, 0, 0, 1, 1) + b"ping")
    gre = ip4("10.1.0.1", "10.1.0.2", 47, bytes(8))
    frames += [ethernet(silent.segment(0, SYN)), *reset.frames(), ethernet(ping), ethernet(pong, 0, MAC_B, MAC_A), ethernet(gre)]
    return pcap(spaced(frames))


def _weekly_session() -> bytes:
    """A message every 40 s for 4 minutes: interim rows while the connection lives."""
    talk = Talk(b=("10.1.0.2", 2575)).open()
    for i in range(6):
        talk.say(mllp(b"W%d" % i)).answer(ACK_OF % (b"W%d" % i, b"W%d" % i))
    packets = spaced(talk.frames())
    return pcap((ts + (i // 2) * 40_000_000, frame) for i, (ts, frame) in enumerate(packets))


def _announced() -> bytes:
    mac = b"\x02\0\0\0\0\x0c"
    short = arp(1, mac, "10.1.0.3", "10.1.0.4")[:30]
    return pcap(spaced([arp(1, mac, "10.1.0.3", "10.1.0.3"), arp(2, mac, "10.1.0.3", "10.1.0.1", MAC_A), short]))


def _dns_odd() -> bytes:
    """Multicast DNS of a DICOM node, a refusal, a name that points at itself, a query that nobody answers."""
    service = b"\x06_dicom\x04_tcp\x05local\0"
    mdns = struct.pack(">HHHHHH", 0, 0x8400, 0, 1, 0, 0) + service + struct.pack(">HHIH", 12, 0x8001, 120, 8) + b"\x05Smith\xc0\x0c"
    refused = struct.pack(">HHHHHH", 3, 0x8105, 1, 0, 0, 0) + query(3, QUESTION)[12:]
    loop = struct.pack(">HHHHHH", 4, 0x0100, 1, 0, 0, 0) + b"\xc0\x0c" + struct.pack(">HH", 1, 1)
    a, b = "10.1.0.1", "10.1.0.53"
    packets = [
        ip4(a, "224.0.0.251", 17, udp(5353, 5353, mdns)),
        ip4(a, b, 17, udp(40000, 53, query(3, QUESTION))),
        ip4(b, a, 17, udp(53, 40000, refused)),
        ip4(a, b, 17, udp(40001, 53, loop)),
        ip4(a, b, 17, udp(40002, 53, query(5, QUESTION, 16))),
    ]
    return pcap(spaced(ethernet(packet) for packet in packets))


def _http_odd() -> bytes:
    """Two requests before an answer, chunks, Basic, a number in the path, a response without end; then one that is no HTTP any more."""
    basic = b"Authorization: Basic enphbm5hOnp6c2VjcmV0\r\n"
    first = b"GET /patients/4711/report.pdf?name=ZZAnna&page=2 HTTP/1.1\r\nHost: web.test:8080\r\n" + basic + b"\r\n"
    second = (
        b"POST /login HTTP/1.1\r\nHost: web.test\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    )
    talk = Talk(b=("10.1.0.2", 8080)).open().say(first + second).answer(HTTP_PAGE)
    talk.answer(b"HTTP/1.0 404 Not Found\r\n\r\nuntil the end").close()
    broken = Talk(a=("10.1.0.1", 40001), b=("10.1.0.2", 80)).open().say(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n")
    return pcap(spaced(talk.frames() + broken.answer(HTTP_PAGE).close().frames()))


def _fhir_everything() -> bytes:
    patient = b'{"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:mrn","value":"ZZ100001"}]}'
    body = b'{"resourceType":"Bundle","type":"searchset","entry":[{"resource":' + patient + b"}]}"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: %d\r\n\r\n"
    talk = Talk(b=("10.1.0.2", 8080)).open()
    talk.say(b"GET /fhir/Patient?identifier=ZZ100001 HTTP/1.1\r\nHost: f.test\r\nAuthorization: Bearer zztoken\r\n\r\n").answer(
        head % len(body) + body
    )
    talk.say(b"GET /fhir/Patient/p1/$everything HTTP/1.1\r\nHost: f.test\r\n\r\n").answer(head % len(body) + body, size=50)
    talk.say(b"GET /fhir/Patient/$export HTTP/1.1\r\nHost: f.test\r\n\r\n").answer(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
    return pcap(spaced(talk.close().frames()))


def _lost_end_block() -> bytes:
    """The second message never ends; the third stands whole all the same."""
    stream = mllp(b"E1") + mllp(b"E2")[:-2] + mllp(b"E3")
    talk = Talk(b=("10.1.0.2", 2575)).open().say(stream, size=150)
    for control in (b"E1", b"E2", b"E3"):
        talk.answer(ACK_OF % (control, control))
    return pcap(spaced(talk.close().frames()))


def _other_delimiters() -> bytes:
    message = b"\x0bMSH$%~\\&$LAB$CORE$EHR$MAIN$20260101120000$$ADT%A01$D1$P$2.3\rPID$1$$ZZ100001%%%MAIN%MR\r\x1c\r"
    return pcap(spaced(Talk(b=("10.1.0.2", 6661)).open().say(message).close().frames()))


def _batch() -> bytes:
    message = MSH % b"B%d" + BODY
    stream = b"\x0bFHS|^~\\&|LAB\rBHS|^~\\&|LAB|CORE|EHR|MAIN|20260101||||BATCH7\r" + message % 1 + message % 2 + b"BTS|2\rFTS|1\r\x1c\r"
    return pcap(spaced(Talk(b=("10.1.0.2", 2575)).open().say(stream).close().frames()))


def _unframed() -> bytes:
    return pcap(spaced(Talk(b=("10.1.0.2", 5000)).open().say(MSH % b"R1" + BODY + MSH % b"R2" + BODY).close().frames()))


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(body)) + body


def associate(kind: int) -> bytes:
    """A-ASSOCIATE-RQ (1) or -AC (2) for verification in implicit little endian (PS3.8 9.3.2, 9.3.3)."""
    transfer = _item(0x40, b"1.2.840.10008.1.2")
    context = bytes([1, 0, 0, 0]) + (_item(0x30, b"1.2.840.10008.1.1") if kind == 1 else b"") + transfer
    user = _item(0x51, struct.pack(">I", 16384)) + _item(0x52, b"1.2.3.4") + _item(0x55, b"TEST_1")
    if kind == 1:
        user += _item(0x58, b"\x01\x00\x00\x06zzanna\x00\x00")
    items = _item(0x10, b"1.2.840.10008.3.1.1.1") + _item(0x20 if kind == 1 else 0x21, context) + _item(0x50, user)
    body = struct.pack(">HH16s16s32x", 1, 0, b"PACS".ljust(16), b"TESTER".ljust(16)) + items
    return struct.pack(">BBI", kind, 0, len(body)) + body


def _echo_command() -> bytes:
    """A C-ECHO-RQ as one P-DATA-TF (PS3.7 9.3.5.1)."""
    elements = [(0x0002, b"1.2.840.10008.1.1\0"), (0x0100, b"\x30\0"), (0x0110, b"\x07\0"), (0x0800, b"\x01\x01")]
    command = b"".join(struct.pack("<HHI", 0, tag, len(value)) + value for tag, value in elements)
    command = struct.pack("<HHII", 0, 0, 4, len(command)) + command
    return struct.pack(">BBIIBB", 4, 0, len(command) + 6, len(command) + 2, 1, 3) + command


def _aborted() -> bytes:
    """DICOM on port 443, a user name offered, a command in segments of 5 bytes, then A-ABORT of the service-provider."""
    talk = Talk(b=("10.1.0.2", 443)).open().say(associate(1)).answer(associate(2)).say(_echo_command(), size=5)
    return pcap(spaced(talk.answer(bytes([7, 0, 0, 0, 0, 4, 0, 0, 2, 6])).close().frames()))


def _lying_length() -> bytes:
    """A PDV that is longer than its PDU, after a message that is right."""
    talk = Talk(b=("10.1.0.2", 104)).open().say(associate(1)).answer(associate(2)).say(_echo_command())
    lie = struct.pack(">BBIIBB", 4, 0, 20, 4_000_000, 1, 3) + bytes(14)
    return pcap(spaced(talk.say(lie).close().frames()))


ODD: dict[str, Callable[[], bytes]] = {
    "conn/vlan.pcap": _vlan,
    "conn/qinq.pcap": _qinq,
    "conn/mirrored.pcap": _mirrored,
    "conn/provider.pcap": _provider,
    "conn/wrong_stamp.pcap": _wrong_stamp,
    "conn/linux_cooked.pcap": _cooked,
    "conn/raw_ip_big_endian_nano.pcap": _raw_big_endian_nano,
    "conn/pcapng_two_clocks.pcap": _pcapng,
    "conn/overlap_differs.pcap": _overlap_differs,
    "stats/both_ports.pcap": _both_ports,
    "conn/cut_record.pcap": _cut_record,
    "conn/short_snap.pcap": _short_snap,
    "conn/refused_and_silent.pcap": _refused_and_silent,
    "conn/interim.pcap": _weekly_session,
    "arp/announced.pcap": _announced,
    "dns/ipv6_fragments.pcap": _ipv6_fragments,
    "dns/odd.pcap": _dns_odd,
    "http/odd.pcap": _http_odd,
    "fhir/everything.pcap": _fhir_everything,
    "hl7/out_of_order.pcap": _out_of_order,
    "hl7/midstream.pcap": _midstream,
    "hl7/lost_segment.pcap": _lost_segment,
    "hl7/lost_end_block.pcap": _lost_end_block,
    "hl7/other_delimiters.pcap": _other_delimiters,
    "hl7/batch.pcap": _batch,
    "hl7/unframed.pcap": _unframed,
    "dicom_association/aborted.pcap": _aborted,
    "dicom_message/lying_length.pcap": _lying_length,
}
