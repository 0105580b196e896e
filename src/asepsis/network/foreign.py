"""Rules that others wrote: a Sigma file, or each of a folder, becomes a rule of the site if the streams can answer it, else one line says
why not."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from asepsis.kit import files
from asepsis.kit.errors import BadInput, WrongUse

from .library import PROOF, RULE, RULES_MAX, Entry, Library, bytes_of, of_bytes
from .proof import PROOF_BYTES, examples_of, proofs
from .sigma.reading import documents

NAME_MOST = 60
ENDINGS = frozenset({".yml", ".yaml"})


@dataclass(frozen=True, slots=True)
class Offer:
    """A rule file with what it holds, and the proof beside it. `entry` is the rule that it is to be, or `wrong` says why it is none."""

    path: Path
    data: bytes = b""
    proof: bytes | None = None
    entry: Entry | None = None
    wrong: str = ""


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


def offer(path: Path, proof: Path | None, rules: Path, known: Library) -> Offer:
    """The rule of a file, as it is to stand in the folder `rules` of a site that has those of `known`. Raises BadInput for what no stream
    can tell, WrongUse for a rule that is there."""
    data = bytes_of(path)
    name = name_of(data, path)
    entry = of_bytes(data, rules / name, path.name, own=False)
    if name in known.names:
        raise WrongUse(f"a rule is called {name} already", path.name, "rename it, or keep the one that is there")
    if (same := next((one for one in known.entries if one.speaks.key == entry.speaks.key), None)) is not None:
        raise WrongUse(f"it is here as {same.name}", path.name, "if it is to look for something else, give it an id of its own")
    return Offer(path, data, tried(entry, proof), entry)


def offers(folder: Path, rules: Path, known: Library) -> list[Offer]:
    """Every rule file below a folder, each as if it were offered after those before it. Raises BadInput for a folder without any, WrongUse
    if the site would have too many."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in ENDINGS and not _hidden(path.relative_to(folder)))
    if not paths:
        raise BadInput("no rule lies in this folder", folder, "rules are files that end in .yml")
    if len(paths) > RULES_MAX:
        raise BadInput(f"more than {RULES_MAX:,} rules", folder, "add its parts one by one")
    found: list[Offer] = []
    for path in paths:
        beside = path.with_name(PROOF)
        try:
            found.append(one := offer(path, beside if path.name == RULE and beside.is_file() else None, rules, known))
        except (BadInput, WrongUse) as error:
            found.append(Offer(path, wrong=error.what))
        except OSError as error:
            found.append(Offer(path, wrong=error.strerror or "cannot be read"))
        else:
            known = replace(known, entries=(*known.entries, *([one.entry] if one.entry else ())))
    if sum(not entry.own for entry in known.entries) + len(known.broken) > RULES_MAX:
        raise WrongUse(f"the site would have more than {RULES_MAX:,} rules", str(folder), "add those that you use")
    return found


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


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
    wrong = next((one for one in proofs(entry, examples_of(data, str(proof))) if one.wrong), None)
    if wrong is not None:
        raise BadInput(f"{wrong.example}: {wrong.wrong}", proof, "mend the rule or its proof")
    return data


@contextmanager
def keeping(taken: Sequence[Offer]) -> Iterator[None]:
    """Writes rules aside; at the end of the block they stand in their folders, all of them or, if anything fails, none. Raises BadInput
    when the disk is full."""
    folders = [one.entry.folder for one in taken if one.entry]
    aside = [folder.with_name(f".{folder.name}") for folder in folders]
    appeared: list[Path] = []
    for folder in folders:
        if folder.exists():
            raise WrongUse("a folder of that name is there, and no rule", str(folder), "move it away")
    try:
        for making, one in zip(aside, taken, strict=True):
            making.parent.mkdir(mode=0o700, exist_ok=True)
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir(mode=0o700)
            files.create(making / RULE, one.data)
            if one.proof is not None:
                files.create(making / PROOF, one.proof)
        yield
        for making, folder in zip(aside, folders, strict=True):
            making.rename(folder)
            appeared.append(folder)
    except BaseException as error:
        for folder in (*aside, *appeared):
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise files.unwritable(error, aside[0].parent, "make room and run the same command again") from None
        raise
