"""A Sigma rule, and a correlation of rules, as they were written. pySigma parses; nothing of its validators or plugins is called.

Source: Sigma specification 2.1, "Detection" and "Condition"; Sigma correlation rules specification 2.1, "Correlation section".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from sigma.conditions import ConditionFieldEqualsValueExpression, ConditionItem, ConditionValueExpression
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.modifiers import modifier_mapping
from sigma.rule import SigmaRule

from asepsis.kit.errors import BadInput

from .reading import Document
from .threshold import Comparison, comparisons

CONDITION_CHARACTERS = 2_000
CONDITION_DEPTH = 16
STARS = 4
"""A pattern of search identifiers is a regular expression for pySigma, and four stars are more than any rule has."""
SELECTIONS = 500
LISTED = 0.08
"""A value that a field is to equal, or a network, stands in one list with others and costs so much of a comparison."""
COMPARISONS = 20_000
"""So many may a condition make of a rule: a name in it stands for all values of its selection, and some modifiers make several of one."""
GROUP_FIELDS = 8
REFERENCES = 16
SPAN_SECONDS = 366 * 86_400
KINDS = frozenset(
    {"event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg", "value_percentile", "value_median"}
)
MODIFIERS = frozenset(modifier_mapping) - {"expand"} | {"utf16le"}
_LISTS = frozenset({"cased", "cidr"})
_OLD = frozenset({"action", "filter"})

Tree = ConditionItem | ConditionFieldEqualsValueExpression | ConditionValueExpression
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LogSource:
    """Where a rule looks."""

    category: str | None
    product: str | None
    service: str | None

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name in ("category", "product", "service") if (value := getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Rule:
    """What one event shows. `trees` are its conditions, any of which is enough; `attributes` what a site wrote beside Sigma's own."""

    key: str
    names: frozenset[str]
    title: str
    level: str | None
    tags: tuple[str, ...]
    where: str
    source: LogSource
    trees: tuple[Tree, ...] = field(repr=False)
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Correlation:
    """What events show together: those of `references` (names or ids of rules), that agree in `group_by`, within `seconds`."""

    key: str
    names: frozenset[str]
    title: str
    level: str | None
    tags: tuple[str, ...]
    where: str
    kind: str
    references: tuple[str, ...]
    group_by: tuple[str, ...]
    seconds: int
    threshold: tuple[Comparison, ...]
    fields: tuple[str, ...]
    percentile: int | None
    aliases: Mapping[str, Mapping[str, str]]
    generate: bool
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def grows(self) -> bool:
        """Whether more of what it measures is worse."""
        return any(comparison.least for comparison in self.threshold)

    @property
    def needs_all(self) -> bool:
        """Whether it holds only where each of its rules has an event."""
        least = (one.number + (one.operator == "gt") for one in self.threshold if one.least)
        return self.kind.startswith("temporal") and max(least, default=0) >= len(self.references)


def rule_of(document: Document, where: str) -> Rule | Correlation:
    """The rule that a document holds. Raises BadInput with what is wrong, where, and what to do."""
    if old := _OLD & document.keys():
        raise BadInput(f"documents with {min(old)} are not read", where, "write each rule whole")
    return _correlation(document, where) if "correlation" in document else _rule(document, where)


def _rule(document: Document, where: str) -> Rule:
    detection = document.get("detection")
    if not isinstance(detection, dict):
        raise BadInput("a rule without detection", where, "write a map with selections and a condition")
    _check_condition(detection.get("condition"), where)
    _check_size(detection, where)
    detection = {key: value if key == "condition" else _selection(value, f"{where}, {key}") for key, value in detection.items()}
    parsed = _by_pysigma(lambda: SigmaRule.from_dict(document | {"detection": detection}), where)
    trees = _by_pysigma(lambda: tuple(condition.parsed for condition in parsed.detection.parsed_condition), where)
    source = LogSource(parsed.logsource.category, parsed.logsource.product, parsed.logsource.service)
    return Rule(*_common(parsed, where), source, tuple(_no_empty(tree, where) for tree in trees), _attributes(parsed))


def _common(parsed: SigmaRule | SigmaCorrelationRule, where: str) -> tuple[str, frozenset[str], str, str | None, tuple[str, ...], str]:
    names = frozenset(str(word) for word in (parsed.id, parsed.name) if word is not None)
    if not names:
        raise BadInput("a rule without id", where, "give it an id (a UUID): what it finds is known by it")
    key = str(parsed.id if parsed.id is not None else parsed.name)
    return key, names, parsed.title, str(parsed.level) if parsed.level else None, tuple(map(str, parsed.tags)), where


def _attributes(parsed: SigmaRule | SigmaCorrelationRule) -> dict[str, Any]:
    """What a site wrote beside Sigma's own, and those of Sigma's own that are for people to read."""
    told = {name: getattr(parsed, name) for name in ("description", "falsepositives", "author", "license")}
    return {**parsed.custom_attributes, **{name: value for name, value in told.items() if value}}


