"""What the captures could not show. No finding is no proof that nothing is wrong: here stands how far that goes, and what to do about
it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asepsis.findings.service import counted
from asepsis.kit.errors import one_line

from .heard import HOURS_OF_A_WEEK, Heard
from .talks import Lake

if TYPE_CHECKING:
    from asepsis.hospital.service import Asset, Plan
    from asepsis.network.service import Health, Trouble

HIDING = ("blind", "overloaded", "lost_before", "one_way", "midstream", "truncated", "undecoded", "evicted")
"""Signs of the sensor's health by which something is not seen; the others double or spoil what is."""
# A part smaller than this changes no finding.
_SHARE = 0.05
_NAMED = 3

CLINICAL_STREAMS = {
    "dicom_association": "DICOM",
    "hl7": "HL7",
    "fhir": "FHIR",
    "dicomweb": "DICOMweb",
    "astm": "ASTM",
    "poct1": "POCT1",
    "sdc": "SDC",
}
"""Streams of protocols by which machines speak of patients, as people call them."""
_THERE = " UNION ALL ".join(
    f"SELECT '{stream}' AS stream FROM {stream} HAVING COUNT(*) > 0"  # noqa: S608 - names of ours
    for stream in (*CLINICAL_STREAMS, "arp", "dhcp")
)
_VLANS = "SELECT vlan FROM pairs WHERE vlan IS NOT NULL AND orig_pkts + resp_pkts > 0 GROUP BY vlan"
_CARRIED = """
    SELECT COUNT(*) AS conns, SUM(orig_bytes + resp_bytes) AS bytes,
           SUM(CASE WHEN service IS NULL THEN 1 ELSE 0 END) AS odd,
           SUM(CASE WHEN service IS NULL THEN orig_bytes + resp_bytes ELSE 0 END) AS odd_bytes,
           SUM(CASE WHEN service LIKE '%ssl' OR service = 'ssh' OR service = 'quic' THEN 1 ELSE 0 END) AS closed
    FROM conn WHERE proto IN ('tcp', 'udp') AND NOT interim AND orig_bytes + resp_bytes > 0 HAVING COUNT(*) > 0
"""
_NOT_READ = {"bacnet": "BACnet", "modbus": "Modbus", "radius": "RADIUS", "sip": "SIP", "socks": "SOCKS", "tns": "Oracle"}
"""Protocols that are recognised and not followed."""
_RECOGNISED = f"""
    SELECT service, COUNT(*) AS conns FROM conn WHERE service IN ({", ".join(f"'{name}'" for name in sorted(_NOT_READ))})
    GROUP BY service ORDER BY conns DESC, service
"""  # noqa: S608 - names of ours
_SESSIONS = """
    SELECT COUNT(*) AS sessions, SUM(CASE WHEN version = 'TLSv13' THEN 1 ELSE 0 END) AS hidden
    FROM ssl WHERE established HAVING COUNT(*) > 0
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that could not be seen, as `title` names it: how much, of how much, what it means for the findings, what to do about it."""

    id: str
    title: str
    means: str
    mend: str
    count: int | None = None
    of: int | None = None

    @property
    def share(self) -> float | None:
        return None if self.count is None or not self.of else self.count / self.of


def coverage(lake: Lake, assets: Sequence[Asset], plan: Plan, heard: Heard | None, health: Sequence[Health], unread: int = 0) -> list[Gap]:
    """The gaps, those that hide most first; `unread` counts the captures that could not be read whole."""
    there = {row["stream"] for row in lake.rows(_THERE)}
    return [
        *_unread(unread),
        *(_time(heard) if heard else [_NOTHING]),
        *_losses(health),
        *_inventory(lake, assets, plan, there),
        *((*_protocols(lake, there), _ATTACKS) if heard else ()),
    ]


