from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asepsis.findings import life
from asepsis.findings.explain import rank_in_words
from asepsis.findings.finding import Action, Effort, Finding, Kind, Points
from asepsis.findings.form import finding_form, line_form, worklist_text
from asepsis.findings.harm import HarmKind
from asepsis.findings.line import MEMBERS_MAX, added, group_of, order
from asepsis.findings.ssvc import Automatable, Exploitation, Exposure
from asepsis.findings.worklist import LINES_MAX, worklist

from .making import T0, proposal

POINTS = st.builds(Points, st.sampled_from(Exploitation), st.sampled_from(Exposure), st.sampled_from(Automatable))
FINDINGS = st.builds(
    lambda **given: life.opened(proposal(**given)),
    check=st.sampled_from(["dicom-in-clear", "smb1", "tls-weak"]),
    kind=st.sampled_from(Kind),
    subject=st.integers(0, 10**6).map(str),
    zone=st.integers(0, 30).map(lambda n: f"zone {n}"),
    asset_kind=st.sampled_from(["MR", "CT", "PACS", ""]),
    patients=st.integers(0, 100),
    points=POINTS,
    action=st.sampled_from(Effort).map(lambda effort: Action("do it", effort)),
    levels=st.dictionaries(st.sampled_from(HarmKind), st.integers(0, 4)),
)
MANY = st.lists(FINDINGS, max_size=120, unique_by=lambda finding: finding.id)


@given(MANY, st.randoms())
def test_the_order_is_total_and_does_not_depend_on_what_came_first(findings: list[Finding], chance: random.Random) -> None:
    assert len({order(finding) for finding in findings}) == len(findings)
    shuffled = findings.copy()
    chance.shuffle(shuffled)
    assert worklist(shuffled) == worklist(findings)


@given(MANY)
def test_the_list_is_short_loses_nothing_and_is_ordered(findings: list[Finding]) -> None:
    lines = worklist(findings)
    assert len(lines) <= LINES_MAX
    assert sum(line.count for line in lines) == len(findings)
    assert {m.id for line in lines for m in line.members} <= {f.id for f in findings}
    assert all(len(line.members) == min(line.count, MEMBERS_MAX) for line in lines)
    leads = [order(line.lead) for line in lines]
    assert leads == sorted(leads)
    assert all(list(line.members) == sorted(line.members, key=lambda m: m.rank) for line in lines)


@given(st.lists(FINDINGS, min_size=2, max_size=40, unique_by=lambda finding: finding.id), st.integers(1, 39))
def test_lines_add_up_to_the_line_of_all(findings: list[Finding], cut: int) -> None:
    """But for devices, which are told apart within a line: one device is of one kind and in one zone."""
    findings = sorted(findings, key=order)
    one, other = findings[: min(cut, len(findings) - 1)], findings[min(cut, len(findings) - 1) :]
    both, whole = added([group_of(one), group_of(other)]), group_of(findings)
    assert (both.members, both.places) == (whole.members, whole.places)
    for name in ("count", "patients", "effort", "first_seen", "last_seen"):
        assert getattr(both.totals, name) == getattr(whole.totals, name)
    assert {kind: harm.level for kind, harm in both.totals.harms.items()} == {kind: harm.level for kind, harm in whole.totals.harms.items()}


def test_four_thousand_devices_give_at_most_forty_lines_and_the_top_stays_apart() -> None:
    checks, kinds = [f"check-{n}" for n in range(12)], ["MR", "CT", "pump", "monitor", "workstation"]
    many = [
        life.opened(
            proposal(
                check=checks[n % 12],
                subject=f"A{n}",
                zone=f"ward {n % 37}",
                asset_kind=kinds[n % 5],
                patients=n % 97,
                fault=f"fault {n % 12}",
            )
        )
        for n in range(8000)
    ]
    lines = worklist(many)
    assert len(lines) <= LINES_MAX
    assert len({zone for _, zone, _ in lines[0].places}) == 1


