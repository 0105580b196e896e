"""Rules that belong together: those a correlation names must be among them.

Source: Sigma correlation rules specification 2.1, "Related rules" (by id or name) and "Generate".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from asepsis.kit.errors import BadInput

from .reading import FILE_BYTES, documents
from .rule import Correlation, Rule, rule_of

CHAIN = 4
"""Correlations over correlations, so deep."""
FILES = 20_000


@dataclass(frozen=True, slots=True)
class Pack:
    """Rules by every name that they go by."""

    rules: tuple[Rule | Correlation, ...]
    named: Mapping[str, Rule | Correlation]

    def of(self, correlation: Correlation) -> list[Rule | Correlation]:
        """The rules that a correlation is about, in its order."""
        return [self.named[reference] for reference in correlation.references]

    def speaking(self) -> list[Rule | Correlation]:
        """The rules that find something by themselves: not those that only serve a correlation, unless it says `generate`."""
        serving = {rule.key for one in self.rules if isinstance(one, Correlation) and not one.generate for rule in self.of(one)}
        return [rule for rule in self.rules if rule.key not in serving]


def read(paths: Iterable[Path]) -> Pack:
    """The rules of files and folders (*.yml, *.yaml). Raises BadInput for the first that is none."""
    return pack(rule for path in paths for file in _files(path) for rule in rules(_bytes(file), file.name))


def rules(data: bytes, where: str) -> list[Rule | Correlation]:
    """The rules that one file holds. Raises BadInput."""
    found = documents(data, where)
    return [rule_of(document, f"{where}, document {n}" if len(found) > 1 else where) for n, document in enumerate(found, 1)]


def pack(found: Iterable[Rule | Correlation]) -> Pack:
    """Raises BadInput for a name that two rules have, or that no rule has; and for correlations that go round in a circle."""
    ordered = tuple(found)
    named: dict[str, Rule | Correlation] = {}
    for rule in ordered:
        for word in sorted(rule.names):
            if (other := named.setdefault(word, rule)) is not rule:
                raise BadInput(f"two rules are called {word}", rule.where, f"the other is in {other.where}: rename one")
    result = Pack(ordered, named)
    for rule in ordered:
        if isinstance(rule, Correlation):
            _follow(result, rule, CHAIN)
            _check_aliases(result, rule)
    return result


def _follow(pack: Pack, correlation: Correlation, left: int) -> None:
    if not left:
        raise BadInput(f"correlations over correlations more than {CHAIN} deep, or in a circle", correlation.where, "chain fewer")
    for reference in correlation.references:
        if reference not in pack.named:
            raise BadInput(f"no rule is called {reference}", correlation.where, "put it into the same folder, or name another")
        if isinstance(rule := pack.named[reference], Correlation):
            _follow(pack, rule, left - 1)


def _check_aliases(pack: Pack, correlation: Correlation) -> None:
    keys = {rule.key for rule in pack.of(correlation)}
    for alias, names in correlation.aliases.items():
        if not {pack.named[word].key if word in pack.named else word for word in names} <= keys:
            raise BadInput(f"the alias {alias} is of a rule that the correlation does not name", correlation.where, "name it under rules")


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix in (".yml", ".yaml") and file.is_file())
        if len(found) > FILES:
            raise BadInput(f"more than {FILES:,} rules", path, "name a smaller folder")
        yield from found
    else:
        yield path


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES + 1)
    except OSError as error:
        raise BadInput("the rule cannot be read", path, error.strerror or "look at its rights") from None
