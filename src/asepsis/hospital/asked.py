"""The ids that a person asks about, one a line. They are patient data: no error quotes one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from asepsis.kit.errors import BadInput

IDS = 100_000
"""Ids in one run: more than a hospital's patients of a year."""
CHARACTERS = 256
"""Characters of an id: HL7 v2.9 has 199 of a CX, DICOM 64 of an LO."""
# An id in four bytes a character, and the end of its line.
_LINE = 4 * CHARACTERS + 2


def read(source: BinaryIO, name: str) -> list[str]:
    """The distinct ids of `source` in their order, trimmed. Raises BadInput with the line for what is none, or when there is none."""
    found: dict[str, None] = {}
    for n, line in enumerate(_lines(source), 1):
        where = f"{name}, line {n}"
        if len(line) > _LINE:
            raise BadInput(f"longer than an id of {CHARACTERS} characters", where, "write one id a line")
        try:
            id = line.decode("utf-8-sig" if n == 1 else "utf-8").strip().strip("\0").strip()
        except UnicodeDecodeError:
            raise BadInput("no text in UTF-8", where, "save it as UTF-8, one id a line") from None
        if len(id) > CHARACTERS:
            raise BadInput(f"longer than an id of {CHARACTERS} characters", where, "write one id a line")
        if id:
            found[id] = None
        if len(found) > IDS:
            raise BadInput(f"more than {IDS:,} ids", name, "ask in parts")
    if not found:
        raise BadInput("no id", name, "write patient, accession, order or study ids, one a line")
    return list(found)


def spellings(id: str) -> list[str]:
    """An id as it was typed, and as the core takes it from a message: of `ID^^^AUTHORITY` (HL7 CX), `system|ID` (FHIR search) and
    `Patient/ID` (FHIR reference) the id alone."""
    alone = id.partition("^")[0].rpartition("|")[2].strip()
    return list(dict.fromkeys(word for word in (id, alone, alone.rpartition("Patient/")[2]) if word))


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """The lines; of one that is too long as much as shows it."""
    while line := source.readline(_LINE + 1):
        yield line
