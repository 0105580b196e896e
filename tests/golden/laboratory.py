"""Captures of a laboratory's protocols, byte by byte as CLSI LIS01-A2, LIS02-A2 and POCT01-A2 have them."""

from __future__ import annotations

from collections.abc import Callable

from .packets import Talk, pcap, spaced


def astm_frame(number: int, text: bytes, end: bytes = b"\x03") -> bytes:
    """CLSI LIS01-A2 6.3.1: STX, number, text, ETB or ETX, checksum, CR LF."""
    body = b"%d" % (number % 8) + text + end
    return b"\x02" + body + b"%02X\r\n" % (sum(body) & 255)


ASTM_HEAD = b"H|\\^&|%s||c111^Roche^c111^4.2.2.1730^1^13147|||||HOST||P|1|20260101120000\r"
ASTM_BODY = (b"P|1||ZZ100001||ZZTEST^ANNA||19640812|F\r", b"O|1|ZZA1^5^2||^^^GLU|R\r", b"R|1|^^^GLU|5.1|mmol/L||N||F||ZZNURSE\r")
ASTM_END = b"L|1|N\r"


def _astm_talk(port: int = 4000) -> Talk:
    return Talk(b=("10.1.0.2", port)).open()


def _transfer(talk: Talk, control: bytes) -> Talk:
    """One message in frames of a record each."""
    talk.say(b"\x05").answer(b"\x06")
    for number, record in enumerate((ASTM_HEAD % control, *ASTM_BODY, ASTM_END), 1):
        talk.say(astm_frame(number, record), size=40).answer(b"\x06")
    return talk.say(b"\x04")


def _astm_damaged() -> bytes:
    """A frame damaged on the serial line before the terminal server, refused and sent again; one whose answer came too late, sent twice."""
    talk = _astm_talk().say(b"\x05").answer(b"\x15").say(b"\x05").answer(b"\x06")
    for number, record in enumerate((ASTM_HEAD % b"D1", *ASTM_BODY, ASTM_END), 1):
        frame = astm_frame(number, record)
        if number == 2:
            talk.say(frame.replace(b"ZZ1", b"ZY1")).answer(b"\x15")
        if number == 3:
            talk.say(frame).answer(b"\x06")
        talk.say(frame).answer(b"\x06")
    return pcap(spaced(talk.say(b"\x04").close().frames()))


def _astm_one_frame() -> bytes:
    """A whole message in one frame, as some analysers send it; the receiver interrupts (EOT) instead of answering."""
    text = ASTM_HEAD % b"W1" + b"".join(ASTM_BODY) + ASTM_END
    talk = _astm_talk(5100).say(b"\x05").answer(b"\x06").say(astm_frame(1, text)).answer(b"\x04").say(b"\x04")
    return pcap(spaced(talk.close().frames()))


def _astm_unframed() -> bytes:
    """Records alone, two messages."""
    messages = [ASTM_HEAD % control + b"".join(ASTM_BODY) + ASTM_END for control in (b"U1", b"U2")]
    return pcap(spaced(_astm_talk(9100).say(b"".join(messages), size=90).close().frames()))


def _astm_midstream() -> bytes:
    """The capture begins in the middle of the first message, whose header it does not hold."""
    talk = _transfer(_transfer(_astm_talk(), b"M1"), b"M2").close()
    return pcap(spaced(talk.frames()[10:]))


def _astm_lost_segment() -> bytes:
    talk = _transfer(_transfer(_astm_talk(), b"S1"), b"S2").close()
    packets = talk.frames()
    del packets[12]
    return pcap(spaced(packets))


def _astm_given_up() -> bytes:
    """The last frame is refused to the end: the sender gives up; then the connection ends within a message."""
    talk = _astm_talk().say(b"\x05").answer(b"\x06").say(astm_frame(1, ASTM_HEAD % b"G1")).answer(b"\x06")
    for _ in range(6):
        talk.say(astm_frame(2, ASTM_END)[:-4] + b"00\r\n").answer(b"\x15")
    talk.say(b"\x04\x05").answer(b"\x06").say(astm_frame(1, ASTM_HEAD % b"G2")).answer(b"\x06")
    return pcap(spaced(talk.close().frames()))


def poct1(kind: str, control: int, body: str) -> bytes:
    """CLSI POCT01-A2 appendix B: a message of the device messaging layer."""
    head = f'<HDR><HDR.message_type V="{kind}" SN="POCT1" SV="1"/><HDR.control_id V="{control}"/><HDR.version_id V="POCT1"/>'
    head += '<HDR.creation_dttm V="2026-01-01T12:00:00.00-05:00"/></HDR>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\r\n<{kind}>{head}{body}</{kind}>\r\n'.encode()


