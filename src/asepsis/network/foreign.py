"""Rules that others wrote: a Sigma file becomes a rule of the site if the streams can answer it, else one line says why not."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from asepsis.kit import files
from asepsis.kit.errors import BadInput, WrongUse

from .library import PROOF, RULE, Entry, of_bytes
from .sigma.reading import FILE_BYTES, documents

NAME_MOST = 60


def read(path: Path) -> bytes:
    """The bytes of a rule file. Raises BadInput if it cannot be read, or is larger than any rule."""
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES + 1)
    except OSError as error:
        raise BadInput("the rule cannot be read", path, error.strerror or "look at its rights") from None


def name_of(data: bytes, path: Path) -> str:
    """What a rule is called here: its title in small letters and dashes."""
    found = documents(data, path.name)
    title = next((str(document["title"]) for document in found if "title" in document), path.stem)
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:NAME_MOST].strip("-")
    if not name:
        raise BadInput("a rule whose title has no letter", path.name, "give it one")
    return name


def checked(data: bytes, folder: Path, path: Path, proof: Path | None) -> Entry:
    """The rule, which is to stand in `folder`. Raises BadInput for what no stream can tell."""
    if proof is not None and not proof.is_file():
        raise WrongUse("there is no such proof", str(proof), "name a file with events that fire the rule and events that do not")
    return of_bytes(data, folder, path.name, own=False)


def of_file(path: Path) -> Entry:
    """The rule of a file, which is kept nowhere. Raises WrongUse if there is no such file."""
    if not path.is_file():
        raise WrongUse("no rule is called so, and no file", str(path), "`asepsis network rules` lists them")
    data = read(path)
    return of_bytes(data, path.parent / name_of(data, path), path.name, own=False)


def keep(entry: Entry, data: bytes, proof: Path | None) -> None:
    """Writes the rule into its folder, which appears whole. Raises BadInput when the disk is full."""
    entry.folder.parent.mkdir(mode=0o700, exist_ok=True)
    making = entry.folder.with_name(f".{entry.folder.name}")
    try:
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        files.create(making / RULE, data)
        if proof is not None:
            files.create(making / PROOF, proof.read_bytes())
        making.rename(entry.folder)
    except OSError as error:
        shutil.rmtree(making, ignore_errors=True)
        raise files.unwritable(error, entry.folder, "make room and run the same command again") from None
