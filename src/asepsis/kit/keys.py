"""The keys of a site, each a file of 32 random bytes in hex, mode 0600, never printed.

key        the current key of pseudonyms, behind its id: `k2:...`; without an id it is k1
key.k1     older ones, as long as they are kept: what they made can still be matched
seal       what journal, commits and kept packets are under; it is never rotated (docs/decisions/0014)

A rotation gives the current key a second name, then puts the new one in its place at once. So whenever it is killed `key` holds one whole
key, and the older file is the one that was written first: who overwrites it leaves no other of ours.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from asepsis.kit import files
from asepsis.kit.errors import BadInput

KEY_BYTES = 32

_FIRST = "k1"
_KEY = re.compile(r"(?:(k[1-9]\d{0,8}):)?([0-9a-fA-F]+)\s*")
_OLDER = re.compile(r"key\.(k[1-9]\d{0,8})")
# An old key on its way out: no reader takes it for one, and a run that was killed is completed by the next.
_GOING = ".key.*.going"


@dataclass(frozen=True, slots=True)
class Key:
    """A key of pseudonyms. `id` names its generation in each of them (`k1:...`); `since` is when it was made, as its file says."""

    id: str
    since: datetime
    secret: bytes = field(repr=False)


def make(site: Path) -> None:
    """Makes the keys of a new site, except those that a run made that was killed."""
    for name in ("key", "seal"):
        files.create(site / name, secrets.token_hex(KEY_BYTES).encode() + b"\n")


def current(site: Path) -> Key:
    """The key under which pseudonyms are made. Raises BadInput if it is missing or damaged."""
    return _needed(site / "key", "the key of the site", "without it pseudonyms do not match")


def older(site: Path, key: Key) -> list[Key]:
    """The keys before `key` that are still kept, the newest first. Raises BadInput for one that is damaged."""
    found = []
    for path in site.glob("key.k*"):
        named = _OLDER.fullmatch(path.name)
        if named is None or named[1] == key.id:
            continue
        # It may be shredded just now.
        with suppress(FileNotFoundError):
            found.append(_read(path, "an older key of the site", "without it what it made is not matched"))
    return sorted(found, key=lambda old: _generation(old.id), reverse=True)


def seal(site: Path) -> bytes:
    """The key that is never rotated. A site of an early build has none of its own until it is rotated: its first key is that, too."""
    path = site / "seal"
    if not path.exists() and current(site).id == _FIRST:
        return current(site).secret
    return _needed(path, "the seal of the site", "without it the journal cannot be verified").secret


def rotate(site: Path) -> Key:
    """Puts a new key in the place of the current one, which stays as an older one. Whoever calls lets nobody else do so."""
    _finish(site)
    before = current(site)
    if not (site / "seal").exists():
        files.create(site / "seal", before.secret.hex().encode() + b"\n")
    _keep(site / "key", site / f"key.{before.id}")
    files.replace(site / "key", f"{following(site)}:{secrets.token_hex(KEY_BYTES)}\n".encode())
    return current(site)


def _keep(key: Path, older: Path) -> None:
    """Gives the current key its second name, unless a run that was killed did."""
    try:
        os.link(key, older)
    except FileExistsError:
        if not older.samefile(key):
            raise BadInput("another key stands where the current one is to be kept", older, "move it away") from None
    files.sync_directory(key.parent)


def following(site: Path) -> str:
    """The id that the next key will have."""
    key = current(site)
    return f"k{1 + max(_generation(known.id) for known in (key, *older(site, key)))}"


def seals(site: Path, key: Key) -> bool:
    """Whether this key of pseudonyms is also the seal, so that it cannot go."""
    return seal(site) == key.secret


def shred(site: Path) -> None:
    """Overwrites and removes every older key."""
    key = current(site)
    # A second name of the current key would be overwritten with it.
    (site / f"key.{key.id}").unlink(missing_ok=True)
    for old in older(site, key):
        os.replace(site / f"key.{old.id}", site / f".key.{old.id}.going")
    files.sync_directory(site)
    _finish(site)


def going(site: Path) -> list[str]:
    """The ids of keys that were to be shredded when the run was stopped. The next rotation completes it."""
    return sorted(path.name.split(".")[2] for path in site.glob(_GOING))


def _finish(site: Path) -> None:
    """Overwrites and removes the keys that are on their way out."""
    for path in sorted(site.glob(_GOING)):
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    files.sync_directory(site)


def _generation(id: str) -> int:
    return int(id[1:])


def _read(path: Path, what: str, lost: str) -> Key:
    """The key in `path`; raises FileNotFoundError for one that is not there, BadInput for what is none."""
    try:
        found = _KEY.fullmatch(path.read_text("ascii"))
        secret = bytes.fromhex(found[2]) if found else b""
        if found is None or len(secret) != KEY_BYTES:
            raise ValueError
    except ValueError:
        raise BadInput(f"{what} is damaged", path, f"restore it from a backup: {lost}") from None
    return Key(found[1] or _FIRST, datetime.fromtimestamp(path.stat().st_mtime, UTC), secret)


def _needed(path: Path, what: str, lost: str) -> Key:
    try:
        return _read(path, what, lost)
    except FileNotFoundError:
        raise BadInput(f"{what} is missing", path, f"restore it from a backup: {lost}") from None