HELLO = """<DEV><DEV.device_id V="00-1B-44-11-3A-B7"/><DEV.vendor_id V="NOVABIO"/><DEV.model_id V="StatStrip"/>
<DEV.serial_id V="0600100736"/><DEV.manufacturer_name V="Nova Biomedical"/><DEV.hw_version V="K1"/><DEV.sw_version V="3.10.8.0"/>
<DEV.device_name V="ZZ Anna's meter"/><DCP><DCP.application_timeout V="120"/></DCP>
<DSC><DSC.connection_profile_cd V="SA"/><DSC.topics_supported_cd V="D_EV"/><DSC.directives_supported_cd V="SET_TIME"/></DSC></DEV>"""
STATUS = """<DST><DST.status_dttm V="2026-01-01T12:00:00-05:00"/><DST.new_observations_qty V="2"/><DST.condition_cd V="R"/></DST>"""
SERVICE = """<SVC><SVC.role_cd V="OBS"/><SVC.observation_dttm V="2026-01-01T11:59:00-05:00"/><PT><PT.patient_id V="{0}"/>
<PT.name V="ZZTEST ANNA"><GIV V="ANNA"/><FAM V="ZZTEST"/></PT.name><PT.birth_date V="1964-08-12"/>
<OBS><OBS.observation_id V="2340-8" SN="LN"/><OBS.value V="5.1" U="mmol/L"/><OBS.method_cd V="M"/></OBS></PT>
<OPR><OPR.operator_id V="ZZNURSE"/></OPR><ORD><ORD.universal_service_id V="2340-8"/><ORD.order_id V="ZZO1"/></ORD></SVC>"""
CONTROL = """<SVC><SVC.role_cd V="LQC"/><CTC><CTC.name V="Level 1"/><OBS><OBS.observation_id V="2340-8"/><OBS.value V="5.0"/></OBS></CTC>
<OPR><OPR.operator_id V="ZZNURSE"/></OPR></SVC>"""


def _taken(control: int, acked: int, code: str = "AA", more: str = "") -> bytes:
    return poct1("ACK.R01", control, f'<ACK><ACK.type_cd V="{code}"/><ACK.ack_control_id V="{acked}"/>{more}</ACK>')


def _poct1_session() -> bytes:
    """A glucose meter docks: hello, status, observations on request, a quality control, the list of patients, a directive, the end."""
    talk = Talk(b=("10.1.0.2", 3001)).open().say(poct1("HEL.R01", 101, HELLO), size=300).answer(_taken(1, 101))
    talk.say(poct1("DST.R01", 102, STATUS)).answer(_taken(2, 102) + poct1("REQ.R01", 3, '<REQ><REQ.request_cd V="ROBS"/></REQ>'))
    talk.say(_taken(103, 3) + poct1("OBS.R01", 104, SERVICE.format("ZZ100001") + SERVICE.format("ZZ100002"))).answer(_taken(4, 104))
    talk.say(poct1("OBS.R02", 105, CONTROL)).answer(_taken(5, 105, "AE", '<ACK.note_txt V="ZZ Anna"/><ACK.error_detail_cd V="208"/>'))
    talk.say(poct1("EOT.R01", 106, '<EOT><EOT.topic_cd V="OBS"/></EOT>')).answer(_taken(6, 106))
    people = "".join(f'<PT><PT.patient_id V="ZZ10000{n}"/><PT.name V="ZZTEST"/></PT>' for n in range(4))
    talk.answer(poct1("PTL.R01", 7, people)).say(_taken(107, 7))
    talk.answer(poct1("OPL.R01", 8, '<OPR><OPR.operator_id V="ZZNURSE"/><OPR.name V="ZZ Anna"/></OPR>')).say(_taken(108, 8))
    talk.answer(poct1("DTV.R01", 9, '<DTV><DTV.command_cd V="SET_TIME"/></DTV>')).say(
        poct1("ESC.R01", 109, '<ESC><ESC.esc_control_id V="9"/><ESC.detail_cd V="BSY"/></ESC>')
    )
    talk.say(poct1("EVS.R01", 110, '<EVT><EVT.description_cd V="CAL"/></EVT>')).answer(_taken(10, 110))
    return pcap(spaced(talk.answer(poct1("END.R01", 11, '<TRM><TRM.reason_cd V="NRM"/></TRM>')).say(_taken(111, 11)).close().frames()))


def _poct1_continuous() -> bytes:
    """A connection that stays, with the block characters of MLLP; the capture begins within a message, loses one segment later."""
    talk = Talk(b=("10.1.0.2", 5000)).open()
    for n in range(4):
        talk.say(b"\x0b" + poct1("OBS.R01", 200 + n, SERVICE.format(f"ZZ20000{n}")) + b"\x1c\r", size=350)
        talk.answer(b"\x0b" + _taken(n, 200 + n) + b"\x1c\r")
    packets = talk.say(poct1("KPA.R01", 300, "")).close().frames()
    del packets[14]
    return pcap(spaced(packets[4:]))


def _poct1_forbidden() -> bytes:
    """A document type with entities that would grow, a message that never ends, one that does."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>\n'
    stream = bomb + poct1("HEL.R01", 1, HELLO)[40:] + poct1("DST.R01", 2, STATUS)[:-15] + poct1("KPA.R01", 3, "")
    return pcap(spaced(Talk(b=("10.1.0.2", 3001)).open().say(stream, size=200).close().frames()))


LABORATORY: dict[str, Callable[[], bytes]] = {
    "astm/damaged.pcap": _astm_damaged,
    "astm/one_frame.pcap": _astm_one_frame,
    "astm/unframed.pcap": _astm_unframed,
    "astm/midstream.pcap": _astm_midstream,
    "astm/lost_segment.pcap": _astm_lost_segment,
    "astm/given_up.pcap": _astm_given_up,
    "poct1/docked.pcap": _poct1_session,
    "poct1/continuous.pcap": _poct1_continuous,
    "poct1/forbidden.pcap": _poct1_forbidden,
}
