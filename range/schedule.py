"""A day of the hospital: what happens when, drawn from a seed. The same seed and hospital give the same acts, whatever the clock says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Unpack

import lookalikes
from act import Act, Doing, More
from acts import bedside, imaging, laboratory, messages, office, records, upkeep
from cast import Patient
from clients.hl7_messages import Details
from images import STATIONS
from services.dicom import prior
from state import Hospital
from topology import Host

BUSY = (8, 18)
"""Hours in which most of the work is done."""


@dataclass
class Schedule:
    """Draws moments and collects acts between `begin` and `end`.

    first: nobody lived through the day before it. ordinary: what is rare comes by chance, not every day.
    """

    hospital: Hospital
    begin: datetime
    end: datetime
    seed: int
    first: bool = True
    ordinary: bool = False
    acts: list[Act] = field(default_factory=list)

    def dice(self, *what: object) -> random.Random:
        """Luck of its own for each thing: one more act of one kind leaves the others as they were."""
        return random.Random(":".join(map(str, (self.seed, *what))))

    @property
    def midnight(self) -> datetime:
        return self.begin.replace(hour=0, minute=0, second=0, microsecond=0)

    def at(self, hour: float) -> datetime:
        return self.midnight + timedelta(hours=hour)

    def add(self, moment: datetime, host: str, what: str, doing: Doing, *peers: str, **more: Unpack[More]) -> None:
        """Take an act into the day, if its moment lies in it and its hosts are in this hospital."""
        known = self.hospital.topology.by_name
        if self.begin <= moment < self.end and all(name in known for name in (host, *peers)):
            self.acts.append(Act(moment, host, what, doing, peers, **more))

    def every(self, least: float, most: float, *what: object, hours: tuple[float, float] = (0, 24)) -> Iterator[datetime]:
        """Moments with `least` to `most` seconds between them."""
        dice = self.dice("every", *what)
        moment, end = self.at(hours[0]) + timedelta(seconds=dice.uniform(0, most)), min(self.at(hours[1]), self.end)
        while moment < end:
            yield moment
            moment += timedelta(seconds=dice.uniform(least, most))

    def some(self, count: int, *what: object, hours: tuple[float, float] = BUSY) -> list[datetime]:
        """So many moments between two hours."""
        dice = self.dice("some", *what)
        return sorted(self.at(dice.uniform(*hours)) for _ in range(count))

    def leases(self, one: Host) -> Iterator[datetime]:
        """When a host asks for its address again."""
        return self.every(3_000, 3_600, "lease", one.name)

    def patient(self, *what: object) -> Patient:
        return self.dice("patient", *what).choice(self.hospital.patients)


def acts_of(hospital: Hospital, begin: datetime, end: datetime, seed: int, *, first: bool = True, ordinary: bool = False) -> list[Act]:
    """Everything between two moments of a day."""
    day = Schedule(hospital, begin, end, seed, first, ordinary)
    for part in (
        _worklists,
        _examinations,
        _reading,
        _night,
        _feeds,
        _beds,
        _laboratory,
        _charts,
        _workplaces,
        _letters,
        _machines,
        _makers,
        _turns,
        _faults,
        *lookalikes.PARTS,
    ):
        part(day)
    return day.acts


def _stations(day: Schedule) -> list[Host]:
    return day.hospital.topology.of_kind(*STATIONS)


def _worklists(day: Schedule) -> None:
    """Every modality asks for its appointments every 30 to 60 seconds, all day and night."""
    for one in _stations(day):
        for moment in day.every(30, 60, "worklist", one.name):
            day.add(moment, one.name, "worklist", imaging.ask_worklist(one.name), "ris", looks_like="DICOM query sweep")


def _examinations(day: Schedule) -> None:
    """Patients by appointment; each study goes to the PACS, some of the scanners' also to the archive; electrocardiograms at any hour."""
    stations = _stations(day)
    for number, patient in enumerate(day.hospital.patients):
        one = stations[number % len(stations)]
        moment = day.at(8 + number * 9 / 60) + timedelta(seconds=day.dice("late", number).uniform(0, 900))
        clear = "cleartext PHI, unauthenticated medical service"
        day.add(moment, one.name, "examination", imaging.examine(one.name, patient), "pacs", looks_like=clear)
        day.add(moment - timedelta(minutes=2), one.name, "echo", imaging.echo(one.name, "pacs"), "pacs", looks_like="scan")
        if one.kind in ("CT", "MR") and number % 3 == 0:
            day.add(moment + timedelta(minutes=12), one.name, "second copy", imaging.examine(one.name, patient, "archive"), "archive")
        report = day.dice("report", number).uniform(20, 90)
        day.add(moment - timedelta(minutes=30), "ehr", "order", messages.message("ehr", "ORM^O01", patient), "engine", **_fed("ris", "lis"))
        told = messages.message("ris", "ORU^R01 report", patient)
        day.add(moment + timedelta(minutes=report), "ris", "report", told, "engine", **_fed("ehr"))
    for one in day.hospital.topology.of_kind("ECG"):
        if one.name == lookalikes.NEW_MODALITY:
            continue
        for moment in day.some(12, "ecg", hours=(6, 22)):
            day.add(moment, one.name, "electrocardiogram", imaging.examine(one.name, day.patient("ecg", moment)), "pacs")


