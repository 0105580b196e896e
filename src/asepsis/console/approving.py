"""Answering an approval from a phone at night: by a link that one person was given, and his second factor; nothing else is open to him.

The link alone shows nothing. A right code shows what is asked, for ten minutes; after five wrong ones it lets nobody in any more.
Source: NIST SP 800-63B 5.2.2 on bounding tries; 5.1.4 on codes of one use (RFC 6238).
"""

from __future__ import annotations

from datetime import UTC, datetime

from allauth.mfa.models import Authenticator
from django.core import signing
from django.db import transaction
from django.db.models import F, Sum

from asepsis.findings.service import Approval, Standing, Verdict, answer, approval
from asepsis.journal.service import acting, record
from asepsis.kit.errors import WrongUse
from asepsis.kit.site import Site

from .invitation import digest, word
from .models import ApprovalLink, Person

TRIES, TRIES_OF_ONE, READ_S = 5, 10, 600
"""Wrong codes by one link, and by all links of one person that are open or were today; seconds to read and answer."""
_SALT = "asepsis.approve"


def link(site: Site, id: str, username: str) -> str:
    """A word for one person to answer with. Raises WrongUse where he cannot: not asked, or without a second factor."""
    asked = approval(site, id)
    standing = asked.standing(datetime.now(UTC))
    if standing is not Standing.WAITING:
        raise WrongUse(f"this is {standing} already", id, "there is nothing to answer any more")
    person = Person.objects.filter(username=username, is_active=True).first()
    if person is None or person.role not in asked.missing or asked.by.rpartition(":")[2] == username:
        raise WrongUse("he is not asked here", username[:40], f"still missing: {', '.join(asked.missing) or 'nobody'}")
    if not Authenticator.objects.filter(user=person).exists():
        raise WrongUse("he has no second factor yet", username, "he adds one under his own name at the top, once")
    given = word()
    with transaction.atomic():
        record(site, "console.ask_by_link", id, {"person": username})
        # One link at a time: an earlier one for the same question lets nobody in any more.
        ApprovalLink.objects.filter(person=person, approval=id, used=None).update(used=datetime.now(UTC))
        ApprovalLink.objects.create(digest=digest(given), person=person, approval=id, until=asked.until)
    return given


def found(given: str) -> ApprovalLink | None:
    """The link of a word, while it lets somebody in."""
    now = datetime.now(UTC)
    open_ones = ApprovalLink.objects.select_related("person").filter(digest=digest(given), used=None, until__gt=now)
    way = open_ones.filter(tries__lt=TRIES, person__is_active=True).first()
    if way is None:
        return None
    tried = ApprovalLink.objects.filter(person=way.person, until__gt=now).aggregate(all=Sum("tries"))["all"]
    return way if tried < TRIES_OF_ONE else None


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
        todo = f"each works once: wait for the next; {TRIES - way.tries - 1} tries are left"
        raise WrongUse("this code is not right", todo=todo)
    ApprovalLink.objects.filter(pk=way.pk).update(tries=0)
    return approval(site, way.approval), signing.dumps(way.pk, salt=_SALT)


def asked_of(site: Site, given: str, proof: str) -> Approval | None:
    """What is asked of the person of the word, who has shown his second factor lately; None where he has not."""
    way = _proven(given, proof)
    return approval(site, way.approval) if way else None


def answered(site: Site, given: str, proof: str, verdict: Verdict, words: str) -> Approval:
    """Answers for the person of the word, who has shown his second factor; the word lets nobody in any more. Raises WrongUse."""
    way = _proven(given, proof)
    if way is None:
        raise _over()
    who = f"console:{way.person.username}"
    with transaction.atomic(), acting(who):
        if not ApprovalLink.objects.filter(pk=way.pk, used=None).update(used=datetime.now(UTC)):
            raise _over()
        return answer(site, way.approval, who, way.person.role, verdict, words)


def _proven(given: str, proof: str) -> ApprovalLink | None:
    way = found(given)
    try:
        return way if way is not None and signing.loads(proof, salt=_SALT, max_age=READ_S) == way.pk else None
    except signing.BadSignature:
        return None


_TYPED = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


def _over() -> WrongUse:
    return WrongUse("this link lets nobody in any more", todo="log in, or ask for another")
