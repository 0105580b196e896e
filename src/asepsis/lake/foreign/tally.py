"""What became of the lines of foreign logs, and of their fields: everything that did not become a row is counted by name."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from asepsis.lake.foreign.clean import terms

# Names that are told apart; others are counted together. A log has tens of fields, a hostile file as many as it likes.
NAMES = 512
OTHER = "(others)"
# How sensors name fields. A name that does not look so is not repeated: it may be anything.
_NAME = re.compile(r"[@A-Za-z_][A-Za-z0-9_.@/() -]{0,63}")
_NUMBER = re.compile(r"[0-9]{4}")


@dataclass(slots=True)
class Tally:
    """Counts: `lines` read; `kinds`: those that gave rows, by log or event type; `unmapped`: those of a kind that no stream is for;
    `malformed`: those that could not be read, by reason. `no_column` and `withheld`: values of fields that no column is for, and that may
    not be kept. `lines` is the sum of the first three."""

    lines: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    malformed: Counter[str] = field(default_factory=Counter)
    no_column: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)

    def form(self) -> dict[str, Any]:
        """The counts as an object of JSON."""
        counters = {name: dict(getattr(self, name)) for name in ("kinds", "unmapped", "malformed", "no_column", "withheld")}
        return {"lines": self.lines, **counters}


# Logs and event types are named if they are among these: the name stands in the record, where anything may stand.
KINDS = {
    "zeek": terms(
        """
        analyzer barnyard2 broker capture_loss cipher cluster config conn dce_rpc dhcp dnp3 dns dpd files ftp http intel irc kerberos
        known_certs known_devices known_hosts known_modbus known_services ldap ldap_search loaded_scripts modbus modbus_register_change
        mysql netcontrol netcontrol_drop netcontrol_shunt netcontrol_catch_release notice notice_alarm ntlm ntp ocsp openflow packet_filter
        pe postgresql print prof quic radius rdp redis reporter rfb signatures sip smb_cmd smb_files smb_mapping smtp snmp socks
        software ssh ssl stats syslog telemetry tds traceroute tunnel unknown_protocols websocket weird weird_stats wireguard x509 stderr
        stdout
        arp bacnet bacnet_discovery bacnet_property bsap cip enip ethercat genisys hart_ip opcua_binary profinet s7comm s7comm_plus
        synchrophasor unknown
        """
    ),
    "suricata": terms(
        """
        alert anomaly arp bittorrent_dht dcerpc dhcp dnp3 dns drop engine enip ether fileinfo flow frame ftp ftp_data http http2 ike ikev2
        krb5 ldap mdns metadata modbus mqtt netflow nfs packetinfo pgsql pop3 quic rdp rfb rohc sip smb smtp snmp ssh stats tcp template
        tftp tls websocket
        """
    ),
}
_SMB_COMMAND = re.compile(
    "SMB2_COMMAND_(NEGOTIATE_PROTOCOL|SESSION_SETUP|SESSION_LOGOFF|TREE_CONNECT|TREE_DISCONNECT|CREATE|CLOSE|FLUSH|READ|WRITE|LOCK|IOCTL|CANCEL"
    "|KEEPALIVE|FIND|CHANGE_NOTIFY|GET_INFO|SET_INFO|OPLOCK_BREAK)"
    "|SMB1_COMMAND_(NEGOTIATE_PROTOCOL|SESSION_SETUP_ANDX|LOGOFF_ANDX|TREE_CONNECT_ANDX|TREE_DISCONNECT|NT_CREATE_ANDX|NT_TRANS|TRANS2?|CLOSE"
    "|READ_ANDX|WRITE_ANDX|LOCKING_ANDX|RENAME|DELETE|ECHO|FIND_CLOSE2)"
)


def kind_name(sensor: str, kind: object, command: object = None) -> str:
    """What a log or event type is called in the counts; `command` is that of SMB."""
    name = f"{sensor} {kind}" if isinstance(kind, str) and kind in KINDS[sensor] else f"{sensor} {OTHER}"
    if command is None:
        return name
    return f"{name} {command}" if isinstance(command, str) and _SMB_COMMAND.fullmatch(command) else f"{name} {OTHER}"


def count(names: Counter[str], name: str) -> None:
    """One more of `name`, if it can be told; else of the others."""
    if name not in names and (len(names) >= NAMES or not _NAME.fullmatch(name) or _NUMBER.search(name)):
        name = OTHER
    names[name] += 1
