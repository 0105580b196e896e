"""What looks like an attack in a hospital and is none: the last column of the table of attacks, at the strength that it has in life.

Beside it stand in `schedule.py`: worklists, look-ups of antivirus, migration, prefetch, the tumour board, backups, quality reporting, the
loaner, trainings, messages sent again, log-ins at the change of shifts, telemetry, makers who look in, roll-out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from accounts import ACCOUNT, PASSWORD
from act import More
from acts import desktops, imaging, office, records, remote_calls, shares, turns, upkeep, watching
from acts.intrusion import attempts, kerberos, smb
from services.dicom import prior
from services.directory import BADGES, USERS

if TYPE_CHECKING:
    from schedule import Schedule

OFTEN, SELDOM = 0.5, 0.2
"""How likely an ordinary day has: downtime of a feed, a payer's export; a changed address, a swapped device, a test week, research."""
NEW_MODALITY, UPGRADED, UPGRADE = "ecg02", "mr01", "MR30_R02"
OTHER_CARDS = {"backup": "02:00:00:01:60:50", "adm-pc2": "00:50:b6:00:50:32", "pump02": "00:12:21:00:20:92"}
"""The second card of a team, that of a dock, and that of a device which was repaired."""
SHARED = "10.30.60.35"
"""The address of the record, which the one has that is in use."""
RANSOM, SERVICE, TASK, RDP = "ransomware over SMB", "psexec / smbexec / remote service", "WMI, DCOM, scheduled task", "RDP misuse"
BEACON, VOLUME, RETRIEVE = "beaconing", "exfiltration by volume", "DICOM mass retrieve"
SENDER, DRIFT, POLYGLOT = "image from an unknown sender", "AE / implementation drift", "DICOM Part 10 polyglot"
HL7, SILENT, TLS = "HL7 injection or impersonation", "HL7/DICOM feed gone silent", "TLS downgrade, certificate change"
NEIGHBOURS, PROVIDER = "rogue DHCP, ARP spoof, name relay", "rogue SDC provider / device discovery spoof"
AI_STUDIES = 36
RESEARCH_BYTES, RESEARCH_PIECES = 520_000_000, 26
BLOCK_LIST_NAMES, SEARCHED = 40, 40


def happens(day: Schedule, what: str, chance: float) -> bool:
    """Whether this day has it: every day has, but for one that is to be ordinary."""
    return not day.ordinary or day.dice("happens", what).random() < chance


def within(day: Schedule, begin: float, end: float) -> bool:
    """Whether the day begins between two hours of it, so that what came with the first is there already."""
    return day.at(begin) < day.begin <= day.at(end)


def _files(day: Schedule) -> None:
    """Many files at once: the PACS's cache, scans, copies, images and archives that are compressed already, the search for viruses."""
    more: More = {"looks_like": RANSOM}
    day.add(day.at(20), "pacs", "cache moved to a colder tier", shares.tier(40), "files", **more)
    day.add(day.at(1.4), "backup", "copies get their names", shares.batch("copies", 40, "tmp", "zzcopy"), "files", **more)
    day.add(day.at(2.6), "manage", "search for viruses", shares.read_all("reports"), "files", **more)
    for moment in day.some(3, "scans"):
        day.add(moment, "printer-ward", "scans get their names", shares.batch("scans", 30, "tmp", "tif"), "files", **more)
    for host, kind in (("lab-ws1", "jp2"), ("adm-pc2", "zip")):
        for moment in day.some(1, "compressed", kind):
            day.add(moment, host, f"{kind} files written again", shares.compressed_again(25, kind), "files", **more)


def _management(day: Schedule) -> None:
    """The hospital's own management host, and a maker's engineer, do what attackers' tools do."""
    program = "ZZagent.exe"
    day.add(day.at(19.5), "manage", "agent put on a workplace", remote_calls.put_program("adm-pc1", program), "adm-pc1", looks_like=SERVICE)
    agent = remote_calls.run_service("adm-pc1", "ZZagent", rf"%systemroot%\{program}")
    day.add(day.at(19.52), "manage", "agent installed as a service", agent, "adm-pc1", looks_like=SERVICE)
    task = remote_calls.run_task("adm-pc1", "ZZinventory", "ZZagent.exe /inventory")
    day.add(day.at(19.6), "manage", "inventory as a task", task, "adm-pc1", looks_like=TASK)
    for moment in day.some(1, "maker's service", hours=(9, 16)):
        support = remote_calls.run_service("central", "ZZsupport", r"C:\support\collect.exe")
        day.add(moment, "jump", "maker collects what the central station logged", support, "central", looks_like=SERVICE)
    for to in ("adm-pc1", "central"):
        for moment in day.every(3_500, 3_700, "wmi", to):
            day.add(moment, "manage", "free space asked by WMI", watching.ask_wmi(to), to, looks_like=TASK)


