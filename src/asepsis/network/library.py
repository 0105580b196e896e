"""The rules that watch a hospital: those that come with asepsis, and those that the hospital added.

A rule is a folder: `rule.yml` is what it looks for, `proof.json` are events that fire it and events that do not; captures may lie beside,
`fires*.pcap` and `quiet*.pcap`. A rule of others without anything that fires it waits in `nursery/` and finds nothing (`nursery.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from asepsis.kit.errors import BadInput, one_line
from asepsis.kit.files import mended
from asepsis.lake.service import Stream, streams

from .detector import Detector, detector_of
from .detectors import detect_by
from .meaning import Meaning, meaning_of
from .sigma import hunt
from .sigma.detection import predicate
from .sigma.pack import Pack, pack
from .sigma.pack import rules as rules_of
from .sigma.reading import FILE_BYTES, documents
from .sigma.rule import Correlation, Rule
from .sigma.taxonomy import Taxonomy

RULE, PROOF, NURSERY = "rule.yml", "proof.json", "nursery"
RULES_MAX = 5_000
CREDIT_MOST = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule under the name of its folder. `speaks` is what finds something, `parts` are the rules that serve it. `own`: comes with
    asepsis."""

    name: str
    folder: Path
    speaks: Rule | Correlation | Detector
    parts: tuple[Rule | Correlation, ...]
    meaning: Meaning
    own: bool
    looks_at: tuple[tuple[str, str], ...] = ()
    """The streams of the events that it is about, each with the condition that is true for these (SQL): written once, since every look
    asks it."""

    @property
    def pack(self) -> Pack:
        return pack(self.parts)

    @property
    def detects(self) -> bool:
        """Whether it is a detector."""
        return isinstance(self.speaks, Detector)

    @property
    def harmless(self) -> list[str]:
        """What looks the same and is no attack (`falsepositives`)."""
        told = self.speaks.attributes.get("falsepositives", [])
        return [str(one) for one in told] if isinstance(told, list) else [str(told)]

    @property
    def credit(self) -> str:
        """Who wrote it and under which licence, if it says so: the author of a rule of others is to be named wherever it speaks (Detection
        Rule License 1.1)."""
        author, licence = (one_line(self.speaks.attributes.get(name, ""), CREDIT_MOST) for name in ("author", "license"))
        return f"{author} ({licence})" if author and licence else author

    @property
    def leaves(self) -> list[Rule]:
        """The rules whose events it is about."""
        return [] if isinstance(self.speaks, Detector) else _leaves(self.speaks, self.pack)


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule of the site that cannot be used, and what is wrong with it."""

    name: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Library:
    """Rules by their names; those of the site that are `broken` watch nothing."""

    entries: tuple[Entry, ...]
    broken: tuple[Broken, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Those that are taken, of broken rules too."""
        return frozenset((*(entry.name for entry in self.entries), *(one.name for one in self.broken)))

    @property
    def by_name(self) -> Mapping[str, Entry]:
        return {entry.name: entry for entry in self.entries}


def library(site_rules: Path | None = None) -> Library:
    """The rules of asepsis and, where there is such a folder, those of a site. One of the site that cannot be used, or is called like one
    of asepsis, is left out and named: all others go on watching."""
    names = {entry.name: entry for entry in shipped()}
    broken: list[Broken] = []
    for folder in _folders(site_rules) if site_rules is not None and site_rules.is_dir() else ():
        try:
            one = _as_of(folder, _stamp(folder / RULE))
        except BadInput as error:
            one = Broken(folder.name, str(error))
        if one.name in names:
            one = Broken(one.name, str(BadInput("asepsis has a rule of this name", folder, "rename the folder")))
        if isinstance(one, Entry):
            names[one.name] = one
        else:
            broken.append(one)
    return Library(tuple(names.values()), tuple(broken))


@cache
def shipped() -> tuple[Entry, ...]:
    """The rules of asepsis, in order of their names."""
    return tuple(entry_of(folder, own=True) for folder in _folders(Path(str(files("asepsis.network") / "rules"))))