def test_within_a_decision_human_impact_then_patients_then_effort() -> None:
    graver = life.opened(proposal(subject="1", patients=1, levels={HarmKind.SAFETY: 3, HarmKind.SERVICE: 3}))
    more = life.opened(proposal(subject="2", patients=9, action=Action("", Effort.WEEKS)))
    quick = life.opened(proposal(subject="3", patients=2, action=Action("", Effort.HOURS)))
    slow = life.opened(proposal(subject="4", patients=2, action=Action("", Effort.DAYS)))
    assert len({finding.decision for finding in (graver, more, quick, slow)}) == 1
    assert sorted([slow, quick, more, graver], key=order) == [graver, more, quick, slow]


def test_closed_and_accepted_are_not_on_the_list_but_stale_is() -> None:
    finding = life.opened(proposal())
    accepted = life.accepted(finding, "os:eve", "fine", T0.date(), T0)
    stale = life.grown_silent(finding, T0 + 9 * life.STALE_AFTER)
    assert worklist([accepted]) == []
    assert "does not mean it is gone" in worklist([stale])[0].why


@pytest.mark.parametrize(
    ("members", "title"),
    [
        ([{"assets": (str(n),)} for n in range(3)], "3 MR scanners in radiology, at least 2 patients"),
        ([{"assets": ("A1", str(n))} for n in range(3)], "1 MR scanner in radiology (3 faults), at least 2 patients"),
        ([{"assets": (str(n // 2),), "zone": "", "patients": 0} for n in range(4)], "2 MR scanners (4 faults)"),
        ([{"assets": (), "asset_kind": ""} for n in range(2)], "2 devices in radiology, at least 2 patients"),
        ([{"assets": (str(n),), "asset_kind": "unknown"} for n in range(2)], "2 unidentified machines in radiology, at least 2 patients"),
        (
            [{"assets": (str(n),), "asset_kind": "possible file server"} for n in range(2)],
            "2 possible file servers in radiology, at least 2 patients",
        ),
    ],
)
def test_a_line_of_many_counts_the_devices_and_says_where(members: list[dict[str, Any]], title: str) -> None:
    (line,) = worklist([life.opened(proposal(subject=str(n), **given)) for n, given in enumerate(members)])
    assert line.title == f"Anyone on the network can read patients' scans: {title}"


def test_a_line_of_many_names_an_action_for_all_of_them_and_the_longest_work() -> None:
    actions = [Action(f"Switch on encryption on MR0{n}", effort, ("ask",), "Switch on encryption") for n, effort in enumerate(Effort)]
    (line,) = worklist([life.opened(proposal(subject=str(n), action=action)) for n, action in enumerate(actions)])
    assert (line.action.title, line.action.effort) == ("Switch on encryption", Effort.WEEKS)
    assert set(line.action.steps) == {action.title for action in actions}
    assert line_form(line)["action"]["effort"] == line_form(line)["effort"] == "weeks"
    assert "Do (weeks): Switch on encryption\n" in worklist_text([line])
    many = worklist([life.opened(proposal(subject=str(n), action=Action(f"do {n}", Effort.DAYS))) for n in range(20)])[0]
    assert (len(many.action.steps), many.action.steps[-1]) == (9, "... and 12 more.")


@given(FINDINGS)
def test_every_rank_is_one_sentence_without_jargon(finding: Finding) -> None:
    sentence = rank_in_words(finding)
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
    assert not re.search(r"SSVC|CVE|CVSS|exploit|posture|automatable|vulnerab|TLS|None", sentence, re.IGNORECASE)


def test_json_forms_have_the_promised_keys() -> None:
    finding = life.opened(proposal())
    promised = "id kind check title subject decision harms why action first_seen last_seen events"
    assert set(promised.split()) <= set(finding_form(finding))
    line = line_form(worklist([finding])[0])
    assert {"title", "decision", "why", "action", "members"} <= set(line)
    assert line["members"][0]["id"] == finding.id


def test_the_text_keeps_a_hostile_name_in_its_line() -> None:
    text = worklist_text(worklist([life.opened(proposal(title="scans\x1b[2J of\nMR01", patients=0))]))
    assert "\x1b" not in text
    assert "  1. scans [2J of MR01\n" in text
    assert text.endswith("`asepsis findings show ID` has the evidence.")


def test_the_text_names_the_site_where_its_evidence_is() -> None:
    text = worklist_text(worklist([life.opened(proposal())]), Path("my hospital"))
    assert text.endswith("`asepsis findings show ID --site 'my hospital'` has the evidence.")
