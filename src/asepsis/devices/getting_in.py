"""What somebody can do who gets in to a machine by a login that could be read: see what it holds, change it, stop it."""

from __future__ import annotations

from asepsis.findings.service import SAFETY_OF, Harm, HarmKind, Party, five, readable


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
