"""Machines whose operating system its maker no longer mends, by signs on the wire (data/os_signs.tsv, os_support.tsv)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache, partial

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    Cleared,
    Effort,
    Exploitation,
    Fault,
    HarmKind,
    Look,
    Party,
    Proposal,
    Sighting,
    five,
    posture,
)  # fmt: skip
from asepsis.hospital.service import STATED, SURE, Asset, Attribute, supported

ID = "system-out-of-support"
FAULT = "Weaknesses of these systems are no longer mended"
# A sign that agrees with another may say a little less.
SECOND = 0.4

# In web requests and answers a program can call itself what it likes, and those of attackers do: a text counts if several peers got it.
_TOLD_TO_SEVERAL = """
    select machine, text from (
        select id_orig_h as machine, user_agent as text, id_resp_h as peer from http where user_agent is not null
        union all
        select id_resp_h as machine, server as text, id_orig_h as peer from http where server is not null
    ) as shown group by machine, text having min(peer) <> max(peer)
"""


def run(look: Look) -> list[Proposal]:
    today = look.now.date()
    return [_proposal(asset, fact, look) for asset, fact in _systems(look) if _over(fact.value, today)]


def clears(look: Look) -> list[Cleared]:
    """Machines that show a system which is still mended, best-founded and latest."""
    today, out = look.now.date(), []
    for asset, fact in _systems(look):
        support = supported(fact.value)
        if fact.ts and fact.event_id and support and not _over(fact.value, today):
            why = f"It showed {fact.value} on {fact.ts.date()}, which is mended until {support.end}."
            out.append(Cleared(ID, asset.id, fact.ts, why, events=(fact.event_id,)))
    return out


def _systems(look: Look) -> Iterator[tuple[Asset, Attribute]]:
    """The system of each asset that is best founded; of equally good signs the latest, as after an upgrade."""
    several = cache(partial(_told_to_several, look))
    for asset in look.locator.assets.values():
        known = [fact for fact in asset.attributes if fact.name == "system" and fact.confidence >= SURE and fact.source != STATED]
        for fact in sorted(known, key=lambda f: (f.confidence, f.ts.timestamp() if f.ts else 0, f.value), reverse=True):
            if not supported(fact.value) or fact.source != "http" or _agreed(asset, fact) or several() & _texts(asset, fact):
                yield asset, fact
                break


def _agreed(asset: Asset, fact: Attribute) -> bool:
    """Whether another sign speaks for a system of the same sort."""
    others = (f for f in asset.attributes if f.name == "system" and f.source not in ("http", STATED) and f.confidence >= SECOND)
    return any(f.value.split()[0] == fact.value.split()[0] for f in others)


def _texts(asset: Asset, fact: Attribute) -> set[tuple[str, str]]:
    """What it said by which the system was told."""
    return {(asset.id, f.value) for f in asset.attributes if f.name in ("http_client", "http_server") and f.event_id == fact.event_id}


def _told_to_several(look: Look) -> set[tuple[str, str]]:
    return {(asset, row["text"]) for row in look.rows(_TOLD_TO_SEVERAL) for asset in look.at(row["machine"]).ids}


def _over(system: str, today: date) -> bool:
    support = supported(system)
    return support is not None and support.end < today


def _proposal(asset: Asset, fact: Attribute, look: Look) -> Proposal:
    party = Party(asset.stays[-1].place if asset.stays else asset.id, (asset,))
    support, at = supported(fact.value), fact.ts or look.now
    end = support.end if support else look.now.date()
    paid = support.extended_end if support and support.extended_end and support.extended_end >= look.now.date() else None
    bought = f" Paid or long-term updates come until {paid} at most: whether it gets them is not known." if paid else ""
    mended_then = at.date() <= end
    grave = SAFETY_OF[party.weight]
    return posture(
        ID,
        Fault(party, "", Sighting(at, at, (fact.event_id,) if fact.event_id else ())),
        look,
        title=f"{party.opening} ran {fact.value} when last heard on {at.date()}; that has not been mended since {end}"
        if mended_then
        else f"{party.opening} runs {fact.value}, which has not been mended since {end}",
        many=FAULT,
        why=f"{party.placed_opening} shows {fact.value} (seen in {fact.source}, {fact.confidence:.0%} sure)."
        f" Its free updates ended on {end}; it was last heard to run it on {at.date()}"
        f"{', when they still came: it may have been upgraded since' if mended_then else ''}.{bought}",
        harms=five(
            safety=(grave, "Through a known hole it can be stopped or changed."),
            privacy=(2, "Who breaks in reads what it holds."),
            integrity=(2, "Who breaks in changes what it holds."),
            service=(3, "Worms look for just such machines."),
            money_and_trust=(2, "Insurers and auditors ask for such machines."),
        ),
        # KEV lists holes of all systems that are no longer mended long enough to be here.
        exploitation=Exploitation.ACTIVE,
        automatable=Automatable.YES,
        takes_over=True,
        action=Action(
            f"Ask {party.maker} for an upgrade of {party.name}; until then fence it in",
            Effort.WEEKS,
            (
                f"Ask {party.maker}: is there a release on a system that is mended, or an edition with longer updates?",
                "Let only those reach it who must: firewall rules from the connections that were seen (`asepsis assets show`).",
                "Take it off the internet, and switch off what it serves and nobody uses.",
            ),
            "Ask the makers for upgrades; until then fence these machines in",
        ),
    )


CHECK = Check(
    id=ID,
    title="Operating system without support",
    looks_for="Assets whose signs (NTLM build, banners of SSH; of the web with another sign or towards several) speak for a system past the"
    " end of its free updates.",
    cannot_see="Systems that show no version, or only on the web and to one other; what became of a machine since it was last heard;"
    " embedded editions with longer updates that share a build; machines set to look like others.",
    streams=("ntlm", "http", "ssh", "dhcp"),
    harms=(HarmKind.SERVICE, HarmKind.SAFETY, HarmKind.PRIVACY),
    references=(
        "HICP 2023 practice 7 Vulnerability Management",
        "NIST CSF 2.0 ID.AM-08",
        "NIST SP 800-66r2 5.1.1 Security Management Process",
        "MS-NLMP 2.2.2.10",
        "CWE-1104 Use of Unmaintained Third Party Components",
    ),
    run=run,
    clears=clears,
)
