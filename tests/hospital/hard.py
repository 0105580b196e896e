"""A hospital that is harder to know: routers, adapters, bridges, docking stations, virtual machines, stand-ins, thieves of addresses, and
a sensor that misses two days and whose clock once goes back an hour. Beside the machines that move (`moving`), 2,000 in all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from .moving import DAY, HOUR, START, Hospital, Machine, Was

PIECE = 5
"""Days after which who stands still is asked after again."""
GAPS = (11, 20)
"""Days that the sensor missed."""
STEP = START + 17 * DAY + 13 * HOUR
"""From then on for two hours the sensor's clock is an hour behind."""
FIGHT = START + 14 * DAY + 10 * HOUR
"""When for an hour a thief claims addresses that are others'."""


class HardHospital(Hospital):
    """Rows by stream, and who was where."""

    def __init__(self, seed: int, machines: int = 2_000, days: int = 30) -> None:
        self._gateways = 0
        super().__init__(seed, machines, days)
        self._thief()
        self._sensor()

    def _sorts(self) -> tuple[tuple[Callable[[int], None], int], ...]:
        return (
            (self._workstation, 500), (self._laptop, 100), (self._phone, 80), (self._changing_phone, 10), (self._pump, 120),
            (self._server, 60), (self._modality, 40), (self._monitor, 80), (self._replaced, 20), (self._swap, 15), (self._new_card, 20),
            (self._cloned_mac, 8), (self._same_serial, 6), (self._stand_by, 8), (self._moved, 20),
            (self._gateway, 10), (self._routed_pc, 240), (self._routed_device, 60), (self._routed_replaced, 40), (self._routed_loaner, 12),
            (self._routed_moved, 20), (self._nat, 6), (self._hidden_images, 8), (self._hidden_messages, 8), (self._hidden_analysers, 8),
            (self._bridge, 12), (self._factory_title, 2), (self._pair, 20), (self._floating, 10), (self._dock, 8), (self._vm, 40),
            (self._cloned_vm, 12), (self._printer, 20), (self._loaner, 15), (self._no_serial, 20), (self._dual_stack, 60),
        )  # fmt: skip

    # Behind routers

    def _gateway(self, n: int) -> None:
        """Two routers, and a virtual one (HSRP, RFC 2281) that the one or the other is."""
        self._gateways = n + 1
        for which, word in enumerate("ab"):
            self._stands(Machine(f"gateway{word}{n}", [self._router_mac(n, which)]), 0, f"10.{100 + n}.0.{2 + which}")
        for hour in range(0, self.days * 24, 3):
            self._row("arp", START + hour * HOUR, f"10.{100 + n}.0.1", "10.1.0.1", sender_mac=f"00:00:0c:07:ac:{n:02x}",
                      sender_ip=f"10.{100 + n}.0.1", op=2)  # fmt: skip

    def _router_mac(self, n: int, which: int) -> str:
        return f"00:1c:0e:{n:02x}:00:{which:02x}"

    def _behind(self) -> tuple[int, Callable[[datetime], str]]:
        """A network behind a router, and the MAC address that its packets have: for some days it is the second router's."""
        n = self.random.randrange(self._gateways)
        return 100 + n, lambda ts: self._router_mac(n, int(8 <= (ts - START) / DAY - n / 5 < 12))

    def _routed_pc(self, n: int) -> None:
        net, via = self._behind()
        machine = Machine(f"routed-pc{n}", [self._mac()], [net], f"ukb-rp-{n:04}", leases=True, via=via, silent=0.3)
        self._roams(machine, change=0.15)

    def _routed_device(self, n: int) -> None:
        net, via = self._behind()
        told = Machine(f"routed-device{n}", [self._mac()], serial=f"RD{n:04}" if n % 3 else "", ae=f"RD{n:03}" if n % 2 else "", via=via)
        self._stands(told, net)

    def _routed_replaced(self, n: int) -> None:
        """A new device at the same address, and nothing but what it says shows that it is another."""
        net, via = self._behind()
        address, day = self._address(net), self.random.randrange(5, self.days - 5)
        for word, since, until in (("old", 0, day), ("new", day, self.days)):
            machine = Machine(f"routed-{word}{n}", [self._mac()], via=via)
            if n % 3 == 0:
                machine = replace(machine, ae=f"RR{n:03}", serial=f"RR{word}{n}")
            elif n % 3 == 1:
                machine = replace(machine, endpoint=f"urn:uuid:22222222-{1 + (word == 'new'):04}-4000-8000-{n:012}")
            else:
                machine = replace(machine, astm=f"RA{word}{n}")
            self._stands(machine, net, address, since, until)

    def _routed_loaner(self, n: int) -> None:
        net, via = self._behind()
        own = Machine(f"routed-repaired{n}", [self._mac()], serial=f"RL{n}", ae=f"RL{n:03}", via=via)
        lent = Machine(f"routed-lent{n}", [self._mac()], serial=f"RLX{n}", ae=f"RL{n:03}", via=via)
        self._lends(own, lent, net)

    def _routed_moved(self, n: int) -> None:
        """Carried from one network behind a router to another; its old address stays empty."""
        (net, via), (other, other_via), day = self._behind(), self._behind(), self.random.randrange(5, self.days - 5)
        machine = Machine(f"routed-moved{n}", [self._mac()], serial=f"RM{n}", ae=f"RM{n:03}", via=via)
        self._stands(machine, net, None, 0, day)
        self._stands(replace(machine, via=other_via), other, None, day, self.days)

    # Several behind one

    def _nat(self, n: int) -> None:
        """Ten computers behind one address (RFC 3022): they are not told apart, and are not torn apart either."""
        box = Machine(f"nat{n}", [self._mac()])
        self._stands(box, 40)
        address = self.truth[-1].address
        for number in range(200):
            ts = START + self.random.random() * self.days * DAY
            self._row("ntlm", ts, address, "10.99.0.9", hostname=f"BEHIND-{number % 10}")
            self._row("http", ts, address, "10.99.0.9", user_agent=f"agent {number % 10}")

    def _hidden_images(self, n: int) -> None:
        self._hides(n, "hidden-ct", [{"ae": f"HC{n}{i}", "serial": f"HC{n}-{i}"} for i in range(3)])

    def _hidden_messages(self, n: int) -> None:
        self._hides(n, "hidden-hl7", [{"app": f"MON{n}{i}", "title": f"MON{n}{i}|UKB"} for i in range(3)])

    def _hidden_analysers(self, n: int) -> None:
        self._hides(n, "hidden-astm", [{"astm": f"HA{n}-{i}", "title": f"HA{n}-{i}"} for i in range(3)])

    def _hides(self, n: int, sort: str, told: list[dict[str, Any]]) -> None:
        """Several devices behind one MAC address and one address."""
        mac, address = self._mac(), self._address(41)
        for i, of in enumerate(told):
            self._stands(Machine(f"{sort}-{'xyz'[i]}{n}", [mac], **of), 41, address)

    def _bridge(self, n: int) -> None:
        """A wireless bridge that gives three devices its own MAC address; two thirds of them say who they are."""
        mac = self._mac()
        for i in range(3):
            machine = Machine(f"bridged-{'xyz'[i]}{n}", [mac])
            if n % 3 == 0:
                machine = replace(machine, ae=f"BR{n}{i}", serial=f"BR{n}-{i}")
            elif n % 3 == 1:
                machine = replace(machine, endpoint=f"urn:uuid:33333333-0000-4000-8000-{n * 3 + i:012}")
            self._stands(machine, 42)

    def _dock(self, n: int) -> None:
        """A docking station with a network card, and four laptops that stand on it in turn; elsewhere they have their own."""
        dock, address = self._mac(), self._address(43)
        fleet = [Machine(f"docked-{'wxyz'[i]}{n}", [self._mac()], [24], f"ukb-dk{n}-{i}", leases=True) for i in range(4)]
        for day in range(self.days):
            on, off = self.random.sample(fleet, 2)
            begin = START + day * DAY + timedelta(minutes=self.random.randrange(420, 540))
            self._day(on, dock, address, begin)
            self._day(off, off.macs[0], self._own(off), begin)

    def _day(self, machine: Machine, mac: str, address: str, begin: datetime) -> None:
        end = begin + timedelta(minutes=self.random.randrange(300, 500))
        self.truth.append(Was(machine.name, address, mac, begin, end))
        self._asks(machine, mac, address, begin)
        moment = begin + timedelta(seconds=5)
        while moment < end:
            self._is_seen(machine, mac, address, moment)
            moment += timedelta(hours=self.random.uniform(2, 4))

    def _own(self, machine: Machine) -> str:
        self._owned = getattr(self, "_owned", {})
        return self._owned.setdefault(machine.name, self._address(24))

    # Alike

    def _factory_title(self, n: int) -> None:
        for i in range(10):
            self._stands(Machine(f"factory{n * 10 + i}", [self._mac()], ae="WORKSTATION"), 44)

    def _no_serial(self, n: int) -> None:
        """What makers and technicians enter where there is no serial number."""
        told = ("12345", "0000", "000000000", "XXXXX", "1111")[n % 5]
        address, day = self._address(45), self.random.randrange(5, self.days - 5)
        for word, since, until in (("a", 0, day), ("b", day, self.days)):
            self._stands(Machine(f"unnumbered{word}{n}", [self._mac()], serial=told, ae=f"NS{n:02}"), 45, address, since, until)

    def _pair(self, n: int) -> None:
        """Two servers of one name and one certificate, the one or the other at work. Of the half of them the one that rests is silent."""
        first, second = self.random.randrange(5, 12), self.random.randrange(14, 25)
        via = self._behind()[1] if n % 4 == 1 else None
        cold = n % 2 == 0
        for word, at_work in (("a", ((0, first), (second, self.days))), ("b", ((first, second),))):
            told: dict[str, Any] = {"app": f"ENGINE{n}"} if n % 3 else {"ae": f"PACS{n}"}
            machine = Machine(f"pair{word}{n}", [self._mac()], via=via, title=f"ENGINE{n}|UKB" if n % 3 else f"PACS{n}")
            address = self._address(46)
            if not cold:
                self._stands(replace(machine, title=""), 46, address)
            for since, until in at_work:
                self._stands(replace(machine, certificate=f"{n:064x}", **told), 46, address, since, until)

    def _floating(self, n: int) -> None:
        """Two servers and an address that moves between them within a second, announced by gratuitous ARP (RFC 5227 3)."""
        both = [Machine(f"floating{word}{n}", [self._mac()]) for word in "ab"]
        shared = self._address(47)
        for machine in both:
            self._stands(machine, 47)
        days = [0, *sorted(self.random.sample(range(2, self.days - 2), 3)), self.days]
        for i, (since, until) in enumerate(pairwise(days)):
            mac = both[i % 2].macs[0]
            begin, end = START + since * DAY + 6 * HOUR, START + until * DAY + 6 * HOUR
            self._row("arp", begin, shared, shared, sender_mac=mac, sender_ip=shared, op=1)
            self.truth.append(Was(both[i % 2].name, shared, mac, begin, min(end, START + self.days * DAY)))
            moment = begin + timedelta(seconds=1)
            while moment < end - timedelta(seconds=3):
                self._is_seen(both[i % 2], mac, shared, moment)
                moment += timedelta(hours=self.random.uniform(2, 6))

    def _vm(self, n: int) -> None:
        """A virtual machine keeps its MAC address on every host that it migrates to."""
        machine = Machine(f"vm{n}", [self._mac()], [48], f"ukb-vm-{n:04}", leases=True, vendor="", duid=f"255:0001{n:08x}")
        self._roams(machine, change=0.02, every_day=True)

    def _cloned_vm(self, n: int) -> None:
        for word in "ab":
            name, duid = f"ukb-vc{word}-{n:04}", f"255:0002{n:08x}"
            self._roams(Machine(f"cloned-vm{word}{n}", [self._mac()], [48], name, leases=True, vendor="", duid=duid), 0.02, every_day=True)

    # In the place of another

    def _printer(self, n: int) -> None:
        """A new printer at the address of the old one, under its host name."""
        address, day = self._address(49), self.random.randrange(5, self.days - 5)
        for word, since, until in (("old", 0, day), ("new", day, self.days)):
            machine = Machine(f"printer-{word}{n}", [self._mac()], host=f"ukb-prn-{n:03}", vendor="Hewlett-Packard JetDirect")
            for at in range(since, until):
                self._asks(machine, machine.macs[0], address, START + at * DAY + timedelta(minutes=self.random.randrange(1, 25)))
            self._stands(machine, 49, address, since, until)

    def _loaner(self, n: int) -> None:
        own = Machine(f"repaired{n}", [self._mac()], serial=f"L{n}" if n % 2 else "", ae=f"LN{n:03}")
        self._lends(own, Machine(f"lent{n}", [self._mac()], serial=f"LX{n}" if n % 2 else "", ae=f"LN{n:03}"), 49)

    def _lends(self, own: Machine, lent: Machine, net: int) -> None:
        """In repair for two weeks, and another stands in for it."""
        address, day = self._address(net), self.random.randrange(4, self.days - 18)
        for machine, since, until in ((own, 0, day), (lent, day, day + 14), (own, day + 14, self.days)):
            self._stands(machine, net, address, since, until)

    def _dual_stack(self, n: int) -> None:
        """IPv6 beside IPv4: an address made from the MAC address, and a new temporary one each day (RFC 8981)."""
        machine = Machine(f"dual{n}", [self._mac()])
        self._stands(machine, 50)
        octets = bytes.fromhex(machine.macs[0].replace(":", ""))
        made = (bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]).hex()
        self._stands(machine, 50, "fd00:50::" + ":".join(made[i : i + 4].lstrip("0") or "0" for i in range(0, 16, 4)))
        for day in range(0, self.days, 2):
            self._stands(machine, 50, f"fd00:50::{self.random.randrange(1, 1 << 16):x}:1:{n:x}:{day + 1:x}", day, day + 1)

    # Hostile

    def _thief(self) -> None:
        """For an hour one claims a server's address and a router's against them, scans all by ARP, and takes leases that it never uses."""
        thief = Machine("thief0", [self._mac()])
        self._stands(thief, 10)
        own = self.truth[-1].address
        victims = [next((w for w in self.truth if w.sort == sort), None) for sort in ("srv", "gatewaya", "ct", "pc")]
        for second in range(0, 3600, 4):
            ts = FIGHT + timedelta(seconds=second)
            for was in victims:
                if was:
                    told = {"sender_ip": was.address, "op": 2}
                    self._row("arp", ts, was.address, "10.1.0.1", sender_mac=thief.macs[0], **told)
                    if was.sort != "pc":
                        self._row("arp", ts + timedelta(seconds=2), was.address, "10.1.0.1", sender_mac=was.mac, **told)
        for number in range(500):
            self._row("arp", FIGHT, own, f"10.1.9.{number % 250}", sender_mac=thief.macs[0], sender_ip=own, op=1)
            made_up = f"02:dd:00:00:{number >> 8:02x}:{number & 255:02x}"
            self._asks(Machine("", [], vendor="", host=""), made_up, self._address(12), FIGHT + timedelta(seconds=number))

    def invents(self, many: int) -> None:
        """From the middle of the time on one makes up hardware addresses, names, titles, endpoints and claims, a tenth of them at addresses
        that are others', from those addresses too."""
        real = sorted({was.address for was in self.truth if ":" not in was.address})
        for n in range(many):
            mac = "02:" + ":".join(f"{self.random.randrange(256):02x}" for _ in range(5))
            address = self.random.choice(real) if n % 10 == 0 else f"10.{200 + n % 20}.{n // 20 % 250}.{n % 250}"
            ts = START + self.days / 2 * DAY + n / many * 5 * DAY
            made_up = Machine(
                "", [mac], host=f"x{n % 5000}", duid=f"255:{n // 3:08x}", ae=f"AE{n}", endpoint=f"urn:uuid:{n // 2}", vendor=""
            )
            self._row("dhcp", ts, "0.0.0.0", "255.255.255.255", msg_type="REQUEST", requested_addr=address, mac=mac, host_name=made_up.host,
                      client_id=made_up.duid)  # fmt: skip
            self._is_seen(made_up, mac, address, ts)

    # The sensor

    def _sensor(self) -> None:
        """Two days are missed, and for two hours the clock is an hour behind."""
        missed = [(START + day * DAY, START + (day + 1) * DAY) for day in GAPS if day < self.days]
        for stream, rows in self.rows.items():
            kept = [row for row in rows if not any(since <= row["ts"] < until for since, until in missed)]
            for row in kept:
                if STEP <= row["ts"] < STEP + 2 * HOUR:
                    row["ts"] -= HOUR
            self.rows[stream] = kept
        self.truth = [w for w in self.truth if not any(since <= w.since and w.until <= until for since, until in missed)]

    def _stands(self, machine: Machine, net: int, address: str | None = None, since: int = 0, until: int | None = None) -> None:
        """As there, and who stands still is asked after every few days."""
        super()._stands(machine, net, address, since, until)
        was = self.truth.pop()
        begin = was.since
        while begin < was.until:
            end = min(begin + PIECE * DAY, was.until)
            self.truth.append(replace(was, since=begin, until=end))
            begin = end
