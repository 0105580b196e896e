"""How much of the talk about patients is encrypted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .talks import OUTSIDE, Talk

if TYPE_CHECKING:
    from asepsis.hospital.service import Asset

# Servers that hold or pass on what is known of patients.
_RECORDS = frozenset(
    {
        "PACS",
        "archive",
        "RIS",
        "LIS",
        "EHR",
        "interface engine",
        "worklist broker",
        "treatment planning",
    }
)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Connections that carried patients' data in clear, and encrypted ones within the hospital that may carry some: one end is a device at
    the patient or a server with records. What is inside these was not seen."""

    clear: int
    encrypted: int

    @property
    def share(self) -> float | None:
        """The encrypted part; nothing where nothing was heard."""
        return self.encrypted / (self.clear + self.encrypted) if self.clear + self.encrypted else None


def traffic(assets: Iterable[Asset], talks: Iterable[Talk]) -> Traffic:
    clinical = {asset.id for asset in assets if asset.clinical_class in ("life", "monitor") or asset.kind in _RECORDS}
    clear = encrypted = 0
    for talk in talks:
        clear += talk.clear
        if OUTSIDE not in (talk.source, talk.target) and clinical & {talk.source, talk.target}:
            encrypted += talk.encrypted
    return Traffic(clear, encrypted)
