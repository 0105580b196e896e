"""Watching over machines and announcing them: an inventory scanner, monitoring by WMI and SNMP, discovery by broadcast, other cards."""

from __future__ import annotations

import socket
import struct
import time
import uuid
from collections.abc import Sequence
from datetime import datetime

from act import Doing
from clients import control
from services.clinical import control as socket_of
from space import call
from state import Hospital

from acts.remote_calls import WMI_CLASS, WMI_LOGIN, WMI_SERVICES, objects

PROBED = "22,80,135,443,445,3389"
EXEC_QUERY, NTLM_LOGIN = 20, 6
"""IWbemServices::ExecQuery, IWbemLevel1Login::NTLMLogin (MS-WMI 3.1.4.3.18, 3.1.4.1.4)."""
QUERY = "WQL\0SELECT FreeSpace FROM Win32_LogicalDisk"
ETHERNET_BROADCAST = b"\xff" * 6
HEARD_S = 1.0
"""By then a Hello is said, which waits up to half a second (WS-Discovery 1.1 3.1.3, APP_MAX_DELAY)."""


def scan_gently(*nets: str) -> Doing:
    """Who is there, and with which doors: an inventory scanner that asks slowly and once (nmap's TCP connect scan)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        silent = ",".join(one.address for one in hospital.topology.hosts if one.rogue)
        words = ["nmap", "-n", "-sn", "-PE", "-PS445", "--max-retries", "0", "--max-rate", "80"]
        call([*words, *(["--exclude", silent] if silent else []), *nets])

    return doing


def probe(*names: str) -> Doing:
    """The same scanner asks known workplaces and printers for some ports, of which most are closed."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        addresses = [hospital.address(name) for name in names]
        call(["nmap", "-n", "-Pn", "-sT", "--max-retries", "0", "--max-rate", "80", "-p", PROBED, *addresses])

    return doing


def ask_wmi(to: str) -> Doing:
    """How much room is left (MS-WMI ExecQuery): monitoring, which starts nothing."""
    return objects(to, WMI_CLASS, ((WMI_LOGIN, NTLM_LOGIN, "//./root/cimv2"), (WMI_SERVICES, EXEC_QUERY, QUERY)))


def poll_many(names: Sequence[str]) -> Doing:
    """SNMP to whoever might answer (RFC 3416); with the hospital's own community nobody does."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        for name in names:
            words = ["snmpget", "-v2c", "-c", "zz-watched", "-m", "", "-r", "0", "-t", "0.2", hospital.address(name)]
            call([*words, "1.3.6.1.2.1.1.3.0"], expect=())

    return doing


def announce(name: str) -> Doing:
    """A workplace asks who is around: SSDP (UPnP 2.0 1.3.2), mDNS (RFC 6762), WS-Discovery 1.1 5.2, NetBIOS (RFC 1002 4.2.12)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        zone = hospital.topology.zone_of[name]
        search = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n'
        services = b"\x09_services\x07_dns-sd\x04_udp\x05local\0\0\x0c\0\x01"
        browsers = "".join(chr(65 + (byte >> 4)) + chr(65 + (byte & 15)) for byte in b"ZZHOSP".ljust(15) + b"\x1d")
        netbios = struct.pack(">6H", 77, 0x0110, 1, 0, 0, 0) + b"\x20" + browsers.encode() + b"\0\0\x20\0\x01"
        told = (
            (search, "239.255.255.250", 1900, 0),
            (struct.pack(">6H", 0, 0, 1, 0, 0, 0) + services, "224.0.0.251", 5353, 5353),
            (_probe(f"{name}{moment}"), "239.255.255.250", 3702, 0),
            (netbios, str(zone.net.broadcast_address), 137, 137),
        )
        for body, address, port, own in told:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind((hospital.address(name), own))
                sock.sendto(body, (address, port))

    return doing


def _probe(seed: str) -> bytes:
    """What a Windows machine asks: are there printers?"""
    number = uuid.uuid5(uuid.NAMESPACE_URL, seed)
    return (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
        "<s:Header><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
        "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
        f"<a:MessageID>urn:uuid:{number}</a:MessageID></s:Header><s:Body><d:Probe>"
        '<d:Types xmlns:p="http://schemas.microsoft.com/windows/2006/08/wdp/print">p:PrintDeviceType</d:Types>'
        "</d:Probe></s:Body></s:Envelope>"
    ).encode()


def shared(name: str, address: str) -> Doing:
    """One of a pair has the address that both serve under (as keepalived does it, VRRP, RFC 5798 6.4.1, without a virtual card)."""
    return lambda hospital, moment: _here(hospital, name, hospital.host(name).mac, address)


def _here(hospital: Hospital, name: str, mac: str, address: str = "") -> None:
    """A gratuitous ARP announcement (RFC 5227 3) from a card, of a host's own address if not of another."""
    card, own = bytes.fromhex(mac.replace(":", "")), socket.inet_aton(address or hospital.address(name))
    arp = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + card + own + bytes(6) + own
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
        link.bind(("eth0", 0))
        link.send(ETHERNET_BROADCAST + card + b"\x08\x06" + arp)


def two_cards(name: str, other: str) -> Doing:
    """A team of two cards under one address: the second says that it is there, and at once the first that it has it again."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        _here(hospital, name, other)
        _here(hospital, name, hospital.host(name).mac)

    return doing


def card(name: str, mac: str = "", hello: bool = False) -> Doing:
    """The host goes on behind another card, or without a text its own; `hello`: and says so to whoever looks for medical devices."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        one = hospital.host(name)
        call(["ip", "link", "set", "eth0", "address", mac or one.mac])
        _here(hospital, name, mac or one.mac)
        if hello:
            control.tell(socket_of(hospital, one, "sdc_device"), "hello")
            time.sleep(HEARD_S)

    return doing
