"""Names, addresses and time: dnsmasq (DNS, DHCP behind the router's relay), chrony (NTP)."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from lan import SCRATCH, start
from state import Hospital
from topology import ROUTER, Host

from services.clinical import DAEMONS

PACKAGES = {"dnsmasq": "dnsmasq-base", "chronyd": "chrony"}
TUNNEL = "tunnel-server"
"""Hosts with this service answer for their names themselves."""


def answer(hospital: Hospital, one: Host) -> None:
    """DNS for the hospital and the outside that it talks to; leases with a reservation for every host that asks (RFC 2131)."""
    topology = hospital.topology
    lines = [f"host-record={host.name}.{topology.domain},{host.address}" for host in topology.hosts if not host.dhcp]
    reservations(hospital)
    lines += [f"dhcp-hostsfile={SCRATCH}/reservations"]
    lines += [
        f"{'server' if TUNNEL in host.services else 'address'}=/{name}/{host.address}" for host in topology.hosts for name in host.names
    ]
    for zone in topology.zones:
        tag = f"set:{zone.name},"
        lines += [
            f"dhcp-range={tag}{zone.net[2]},static,{zone.net.netmask},1h",
            f"dhcp-option=tag:{zone.name},option:router,{zone.gateway}",
        ]
    lines += [f"domain={topology.domain}", f"local=/{topology.domain}/", f"dhcp-option=option:dns-server,{one.address}"]
    lines += [f"server=/ad.{topology.domain}/{controller.address}" for controller in topology.having("domain")]
    lines += ["no-resolv", "no-hosts", "log-facility=-", "dhcp-authoritative", "no-ping", "user=root", "log-dhcp"]
    lines += ["no-daemon", f"listen-address={one.address}", f"dhcp-leasefile={SCRATCH}/leases", f"pid-file={SCRATCH}/dnsmasq.pid"]
    conf = hospital.folder(one.name) / "dnsmasq.conf"
    conf.write_text("\n".join(lines) + "\n")
    start(one.name, ["dnsmasq", "-C", conf], ports=[53, 67], udp=True)
    _relay(hospital, one)


def reservations(hospital: Hospital, moved: Mapping[str, str] = {}) -> None:
    """Who gets which address, as a file that dnsmasq can be told to read again; `moved`: hosts with another than their own."""
    hosts = [host for host in hospital.topology.hosts if host.dhcp]
    lines = [f"{host.mac},{moved.get(host.name, host.address)},{host.name}\n" for host in hosts]
    (SCRATCH / "reservations").write_text("".join(lines))


def answer_outside(hospital: Hospital, one: Host) -> None:
    """A name server of the outside, which devices of the hospital have no business with."""
    lines = [f"address=/{name}/{host.address}" for host in hospital.topology.hosts for name in host.names]
    lines += ["no-resolv", "no-hosts", "no-daemon", "user=root", "bind-interfaces", f"listen-address={one.address}"]
    conf = hospital.folder(one.name) / "dnsmasq-outside.conf"
    conf.write_text("\n".join(lines) + "\n")
    start(one.name, ["dnsmasq", "-C", conf, f"--pid-file={hospital.folder(one.name)}/dnsmasq.pid"], ports=[53], udp=True)


def tunnel_server(hospital: Hospital, one: Host) -> None:
    """The attacker's own: it answers everything that is asked for under its names, in records that are made up."""
    start(one.name, [sys.executable, str(DAEMONS / "tunnel_server.py"), "--address", one.address], ports=[53], udp=True)


def _relay(hospital: Hospital, server: Host) -> None:
    """The router passes on what asks for an address in other zones (RFC 2131 4.1)."""
    zones = [zone for zone in hospital.topology.zones if not zone.outside and zone.name != server.zone]
    lines = [f"dhcp-relay={zone.gateway},{server.address}" for zone in zones]
    lines += ["port=0", "log-facility=-", "user=root", "no-daemon", f"pid-file={SCRATCH}/relay.pid"]
    conf = SCRATCH / "relay.conf"
    conf.write_text("\n".join(lines) + "\n")
    start(ROUTER, ["dnsmasq", "-C", conf], ports=[67], udp=True)


def tell_time(hospital: Hospital, one: Host) -> None:
    """An NTP server that counts as exact itself (RFC 5905): the machine's clock is not touched (-x)."""
    folder = hospital.folder(one.name)
    lines = ["local stratum 3", "allow all", f"bindaddress {one.address}", "cmdport 0", f"pidfile {folder}/chrony.pid"]
    conf = folder / "chrony.conf"
    conf.write_text("\n".join(lines) + "\n")
    start(one.name, ["chronyd", "-x", "-d", "-u", "root", "-f", conf], ports=[123], udp=True)