def _scanner(day: Schedule) -> None:
    """The inventory scanner at night, access control, monitoring by SNMP, workplaces that ask around, a test of defences."""
    topology = day.hospital.topology
    for number, name in enumerate(("wards", "administration")):
        zone = next(zone for zone in topology.zones if zone.name == name)
        here = [one.name for one in topology.hosts if one.zone == name and not one.rogue]
        scan = watching.scan_gently(zone.cidr)
        day.add(day.at(3.5) + timedelta(minutes=20 * number), "manage", f"inventory of {name}", scan, *here, looks_like="scan")
        doors = watching.probe(*(one for one in here if not topology.host(one).light))
        day.add(day.at(3.6) + timedelta(minutes=20 * number), "manage", f"doors of {name}", doors, *here, looks_like="scan")
    watched = [name for name in ("db", "ehr", "lis", "ris", "pacs", "files", "backup", "adm-pc1", "adm-pc2") if name in topology.by_name]
    for moment in day.every(7_000, 7_400, "snmp", "many"):
        day.add(moment, "manage", "many asked by SNMP", watching.poll_many(watched), *watched, looks_like="scan")
    for one in topology.of_kind("workstation"):
        for moment in day.leases(one) if one.dhcp and not one.light and one.zone != "guests" else ():
            came = moment + timedelta(seconds=30)
            day.add(came, "manage", "who came in is looked at", watching.probe(one.name), one.name, looks_like="scan")
        for moment in day.some(1 if one.light else 4, "announce", one.name, hours=(6, 20)):
            day.add(moment, one.name, "asks who is around", watching.announce(one.name), looks_like="scan")
    if happens(day, "test week", SELDOM):
        for number in range(12):
            moment = day.at(11) + timedelta(seconds=20 * number)
            day.add(moment, "manage", "test string of a test week", upkeep.try_string(number), "ehr", looks_like="exploit strings")


def _remote(day: Schedule) -> None:
    """Desktops from the vendors' host and from home; the hub that the makers' gateway calls."""
    for moment in day.some(2, "maker's desktop", hours=(9, 16)):
        day.add(moment, "jump", "maker opens the central station", desktops.desktop("central", "ZZmaker"), "central", looks_like=RDP)
    for moment in day.some(2, "at home", hours=(18, 23)):
        day.add(moment, "wan-desk", "radiologist at home", desktops.desktop("jump", "zzreader"), "jump", looks_like=RDP)
    for moment in day.every(598, 602, "hub"):
        hub = upkeep.upload("hub.remote-service.example", 600)
        day.add(moment, "jump", "remote service calls its hub", hub, "partners", "ns", looks_like=BEACON)


def _log_ins(day: Schedule) -> None:
    """An analyser whose password ended goes on trying, thirty times in half an hour; many people log in at one workplace."""
    more: More = {"looks_like": "brute force, spray"}
    old = attempts(smb("files"), [(ACCOUNT, "zz-of-last-year")] * 2)
    for moment in day.every(80, 110, "ended", hours=(6, 7.5)):
        day.add(moment, "ana01", "password that has ended", old, "files", **more)
    for shift in (6.8, 13.8, 21.8):
        for number, name in enumerate((*BADGES, *USERS[:4])):
            moment = day.at(shift) + timedelta(seconds=25 * number)
            if not number:
                mistyped = attempts(kerberos, [(name, "zz-mistyped")] * 2)
                day.add(moment - timedelta(seconds=20), "ward-ws1", "badge's number mistyped", mistyped, "dc", **more)
            badge = attempts(kerberos, [(name, f"{PASSWORD}-Zz1")], success=True)
            day.add(moment, "ward-ws1", "log-in by badge", badge, "dc", **more)


def _directory(day: Schedule) -> None:
    """The second domain controller fetches what is new from the first."""
    more: More = {"goes_on": True, "looks_like": "AD attack basics"}
    for moment in day.every(1_700, 1_900, "replication"):
        day.add(moment, "dc2", "directory replicated", upkeep.replicate_directory("dc2"), "dc", "ns", **more)