def _fed(*ends: str, looks_like: str = "") -> More:
    """The engine passes it on, over connections that stay open; for the record perhaps to who stands in for it."""
    also = ("ehr2",) if "ehr" in ends else ()
    return {"goes_on": True, "beyond": tuple(("engine", end) for end in (*ends, *also)), "looks_like": looks_like}


def _reading(day: Schedule) -> None:
    """Radiologists search and fetch; at noon the tumour board has many patients' studies fetched at once."""
    for one in day.hospital.topology.having("viewer"):
        for moment in day.some(14, "read", one.name):
            patient = day.patient("read", one.name, moment)
            day.add(moment, one.name, "search", imaging.find(one.name, [f"PatientID={patient.id}"]), "pacs")
            day.add(moment + timedelta(seconds=20), one.name, "fetch", imaging.fetch(one.name, [prior(patient)]), "pacs")
        for moment in day.some(3, "list", one.name):
            day.add(moment, one.name, "list of the day", imaging.find(one.name, ["StudyDate={today}-"]), "pacs")
    board = [prior(patient) for patient in day.hospital.patients[:36]]
    day.add(day.at(12.5), "rad-ws1", "tumour board", imaging.fetch("rad-ws1", board), "pacs", looks_like="DICOM mass retrieve")


def _night(day: Schedule) -> None:
    """Studies go to the archive at two, today's patients' earlier ones are fetched at five; backups; quality reporting."""
    more: More = {"looks_like": "DICOM mass retrieve"}
    day.add(day.at(2), "pacs", "migration to the archive", imaging.put_away("pacs", "archive"), "archive", **more)
    for number, one in enumerate(day.hospital.topology.having("viewer")):
        early = [prior(patient) for patient in day.hospital.patients[number * 20 : number * 20 + 20]]
        day.add(day.at(5) + timedelta(minutes=number), one.name, "prefetch", imaging.fetch(one.name, early), "pacs", **more)
    for number, name in enumerate(("ehr", "lis", "ris", "files", "engine")):
        moment = day.at(1) + timedelta(minutes=10 * number)
        day.add(moment, name, "backup", upkeep.back_up(name, 2_000_000), "backup", looks_like="exfiltration by volume")
    day.add(day.at(3.5), "lis", "quality reporting", records.export(), "ehr", looks_like="FHIR bulk export")


