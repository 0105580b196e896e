"""The packet core (crates/wire-py): captures in, Arrow batches out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

__version__: str

class WireError(Exception):
    """A path that is missing, unreadable or no capture; the text is one line."""

class ArrowBatch:
    """Rows of one stream, handed over without a copy by the Arrow PyCapsule interface."""

    @property
    def num_rows(self) -> int: ...
    @property
    def span(self) -> tuple[int, int] | None:
        """Earliest and latest `ts`, microseconds since 1970; None without rows."""
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

class Reader:
    """Reads captures as one stream in time order, or each for itself (`apart`), large ones by as many cores. `sensor` names who saw them.

    `elsewhere` are files that another reader reads, for which a folder need not hold captures. The GIL is free while it opens and waits.
    """

    def __init__(
        self,
        paths: Sequence[str],
        key: bytes,
        key_id: str,
        sensor: str,
        elsewhere: Sequence[str] = (),
        cores: int = 1,
        apart: bool = False,
    ) -> None: ...
    def next(self) -> tuple[str | None, ArrowBatch | None] | None:
        """The next batch and its stream; a pair of None as a sign of life, so that progress shows; None at the end."""
    @property
    def bytes_total(self) -> int: ...
    def report(self) -> Report: ...

class Report:
    """What is known of the packets so far."""

    @property
    def bytes_read(self) -> int: ...
    @property
    def packets(self) -> int: ...
    @property
    def undecoded(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def unreadable(self) -> int: ...
    @property
    def other(self) -> int: ...
    @property
    def wrong_stamps(self) -> int: ...
    @property
    def disagreements(self) -> int: ...
    @property
    def evicted(self) -> int: ...
    @property
    def first_ts(self) -> int | None: ...
    @property
    def last_ts(self) -> int | None: ...
    @property
    def problems(self) -> list[tuple[str, str]]: ...
    @property
    def skipped(self) -> list[str]: ...

class Part:
    """A Parquet file of one stream, for rows of the core. The GIL is free while it writes. Raises OSError."""

    def __init__(self, path: Path, stream: str) -> None: ...
    def write(self, batch: ArrowBatch) -> None:
        """The rows as one row group."""
    def close(self) -> Ids: ...

class Ids:
    """Which rows stand in a part, 8 bytes each."""

    def repeat(self) -> bool:
        """Whether a row may stand twice in the part."""
    def meet(self, other: Ids) -> bool:
        """Whether a row may stand in both parts."""

class Ear(Protocol):
    """What is to be heard."""

    @property
    def interface(self) -> str: ...
    @property
    def rings(self) -> int: ...
    @property
    def ring_mib(self) -> int: ...
    @property
    def promiscuous(self) -> bool: ...

class Live:
    """Listens to an interface until `stop` or until it is gone; `error` then says why. The GIL is free while `next` waits.

    The process gives up every privilege once it listens; root becomes `owner` (user and group).
    """

    def __init__(self, ear: Ear, key: bytes, key_id: str, sensor: str, owner: tuple[int, int] | None) -> None: ...
    def next(self, wait_ms: int) -> tuple[str | None, ArrowBatch | None] | None: ...
    def stop(self) -> None: ...
    def keep(self, folder: Path, size: int, seconds: int, key: bytes, key_id: str) -> None:
        """Keeps the packets too, sealed, until listening ends; once. Raises WireError if the folder cannot be used."""
    @property
    def kept(self) -> tuple[int, int, int, int, str | None] | None:
        """Segments and bytes there are now, packets kept and lost since listening began, why none is kept now; None if none are to be."""
    @property
    def packets(self) -> int: ...
    @property
    def dropped(self) -> int: ...
    @property
    def error(self) -> str | None: ...

class KeptExport:
    """Kept packets on their way into the file `path`: those between the two times of `span` (nanoseconds since 1970), of a host, of a port.

    Raises WireError for an address that is none and a file that cannot be opened, OSError when it cannot be written.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        key: bytes,
        key_id: str,
        path: Path,
        span: tuple[int, int],
        host: str | None = None,
        port: int | None = None,
    ) -> None: ...
    def step(self) -> bool:
        """Opens one more segment; false when all is written. The GIL is free."""
    @property
    def packets(self) -> int: ...
    @property
    def span(self) -> tuple[int, int] | None: ...
    @property
    def segments(self) -> int: ...
    @property
    def lost(self) -> int: ...
    @property
    def bytes_read(self) -> int: ...
    @property
    def bytes_total(self) -> int: ...
    @property
    def problems(self) -> list[tuple[str, str]]: ...

def kept_segments(folder: Path) -> list[tuple[str, int, tuple[int, int, int, int, int] | None, str | None]]: ...
def kept_sweep(folder: Path, now: int) -> None: ...
def kept_forget(path: Path) -> None: ...
def streams() -> list[tuple[str, str, list[tuple[str, str, str]]]]: ...
def empty(stream: str) -> ArrowBatch: ...
def pseudonym(key: bytes, key_id: str, value: str) -> str | None: ...
