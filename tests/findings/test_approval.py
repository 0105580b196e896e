"""Who must agree before something is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asepsis.findings.approval import Answer, Approval, Standing, Verdict, Wish
from asepsis.kit.errors import WrongUse

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ASKED = ("approver", "administrator")
WISH = Wish("CT 3 talks to nobody but the PACS", (), ("a1",), "radiology", timedelta(hours=4), "an attacker is on it", ASKED)


def asked(wish: Wish = WISH) -> Approval:
    return Approval("A1", NOW, "console:anna", wish, NOW + timedelta(hours=12))


def says(who: str, role: str, verdict: Verdict = Verdict.APPROVE, words: str = "", at: datetime = LATER) -> Answer:
    return Answer(at, who, role, verdict, words)


def test_it_waits_until_one_of_each_role_has_agreed() -> None:
    one = asked().answered(says("bert", "approver"))
    assert (one.standing(LATER), one.missing) == (Standing.WAITING, ["administrator"])
    both = one.answered(says("cora", "administrator"))
    assert both.standing(LATER) is Standing.APPROVED
    assert both.standing(LATER + timedelta(days=9)) is Standing.APPROVED


def test_nobody_agrees_to_what_he_asks_for_nor_twice_nor_in_a_role_that_is_not_asked() -> None:
    with pytest.raises(WrongUse, match="who asks does not answer"):
        asked().answered(says("console:anna", "approver"))
    with pytest.raises(WrongUse, match="a viewer is not asked"):
        asked().answered(says("bert", "viewer"))
    twice = Wish(WISH.title, (), (), "", WISH.lasts, "x", ("approver", "approver"))
    one = asked(twice).answered(says("bert", "approver"))
    with pytest.raises(WrongUse, match="agreed already"):
        one.answered(says("bert", "approver"))
    assert one.answered(says("dora", "approver")).standing(LATER) is Standing.APPROVED
    with pytest.raises(WrongUse, match="a approver has agreed already"):
        asked().answered(says("bert", "approver")).answered(says("dora", "approver"))


def test_one_who_denies_ends_it_and_says_why() -> None:
    with pytest.raises(WrongUse, match="say why you deny"):
        asked().answered(says("bert", "approver", Verdict.DENY))
    denied = asked().answered(says("bert", "approver", Verdict.DENY, "the CT is in use"))
    assert denied.standing(LATER) is Standing.DENIED
    with pytest.raises(WrongUse, match="denied already"):
        denied.answered(says("cora", "administrator"))


def test_who_asks_back_can_agree_later() -> None:
    asking = asked().answered(says("bert", "approver", Verdict.ASK, "for how long?"))
    assert asking.standing(LATER) is Standing.WAITING
    assert asking.answered(says("bert", "approver")).missing == ["administrator"]


def test_silence_approves_nothing() -> None:
    over = NOW + timedelta(hours=13)
    assert asked().standing(over) is Standing.EXPIRED
    with pytest.raises(WrongUse, match="expired already"):
        asked().answered(says("bert", "approver", at=over))


PEOPLE = st.sampled_from(["console:anna", "bert", "cora", "dora"])
ROLES = st.sampled_from(["approver", "administrator", "viewer"])


@given(
    st.lists(st.tuples(PEOPLE, ROLES, st.sampled_from(Verdict)), max_size=12),
    st.lists(st.sampled_from(ASKED), min_size=1, max_size=4),
)
def test_whatever_is_said_only_enough_different_people_approve(said: list[tuple[str, str, Verdict]], roles: list[str]) -> None:
    one = asked(Wish(WISH.title, (), (), "", WISH.lasts, "x", tuple(roles)))
    for who, role, verdict in said:
        try:
            one = one.answered(says(who, role, verdict, "because"))
        except WrongUse:
            continue
    if one.standing(LATER) is Standing.APPROVED:
        agreed = [answer for answer in one.answers if answer.verdict is Verdict.APPROVE]
        assert len({answer.who for answer in agreed}) == len(agreed) == len(roles)
        assert sorted(answer.role for answer in agreed) == sorted(roles)
        assert "console:anna" not in {answer.who for answer in agreed}
        assert not any(answer.verdict is Verdict.DENY for answer in one.answers)


def test_who_asks_at_the_command_line_does_not_approve_it_in_the_browser() -> None:
    one = Approval("A1", NOW, "os:anna", WISH, NOW + timedelta(hours=12))
    with pytest.raises(WrongUse, match="who asks does not answer"):
        one.answered(says("console:Anna", "approver"))