@lru_cache(maxsize=RULES_MAX)
def _as_of(folder: Path, stamp: tuple[int, int]) -> Entry | Broken:
    """A rule of the site, read again when its file is another: one with many values takes seconds to read, and looks follow each other."""
    try:
        return entry_of(folder, own=False)
    except BadInput as error:
        return Broken(folder.name, str(error))
    except Exception as error:  # noqa: BLE001 - a rule that we fail to read must not end the watch of all others
        wrong = BadInput(f"the rule is not understood ({type(error).__name__})", folder / RULE, "look at its values")
        return Broken(folder.name, str(wrong))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise BadInput("the rule cannot be read", path, error.strerror or "look at its rights") from None
    return found.st_mtime_ns, found.st_size


def entry_of(folder: Path, own: bool) -> Entry:
    """The rule of a folder. Raises BadInput with what is wrong."""
    path = folder / RULE
    return of_bytes(bytes_of(path), folder, f"{folder.name}/{RULE}" if own else str(path), own)


def bytes_of(path: Path, most: int = FILE_BYTES) -> bytes:
    """What a file of a rule holds, no more than one byte above what it may. Raises BadInput for what is no file, or cannot be read."""
    try:
        if not path.is_file():
            raise BadInput("there is no such file", path, "name a file")
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise BadInput(error.strerror or "the file cannot be read", path, mended(error) or "look at its rights") from None


def of_bytes(data: bytes, folder: Path, where: str, own: bool) -> Entry:
    """The rule that a file holds, which is to stand in `folder`; the streams that there are can answer it. Raises BadInput."""
    found = documents(data, where)
    if any("detector" in document for document in found):
        if len(found) > 1:
            raise BadInput("a detector and something else in one file", where, "one rule, one folder")
        detector = detector_of(found[0], where)
        detect_by(detector)
        return Entry(folder.name, folder, detector, (), meaning_of(detector), own)
    parts = tuple(rules_of(data, where))
    known = pack(parts)
    speaking = [rule for rule in known.speaking() if "asepsis" in rule.attributes] or known.speaking()
    if len(speaking) != 1:
        raise BadInput(f"{len(speaking)} rules speak in one file", where, "one rule, one folder: let a correlation name the others")
    (speaks,) = speaking
    of = _streams()
    hunt.check(speaks, of, known)
    entry = Entry(folder.name, folder, speaks, parts, meaning_of(speaks), own)
    taxonomy = Taxonomy(of)
    _check_columns(entry, taxonomy)
    conditions = ((stream.name, condition) for stream, condition in (predicate(leaf, taxonomy) for leaf in entry.leaves))
    return replace(entry, looks_at=tuple(conditions))


@cache
def _streams() -> Mapping[str, Stream]:
    return streams()


def _check_columns(entry: Entry, taxonomy: Taxonomy) -> None:
    """Raises BadInput if the events of a rule lack what its meaning names."""
    meaning, speaks = entry.meaning, entry.speaks
    for rule in entry.leaves:
        stream = taxonomy.stream(rule.source, rule.where)
        for column in filter(None, (meaning.attacker, meaning.victim, meaning.account)):
            if taxonomy.column(stream, column, rule.where).type != "text":
                raise BadInput(f"{column} is neither an address nor an account", rule.where, "name a column of text")
        for column in meaning.new if isinstance(speaks, Rule) else ():
            if taxonomy.column(stream, column, rule.where).type not in ("text", "int", "bool"):
                raise BadInput(f"new is of {column}, which is no word or number", rule.where, "name what can be the same again")
    if meaning.known and not set(meaning.known) < set(meaning.new):
        raise BadInput("known is not a part of what is new", speaks.where, "name some of its columns, and not all")
    if isinstance(speaks, Correlation) and (missing := set(meaning.new) - set(speaks.group_by)):
        raise BadInput(f"new is of {min(missing)}, which the rule does not group by", speaks.where, "group by it")


def _folders(root: Path) -> Iterable[Path]:
    found = sorted(path.parent for path in root.glob(f"*/{RULE}") if not path.parent.name.startswith("."))
    if len(found) > RULES_MAX:
        raise BadInput(f"more than {RULES_MAX:,} rules", root, "keep those that you use")
    return found


def _leaves(rule: Rule | Correlation, known: Pack) -> list[Rule]:
    if isinstance(rule, Rule):
        return [rule]
    return list({leaf.key: leaf for part in known.of(rule) for leaf in _leaves(part, known)}.values())