def _no_empty(tree: Tree | None, where: str) -> Tree:
    if tree is None:
        raise BadInput("a condition that names no selection", where, "name one that the rule has")
    return tree


def _check_condition(condition: object, where: str) -> None:
    for one in condition if isinstance(condition, list) else [condition]:
        if not isinstance(one, str):
            raise BadInput("a detection without condition", where, "write condition: selection")
        if len(one) > CONDITION_CHARACTERS:
            raise BadInput(f"a condition of more than {CONDITION_CHARACTERS:,} characters", where, "use 1 of selection*")
        depth = deepest = 0
        for mark in one:
            depth += (mark == "(") - (mark == ")")
            deepest = max(deepest, depth)
        if deepest > CONDITION_DEPTH or re.search(rf"(?:\bnot\s+){{{CONDITION_DEPTH},}}", one):
            raise BadInput(f"a condition nested more than {CONDITION_DEPTH} deep", where, "name its parts as selections")
        if any(word.count("*") > STARS for word in one.split()):
            raise BadInput(f"a pattern of selections with more than {STARS} stars", where, "use 1 of selection*")


def _check_size(detection: Mapping[str, object], where: str) -> None:
    """Before pySigma unfolds it: what takes a few letters to write must not take a machine's memory to read."""
    if len(detection) > SELECTIONS:
        raise BadInput(f"more than {SELECTIONS} selections", where, "write several rules")
    weights = {str(name): _weight(value) for name, value in detection.items() if name != "condition"}
    condition = detection["condition"]
    total = sum(weights.values())
    for word in re.findall(r"[\w*-]+", " ".join(condition) if isinstance(condition, list) else str(condition)):
        if word == "them" or "*" in word:
            shape = ".*" if word == "them" else ".*".join(map(re.escape, word.split("*")))
            total += sum(weight for name, weight in weights.items() if re.fullmatch(shape, name))
        else:
            total += weights.get(word, 0)
    if total > COMPARISONS:
        raise BadInput(f"a condition that makes more than {COMPARISONS:,} comparisons", where, "write several rules")


def _weight(value: object, key: str = "") -> float:
    """How many comparisons a selection makes."""
    if isinstance(value, dict):
        return sum(_weight(inner, str(word)) for word, inner in value.items())
    if isinstance(value, list):
        return sum(_weight(inner, key) for inner in value)
    if key and _LISTS.issuperset(key.split("|")[1:]) and not re.search(r"[*?]", str(value)):
        return LISTED
    dashes = len(re.findall(r"\B[-/]\b", value)) if isinstance(value, str) and "|windash" in key else 0
    return int(5 ** min(dashes, 9)) * (3 if "|base64offset" in key else 1)


def _selection(value: object, where: str) -> object:
    """A selection with its modifiers checked, so that what is not known is told by its name."""
    if where.endswith(", timeframe"):
        raise BadInput("timeframe is not of Sigma 2", where, "write a correlation with timespan")
    if isinstance(value, list):
        return [_selection(item, where) for item in value]
    if isinstance(value, dict):
        if not value:
            raise BadInput("an empty selection", where, "write a field and a value")
        return {_checked_field(key, where): _checked_values(key, item, where) for key, item in value.items()}
    return _checked_value(value, where)


def _checked_field(key: object, where: str) -> str:
    words = str(key).split("|")
    for word in words[1:]:
        if word == "expand":
            raise BadInput("placeholders are not filled in (expand)", f"{where}, {key}", "write the values, or test an indicator list")
        if word not in MODIFIERS:
            raise BadInput(f"unknown modifier {word}", f"{where}, {key}", f"one of {', '.join(sorted(MODIFIERS))}")
    return "|".join(["wide" if n and word == "utf16le" else word for n, word in enumerate(words)])


def _checked_values(key: object, value: object, where: str) -> object:
    if isinstance(value, list):
        if not value:
            raise BadInput("an empty list of values", where, "write a value, or null")
        return [_checked_values(key, item, where) for item in value]
    if isinstance(value, str) and "|base64" in str(key) and (not value.isascii() or "*" in value or "?" in value):
        # pySigma encodes the backslash before a wildcard too, and counts letters for bytes.
        raise BadInput("Base64 of a text with * or ?, or beyond ASCII", f"{where}, {key}", "write the encoded text, with contains")
    return _checked_value(value, where)


def _checked_value(value: object, where: str) -> object:
    if not isinstance(value, str | int | float | bool | None):
        raise BadInput(f"{value} is no text, number, truth value or null", where, "put text that looks like a date into quotes")
    if isinstance(value, float) and value - value != 0:
        raise BadInput(f"{value} is no number to compare with", where, "write a finite one")
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise BadInput("a number of more than 64 bits", where, "put it into quotes if it is text")
    return value


