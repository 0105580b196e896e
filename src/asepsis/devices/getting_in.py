"""What somebody can do who gets in to a machine by a login that could be read: see what it holds, change it, stop it."""

from __future__ import annotations

from collections.abc import Iterable

from asepsis.findings.service import SAFETY_OF, Harm, HarmKind, Look, Party, five, named, readable


def harms_of_getting_in(server: Party, patients: int) -> dict[HarmKind, Harm]:
    """Where records are held, or patients watched or treated, whoever gets in stops care with the machine; elsewhere (a printer, a switch)
    only that machine."""
    grave = SAFETY_OF[server.weight]
    level = 3 if patients or server.portal or grave >= 2 else 2
    return five(
        safety=(grave, "Whoever gets in can change what it does."),
        privacy=readable(patients) if patients else (2, "Whoever gets in can see what it holds."),
        integrity=(level, "Whoever gets in can change settings and data."),
        service=(level, "Whoever gets in can stop it."),
        money_and_trust=(1, "A login that was read has to be changed everywhere it is used."),
    )


def from_outside(clients: Iterable[Party], look: Look) -> list[Party]:
    """Those who came over the internet."""
    return [client for client in clients if look.parties.outside(client.address)]


def fence(ports: str, clients: list[Party], look: Look) -> str:
    """The step for a service that cannot be changed. An address outside is never one to be let in: who stands there may be anyone."""
    outside = from_outside(clients, look)
    if outside:
        return (
            f"Block port {ports} for the internet; who has to come in from there ({named(outside)}) takes the hospital's own way in (VPN),"
            " with a login of its own."
        )
    return f"Where it is not, allow port {ports} only from {'what needs it' if len(clients) > 1 else 'the one computer that needs it'}."
