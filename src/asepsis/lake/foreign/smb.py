"""Names of shares and files, kept as the core keeps them (crates/wire/src/protocols/smb/paths.rs)."""

from __future__ import annotations

from typing import Any

from asepsis.lake.foreign.mapping import PART
from asepsis.lake.foreign.rows import Pseudonyms, Row
from asepsis.lake.foreign.words import windows_share

_EDGES = "\\/\0"


def share(value: Any, keys: Pseudonyms) -> Row | None:
    r"""`\\server\share`: a share of Windows itself in clear, any other as its pseudonym."""
    if not isinstance(value, str):
        return None
    name = value.strip("\\\0").rsplit("\\", 1)[-1]
    kept = windows_share(name) or keys.of(name)
    return {"share": kept} if kept else None


def file(value: Any, keys: Pseudonyms) -> Row | None:
    """The path of a file within its share: pseudonyms and depth. Its extension is left out: the list of known ones is the core's."""
    if not isinstance(value, str):
        return None
    folder, _, last = value.strip(_EDGES).replace("/", "\\").rpartition("\\")
    last = last.split(":", 1)[0]  # what follows a colon is a stream of the file (MS-FSCC 2.1.5)
    depth = len([part for part in folder.split("\\") if part])
    return {"name": keys.of(last), "folder": keys.of(folder), "depth": depth} | ({PART: True} if "." in last[1:] else {})


def named(value: Any, keys: Pseudonyms) -> Row | None:
    """The name of a file that came some other way, without its folder."""
    kept = file(value, keys)
    if kept is not None:
        kept.pop("folder", None)
    return kept
