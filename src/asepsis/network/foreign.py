"""Rules that others wrote: a Sigma file becomes a rule of the site if the streams can answer it, else one line says why not."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from asepsis.kit import files
from asepsis.kit.errors import BadInput, WrongUse

from .library import PROOF, RULE, Entry, bytes_of, of_bytes
from .proof import PROOF_BYTES, proofs
from .sigma.reading import documents

NAME_MOST = 60


def name_of(data: bytes, path: Path) -> str:
    """What a rule is called here: its title in small letters and dashes."""
    found = documents(data, path.name)
    title = next((str(document["title"]) for document in found if "title" in document), path.stem)
    name = _slug(title) or _slug(path.stem) or _slug(next((str(document["id"]) for document in found if "id" in document), ""))
    if not name:
        raise BadInput("a rule whose title and id have no letter of ASCII", path.name, "give it an id")
    return name


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:NAME_MOST].strip("-")


def checked(data: bytes, folder: Path, path: Path) -> Entry:
    """The rule, which is to stand in `folder`. Raises BadInput for what no stream can tell."""
    return of_bytes(data, folder, path.name, own=False)


def of_file(path: Path) -> Entry:
    """The rule of a file, which is kept nowhere. Raises WrongUse if there is no such file."""
    if not path.is_file():
        raise WrongUse("no rule is called so, and no file", str(path), "`asepsis network rules` lists them")
    data = bytes_of(path)
    return of_bytes(data, path.parent / name_of(data, path), path.name, own=False)


def tried(entry: Entry, proof: Path | None) -> bytes | None:
    """The proof that is to stand beside a rule. Raises BadInput for one that does not hold."""
    if proof is None:
        return None
    data = bytes_of(proof, PROOF_BYTES)
    with tempfile.TemporaryDirectory(prefix="asepsis-") as folder:
        (Path(folder) / PROOF).write_bytes(data)
        wrong = next((one for one in proofs(replace(entry, folder=Path(folder))) if one.wrong and one.example), None)
    if wrong is not None:
        raise BadInput(f"{wrong.example}: {wrong.wrong}", proof, "mend the rule or its proof")
    return data


def keep(entry: Entry, data: bytes, proof: bytes | None) -> None:
    """Writes the rule into its folder, which appears whole. Raises BadInput when the disk is full."""
    entry.folder.parent.mkdir(mode=0o700, exist_ok=True)
    making = entry.folder.with_name(f".{entry.folder.name}")
    try:
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        files.create(making / RULE, data)
        if proof is not None:
            files.create(making / PROOF, proof)
        making.rename(entry.folder)
    except OSError as error:
        shutil.rmtree(making, ignore_errors=True)
        raise files.unwritable(error, entry.folder, "make room and run the same command again") from None