def _feeds(day: Schedule) -> None:
    """Admissions, laboratory, monitors and pumps."""
    kinds = ("ADT^A01", "ADT^A04", "ADT^A08", "ADT^A08", "ADT^A02", "ADT^A03")
    for moment in [*day.some(160, "adt"), *day.some(60, "adt night", hours=(0, 24))]:
        kind = day.dice("adt", moment).choice(kinds)
        told = messages.message("ehr", kind, day.patient("adt", moment))
        day.add(moment, "ehr", f"message {kind}", told, "engine", **_fed("ehr", "ris", "lis"))
    for moment in [*day.some(200, "lab"), *day.some(60, "lab night", hours=(0, 24))]:
        told = messages.message("lis", "ORU^R01 laboratory", day.patient("lab", moment))
        day.add(moment, "lis", "laboratory result", told, "engine", **_fed("ehr"))
    for moment in day.every(55, 65, "monitors"):
        bed = day.dice("bed", moment).randrange(1, 9)
        told = messages.message("central", "ORU^R01 device", day.hospital.patients[bed], Details(device=f"0009FBFFFE00000{bed}"))
        day.add(moment, "central", "monitors' values", told, "engine", **_fed("ehr"))
    for moment in day.every(290, 310, "pumps"):
        details = Details(device="ZZPUMP001", device_type="pump")
        told = messages.message("pumpsrv", "ORU^R01 device", day.hospital.patients[1], details)
        day.add(moment, "pumpsrv", "pumps' values", told, "engine", **_fed("ehr"))
    for number, one in enumerate(one for one in day.hospital.topology.of_kind("patient monitor") if one.light):
        patient = day.hospital.patients[number % len(day.hospital.patients)]
        for moment in day.every(550, 650, "bed", one.name):
            told = messages.message(one.name, "ORU^R01 device", patient, Details(device=f"0009FBFFFE00{number:04X}"))
            day.add(moment, one.name, "monitor's values", told, "engine", **_fed("ehr"))


def _beds(day: Schedule) -> None:
    """Devices report about once a minute; the old monitor is asked every ten."""
    devices = bedside.devices(day.hospital)
    for one in day.hospital.topology.having("sdc-display"):
        names = [device.name for device in devices]
        day.add(day.begin, one.name, "bedside devices subscribed to", bedside.subscribe(one.name), *names, goes_on=True)
        for moment in day.every(3_000, 3_600, "renew", one.name):
            day.add(moment, one.name, "subscriptions renewed", bedside.renew(one.name), *names, goes_on=True)
        for device in devices:
            for moment in day.every(55, 65, "waves", device.name):
                day.add(moment, device.name, "waves", bedside.report(device.name), one.name, goes_on=True)
        for old in day.hospital.topology.having("fragile"):
            for moment in day.every(590, 610, "old", old.name):
                day.add(moment, one.name, "old monitor asked", bedside.ask_old_monitor(old.name), old.name)


def _laboratory(day: Schedule) -> None:
    for one in day.hospital.topology.of_kind("analyser"):
        for moment in [*day.some(24, "analyser", one.name), *day.some(8, "analyser night", one.name, hours=(0, 24))]:
            people = day.dice("specimens", one.name, moment).sample(day.hospital.patients, 4)
            day.add(moment, one.name, "specimens", laboratory.measure(one.name, people), "lis", goes_on=True)
    for one in day.hospital.topology.of_kind("point-of-care meter"):
        for moment in day.some(16, "meter", one.name, hours=(5, 23)):
            people = day.dice("glucose", one.name, moment).sample(day.hospital.patients, 2)
            day.add(moment, one.name, "docking", laboratory.at_the_bed(one.name, people), "lis")


def _charts(day: Schedule) -> None:
    for one in day.hospital.topology.of_kind("workstation"):
        if one.zone not in ("wards", "intensive-care") or one.light:
            continue
        for moment in [*day.some(20, "chart", one.name), *day.some(8, "chart", one.name, hours=(0, 24))]:
            day.add(moment, one.name, "chart", records.read_chart(day.patient("chart", moment)), "ehr")
            day.add(moment + timedelta(seconds=40), one.name, "portal", records.open_portal(), "ehr")
        for moment in day.some(6, "write", one.name):
            value = day.dice("rate", moment).randrange(50, 120)
            day.add(moment, one.name, "heart rate", records.write_down(day.patient("write", moment), value), "ehr")