def _correlation(document: Document, where: str) -> Correlation:
    section = document["correlation"]
    if not isinstance(section, dict):
        raise BadInput("a correlation that is no map", where, "write type, rules, group-by, timespan and condition")
    condition = section.get("condition")
    if isinstance(condition, str):
        raise BadInput("a condition in words is not of correlation rules 2.1", where, "write gte: and a number, or chain correlations")
    threshold = comparisons(condition, where)
    # pySigma knows one whole number; a range and fractions are read here.
    plain = {"condition": {key: condition[key] for key in ("field", "percentile") if key in condition} | {"gte": 1}} if condition else {}
    parsed = _by_pysigma(lambda: SigmaCorrelationRule.from_dict(document | {"correlation": section | plain}), where)
    kind = parsed.type.name.lower()
    references = tuple(reference.reference for reference in parsed.rules or [])
    group_by = tuple(parsed.group_by or ())
    _check_shape(kind, references, group_by, parsed.timespan.seconds, where)
    fields, percentile = _measured(kind, condition or {}, where)
    if kind in ("temporal", "temporal_ordered"):
        threshold = _all_of_them(kind, len(references), threshold, where)
    aliases = _aliases(section.get("aliases") or {}, where)
    common = _common(parsed, where)
    rest = (threshold, fields, percentile, aliases, parsed.generate, _attributes(parsed))
    return Correlation(*common, kind, references, group_by, parsed.timespan.seconds, *rest)


def _check_shape(kind: str, references: tuple[str, ...], group_by: tuple[str, ...], seconds: int, where: str) -> None:
    if kind not in KINDS:
        raise BadInput(f"correlations of type {kind} are not known", where, f"one of {', '.join(sorted(KINDS))}")
    if not references or not all(isinstance(reference, str) for reference in references):
        raise BadInput("a correlation without rules", where, "name the rules that it counts")
    if len(set(references)) < len(references):
        raise BadInput("a correlation names a rule twice", where, "name it once")
    for number, bound, what in ((len(references), REFERENCES, "rules"), (len(group_by), GROUP_FIELDS, "fields to group by")):
        if number > bound:
            raise BadInput(f"a correlation of more than {bound} {what}", where, "chain smaller ones")
    if seconds > SPAN_SECONDS:
        raise BadInput("a timespan of more than a year", where, "the lake does not keep so long: write a shorter one")


def _measured(kind: str, condition: Mapping[str, Any], where: str) -> tuple[tuple[str, ...], int | None]:
    """The fields whose values count, and the percentile."""
    value = condition.get("field", [])
    fields = tuple(value) if isinstance(value, list) else (value,)
    if not all(isinstance(word, str) for word in fields) or len(fields) > GROUP_FIELDS:
        raise BadInput("field of a correlation is no name", where, "name a field of the events")
    if kind.startswith("value_") != bool(fields):
        raise BadInput(
            f"{kind} {'without' if kind.startswith('value_') else 'with a'} field", where, "field says whose values a value_... counts"
        )
    if kind.startswith("value_") and kind != "value_count" and len(fields) > 1:
        raise BadInput(f"{kind} of several fields", where, "name one")
    percentile = 50 if kind == "value_median" else condition.get("percentile")
    if (kind in ("value_percentile", "value_median")) != (percentile is not None):
        raise BadInput(
            f"{kind} {'without' if percentile is None else 'with a'} percentile", where, "write percentile: 95 for value_percentile"
        )
    if percentile is not None and not (type(percentile) is int and 1 <= percentile <= 100):
        raise BadInput(f"{percentile} is no percentile", where, "write a whole number from 1 to 100")
    return fields, percentile


def _all_of_them(kind: str, rules: int, threshold: tuple[Comparison, ...], where: str) -> tuple[Comparison, ...]:
    every = (Comparison("gte", Decimal(rules)),)
    if (
        kind == "temporal_ordered"
        and threshold
        and (len(threshold) > 1 or threshold[0] not in (every[0], Comparison("eq", Decimal(rules))))
    ):
        raise BadInput("temporal_ordered is of all its rules", where, "leave the condition out, or name fewer rules")
    return every if kind == "temporal_ordered" or not threshold else threshold


def _aliases(value: object, where: str) -> Mapping[str, Mapping[str, str]]:
    right = isinstance(value, dict) and all(
        isinstance(alias, str) and isinstance(names, dict) and all(isinstance(word, str) for pair in names.items() for word in pair)
        for alias, names in value.items()
    )
    if not right or not isinstance(value, dict):
        raise BadInput("aliases are no map of maps", where, "write alias: {rule: field}")
    return value


def _by_pysigma(parse: Callable[[], T], where: str) -> T:
    """What pySigma makes of it. It lets some errors of Python through where a document is unlike what it expects."""
    try:
        return parse()
    except SigmaError as error:
        if place := re.search(r"\(at char (\d+)\)", str(error)):
            at = f"{where}, character {int(place[1]) + 1}"
            raise BadInput("a condition that cannot be read", at, "use names, and, or, not, brackets, 1 of, all of") from None
        raise BadInput(str(error) or type(error).__name__, where, "see the Sigma specification") from None
    except RecursionError:
        raise BadInput("the rule is nested too deeply", where, "name its parts as selections") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadInput("the rule is not as Sigma writes it", where, str(error)) from None
