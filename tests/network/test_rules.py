"""Every rule that comes with asepsis: it fires on what is to fire it, is quiet on what is not, and says so in plain words."""

from __future__ import annotations

import re

import pytest

from asepsis.findings.service import HarmKind
from asepsis.network.library import Entry, shipped
from asepsis.network.meaning import LEVELS, tactics, techniques
from asepsis.network.proof import examples, proofs

JARGON = re.compile(
    r"\b(TLS|DICOM|HL7|FHIR|SMB|AE|MLLP|CVE|HTTP|DNS|RDP|SSH|LDAP|Kerberos|port|protocol|association|plaintext)\b", re.IGNORECASE
)
TACTICS = {
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "defense-evasion",
    "credential-access", "discovery", "lateral-movement", "collection", "command-and-control", "exfiltration", "impact",
    "inhibit-response-function", "impair-process-control", "evasion", "stealth",
}  # fmt: skip

RULES = pytest.mark.parametrize("entry", shipped(), ids=lambda entry: entry.name)


@RULES
def test_every_example_holds(entry: Entry) -> None:
    assert not [f"{tried.example}: {tried.wrong}" for tried in proofs(entry, examples(entry)) if tried.wrong]


@RULES
def test_it_says_what_it_means(entry: Entry) -> None:
    meaning, speaks = entry.meaning, entry.speaks
    assert speaks.level in LEVELS
    assert techniques(speaks.tags) or entry.credit, "no technique of ATT&CK"  # the tags of others' rules are theirs
    assert set(tactics(speaks.tags)) <= TACTICS
    assert tactics(speaks.tags), "no tactic of ATT&CK"
    assert entry.harmless, "what looks the same and is harmless? (falsepositives)"
    for text in (meaning.title, meaning.fault, meaning.action.title):
        assert not JARGON.search(text), text
    assert set(re.findall(r"{(\w+)}", meaning.title + meaning.why)) <= {"attacker", "victims", "events"}
    assert set(meaning.harms) <= set(HarmKind)
    assert any(harm.level for harm in meaning.harms.values())
    assert all(one.until for one in meaning.exceptions), "an exception that nobody looks at again is a hole"


def test_no_two_rules_have_one_id() -> None:
    ids = [entry.speaks.key for entry in shipped()]
    assert len(ids) == len(set(ids))


def test_what_fires_them_is_told_with_what_to_expect() -> None:
    assert not [entry.name for entry in shipped() if not any(one.expect or one.capture for one in examples(entry) if one.fires)]
