"""Regular expressions: what is let through, and why the rest is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.network.sigma.tables import CONNECTION

from asepsis.kit.errors import BadInput
from asepsis.network.sigma.patterns import checked


@pytest.mark.parametrize(
    "pattern",
    [
        r"\$\{jndi:(ldap|rmi|dns)",
        r"^(GET|POST) /[^ ]{1,200}$",
        r"([a-z0-9]+\.)+com",
        r"(\w+\.)+x",
        r".*a.*b.*c",
        r"(ab|ac)*d",
        r"\d+(\.\d+){3}",
        r"(?i)abc",
        r"[\w.-]+@[\w-]+\.com",
        r"a|",
        r"x*?y+?",
    ],
)
def test_let_through(pattern: str) -> None:
    assert checked(pattern, "", "here") == pattern
    assert checked(pattern, "is", "here") == f"(?is){pattern}"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a+)+$", "a repeat within a repeat"),
        (r"([a-zA-Z]+)*", "a repeat within a repeat"),
        (r"(a*)*", "what may be nothing"),
        (r"(a?){50}a{50}", "what may be nothing"),
        (r"(|a)+", "what may be nothing"),
        (r"(a|a)*b", "two ways"),
        (r"(a|ab|b)*", "two ways"),
        (r"(aa|aaa)*", "two ways"),
        (r"(x+x+)+y", "two ways"),
        (r"^(([a-z])+.)+[A-Z]([a-z])+$", "two ways"),
        (r"(.*,)+x", "two ways"),
        (r"(a{1,9}){1,9}b", "a repeat within a repeat"),
        (r"(?:a|b|[ab])+", "two ways"),
        (r"(\w|\d)+x", "two ways"),
        ("(" + "|".join(f"{n:03}" for n in range(40)) + ")*", "more than"),
        (r"(a|A)+", "two ways"),
    ],
)
def test_exponential(pattern: str, why: str) -> None:
    with pytest.raises(BadInput, match=f"exponential.*{why}"):
        checked(pattern, "i", "here")


REFUSED = r"(?<=a)b (?!a) (?P<n>a) (a)\1 \p{L} \x{41} [[:alpha:]] [a&&b] a++ a** a{2}{3} a{1,2000} (a{100}){100} x{ *a ^* [a-\d] [z-a]"


@pytest.mark.parametrize(
    "pattern", [*REFUSED.split(), *[r"a(?i)b", r"(a", r"a)", r"[]a]", r"\_"], "a" * 2000, "(" * 30 + ")" * 30, "a*" * 20]
)
def test_refused(pattern: str) -> None:
    with pytest.raises(BadInput):
        checked(pattern, "", "here")


pieces = st.sampled_from(
    [
        "a",
        "b",
        ".",
        "[ab]",
        "[^a]",
        r"\d",
        r"\.",
        "^",
        "$",
        "(",
        ")",
        "|",
        "*",
        "+",
        "?",
        "{2}",
        "{1,2}",
        "{2,}",
        "?:",
        "-",
        "\\",
        r"\b",
        "]",
    ]
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(pieces, max_size=10).map("".join), st.text("ab.1-", max_size=8))
def test_what_is_let_through_means_the_same_to_both_engines(pattern: str, text: str) -> None:
    try:
        expression = checked(pattern, "", "here")
    except BadInput:
        return
    ours = CONNECTION.execute("SELECT regexp_matches(?, ?)", [text, expression]).fetchall()[0][0]
    assert ours == (re.search(expression, text, re.ASCII) is not None)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "(", ")", "|", "*", "+", "?", "ab"]), max_size=9).map("".join))
def test_what_is_called_exponential_is(pattern: str) -> None:
    """Counted: an expression that is let through reads no text of thirty letters in a million ways."""
    try:
        checked(pattern, "", "here")
    except BadInput:
        return
    assert max(ways(pattern, letter * 30) for letter in ("a", "b", "ab")) < 1_000_000


def ways(pattern: str, text: str) -> int:
    """In how many ways an engine that backtracks can read beginnings of `text`, by trying them all, but no more than a million."""
    import re._parser as parser  # type: ignore[import-not-found]

    budget = [1_000_000]

    def row(parts: list[object], at: int, after: object) -> int:
        if budget[0] <= 0:
            return 0
        budget[0] -= 1
        if not parts:
            return after(at)  # type: ignore[operator, no-any-return]
        (op, value), rest = parts[0], parts[1:]  # type: ignore[misc]

        def then(place: int) -> int:
            return row(rest, place, after)

        name = str(op)
        if name == "LITERAL":
            return then(at + 1) if at < len(text) and ord(text[at]) == value else 0
        if name == "SUBPATTERN":
            return row(list(value[3]), at, then)
        if name == "BRANCH":
            return sum(row(list(branch), at, then) for branch in value[1])
        if name == "IN":
            return then(at + 1) if at < len(text) and any(ord(text[at]) == code for _, code in value) else 0
        low, high, body = value

        def again(place: int, count: int) -> int:
            total = then(place) if count >= low else 0
            if count < min(int(high), 60):
                total += row(list(body), place, lambda end: again(end, count + 1) if end > place else 0)
            return total

        return again(at, 0)

    row(list(parser.parse(pattern)), 0, lambda _: 1)
    return 1_000_000 - budget[0]
