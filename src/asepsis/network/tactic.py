"""How far an attack came: the tactics of ATT&CK in the order of its matrix, each in words that need no training.

Source: MITRE ATT&CK, Enterprise and ICS matrices, https://attack.mitre.org/tactics/ (as tags of Sigma write them, `lateral-movement`).
"""

from __future__ import annotations

from collections.abc import Iterable

WORDS = {
    "reconnaissance": "looks for a way in from outside",
    "resource-development": "prepares its tools",
    "initial-access": "gets into the network",
    "execution": "runs programs",
    "persistence": "makes sure that it can come back",
    "privilege-escalation": "gets more rights",
    "defense-evasion": "hides",
    "stealth": "hides",
    "credential-access": "gets at passwords and keys",
    "discovery": "looks around",
    "lateral-movement": "gets at other machines",
    "collection": "gathers records and data",
    "command-and-control": "is commanded from outside",
    "exfiltration": "takes data out",
    "inhibit-response-function": "switches safeguards off",
    "impair-process-control": "changes what devices do",
    "impact": "does damage",
}
"""What an attacker does by a tactic, the first one first."""
_ORDER = tuple(WORDS)


def rank(tactic: str) -> int:
    """How far an attack is that came to it: -1 if it is none that is known."""
    return _ORDER.index(tactic) if tactic in WORDS else -1


def furthest(tactics: Iterable[str]) -> str:
    """The last of these in the order of the matrix; nothing if none is known."""
    return max((one for one in tactics if one in WORDS), key=rank, default="")


def in_order(tactics: Iterable[str]) -> list[str]:
    """Those that are known, each once, the first one first."""
    return sorted({one for one in tactics if one in WORDS}, key=rank)
