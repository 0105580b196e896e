"""Answering an approval from a phone at night: by a link that one person was given, and his second factor; nothing else is open to him.

The link alone shows nothing. A right code shows what is asked, for ten minutes; after five wrong ones it lets nobody in any more.
Source: NIST SP 800-63B 5.2.2 on bounding tries; 5.1.4 on codes of one use (RFC 6238).
"""

from __future__ import annotations

from datetime import UTC, datetime

from allauth.mfa.models import Authenticator
from django.core import signing
from django.db import transaction
from django.db.models import F

from asepsis.findings.service import Approval, Verdict, answer, approval
from asepsis.journal.service import acting, record
from asepsis.kit.errors import WrongUse
from asepsis.kit.site import Site

from .invitation import digest, word
from .models import ApprovalLink, Person

TRIES, READ_S = 5, 600
_SALT = "asepsis.approve"


def link(site: Site, id: str, username: str) -> str:
    """A word for one person to answer with. Raises WrongUse where he cannot: not asked, or without a second factor."""
    asked = approval(site, id)
    person = Person.objects.filter(username=username, is_active=True).first()
    if person is None or person.role not in asked.missing:
        raise WrongUse("he is not asked here", username[:40], f"still missing: {', '.join(asked.missing) or 'nobody'}")
    if not Authenticator.objects.filter(user=person).exists():
        raise WrongUse("he has no second factor yet", username, "he adds one under his own name at the top, once")
    given = word()
    with transaction.atomic():
        record(site, "console.ask_by_link", id, {"person": username})
        ApprovalLink.objects.create(digest=digest(given), person=person, approval=id, until=asked.until)
    return given


def found(given: str) -> ApprovalLink | None:
    """The link of a word, while it lets somebody in."""
    open_ones = ApprovalLink.objects.select_related("person").filter(digest=digest(given), used=None, until__gt=datetime.now(UTC))
    return open_ones.filter(tries__lt=TRIES, person__is_active=True).first()


def shown(site: Site, given: str, code: str) -> tuple[Approval, str]:
    """What is asked, to whom the word and a code of his second factor belong; and what lets him answer it. Raises WrongUse."""
    way = found(given)
    if way is None:
        raise _over()
    # Counted before it is looked at: many at once are not let try more often.
    if not ApprovalLink.objects.filter(pk=way.pk, tries__lt=TRIES).update(tries=F("tries") + 1):
        raise _over()
    if not any(one.wrap().validate_code(code.strip()[:40]) for one in Authenticator.objects.filter(user=way.person, type__in=_TYPED)):
        with acting(f"console:{way.person.username}"):
            record(site, "console.refused", way.approval, {"by": "link"})
        raise WrongUse("this code is not right", todo=f"{TRIES - way.tries - 1} tries are left")
    ApprovalLink.objects.filter(pk=way.pk).update(tries=0)
    return approval(site, way.approval), signing.dumps(way.pk, salt=_SALT)


def answered(site: Site, given: str, proof: str, verdict: Verdict, words: str) -> Approval:
    """Answers for the person of the word, who has shown his second factor; the word lets nobody in any more. Raises WrongUse."""
    way = found(given)
    try:
        proven = way is not None and signing.loads(proof, salt=_SALT, max_age=READ_S) == way.pk
    except signing.BadSignature:
        proven = False
    if way is None or not proven:
        raise _over()
    who = f"console:{way.person.username}"
    with transaction.atomic(), acting(who):
        if not ApprovalLink.objects.filter(pk=way.pk, used=None).update(used=datetime.now(UTC)):
            raise _over()
        return answer(site, way.approval, who, way.person.role, verdict, words)


_TYPED = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


def _over() -> WrongUse:
    return WrongUse("this link lets nobody in any more", todo="log in, or ask for another")
