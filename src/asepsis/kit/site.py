"""A site on disk: one directory for one hospital.

site.json       {"format": 1, "name": "..."}
key             32 random bytes in hex, mode 0600: the key of all pseudonyms; never printed. key.k1 ...: older ones, after a rotation
seal            the same for the journal's head, what commits keep of it, and packets; it is never rotated
lake/ journal/  what machines observed | who did what
packets/        only where it was asked for: packets of the last hours, sealed
console/        only where `asepsis up` ran: what signs sessions and seals second factors, the console's own certificate, how its parts are,
                captures that wait to be assessed
hunt/           only where somebody asked on the page Hunt: what, and the answers, for an hour
notices.lock    only where notices are sent: held by who sends them
decoys/         only while a decoy of files listens: where Samba has what it needs
store.sqlite3   what people act on (unless DATABASE_URL says otherwise)
site.toml       optional: what the hospital states about itself
ldap.toml       optional: the directory by which people log in to the console
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from asepsis.kit import files, head, keys
from asepsis.kit.errors import BadInput

FORMAT = 1
_OURS = {"key", "seal", "lake", "journal", "site.toml", "ldap.toml"}
# What a site has when it has been used.
_USED = ("store.sqlite3", "journal/journal.jsonl", "lake/_commits/00000001.json")


@dataclass(frozen=True, slots=True)
class Site:
    """An opened site. `key_id` names the generation of the key in every pseudonym (`k1:...`); `seal` is the key of all else, and stays."""

    path: Path
    name: str
    key: bytes
    key_id: str
    seal: bytes

    @staticmethod
    def open(path: Path, create: bool = False) -> Site:
        """The site at `path`; with `create` it is made, with its key, if there is none.

        Raises BadInput if there is no site, the key cannot be read, or a newer version of asepsis made it.
        """
        try:
            str(path.resolve()).encode()
        except UnicodeEncodeError:
            raise BadInput("the name of the site's folder is no UTF-8", repr(str(path)), "name another") from None
        try:
            if not (path / "site.json").exists():
                if any((path / name).exists() for name in _USED):
                    raise BadInput("the site is damaged: its site.json is missing", path, "restore it from a backup")
                if not create:
                    raise BadInput("no site here", path, "`asepsis assess CAPTURE` or `asepsis lake ingest CAPTURE` makes one")
                _make(path)
            key = keys.current(path)
            return Site(path.resolve(), _read_name(path / "site.json"), key.secret, key.id, keys.seal(path))
        except OSError as error:
            if files.is_full(error):
                raise files.unwritable(error, path, "make room and run the same command again") from None
            raise BadInput("cannot open the site", error.filename or path, error.strerror) from None

    @property
    def lake(self) -> Path:
        return self.path / "lake"

    @property
    def journal(self) -> Path:
        return self.path / "journal"

    @property
    def packets(self) -> Path:
        return self.path / "packets"

    @property
    def store(self) -> Path:
        return self.path / "store.sqlite3"

    def __repr__(self) -> str:
        # The default would show the keys.
        return f"Site({str(self.path)!r})"


def _make(path: Path) -> None:
    """Keys first, the journal's head under the seal, site.json last: a run killed between is completed by the next, which keeps them."""
    path.mkdir(parents=True, exist_ok=True)
    strangers = sorted(entry.name for entry in path.iterdir() if entry.name not in _OURS and not entry.name.endswith(".tmp"))
    if strangers:
        raise BadInput("no site here, and the directory is not empty", path, "name an empty or new directory with --site")
    os.chmod(path, 0o700)
    for folder in ("lake", "lake/_commits", "journal"):
        (path / folder).mkdir(mode=0o700, exist_ok=True)
    keys.make(path)
    head.begin(path / "journal" / "head.json", keys.seal(path))
    files.create(path / "site.json", json.dumps({"format": FORMAT, "name": "site"}).encode() + b"\n")


def _read_name(path: Path) -> str:
    try:
        stated = json.loads(path.read_bytes())
        made_by, name = stated["format"], stated["name"]
        if type(made_by) is not int or not isinstance(name, str):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput("not a site description", path, "restore it from a backup") from None
    if made_by > FORMAT:
        raise BadInput(f"made by a newer asepsis (format {made_by}, this one knows {FORMAT})", path.parent, "upgrade asepsis")
    return name
