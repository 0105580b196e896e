"""What people call an asset: maker and model if it told them, else what it does, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asepsis.hospital.asset import STATED, Asset, Attribute
from asepsis.hospital.clinical import SURE_ENOUGH
from asepsis.hospital.kinds import KINDS, POSSIBLE, UNKNOWN, Verdict
from asepsis.hospital.plan import parsed
from asepsis.hospital.titles import TITLES_OF_TOOLKITS

MOST_TITLES = 4
"""Titles that `called` gives."""
ROLE = 40
"""A server's further role is named from this score on."""
MOST_ROLES = 4


def roles(verdict: Verdict) -> list[str]:
    """The kinds that a server is at once, the best-founded first; of a special and a general kind only the special."""
    if KINDS[verdict.kind].group != "server":
        return [verdict.kind]
    strong = [k for k, score in verdict.scores if score >= ROLE and KINDS[k].group == "server"]
    rest = [k for k in strong if k != verdict.kind and not any(k in KINDS[o].general for o in [*strong, verdict.kind])]
    return [verdict.kind, *rest][:MOST_ROLES]


def machine_name(manufacturer: str, model: str, label: str) -> str:
    """What a machine says it is, as `GE MEDICAL SYSTEMS SIGNA Architect (MR01)`."""
    maker = "" if model.casefold().startswith(manufacturer.casefold()) else manufacturer
    return f"{maker} {model}".strip() + (f" ({label})" if label else "")


def machine_label(facts: Iterable[Attribute], station: str, titles: Sequence[str]) -> str:
    """What those who work with a machine call it: the AE title that its images came from, else the station they name, else a title."""
    sent_as = {fact.value for fact in facts if fact.name == "ae_title" and fact.source == "dicom_message"}
    return sent_as.pop() if len(sent_as) == 1 else station or next(iter(titles), "")


def role_name(verdict: Verdict, titles: Sequence[str], applications: Sequence[str], hostnames: Sequence[str], where: str) -> str:
    """What an asset does first and where, as `PACS (ARCHIVE1, 10.10.0.2)`: short, for it stands in the middle of sentences. What else a
    server does is among its `roles`."""
    kind = KINDS[verdict.kind]
    label = _label(verdict.kind, titles, hostnames, where)
    if kind.group == "gear":
        return _sentence(f"{verdict.kind} {_beside(label)}")
    if verdict.kind == "interface engine" and applications:
        more = f" and {len(applications) - 4} more" if len(applications) > 4 else ""
        return f"Interface engine for {', '.join(applications[:4])}{more} ({where})"
    if verdict.kind == UNKNOWN:
        return _sentence(f"unknown machine {_beside(label)}")
    if len(applications) == 1 and kind.group == "server" and not titles:
        label = f"{applications[0]}, {label}"
    return _sentence(f"{POSSIBLE if verdict.confidence < SURE_ENOUGH else ''}{verdict.kind} ({label})")


def called(asset: Asset) -> str:
    """What an asset is called where its kind and address stand beside it: the whole name of a machine, or of one that the hospital named;
    else the titles and names that it goes by."""
    if asset.manufacturer or asset.model or any(fact.name == "name" and fact.source == STATED for fact in asset.attributes):
        return asset.name
    applications = [application.split("|")[0] for application in asset.hl7_applications]
    hosts = [host.split(".")[0] for host in asset.hostnames if not parsed(host)]
    titles: dict[str, str] = {}
    for title in (*asset.ae_titles, *applications, *hosts):
        titles.setdefault(title.casefold(), title)
    does = {kind.casefold() for kind in (asset.kind, *asset.roles)}
    found = [title for plain, title in titles.items() if plain not in does]
    return ", ".join(found[:MOST_TITLES]) + (", ..." if len(found) > MOST_TITLES else "")


def is_guess(asset: Asset) -> bool:
    """Whether its kind is no more than possible."""
    return asset.kind != UNKNOWN and asset.kind_confidence < SURE_ENOUGH


def told_kind(asset: Asset) -> str:
    """Its kind as it is told: `possible scanner` where little speaks for it."""
    return f"{POSSIBLE}{asset.kind}" if is_guess(asset) else asset.kind


def within(asset: Asset) -> str:
    """Its name within a sentence: `the possible web server (192.0.2.5)` where it only says what it is."""
    kind, small = told_kind(asset), asset.name[:1].lower() + asset.name[1:]
    if asset.kind == UNKNOWN:
        return f"the {small}" if small.startswith(f"{UNKNOWN} machine ") else asset.name
    rest = small.removeprefix(kind)
    described = rest.startswith((" (", " for ")) or (asset.kind in KINDS and KINDS[asset.kind].group == "gear" and rest.startswith(" "))
    return f"the {kind.removesuffix(asset.kind)}{KINDS[asset.kind].words}{rest}" if described and rest != small else asset.name


def _beside(label: str) -> str:
    """A label behind a kind: an address alone needs no brackets."""
    return f"({label})" if "," in label else label


def _label(kind: str, titles: Sequence[str], hostnames: Sequence[str], where: str) -> str:
    own = titles[0] if len(titles) == 1 and titles[0].upper() not in TITLES_OF_TOOLKITS else _host(hostnames)
    return ", ".join(filter(None, (own if own.casefold() != kind.casefold() else "", where)))


def _host(hostnames: Sequence[str]) -> str:
    """The name of a host that has one, without its domain; an address is no name."""
    names = dict.fromkeys(name.split(".")[0].casefold() for name in hostnames if not parsed(name))
    return next((name.split(".")[0] for name in hostnames if not parsed(name)), "") if len(names) == 1 else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
