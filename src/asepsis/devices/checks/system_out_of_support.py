"""Machines whose operating system its maker no longer mends, by signs on the wire (data/os_signs.tsv, os_support.tsv)."""

from __future__ import annotations

from datetime import date

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
from asepsis.hospital.service import STATED, Asset, Attribute, supported

ID = "system-out-of-support"
FAULT = "Weaknesses of these systems are no longer mended"
# A sign that says less is no more than a hint.
SURE = 0.5


def run(look: Look) -> list[Proposal]:
    today = look.now.date()
    found = ((asset, _system(asset)) for asset in look.locator.assets.values())
    return [_proposal(asset, fact, look) for asset, fact in found if fact and _over(fact.value, today)]


def clears(look: Look) -> list[Cleared]:
    """Machines that show a system which is still mended, best-founded and latest."""
    today, out = look.now.date(), []
    for asset in look.locator.assets.values():
        fact = _system(asset)
        if fact and fact.ts and fact.event_id and supported(fact.value) and not _over(fact.value, today):
            out.append(Cleared(ID, asset.id, fact.ts, f"It shows {fact.value}, which is still mended.", events=(fact.event_id,)))
    return out


def _system(asset: Asset) -> Attribute | None:
    """The system that is best founded; of equally good signs the latest, as after an upgrade."""
    known = [fact for fact in asset.attributes if fact.name == "system" and fact.confidence >= SURE and fact.source != STATED]
    return max(known, key=lambda f: (f.confidence, f.ts.timestamp() if f.ts else 0, f.value), default=None)


def _over(system: str, today: date) -> bool:
    support = supported(system)
    return support is not None and support.end < today


def _proposal(asset: Asset, fact: Attribute, look: Look) -> Proposal:
    party = Party(asset.stays[-1].place if asset.stays else asset.id, (asset,))
    support, at = supported(fact.value), fact.ts or look.now
    end = support.end if support else look.now.date()
    paid = support.extended_end if support and support.extended_end and support.extended_end >= look.now.date() else None
    bought = f" Paid or long-term updates come until {paid} at most: whether it gets them is not known." if paid else ""
    grave = SAFETY_OF[party.weight]
    return posture(
        ID,
        Fault(party, "", Sighting(at, at, (fact.event_id,) if fact.event_id else ())),
        look,
        title=f"{party.opening} runs {fact.value}, which has not been mended since {end}",
        many=FAULT,
        why=f"{party.opening} ({party.address}) shows {fact.value} (seen in {fact.source}, {fact.confidence:.0%} sure)."
        f" Free updates ended on {end}.{bought}",
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
    looks_for="Assets whose signs (NTLM build, banners of web and SSH, agents) speak for a system past the end of its free updates.",
    cannot_see="Systems that show no version; embedded editions with longer updates that share a build; machines set to look like others.",
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
