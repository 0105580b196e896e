"""The verbs of notices: rooms hand in what happened, administrators set up where it goes, and a loop sends it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from asepsis.journal.service import record
from asepsis.kit.errors import AsepsisError, WrongUse, one_line
from asepsis.kit.free_text import free_text
from asepsis.kit.site import Site
from asepsis.settings import has_store, open_store

from .channel import KINDS, NAME_MOST, Channel, kind_of, least_of
from .field import Field, Kind, Secrets
from .notice import DECISIONS, Message, Notice, message_of, notice_of
from .outbox import FOLDED
from .reach import Allowed, Reach, Undelivered
from .seal import opened, sealed
from .webhook import new_key

if TYPE_CHECKING:
    from .models import ChannelRow

__all__ = [
    "DECISIONS", "KINDS", "Allowed", "Channel", "Dead", "Field", "Kind", "Message", "Notice", "Undelivered", "add", "again",
    "allow", "allowed", "change", "channel", "channels", "dead", "delete", "deliver", "failing", "forbid", "kind_of", "least", "notice_of",
    "renew", "switch", "tell", "test",
]  # fmt: skip


DEAD_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Dead:
    """A letter that was given up: of which channel, since when it waited, what it says, and how often it was tried."""

    channel: str
    made: datetime
    title: str
    tries: int


def tell(notices: Collection[Notice]) -> None:
    """Puts notices into the outbox of each channel that is for them. Called in the transaction in which they became true, so that none is
    lost, and none is told of what did not happen; the store is open."""
    if not notices:
        return
    from .models import ChannelRow, LetterRow

    now, letters = datetime.now(UTC), []
    for id, least in ChannelRow.objects.filter(on=True).values_list("pk", "least"):
        wanted = [notice for notice in notices if notice.rank >= least]
        messages = [message_of(wanted)] if len(wanted) > FOLDED else [message_of([notice]) for notice in wanted]
        letters += [LetterRow.of(id, message, now) for message in messages]
    LetterRow.objects.bulk_create(letters, ignore_conflicts=True)


def least() -> int | None:
    """The rank of the least urgent decision that any channel is for; None if there is none. The store is open."""
    from .models import ChannelRow

    return ChannelRow.objects.filter(on=True).order_by("least").values_list("least", flat=True).first()


def channels(site: Site) -> list[Channel]:
    """All channels by name, with how many letters of each wait, and how many are dead."""
    if not has_store(site):
        return []
    open_store(site)
    from django.db.models import Count

    from .models import ChannelRow, LetterRow

    counted = LetterRow.objects.filter(sent=None).order_by().values_list("channel", "dead").annotate(Count("pk"))
    letters = {(id, dead): count for id, dead, count in counted}
    rows = ChannelRow.objects.order_by("name")
    return [row.value(letters.get((row.pk, False), 0), letters.get((row.pk, True), 0)) for row in rows]


def channel(site: Site, id: int) -> Channel:
    """One channel. Raises WrongUse."""
    found = next((one for one in channels(site) if one.id == id), None)
    if found is None:
        raise WrongUse("no such channel", id)
    return found


def failing(site: Site) -> list[Channel]:
    """The channels that have let nothing through for long."""
    if not has_store(site):
        return []
    open_store(site)
    from .models import ChannelRow

    now, rows = datetime.now(UTC), ChannelRow.objects.filter(on=True).exclude(failing=None).order_by("name")
    return [one for one in (row.value() for row in rows) if one.fails_long(now)]


def dead(site: Site) -> list[Dead]:
    """What was tried in vain for too long, the newest first, as much as a page shows."""
    if not has_store(site):
        return []
    open_store(site)
    from .models import LetterRow

    rows = LetterRow.objects.filter(sent=None, dead=True).select_related("channel").order_by("-pk")[:DEAD_SHOWN]
    return [Dead(row.channel.name, row.made, row.value().title, row.tries) for row in rows]


def add(site: Site, kind: str, name: str, least: str, given: Mapping[str, str]) -> tuple[Channel, str]:
    """Sets up a channel; with it the key of a webhook, which is shown this once. Raises WrongUse with what is wrong."""
    of = kind_of(kind)
    settings, secrets = of.checked(given, {})
    with _transaction(site):
        from .models import ChannelRow

        row = ChannelRow(name=_free(name), kind=kind, settings=settings, least=DECISIONS.index(least_of(least)))
        row.sealed = sealed(site, secrets)
        row.save()
        record(site, "notices.add", row.name, {"after": row.value().as_json()})
    return row.value(), secrets.get("key", "")


def change(site: Site, id: int, name: str, least: str, given: Mapping[str, str]) -> Channel:
    """Changes a channel; secrets that are not given stay. Raises WrongUse."""
    with _transaction(site):
        row = _row(id)
        before, kept = row.value().as_json(), _kept(site, row)
        row.settings, secrets = KINDS[row.kind].checked(given, kept)
        row.name, row.least = _free(name, id), DECISIONS.index(least_of(least))
        row.sealed, row.tries, row.due = sealed(site, secrets), 0, None
        row.save()
        detail = {"before": before, "after": row.value().as_json(), "secrets": "changed" if secrets != kept else "kept"}
        record(site, "notices.change", row.name, detail)
    return row.value()


def renew(site: Site, id: int) -> str:
    """Gives a webhook a new key, which is shown this once; the old one signs nothing from now on. Raises WrongUse."""
    with _transaction(site):
        row = _row(id)
        kept = _kept(site, row)
        if "key" not in kept:
            raise WrongUse("this channel signs nothing", row.name)
        key = new_key()
        row.sealed = sealed(site, kept | {"key": key})
        row.save(update_fields=["sealed"])
        record(site, "notices.renew", row.name, {})
    return key


def switch(site: Site, id: int, on: bool) -> Channel:
    """Switches a channel on or off. While it is off nothing is kept for it. Raises WrongUse."""
    with _transaction(site):
        row = _row(id)
        before = row.value().as_json()
        row.on, row.tries, row.due, row.failing = on, 0, None, None
        row.save()
        if not on:
            row.letters.filter(sent=None).delete()
        record(site, "notices.switch", row.name, {"before": before, "after": row.value().as_json()})
    return row.value()


def delete(site: Site, id: int) -> None:
    """Takes a channel away, with its secrets and all that waits for it. Raises WrongUse."""
    with _transaction(site):
        row = _row(id)
        record(site, "notices.delete", row.name, {"before": row.value().as_json()})
        row.delete()


def again(site: Site, id: int) -> int:
    """Tries the dead letters of a channel again; how many. Raises WrongUse."""
    with _transaction(site):
        row = _row(id)
        count = row.letters.filter(dead=True).update(dead=False, tries=0, made=datetime.now(UTC))
        row.tries, row.due = 0, None
        row.save(update_fields=["tries", "due"])
        record(site, "notices.again", row.name, {"letters": count})
    return count


def test(site: Site, id: int, link: str) -> str:
    """Sends a test notice at once; what came back. Raises WrongUse or Undelivered."""
    open_store(site)
    from .delivery import sent_by

    row, now = _row(id), datetime.now(UTC)
    notice = notice_of("test", f"test-{now:%Y%m%dT%H%M%S%f}", 1, now, "This is a test of asepsis", "defer", "", "/")
    outcome = "failed"
    try:
        said = sent_by(site, row, message_of([notice]), _reach(), link)
        outcome = "sent"
    finally:
        record(site, "notices.test", row.name, {"outcome": outcome})
    return said


def deliver(site: Site, link: str) -> int:
    """Sends what waits and may be sent now, with links to the console at `link`; how many letters got through."""
    open_store(site)
    from .delivery import deliver as delivered

    return delivered(site, _reach(), link, lambda: datetime.now(UTC))


def allowed(site: Site) -> list[Allowed]:
    """The addresses that the site allows although they are refused by default."""
    if not has_store(site):
        return []
    open_store(site)
    return list(_reach().allowed)


def allow(site: Site, network: str, plain: bool) -> Allowed:
    """Allows an address or a network; `plain`: without encryption, too. Only from the command line. Raises WrongUse."""
    stated = _network(network)
    with _transaction(site):
        from .models import AllowedRow

        before = _allowed_before(stated)
        AllowedRow.objects.update_or_create(network=stated, defaults={"plain": plain})
        record(site, "notices.allow", stated, {"before": before, "after": {"plain": plain}})
    return Allowed(ip_network(stated), plain)


def forbid(site: Site, network: str) -> None:
    """Takes back `allow`. Raises WrongUse if it was not allowed."""
    stated = _network(network)
    with _transaction(site):
        from .models import AllowedRow

        before = _allowed_before(stated)
        if before is None:
            raise WrongUse("was not allowed", stated, "`asepsis notices list` has what is")
        AllowedRow.objects.filter(network=stated).delete()
        record(site, "notices.forbid", stated, {"before": before})


def _allowed_before(network: str) -> dict[str, Any] | None:
    from .models import AllowedRow

    found = AllowedRow.objects.filter(network=network).first()
    return {"plain": found.plain} if found else None


def _network(given: str) -> str:
    try:
        return str(ip_network(given.strip()))
    except ValueError:
        raise WrongUse("no address or network", one_line(given, 60), "write 10.20.30.40 or 10.20.30.0/24") from None


def _reach() -> Reach:
    from .models import AllowedRow

    return Reach(tuple(row.value() for row in AllowedRow.objects.order_by("network")))


def _row(id: int) -> ChannelRow:
    from .models import ChannelRow

    row = ChannelRow.objects.filter(pk=id).first()
    if row is None:
        raise WrongUse("no such channel", id)
    return row


def _free(name: str, id: int | None = None) -> str:
    from .models import ChannelRow

    try:
        told = free_text(name, NAME_MOST)
    except ValueError as error:
        raise WrongUse(f"the name of a channel {error}") from None
    if any(one.pk != id for one in ChannelRow.objects.filter(name=told)):
        raise WrongUse("a channel has this name", told, "choose another")
    return told


def _kept(site: Site, row: ChannelRow) -> Secrets:
    try:
        return opened(site, row.sealed)
    except AsepsisError:
        return {}


def _transaction(site: Site) -> Any:
    open_store(site)
    from django.db import transaction

    return transaction.atomic()
