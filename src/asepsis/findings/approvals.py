"""The verbs of approvals: put a wish to people, answer, look how it stands."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from asepsis.journal.service import record
from asepsis.kit.errors import WrongUse
from asepsis.kit.free_text import free_text
from asepsis.kit.site import Site
from asepsis.settings import open_store, transaction

from .approval import Answer, Approval, Standing, Verdict, Wish

OPEN_FOR = timedelta(hours=12)
"""A shift: who is asked later knows nothing of it any more."""
LONGEST = timedelta(days=7)
SHOWN = 100
_TEXT = 1_000


def put(site: Site, wish: Wish, open_for: timedelta = OPEN_FOR) -> Approval:
    """Puts a wish to people, under who acts. Raises WrongUse for one that nobody could judge: without a reason, an end or a role."""
    if not wish.roles or not wish.title.strip() or not wish.why.strip():
        raise WrongUse("nobody could judge this", todo="say what will happen, why, and who must agree")
    if not timedelta(0) < wish.lasts <= LONGEST:
        raise WrongUse(f"it must end by itself within {LONGEST.days} days", wish.title[:80])
    with transaction(site):
        from .models import ApprovalRow

        now, id = datetime.now(UTC), f"A{secrets.token_hex(6)}"
        entry = record(site, "findings.put", id, {"assets": list(wish.assets), "roles": list(wish.roles), "minutes": wish.minutes})
        row = ApprovalRow.of(Approval(id, now, entry.who, wish, now + open_for))
        row.save(force_insert=True)
        return row.value(())


def approval(site: Site, id: str) -> Approval:
    """One, by its id. Raises WrongUse if there is none."""
    open_store(site)
    from .models import ApprovalRow

    row = ApprovalRow.objects.prefetch_related("answers").filter(id=id).first()
    if row is None:
        raise WrongUse("no such approval", id[:40], "the page of approvals lists them")
    return row.value(row.answers.all())


def approvals(site: Site) -> list[Approval]:
    """The last ones, the newest first."""
    open_store(site)
    from .models import ApprovalRow

    return [row.value(row.answers.all()) for row in ApprovalRow.objects.prefetch_related("answers").order_by("-at")[:SHOWN]]


def answer(site: Site, id: str, person: str, role: str, verdict: Verdict, words: str = "") -> Approval:
    """What `person`, who acts, says to it in a role that he has. Raises WrongUse where he may not, or it is over."""
    if words.strip():
        try:
            words = free_text(words, _TEXT)
        except ValueError as error:
            raise WrongUse(f"the reason {error}", id) from None
    with transaction(site):
        from .models import AnswerRow, ApprovalRow

        # Of two who answer at once the second sees what the first said.
        ApprovalRow.objects.select_for_update().filter(id=id).first()
        said = Answer(datetime.now(UTC), person, role, verdict, words.strip())
        after = approval(site, id).answered(said)
        entry = record(site, f"findings.{verdict.value}", id, {"role": role, "standing": after.standing(said.at).value})
        if entry.who != person:
            raise WrongUse("one answers for oneself", id)
        AnswerRow.objects.create(approval_id=id, at=said.at, who=said.who, role=role, verdict=verdict.value, words=said.words)
        return after


def withdraw(site: Site, id: str) -> None:
    """Asks no more: what was approved is not, from now on. By whoever asked, or who may."""
    with transaction(site):
        from .models import ApprovalRow

        ApprovalRow.objects.select_for_update().filter(id=id).first()
        standing = approval(site, id).standing(datetime.now(UTC))
        if standing not in (Standing.WAITING, Standing.APPROVED):
            raise WrongUse(f"this is {standing} already", id, "there is nothing to withdraw any more")
        record(site, "findings.withdraw", id, {})
        ApprovalRow.objects.filter(id=id).update(withdrawn=True)
