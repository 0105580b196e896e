"""The hospital's network on one machine: a switch a zone, a network namespace a host, a router that runs nftables, and a mirror port."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from lan import SCRATCH, RangeError, run
from mistakes import HOST_LETTERS, ZONE_LETTERS
from topology import ROUTER, Host, Topology, Zone

MIRROR = "mirror0"
"""Every frame that any host or the router sends comes out here: what `asepsis network watch` listens to."""
_MIRROR_IN = "mirror-in"
QUIET = (
    "net.ipv6.conf.all.disable_ipv6=1",
    "net.ipv6.conf.default.disable_ipv6=1",
    "net.ipv4.conf.all.send_redirects=0",
    "net.ipv4.conf.default.send_redirects=0",
    "net.ipv4.ip_unprivileged_port_start=0",
)


def batch(space: str | None, lines: Iterable[str]) -> None:
    """Many `ip` commands in one process, in a host's namespace or in the switches' own."""
    words = ["ip", *(["-n", space] if space else []), "-batch", "-"]
    done = subprocess.run(words, input="\n".join(lines) + "\n", text=True, capture_output=True, check=False)
    if done.returncode:
        raise RangeError(f"the network cannot be built: {done.stderr.strip()[-400:]}")


def build(topology: Topology) -> None:
    """Make switches, router, hosts and mirror; nothing listens yet."""
    batch(None, ["link set lo up", *(line for zone in topology.zones for line in _switch(zone))])
    _space(ROUTER)
    for zone in topology.zones:
        _plug(ROUTER, _router_port(zone), zone.bridge, _card(zone), zone.gateway_mac, f"{zone.gateway}/{zone.net.prefixlen}")
    run(ROUTER, ["sysctl", "-qw", "net.ipv4.ip_forward=1"])
    _wall(topology)
    for one in topology.hosts:
        connect(topology, one)
    _mirror(topology)


def _switch(zone: Zone) -> list[str]:
    return [f"link add {zone.bridge} type bridge", f"link set {zone.bridge} up promisc on"]


def _card(zone: Zone) -> str:
    return "to-" + zone.name[:ZONE_LETTERS]


def _router_port(zone: Zone) -> str:
    return "r-" + zone.name[:ZONE_LETTERS]


def _space(name: str) -> None:
    batch(None, [f"netns add {name}"])
    run(name, ["sysctl", "-qw", *QUIET])
    batch(name, ["link set lo up"])


def connect(topology: Topology, one: Host) -> None:
    """A host with its card in its zone's switch, and a route to the others; one that asks for its address gets it later."""
    zone = topology.zone_of[one.name]
    _space(one.name)
    address = "" if one.dhcp else f"{one.address}/{zone.net.prefixlen}"
    _plug(one.name, port(one), zone.bridge, "eth0", one.mac, address)
    if address:
        batch(one.name, [f"route add default via {zone.gateway}", "route add 224.0.0.0/4 dev eth0"])


def port(one: Host) -> str:
    return "p-" + one.name[:HOST_LETTERS]


def _plug(space: str, port: str, bridge: str, card: str, mac: str, address: str) -> None:
    batch(None, [f"link add {port} type veth peer name {card} netns {space}", f"link set {port} master {bridge} up"])
    batch(space, [f"link set {card} address {mac} up", *([f"addr add {address} dev {card}"] if address else [])])
    # Frames of a size and with checksums that a wire would carry.
    run(space, ["ethtool", "-K", card, "tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx", "off"])


def _wall(topology: Topology) -> None:
    """The router's policy: what the topology says may pass, and answers to it; the rest is dropped and counted."""
    rules = []
    for one in topology.passes:
        begin, end = (", ".join(_nets(topology, names)) for names in (one.begins, one.ends))
        ports = f" meta l4proto {{ tcp, udp }} th dport {{ {', '.join(map(str, one.ports))} }}" if one.ports else ""
        rules.append(f"    ip saddr {{ {begin} }} ip daddr {{ {end} }}{ports} accept")
    text = "table ip hospital {\n  chain passes {\n    type filter hook forward priority filter; policy drop;\n"
    text += "    ct state established,related accept\n" + "\n".join(rules) + "\n    counter\n  }\n}\n"
    path = SCRATCH / "router.nft"
    path.write_text(text)
    run(ROUTER, ["nft", "-f", str(path)])


def _nets(topology: Topology, names: Iterable[str]) -> list[str]:
    zones = {zone.name: zone.cidr for zone in topology.zones}
    return [zones[name] if name in zones else topology.address(name) for name in names]


def _mirror(topology: Topology) -> None:
    batch(None, [f"link add {_MIRROR_IN} type veth peer name {MIRROR}", f"link set {_MIRROR_IN} up", f"link set {MIRROR} up promisc on"])
    ports = [port(one) for one in topology.hosts] + [_router_port(zone) for zone in topology.zones]
    listed = ", ".join(f'"{name}"' for name in ports)
    path = SCRATCH / "mirror.nft"
    path.write_text(
        f"table netdev mirror {{\n  chain copies {{\n    type filter hook ingress devices = {{ {listed} }} priority 0;\n"
        f'    dup to "{_MIRROR_IN}"\n  }}\n}}\n'
    )
    subprocess.run(["nft", "-f", str(path)], check=True)