def _workplaces(day: Schedule) -> None:
    """Browsing, letters, log-ins at the change of shifts, new leases."""
    outside = ("http://news.example", "https://news.example", "https://av-lookup.antivirus.example")
    for number, one in enumerate(day.hospital.topology.of_kind("workstation")):
        for moment in day.some(4 if one.light else 12, "browse", one.name, hours=(7, 19)):
            day.add(moment, one.name, "browsing", office.browse(day.dice("page", moment).choice(outside)), "vendor-cloud")
        if one.zone == "guests":
            continue
        for count, moment in enumerate(day.some(1 if one.light else 3, "letter", one.name)):
            day.add(moment, one.name, "letter", office.write_letter(one.name, number * 100 + count), "files")
            day.add(moment + timedelta(minutes=3), one.name, "shelf of letters", office.read_letters(one.name), "files")
        controller = "dc" if number % 3 else "dc2"
        for shift in (6, 14, 22):
            moment = day.at(shift) + timedelta(minutes=day.dice("shift", one.name, shift).uniform(-15, 15))
            day.add(moment, one.name, "log-in", office.log_in(number, controller), controller, looks_like="brute force, spray")
        if one.dhcp:
            for moment in day.leases(one):
                day.add(moment, one.name, "lease", office.new_lease(one.name), "ns")
    for moment in day.some(4, "film"):
        day.add(moment, "cr01", "film", office.scan_film("cr01"), "files")


def _letters(day: Schedule) -> None:
    """Mail, paper, and a consultation by voice with somebody at home."""
    printers = {"wards": "printer-ward", "administration": "printer-office"}
    for number, one in enumerate(day.hospital.topology.of_kind("workstation")):
        if one.zone == "guests":
            continue
        for count, moment in enumerate(day.some(1 if one.light else 5, "mail", one.name)):
            doing = office.send_mail(one.name, number * 10 + count, 30_000 if count == 1 else 0)
            day.add(moment, one.name, "mail", doing, "mail", looks_like="DICOM Part 10 polyglot")
            if not one.light:
                for moment in day.some(1, "letter from outside", one.name):
                    day.add(moment, "partners", "letter from outside", office.write_from_outside(one.name), "mail")
        if one.zone in printers:
            for moment in day.some(1 if one.light else 4, "print", one.name):
                day.add(moment, one.name, "page printed", office.print_page(one.name, printers[one.zone]), printers[one.zone])
    for moment in day.some(2, "consultation", hours=(9, 17)):
        day.add(moment, "ward-ws1", "consultation by voice", office.consult("ward-ws1", "wan-desk"), "wan-desk")
    for moment in [*day.some(30, "database"), *day.some(12, "database night", hours=(0, 24))]:
        day.add(moment, "lis", "database", upkeep.ask_database("lis", 5), "db")


def _faults(day: Schedule) -> None:
    """What shows the faults that the topology file plants, where the day's work alone does not."""
    for moment in day.some(2, "stranger"):
        day.add(moment, "adm-pc1", "PACS tried with a tool as it came", imaging.echo("adm-pc1", "pacs"), "pacs")
    for number, moment in enumerate(day.some(5, "training")):
        told = messages.exercise("lis", day.hospital.patients[number])
        day.add(moment, "lis", "message of a training", told, "engine", **_fed("ehr", looks_like="HL7 injection or impersonation"))
    for moment in day.some(6, "aloud"):
        day.add(moment, "lab-ws1", "names asked aloud", office.ask_aloud(["zzprinter", "zzscanner", "wpad"]))
    for moment in day.every(1_700, 1_900, "outside"):
        asked = office.look_up(["telemetry.imaging-vendor.example"], server=day.hospital.address("vendor-cloud"))
        day.add(moment, "mg01", "name asked outside", asked, "vendor-cloud")
    for name in ("pump01", "pump02", "pump03", "xa01"):
        for moment in day.some(2, "page", name):
            day.add(moment, "central", "device's page", upkeep.open_device_page(name), name)
    for moment in day.some(2, "service", hours=(9, 16)):
        page = upkeep.open_device_page("ana02", "admin:admin")
        day.add(moment, "lab-ws1", "analyser's service page", page, "ana02", looks_like="default or cleartext credentials")
    for moment in day.some(8, "directory"):
        day.add(moment, "ehr", "directory", upkeep.look_into_directory("ehr"), "dc")
    for number, moment in enumerate(day.some(3, "loaner", hours=(9, 17))):
        patient = day.hospital.patients[30 + number]
        day.add(
            moment, "us-loan", "loaner examines", imaging.examine("us-loan", patient), "pacs", looks_like="image from an unknown sender"
        )