def gap_form(gap: Gap) -> dict[str, Any]:
    """A gap as a JSON object; `share` is `number` of `of`."""
    return {
        "id": gap.id,
        "title": gap.title,
        "number": gap.count,
        "of": gap.of,
        "share": None if gap.share is None else round(gap.share, 4),
        "means": gap.means,
        "mend": gap.mend,
    }


def coverage_text(gaps: Sequence[Gap]) -> str:
    """The gaps in one line."""
    titles = "; ".join(one_line(gap.title[:1].lower() + gap.title[1:], 120) for gap in gaps[:_NAMED])
    more = f"; and {len(gaps) - _NAMED} more" if len(gaps) > _NAMED else ""
    return f"Could not show: {titles}{more} ({counted(len(gaps), 'thing')}; see --report or --json)."


_ATTACKS = Gap(
    "attacks", "Attacks: weak points are looked for, not who uses them",
    "Where the list says that no abuse was seen, none was looked for. A machine that is abused already is told only by its weak points.",
    "Leave what you have against attacks switched on, and have what looks odd looked into.",
)  # fmt: skip
_NOTHING = Gap(
    "nothing_heard", "Any conversation between machines: none was heard", "Nothing can be said of this network.",
    "Check that the capture comes from a mirror port through which clinical traffic passes.",
)  # fmt: skip


def _unread(unread: int) -> Iterator[Gap]:
    if unread:
        yield Gap(
            "not_read_whole", f"The missing parts of {counted(unread, 'capture')}",
            "What the missing part holds is in no finding and in no count.",
            "Mend the files or capture again, and run the same command.", unread,
        )  # fmt: skip


def _time(heard: Heard) -> Iterator[Gap]:
    if heard.hours >= HOURS_OF_A_WEEK:
        return
    yield Gap(
        "short_time", f"What happens outside the {heard.words} that were heard",
        "Backups at night, weekly jobs and machines that are seldom used are not in it. What was not seen may be there all the same.",
        "Listen for a week with `asepsis network watch`, or give captures of seven days.", heard.hours, HOURS_OF_A_WEEK,
    )  # fmt: skip


def _losses(health: Sequence[Health]) -> Iterator[Gap]:
    """Of each trouble with the hearing the interface where it is worst."""
    worst: dict[str, Trouble] = {}
    for trouble in (trouble for one in health for trouble in one.troubles):
        if trouble.id not in worst or trouble.share > worst[trouble.id].share:
            worst[trouble.id] = trouble
    for id in HIDING:
        if id in worst:
            trouble = worst[id]
            why = trouble.title[:1].lower() + trouble.title[1:]
            yield Gap(id, f"What is missing because {why}", trouble.means, trouble.mend, trouble.count, trouble.of)


def _inventory(lake: Lake, assets: Sequence[Asset], plan: Plan, there: set[str]) -> Iterator[Gap]:
    seen = [asset for asset in assets if asset.first_seen]
    stated, zones = len(assets) - len(seen), plan.zones
    silent = _silent(lake, seen, plan)
    yield from _identity(seen, there)
    if silent:
        more = ", ..." if len(silent) > _NAMED else ""
        yield Gap(
            "silent_zones", f"Any machine of {counted(len(silent), 'zone')}: {', '.join(silent[:_NAMED])}{more}",
            "Nothing is known of what stands in these zones, or is wrong there.",
            "Capture where their traffic passes too.", len(silent), len(zones),
        )  # fmt: skip
    if stated:
        yield Gap(
            "never_seen", f"{counted(stated, 'machine')} that site.toml states",
            "They are off, were silent, or talk where nothing was captured: no fault of theirs can be found.",
            "Look where they are plugged in, and capture there.", stated, len(assets),
        )  # fmt: skip
    unknown = sum(asset.kind == "unknown" for asset in seen)
    if unknown:
        yield Gap(
            "unknown_kind", f"What {counted(unknown, 'machine')} of {len(seen):,} may be",
            "They count as machines that watch patients, until somebody says what they are.",
            "State what they are in site.toml.", unknown, len(seen),
        )  # fmt: skip