def _names(day: Schedule) -> None:
    """The mail server asks block lists, one workplace is searched for viruses, pages come from everywhere."""
    more: More = {"looks_like": "DNS tunnel"}
    for hour in range(8, 18):
        for number in range(5 if hour == 10 else 1):
            moment, dice = day.at(hour + 0.1 + number / 8), day.dice("block list", hour, number)
            asked = [".".join(str(dice.randrange(1, 255)) for _ in range(4)) + ".zen.blocklist.example" for _ in range(BLOCK_LIST_NAMES)]
            day.add(moment, "mail", "senders sought in a block list", office.look_up(asked), "ns", **more)
    for number in range(4):
        dice = day.dice("search", number)
        asked = [f"{dice.randrange(16**32):032x}.av-lookup.antivirus.example" for _ in range(SEARCHED)]
        day.add(day.at(12.2 + number / 6), "adm-pc1", "antivirus searches the whole machine", office.look_up(asked), "ns", **more)
    for moment in day.some(3, "cdn", hours=(8, 18)):
        asked = [f"e{day.dice('cdn', moment, number).randrange(10**6)}.cdn.example" for number in range(45)]
        day.add(moment, "ward-ws2", "pieces of pages", office.look_up(asked), "ns", **more)
        page = office.browse(f"http://{asked[0]}")
        day.add(moment + timedelta(seconds=5), "ward-ws2", "a page from a delivery network", page, "vendor-cloud", "ns", **more)


