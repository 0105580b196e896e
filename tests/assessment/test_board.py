"""What the monthly page says, of values alone."""

from __future__ import annotations

import re
from datetime import timedelta

from asepsis.assessment.board import board_form, board_paper
from asepsis.assessment.listened import Listened
from asepsis.assessment.paper import text_of
from asepsis.findings.harm import HarmKind
from asepsis.findings.tally import Stood
from asepsis.hospital.service import Counts

from .papers import MONTH, board, line

JARGON = re.compile(r"\b(SSVC|CVE|CVSS|posture|TLS|DICOM|HL7|score|finding|lake|decision points?)\b", re.IGNORECASE)


def test_it_answers_what_a_board_asks() -> None:
    said = text_of(board_paper(board()))
    for what in (
        "11 weak points could be used to hurt a patient: 1 more than a month before. 2 of them cannot wait.",
        "5 weak points closed. Through 5 of them a patient could have been hurt.",
        "2 weak points found, or found again. Through 2 of them a patient could be hurt.",
        "4 weak points accepted for a time by somebody, by name and for a reason.",
        "Who does the work: 5 things on the list take days or weeks.",
        "Whether to live on with 3 risks that somebody accepted",
        "Whether to pay for listening in 1 part of the network where we hear nothing: Pumps can be stopped by anyone.",
        "Who walks to 7 machines of which we do not know what they are.",
        "We know what 113 of 120 machines are.",
        "We heard 1 of 2 parts of the network that you name.",
        "We listened for 90% of the month.",
    ):
        assert what in said, what
    assert said.count("* Pumps can be stopped") == 3


def test_it_has_no_word_that_needs_explaining_and_no_score() -> None:
    assert not JARGON.findall(text_of(board_paper(board())))
    assert not JARGON.findall(text_of(board_paper(board(lines=[], months=[("Nov 2026", Stood(MONTH.until, 0, 0, 0))], zones=[]))))


def test_those_that_could_hurt_a_patient_are_worse_than_those_that_could_not() -> None:
    other = line("Records can be read", subject="x", levels={HarmKind.PRIVACY: 4})
    hurting = line("A pump can be stopped", subject="y")
    said = text_of(board_paper(board(lines=[other, other, other, hurting])))
    assert said.index("A pump can be stopped") < said.index("Records can be read")


def test_a_month_without_anything_praises_nothing() -> None:
    none = Stood(MONTH.until, 0, 0, 0)
    said = text_of(
        board_paper(
            board(
                lines=[], large=([], 0), months=[("Nov 2026", none)], before=none, days=[], ending=([], 0), counts=Counts(), zones=[],
                listened=Listened(timedelta(days=30)),
            )
        )
    )  # fmt: skip
    assert "No weak point is known through which a patient could be hurt. What we do not see, we do not know" in said
    assert "That is no proof that nothing is wrong." in said
    assert "Nothing closed, and nothing new was found." in said
    assert "Nothing in this month." in said
    assert "this page rests on recordings" in said


def test_work_through_which_a_patient_could_be_hurt_is_begun_with() -> None:
    other, hurting = line("Records can be read", levels={HarmKind.PRIVACY: 4}), line("A pump can be stopped")
    said = text_of(board_paper(board(large=([other, hurting], 12))))
    assert (
        "12 things on the list take days or weeks. Name somebody, give them the time, or pay the maker's service. To begin with: A pump"
        in said
    )


def test_numbers_for_programs() -> None:
    form = board_form(board())
    assert [one["hurting"] for one in form["months"]] == [7, 8, 9, 10, 11]
    assert form["assets"]["unknown"] == 7
    assert form["zones"] == {"named": 2, "silent": ["Pumps can be stopped by anyone"]}