def _silent(lake: Lake, seen: Sequence[Asset], plan: Plan) -> list[str]:
    """The zones of which no machine was seen, by its address or by a frame in their VLAN."""
    zones = {asset.zone for asset in seen}
    silent = [zone for zone in plan.zones if zone.name not in zones]
    vlans = {row["vlan"] for row in lake.rows(_VLANS)} if any(zone.vlans for zone in silent) else set()
    return [zone.name for zone in silent if vlans.isdisjoint(zone.vlans)]


def _identity(seen: Sequence[Asset], there: set[str]) -> Iterator[Gap]:
    bare = sum(not asset.macs for asset in seen)
    if seen and 2 * bare > len(seen):
        why = "" if there & {"arp", "dhcp"} else " (neither ARP nor DHCP was seen)"
        yield Gap(
            "addresses_only", f"The network card of {bare:,} of {counted(len(seen), 'machine')}{why}",
            "They are told apart by their addresses alone: one that gets another address looks like a new machine, two that "
            "share one look like one.",
            "Capture on the devices' own network, before the first router.", bare, len(seen),
        )  # fmt: skip


def _protocols(lake: Lake, there: set[str]) -> Iterator[Gap]:
    unseen = [name for stream, name in CLINICAL_STREAMS.items() if stream not in there]
    if unseen:
        yield Gap(
            "protocols_not_seen", f"Any talk in {', '.join(unseen)}",
            "Not seen is not the same as not there: analysers, meters, monitors and archives may talk in another part of the network, at "
            "another hour, inside encryption, or in a way of their maker's own.",
            "Capture beside the laboratory, the wards and the archive; name in site.toml what is known to stand there.",
            len(unseen), len(CLINICAL_STREAMS),
        )  # fmt: skip
    for row in lake.rows(_CARRIED):
        yield from _unread_talk(row)
    yield from _not_followed(lake)
    for row in lake.rows(_SESSIONS):
        if row["hidden"]:
            yield Gap(
                "hidden_certificates", f"The certificates of {row['hidden']:,} of {counted(row['sessions'], 'TLS session')}",
                "TLS 1.3 hides them, as it should: whether they are in date and strong is not known.",
                "Ask those who run these servers for a list of their certificates.", row["hidden"], row["sessions"],
            )  # fmt: skip


def _not_followed(lake: Lake) -> Iterator[Gap]:
    found = lake.rows(_RECOGNISED)
    if found:
        conns = sum(int(row["conns"]) for row in found)
        yield Gap(
            "not_followed", f"What is said in {', '.join(_NOT_READ[row['service']] for row in found)}: {counted(conns, 'connection')}",
            "That it is spoken is known, what it says is not: orders to the air, the doors or the lifts, and passwords, are in no finding.",
            "Ask those who run these systems who may give orders there, and let nobody else reach them.", conns,
        )  # fmt: skip


def _unread_talk(row: dict[str, Any]) -> Iterator[Gap]:
    """Connections that carried something, and that nobody could read along."""
    conns, odd, closed = row["conns"], int(row["odd"]), int(row["closed"])
    share = int(row["odd_bytes"]) / int(row["bytes"])
    if odd > _SHARE * conns or share > _SHARE:
        yield Gap(
            "unrecognised", f"What {odd:,} of {counted(conns, 'connection')} say ({share:.0%} of the bytes): no known protocol",
            "Faults of these conversations cannot be found, and what machines do in them does not tell what they are.",
            "Ask the makers of these machines which protocols they speak; state what the machines are in site.toml.", odd, conns,
        )  # fmt: skip
    if closed:
        yield Gap(
            "encrypted", f"What is inside {closed:,} encrypted of {counted(conns, 'connection')}",
            "That is as it should be. Patients whose data travels there are not counted, and faults inside are not found.",
            "Nothing, for the network; look at what these machines log.", closed, conns,
        )  # fmt: skip
