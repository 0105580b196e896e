"""A new key for a site's pseudonyms: in place at once, with the old ones beside it or gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from asepsis.kit import files, keys
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key of the site, without its secret. `since` is the time of its file."""

    id: str
    since: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class Rotated:
    """`key_id` is what new pseudonyms begin with; `kept` are older keys that still match, `shredded` those that are gone. `watched`: a
    watch goes on with the key before until it is begun again."""

    key_id: str
    kept: tuple[str, ...]
    shredded: tuple[str, ...]
    watched: bool = False


# What is about to be done, and with which keys: it is written down first.
Record = Callable[[str, dict[str, object]], None]


def known(site: Site) -> list[KnownKey]:
    """The keys that the site has, the current one first."""
    key = keys.current(site.path)
    return [KnownKey(each.id, each.since, each is key) for each in (key, *keys.older(site.path, key))]


def going(site: Site) -> list[str]:
    """The ids of keys that are still there although they were to be shredded: that run was stopped."""
    return keys.going(site.path)


@contextmanager
def alone(site: Site) -> Iterator[None]:
    """Nobody else rotates the key as long as the block lasts. Raises BadInput if somebody does."""
    with files.alone(site.path / ".rotation") as nobody:
        if not nobody:
            raise BadInput("the key is being rotated by another asepsis", site.path, "wait until it is done")
        yield


def rotate(site: Site, shred: bool, record: Record) -> Rotated:
    """Makes a new key current; with `shred` all before it go. Nobody else writes to the site. Raises BadInput, with nothing changed."""
    path = site.path
    key = keys.current(path)
    before = (key, *keys.older(path, key))
    if shred and (bound := next((old for old in before if keys.seals(path, old)), None)):
        todo = "rotate without --shred-old, or read the captures again into a new site"
        raise BadInput(f"{bound.id} cannot go: this site is of an early build, and its journal is under the same key", path, todo)
    record("site.rotate_key", {"from": key.id, "to": keys.following(path)})
    new = keys.rotate(path)
    ids = tuple(old.id for old in before)
    if not shred:
        return Rotated(new.id, ids, ())
    record("site.shred_keys", {"keys": list(ids)})
    keys.shred(path)
    return Rotated(new.id, (), ids)
