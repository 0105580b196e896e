"""When a correlation's number is enough: one comparison, or a range of two.

Source: Sigma correlation rules specification 2.1, "Condition".
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from asepsis.kit.errors import BadInput

OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "=", "neq": "<>"}
PLACES = 6
"""Values are summed as decimals with six places, so that a sum is the same in any order."""
_DIGITS = 18
_NOT_COMPARED = frozenset({"field", "percentile"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operator` is one of OPERATORS."""

    operator: str
    number: Decimal

    def sql(self, left: str, times: str = "") -> str:
        """Whether `left` compares so with the number, or with so many `times` the number."""
        return f"{left} {OPERATORS[self.operator]} {literal(self.number)}{f' * {times}' if times else ''}"

    def holds(self, value: Decimal | int) -> bool:
        order = {"gt": value > self.number, "gte": value >= self.number, "lt": value < self.number, "lte": value <= self.number}
        return order.get(self.operator, (value == self.number) == (self.operator == "eq"))

    @property
    def least(self) -> bool:
        """Whether it only bounds from below: then more of the same never undoes it."""
        return self.operator in ("gt", "gte")


def literal(number: Decimal) -> str:
    return f"{number:f}"


def comparisons(condition: object, where: str) -> tuple[Comparison, ...]:
    """The comparisons of a condition; none of one that is left out. Raises BadInput."""
    if condition is None:
        return ()
    if not isinstance(condition, dict):
        raise BadInput("the condition of a correlation is no map", where, "write gte: and a number")
    if unknown := sorted(str(key) for key in condition if key not in OPERATORS and key not in _NOT_COMPARED):
        raise BadInput(f"unknown in a correlation's condition: {', '.join(unknown)}", where, f"one of {', '.join(OPERATORS)}")
    found = tuple(Comparison(key, _number(value, where)) for key, value in condition.items() if key in OPERATORS)
    if not 1 <= len(found) <= 2:
        raise BadInput(f"{len(found)} comparisons in a correlation's condition", where, "write one, or two for a range")
    return found


def _number(value: object, where: str) -> Decimal:
    if type(value) not in (int, float):
        raise BadInput(f"{value} is no number", where, "write one without quotes")
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) >= 10 ** (_DIGITS - PLACES) or number != round(number, PLACES):
        raise BadInput(f"{value} has more than {_DIGITS - PLACES} digits, or more than {PLACES} behind the point", where, "round it")
    return number
