"""What `conn.service` may hold: the protocols that the core recognises, and those that only other sensors' logs name."""

from __future__ import annotations

from asepsis.lake.foreign.clean import terms
from asepsis.lake.foreign.words import SERVICES

CORE = frozenset(
    terms("""
    astm bacnet dce_rpc dhcp dicom dns ftp ftp-data hl7 http imap krb krb_tcp ldap modbus mongodb mysql netbios-ns ntp poct1 pop3 postgresql
    radius rdp rfb rlogin rsh sip smb smtp snmp socks ssdp ssh ssl stun syslog tds telnet tftp tns ws-discovery
    """)
)
"""The names in crates/wire/src/protocols; a test compares."""


def service_names() -> frozenset[str]:
    """Every one."""
    return CORE | frozenset(SERVICES.values())
