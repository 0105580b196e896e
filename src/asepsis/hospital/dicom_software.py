"""Which DICOM software speaks, by what it says of itself in an association (PS3.7 D.3.3.2) and by what it proposes."""

from __future__ import annotations

from functools import cache

from asepsis.hospital.kinds import table

Row = dict[str, str]

TELLING = 40
"""Points of contexts from which on they contradict what software says of itself: of a single context many programs think alike."""


@cache
def implementation(uid: str | None, version: str | None) -> Row | None:
    """The row of `dicom_implementations.tsv` for an Implementation Class UID and Version Name, or nothing.

    What fits both says most: OsiriX stands on the UID of another's toolkit and tells itself by its version name. Then the longer root, and
    of rows that fit by the version name alone the longer prefix. Where a row has a version name, its kind needs that too: under one root
    a maker has scanners and workstations.
    """
    fits = [(_weight(row, uid or "", version or ""), row) for row in table("dicom_implementations")]
    weight, row = max(fits, key=lambda fit: fit[0])
    if weight == (0, 0, 0):
        return None
    return row | {"kind": ""} if row["prefix"] and not weight[2] else row


def _weight(row: Row, uid: str, version: str) -> tuple[int, int, int]:
    """A version name without the root counts only where no one else would choose it, and as a word: anyone may call a tool `MR_VIEWER`."""
    root = len(row["root"]) if row["root"] and f"{uid}.".startswith(row["root"] + ".") else 0
    prefix = len(row["prefix"]) if row["prefix"] and version.casefold().startswith(row["prefix"].casefold()) else 0
    if not root and (not row["alone"] or version[prefix : prefix + 1].isalpha()):
        prefix = 0
    return (root > 0) + (prefix > 0), root, prefix


def named(uid: str | None, version: str | None) -> str:
    """`OFFIS DCMTK (OFFIS_DCMTK_367)`: what is known of it, else what it calls itself."""
    row = implementation(uid, version)
    name = (row["product"] or row["toolkit"]) if row else ""
    return f"{name} ({version})" if name and version and name.casefold() != version.casefold() else name or (version or "")


def by_contexts(uid: str | None, version: str | None, contexts: str | None) -> Row | None:
    """The row of `dicom_contexts.tsv` for what was proposed, where UID and version name say nothing, or something else."""
    row = next((r for r in table("dicom_contexts") if r["contexts"] == contexts), None)
    said = implementation(uid, version)
    if row is None or (said and (said["product"] == row["product"] or int(row["points"]) < TELLING)):
        return None
    return row