def _machines(day: Schedule) -> None:
    """Printers are watched, logs written, clocks set, viruses looked up."""
    for one in day.hospital.topology.having("snmp"):
        for moment in day.every(840, 960, "snmp", one.name):
            day.add(moment, "mail", "printer watched", upkeep.poll_printer(one.name), one.name)
    for name in ("ehr", "ris", "lis", "pacs"):
        for moment in day.every(500, 900, "log", name):
            day.add(moment, name, "log line", upkeep.log_line("mail", "service well"), "mail")
    for one in day.hospital.topology.hosts:
        if one.zone in ("servers", "radiology", "vendor-access") and one.name != "ns" and not one.rogue:
            server = "vendor-cloud" if one.name == "xa01" else "ns"
            for moment in day.every(3_500, 3_700, "time", one.name):
                steady = "beaconing" if server == "vendor-cloud" else ""
                day.add(moment, one.name, "clock", office.ask_time(server), server, looks_like=steady)
    for one in day.hospital.topology.of_kind("workstation"):
        for moment in day.some(1 if one.light else 2, "virus", one.name, hours=(0, 24)):
            hashes = day.dice("virus", one.name, moment)
            names = [f"{hashes.randrange(16**8):08x}.av-lookup.antivirus.example" for _ in range(12)]
            day.add(moment, one.name, "antivirus look-ups", office.look_up(names), "ns", looks_like="DNS tunnel")


def _makers(day: Schedule) -> None:
    """Devices that tell their makers how they are, and engineers who look in."""
    for name, seconds, row in (("ct01", 300, "medical device to the internet"), ("pumpsrv", 600, "beaconing")):
        for moment in day.every(seconds, seconds + 1, "telemetry", name):
            day.add(moment, name, "telemetry", upkeep.telemetry(), "vendor-cloud", looks_like=row, may_fail=name == "pumpsrv")
    for moment in day.some(1, "ftp", hours=(9, 16)):
        day.add(moment, "ge-remote", "maker fetches a log", upkeep.fetch_service_log(), "mr01")
    for moment in day.some(2, "vendor", hours=(9, 17)):
        day.add(moment, "wan-desk", "maker comes in", upkeep.remote_service("jump"), "jump", looks_like="RDP misuse")
        later = moment + timedelta(minutes=1)
        day.add(later, "jump", "maker looks at the backup server", upkeep.remote_service("backup"), "backup", looks_like="RDP misuse")
    for moment in day.some(2, "library", hours=(9, 16)):
        day.add(moment, "ward-ws1", "drug library", upkeep.pump_library(), "pumpsrv")
    day.add(day.at(10), "rad-ws1", "administration of the PACS", imaging.look_at_pacs("rad-ws1"), "pacs")


def _turns(day: Schedule) -> None:
    """What does not happen every day, and every day something of it: software for all, messages sent again after the clocks were set."""
    for number, one in enumerate(day.hospital.topology.of_kind("workstation")):
        if not one.light and one.zone != "guests":
            moment = day.at(19) + timedelta(minutes=2 * number)
            day.add(moment, one.name, "roll-out", upkeep.roll_out(one.name), "files", looks_like="psexec / smbexec / remote service")
    for number in range(15):
        moment = day.at(3) + timedelta(seconds=2 * number)
        told = messages.message("lis", "ORU^R01 laboratory", day.hospital.patients[number])
        day.add(moment, "lis", "result sent again", told, "engine", **_fed("ehr", looks_like="HL7 injection or impersonation"))
