"""A hospital whose machines move: 2,000 of them for 30 days, seeded, as rows of the sensor's streams and the truth behind them.

Workstations take leases and get other ones, laptops change between cable and wireless, telephones make up hardware addresses (some of them
new ones after two weeks), devices are replaced at their place, swap places, get a new network card, share a serial number or a hardware
address, stand by for each other behind one address.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CT, FIND = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.31"


@dataclass(frozen=True, slots=True)
class Was:
    """The truth: a machine was at an address with a MAC address from when to when."""

    machine: str
    address: str
    mac: str
    since: datetime
    until: datetime
    says: str = ""
    """AE title, HL7 application or serial number by which it is told from others at the address."""

    @property
    def sort(self) -> str:
        """What sort of machine it is: its name without the number."""
        return self.machine.rstrip("0123456789")


@dataclass(slots=True)
class Machine:
    """What a machine keeps. `leases`: it asks DHCP; its addresses come from `nets`, one network interface each."""

    name: str
    macs: list[str]
    nets: list[int] = field(default_factory=list)
    host: str = ""
    serial: str = ""
    ae: str = ""
    endpoint: str = ""
    leases: bool = False
    vendor: str = "MSFT 5.0"
    duid: str = ""
    title: str = ""
    """By which it is told from others at its address; else its AE title."""
    via: Callable[[datetime], str] | None = None
    """The MAC address of the router that it stands behind: its own is in no frame, and no ARP of it is heard."""
    silent: float = 0
    """The share of its leases that nobody heard it get."""
    app: str = ""
    astm: str = ""
    certificate: str = ""


class Hospital:
    """Rows by stream, and who was where."""

    def __init__(self, seed: int, machines: int = 2_000, days: int = 30) -> None:
        self.random, self.days = random.Random(seed), days
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.truth: list[Was] = []
        self._free: dict[int, list[tuple[int, str]]] = {}
        self._macs = 0
        share = machines / 2_000
        for make, many in self._sorts():
            for n in range(max(1, round(many * share))):
                make(n)

    def _sorts(self) -> tuple[tuple[Callable[[int], None], int], ...]:
        """What there is, and how many of each in a hospital of 2,000."""
        return (
            (self._workstation, 900), (self._laptop, 160), (self._phone, 160), (self._changing_phone, 20), (self._pump, 240),
            (self._server, 120), (self._modality, 80), (self._monitor, 160), (self._replaced, 40), (self._swap, 30), (self._new_card, 20),
            (self._cloned_mac, 8), (self._same_serial, 6), (self._stand_by, 8), (self._moved, 30),
        )  # fmt: skip

    # The machines

    def _workstation(self, n: int) -> None:
        net = self.random.randrange(10)
        self._roams(Machine(f"pc{n}", [self._mac()], [net], f"ukb-pc-{n:04}", leases=True), change=0.15)

    def _laptop(self, n: int) -> None:
        net = self.random.randrange(10)
        self._roams(Machine(f"nb{n}", [self._mac(), self._mac()], [net, 20 + net % 3], f"ukb-nb-{n:04}", leases=True), change=0.5)

    def _phone(self, n: int) -> None:
        self._roams(Machine(f"phone{n}", [self._mac(True)], [23], "iPhone-*", leases=True, vendor=""), change=0.5)

    def _changing_phone(self, n: int) -> None:
        old, new = (Machine(f"phoney{n}", [self._mac(True)], [23], "*", leases=True, vendor="android-dhcp-14") for _ in range(2))
        self._roams(old, change=0.3, until=15)
        self._roams(new, change=0.3, since=15)

    def _pump(self, n: int) -> None:
        self._roams(Machine(f"pump{n}", [self._mac()], [30 + n % 2], leases=True, vendor=""), change=0.05)

    def _server(self, n: int) -> None:
        self._stands(Machine(f"srv{n}", [self._mac()]), 50)

    def _modality(self, n: int) -> None:
        self._stands(Machine(f"ct{n}", [self._mac()], serial=f"SN{n:05}", ae=f"CT{n:03}"), 60)

    def _monitor(self, n: int) -> None:
        self._stands(Machine(f"mon{n}", [self._mac()], endpoint=f"urn:uuid:00000000-0000-4000-8000-{n:012}"), 61)

    def _replaced(self, n: int) -> None:
        """A new device at the same address, under the same title."""
        address, day = self._address(62), self.random.randrange(3, self.days - 3)
        for word, since, until in (("old", 0, day), ("new", day, self.days)):
            machine = Machine(f"{word}{n}", [self._mac()], serial=f"R{word}{n}", ae=f"RX{n:03}")
            self._stands(machine, 62, address, since, until)

    def _swap(self, n: int) -> None:
        """Two devices change rooms: each has the other's address, and keeps its title."""
        here, there, day = self._address(63), self._address(64), self.random.randrange(3, self.days - 3)
        for word, first, second in (("a", here, there), ("b", there, here)):
            machine = Machine(f"swap{word}{n}", [self._mac()], serial=f"S{word}{n}" if n % 2 else "", ae=f"SW{word.upper()}{n:03}")
            self._stands(machine, 63, first, 0, day)
            self._stands(machine, 64, second, day, self.days)

    def _moved(self, n: int) -> None:
        """A device that is carried to another network, and whose old address another gets."""
        address, day = self._address(65), self.random.randrange(3, self.days - 5)
        machine = Machine(f"moved{n}", [self._mac()], serial=f"M{n}", ae=f"MV{n:03}")
        self._stands(machine, 65, address, 0, day)
        self._stands(machine, 66, None, day, self.days)
        self._stands(Machine(f"next{n}", [self._mac()]), 65, address, day + 1, self.days)

    def _new_card(self, n: int) -> None:
        """A new network card: only the serial number or the endpoint stays."""
        address, day = self._address(67), self.random.randrange(3, self.days - 3)
        endpoint = f"urn:uuid:11111111-0000-4000-8000-{n:012}" if n % 2 else ""
        for since, until in ((0, day), (day, self.days)):
            told = Machine(f"card{n}", [self._mac()], serial="" if n % 2 else f"C{n}", ae="" if n % 2 else f"CD{n:03}", endpoint=endpoint)
            self._stands(told, 67, address, since, until)

    def _cloned_mac(self, n: int) -> None:
        """Two machines with one MAC address, in two networks at the same time."""
        mac = self._mac()
        for word, net in (("x", 10), ("y", 11)):
            self._roams(Machine(f"clone{word}{n}", [mac], [net], f"ukb-cl{word}-{n:04}", leases=True), change=0.1, every_day=True)

    def _same_serial(self, n: int) -> None:
        """Two devices whose makers gave them one serial number."""
        for word in "pq":
            self._stands(Machine(f"twin{word}{n}", [self._mac()], serial=f"T{n}", ae=f"TW{word.upper()}{n:03}"), 68)

    def _stand_by(self, n: int) -> None:
        """Two servers, and one address that the one or the other has."""
        both = [Machine(f"vip{word}{n}", [self._mac()]) for word in "ab"]
        shared, day = self._address(51), self.random.randrange(5, self.days - 5)
        for machine in both:
            self._stands(machine, 51)
        self._stands(both[0], 51, shared, 0, day)
        self._stands(both[1], 51, shared, day, self.days)

    # How they stay

    def _stands(self, machine: Machine, net: int, address: str | None = None, since: int = 0, until: int | None = None) -> None:
        address, until = address or self._address(net), until or self.days
        begin = START + since * DAY + timedelta(minutes=self.random.randrange(30, 600))
        end = START + until * DAY - timedelta(minutes=30) if until < self.days else START + until * DAY
        self.truth.append(Was(machine.name, address, machine.macs[0], begin, end, machine.title or machine.ae))
        moment = begin
        while moment < end:
            self._is_seen(machine, machine.macs[0], address, moment)
            moment += timedelta(hours=self.random.uniform(4, 12))

    def _roams(self, machine: Machine, change: float, since: int = 0, until: int | None = None, every_day: bool = False) -> None:
        """On most days it is there for some hours; its lease is the one of the day before, or with the chance `change` another."""
        had: dict[int, str] = {}
        for day in range(since, until or self.days):
            if not every_day and self.random.random() < 0.2:
                continue
            use = self.random.randrange(len(machine.macs))
            mac, net = machine.macs[use], machine.nets[use]
            if net not in had or self.random.random() < change:
                if net in had:
                    self._free.setdefault(net, []).append((day, had[net]))
                had[net] = self._lease(net, day)
            begin = START + day * DAY + timedelta(minutes=self.random.randrange(420, 540))
            end = begin + timedelta(minutes=self.random.randrange(240, 600))
            self.truth.append(Was(machine.name, had[net], mac, begin, end))
            if not machine.silent or self.random.random() >= machine.silent:
                self._asks(machine, mac, had[net], begin)
            moment = begin + timedelta(seconds=5)
            while moment < end:
                self._is_seen(machine, mac, had[net], moment)
                moment += timedelta(hours=self.random.uniform(2, 5))

    def _asks(self, machine: Machine, mac: str, address: str, ts: datetime) -> None:
        told = {"mac": mac, "host_name": machine.host or None, "vendor_class": machine.vendor or None, "fingerprint": "1,3,6,15,31,33"}
        told |= {"client_id": machine.duid or None}
        self._row("dhcp", ts, "0.0.0.0", "255.255.255.255", msg_type="REQUEST", requested_addr=address, **told)
        self._row("dhcp", ts + timedelta(seconds=1), "10.1.0.1", address, msg_type="ACK", assigned_addr=address, mac=mac)

    def _is_seen(self, machine: Machine, mac: str, address: str, ts: datetime) -> None:
        if not machine.via and ":" not in address:
            self._row("arp", ts, address, "10.1.0.1", sender_mac=mac, sender_ip=address, op=1)
        carried = machine.via(ts) if machine.via else mac
        ends = {"id_resp_p": 443, "proto": "tcp", "service": "ssl", "orig_pkts": 9, "resp_pkts": 9, "resp_bytes": 900, "orig_bytes": 90}
        self._row("conn", ts + timedelta(seconds=1), address, "10.99.0.9", orig_l2_addr=carried, resp_l2_addr="02:00:5e:00:00:01", **ends)
        self._tells(machine, address, ts + timedelta(seconds=2))

    def _tells(self, machine: Machine, address: str, ts: datetime) -> None:
        """What a machine says of itself."""
        if machine.ae:
            titles = {"calling_ae": machine.ae, "called_ae": "PACS", "id_resp_p": 104}
            uid = {"calling_implementation_class_uid": "1.2.276.0.7230010.3.0.3.6.8", "proposed_abstract": [CT]}
            self._row("dicom_association", ts, address, "10.99.0.9", result="released", dimse_messages=2, **titles, **uid)
            told = {"modality": "CT", "manufacturer": "SIEMENS", "model": "SOMATOM Force", "serial": machine.serial or None}
            self._row("dicom_message", ts, address, "10.99.0.9", command="C-STORE-RQ", affected_sop_class_uid=CT, **titles, **told)
        if machine.endpoint:
            self._row("sdc", ts, address, "239.255.255.250", transport="udp", action="Hello", endpoint=machine.endpoint)
        if machine.app:
            told = {
                "sending_application": machine.app,
                "sending_facility": "UKB",
                "receiving_application": "KIS",
                "uid": f"C{machine.name}{ts:%d%H%M}",
            }
            self._row("hl7", ts, address, "10.99.0.8", is_ack=False, message_type="ORU", id_resp_p=2575, **told)
        if machine.astm:
            told = {"manufacturer": "Roche", "model": "c111", "serial_number": machine.astm}
            self._row("astm", ts, address, "10.99.0.7", is_orig=True, id_resp_p=4000, **told)
        if machine.certificate:
            told = {"fingerprint": machine.certificate, "host_cert": True, "client_cert": False}
            self._row("x509", ts, "10.99.0.6", address, id_resp_p=443, **told)

    def _row(self, stream: str, ts: datetime, orig: str, resp: str, **values: Any) -> None:
        of = self.rows.setdefault(stream, [])
        of.append({"event_id": f"{stream}-{len(of)}", "ts": ts, "id_orig_h": orig, "id_resp_h": resp, **values})

    def _mac(self, made_up: bool = False) -> str:
        self._macs += 1
        return f"{'02:aa' if made_up else '00:1b'}:21:{self._macs >> 16 & 255:02x}:{self._macs >> 8 & 255:02x}:{self._macs & 255:02x}"

    def _lease(self, net: int, day: int) -> str:
        """An address that somebody gave up before that day, or a new one."""
        free = self._free.get(net, [])
        fits = [n for n, (since, _) in enumerate(free) if since < day]
        if fits and self.random.random() < 0.7:
            return free.pop(self.random.choice(fits))[1]
        return self._address(net)

    def _address(self, net: int) -> str:
        self._given = getattr(self, "_given", {})
        self._given[net] = self._given.get(net, 9) + 1
        return f"10.{net}.{self._given[net] // 250}.{self._given[net] % 250 + 1}"

    def stays(self) -> Iterator[Was]:
        yield from self.truth