def _outgoing(day: Schedule) -> None:
    """Images and data go to those whom the hospital works with."""

    def send(moment: datetime, host: str, what: str, where: str, size: int) -> None:
        day.add(moment, host, what, upkeep.upload(where, size), "partners", "ns", looks_like=VOLUME)

    for moment in day.some(6, "teleradiology", hours=(16, 23)):
        send(moment, "pacs", "study read by teleradiology", "upload.teleradiology.example", 4_000_000)
    for number in range(5):
        send(day.at(23) + timedelta(minutes=number), "pacs", "studies to the cloud PACS", "cloud-pacs.example", 5_000_000)
    if happens(day, "research", SELDOM):
        for number in range(RESEARCH_PIECES):
            moment = day.at(21) + timedelta(seconds=20 * number)
            send(moment, "archive", "images for research", "upload.research.example", RESEARCH_BYTES // RESEARCH_PIECES)


def _images(day: Schedule) -> None:
    """A pipeline that computes, a disc from elsewhere, a new modality, an upgrade, an address that changes, a slide that is a TIFF too."""
    studies = [prior(patient) for patient in day.hospital.patients[:AI_STUDIES]]
    day.add(day.at(22.5), "rad-ws2", "pipeline fetches studies", imaging.fetch("rad-ws2", studies), "pacs", looks_like=RETRIEVE)
    for moment in day.some(1, "disc"):
        disc = imaging.bring("rad-ws2", day.patient("disc"))
        day.add(moment, "rad-ws2", "disc from another hospital", disc, "pacs", looks_like=SENDER)
    for moment in day.some(8, "new modality", hours=(12.1 if day.first else 7, 22)):
        examined = imaging.examine(NEW_MODALITY, day.patient("new modality", moment))
        day.add(moment, NEW_MODALITY, "new modality examines", examined, "pacs", looks_like=SENDER)
    before = day.first and day.begin < day.at(12)
    day.add(day.begin, UPGRADED, "program in use", turns.upgrade(UPGRADED, "" if before else UPGRADE), silent=True)
    if before:
        day.add(day.at(12), UPGRADED, "program upgraded", turns.upgrade(UPGRADED, UPGRADE), looks_like=DRIFT, silent=True)
    for moment in day.some(2, "slide"):
        day.add(moment, "lab-ws1", "slide put on the share", office.put_slide("lab-ws1"), "files", looks_like=POLYGLOT)
        slide = office.post_slide("lab-ws1")
        day.add(moment + timedelta(minutes=2), "lab-ws1", "slide put into the PACS", slide, "pacs", "ns", looks_like=POLYGLOT)
    if happens(day, "address", SELDOM) and day.begin <= day.at(10) and day.at(15.1) < day.end:
        one = day.hospital.host("us01")
        for hour, address in ((10, one.also[0]), (15, one.address)):
            day.add(day.at(hour), "us01", "another address", turns.move("us01", address), "ns", looks_like=SENDER)


def _feeds(day: Schedule) -> None:
    """The interface engine delivers to who stands in for the record, and goes back; a feed is down as planned."""
    beyond = (("engine", "ehr"), ("engine", "ehr2"))
    turned: dict[str, Any] = {"goes_on": True, "beyond": beyond, "silent": True}
    day.add(day.begin, "engine", "record in use", turns.deliver("ehr", int(within(day, 4.5, 5))), "ehr", "ehr2", **turned)
    for hour, number, what in ((4.5, 1, "fail-over to the stand-by record"), (5, 0, "back to the record")):
        day.add(day.at(hour), "engine", what, turns.deliver("ehr", number), "ehr", "ehr2", **turned, looks_like=HL7)
    for hour, name in ((4.5, "ehr2"), (4.52, "ehr"), (4.55, "ehr2"), (5, "ehr")):
        day.add(day.at(hour), name, "has the shared address", watching.shared(name, SHARED), looks_like=NEIGHBOURS, local=True)
    if happens(day, "downtime", OFTEN):
        begin, end = day.at(2), day.at(3.2)
        day.acts[:] = [act for act in day.acts if not (act.what == "pumps' values" and begin <= act.at < end)]
        day.add(begin, "pumpsrv", "pumps' feed down as planned", turns.nothing, "engine", looks_like=SILENT, silent=True)


def _exports(day: Schedule) -> None:
    """Who else takes everything by FHIR, at times."""
    more: More = {"looks_like": "FHIR bulk export"}
    if happens(day, "payer", OFTEN):
        payer = records.export("ZZ-Payer-Connector/1.0", "Patient")
        day.add(day.at(17.5), "adm-pc1", "payer's export", payer, "ehr", "ns", **more)
    if happens(day, "registry", SELDOM):
        registry = records.export("ZZ-Research-Registry/3.2")
        day.add(day.at(14.5), "rad-ws1", "export for a register", registry, "ehr", "ns", **more)


def _devices(day: Schedule) -> None:
    """A pump comes back with another card; two cards have one address; firmware that is older, a certificate that is new."""
    swap = happens(day, "swap", SELDOM)
    now = OTHER_CARDS["pump02"] if swap and within(day, 13.5, 20.5) else ""
    day.add(day.begin, "pump02", "card in use", watching.card("pump02", now), "central", local=True)
    if swap:
        for hour, mac in ((13.5, OTHER_CARDS["pump02"]), (20.5, "")):
            swapped = watching.card("pump02", mac, hello=True)
            day.add(day.at(hour), "pump02", "pump with another card", swapped, "central", looks_like=PROVIDER)
    for name in ("backup", "adm-pc2"):
        for moment in day.some(3, "team", name, hours=(7, 19)):
            day.add(moment, name, "two cards, one address", watching.two_cards(name, OTHER_CARDS[name]), local=True, looks_like=NEIGHBOURS)
    now = turns.OLD_TLS if within(day, 18.5, 23.4) else turns.NEW_TLS
    day.add(day.begin, "pump03", "firmware in use", turns.speak("pump03", now), "central", silent=True)
    day.add(day.at(18.5), "pump03", "older firmware", turns.speak("pump03", turns.OLD_TLS), "central", looks_like=TLS, silent=True)
    for moment in day.some(3, "old page", hours=(18.6, 22)):
        day.add(moment, "central", "device's page by old TLS", turns.old_page("pump03"), "pump03", looks_like=TLS)
    day.add(day.at(23.4), "pump03", "firmware as it was", turns.speak("pump03", turns.NEW_TLS), "central", silent=True)
    for hour in (9.5, 12.5, 17.2, 19.5):
        day.add(day.at(hour), "ward-ws2", "portal by TLS 1.2", turns.portal_by_12, "ehr", "ns", looks_like=TLS if hour > 17 else "")
    day.add(day.at(17), "ehr", "certificate renewed", turns.renew_certificate("ehr"), "ward-ws2", looks_like=TLS, silent=True)


PARTS: tuple[Callable[[Schedule], None], ...] = (
    _files,
    _management,
    _scanner,
    _remote,
    _log_ins,
    _directory,
    _names,
    _outgoing,
    _images,
    _feeds,
    _exports,
    _devices,
)
