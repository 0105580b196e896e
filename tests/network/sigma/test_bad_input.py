"""Rules that nobody should trust: each is refused in one line that says what is wrong, where, and what to do."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.network.sigma.tables import Rows, correlation, found, refused, rule, written

from asepsis.kit.errors import BadInput
from asepsis.network.sigma.episode import Match
from asepsis.network.sigma.hunt import hunt
from asepsis.network.sigma.pack import pack, read, rules

GOOD = rule("a:\n  conn_state: S0\ncondition: a")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("", "no rule in the file"),
        ("title: [", "line 2"),
        ("just text", "a rule is a map"),
        ("title: a\ntitle: b", "the key title stands twice"),
        (b"\xff\xfe", "not UTF-8"),
        ("title: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("a: &x [1]\nb: *x", "anchors and aliases"),
        ("{[1]: 2}", "a key that is no plain word"),
        ("title: x\nname: x\nlogsource: {service: conn}", "without detection"),
        ("title: x\nlogsource: {service: conn}\ndetection: {a: {proto: x}, condition: a}", "without id"),
        ("action: global\ntitle: x", "documents with action"),
        (rule("a:\n  conn_state: S0\ncondition: b"), "'b' not defined"),
        (rule("a:\n  conn_state: S0\ncondition: a and"), "a condition that cannot be read: rule.yml, character 6"),
        (rule("a:\n  conn_state: S0\ncondition: a | count() > 5"), "pipe syntax"),
        (rule("a:\n  conn_state: S0\ntimeframe: 5m\ncondition: a"), "timeframe is not of Sigma 2"),
        (rule("a:\n  conn_state: S0\ncondition: " + "(" * 40 + "a" + ")" * 40), "nested more than"),
        (rule("a:\n  conn_state: S0\ncondition: " + "not " * 100 + "a"), "nested more than"),
        (rule("a:\n  conn_state: S0\ncondition: " + "a or " * 2000 + "a"), "a condition of more than"),
        (rule("a:\n  conn_state: S0\ncondition: 1 of a*a*a*a*a*a*a"), "stars"),
        (rule("a:\n  conn_state|expand: '%states%'\ncondition: a"), "placeholders are not filled in"),
        (rule("a:\n  conn_state|loads: x\ncondition: a"), "unknown modifier loads"),
        (rule("a:\n  Image: cmd.exe\ncondition: a"), "the stream conn has no field Image"),
        (rule("a:\n  conn_state: []\ncondition: a"), "an empty list"),
        (rule("a: {}\ncondition: a"), "an empty selection"),
        (rule("a:\n  conn_state: 2026-01-01\ncondition: a"), "is no text, number"),
        (rule("a:\n  conn_state: {x: 1}\ncondition: a"), "is no text, number"),
        (rule("a:\n  id.resp_p: .nan\ncondition: a"), "no number to compare with"),
        (rule("a:\n  id.resp_p: 18446744073709551616\ncondition: a"), "more than 64 bits"),
        (rule("a:\n  conn_state|re: '(a+)+$'\ncondition: a"), "exponential regular expression"),
        (rule("a:\n  conn_state|re: '(a|a)*$'\ncondition: a"), "exponential regular expression"),
        (rule("a:\n  conn_state|re: '(?<=a)b'\ncondition: a"), "look-around"),
        (rule("a:\n  conn_state|re: '['\ncondition: a"), "Regular expression '['"),
        (rule("a:\n  conn_state|re: 10\ncondition: a"), "regular expression"),
        (rule("a:\n  conn_state|re: true\ncondition: a"), "regular expression"),
        (rule("a:\n  conn_state|re: null\ncondition: a"), "regular expression"),
        (rule("a:\n  conn_state|re: ''\n  proto|re|contains: ''\ncondition: a"), "not as Sigma writes it"),
        (rule("a:\n  conn_state|gt: 5\ncondition: a"), "cannot be compared by size"),
        (rule("a:\n  duration: 'a*'\ncondition: a"), "cannot be compared with text"),
        (rule("a:\n  id.orig_h|cidr: 10.0.0.1/8\ncondition: a"), "host bits"),
        (rule("a:\n  tunnel_orig_h|cidr: 2001:db8::/32\ncondition: a"), "IPv6 network"),
        (rule("a:\n  conn_state|base64: 'a*'\ncondition: a"), "Base64 of a text with *"),
        (rule("a:\n  proto|fieldref: id.resp_p\ncondition: a"), "different types"),
        (rule("a:\n  conn_state|i: x\ncondition: a"), "incompatible"),
        (rule("a:\n  name: secret.doc\ncondition: a", "files"), "kept as a pseudonym"),
        (rule("a:\n  x: y\ncondition: a", "sysmon"), "no stream for product zeek, service sysmon"),
        (GOOD.replace("product: zeek, service: conn", "product: windows, category: process_creation"), "no stream holds what windows logs"),
        (correlation("event_count", condition="{gte: 3}"), "no rule is called one"),
        (GOOD + "---\n" + GOOD, "two rules are called one"),
        (GOOD + "---\n" + correlation("event_count", rules="[one, many]", condition="{gte: 3}"), "in a circle"),
        (GOOD + "---\n" + correlation("event_sum", condition="{gte: 3}"), "no valid Sigma correlation type"),
        (GOOD + "---\n" + correlation("event_count", condition="{gte: 3}", timespan="5 minutes"), "Timespan"),
        (GOOD + "---\n" + correlation("event_count", condition="{gte: 3}", timespan="9999d"), "more than a year"),
        (GOOD + "---\n" + correlation("event_count", condition="{gte: three}"), "three is no number"),
        (GOOD + "---\n" + correlation("event_count", condition="{gte: 1, lte: 2, eq: 3}"), "3 comparisons"),
        (GOOD + "---\n" + correlation("event_count", condition="{near: 1}"), "unknown in a correlation's condition: near"),
        (GOOD + "---\n" + correlation("event_count"), "without condition"),
        (GOOD + "---\n" + correlation("value_count", condition="{gte: 1}"), "without field"),
        (GOOD + "---\n" + correlation("value_sum", condition="{gte: 1, field: proto}"), "proto is no number"),
        (GOOD + "---\n" + correlation("value_percentile", condition="{gte: 1, field: duration}"), "without percentile"),
        (GOOD + "---\n" + correlation("value_count", condition="{gte: 1, field: nothing}"), "no field nothing"),
        (GOOD + "---\n" + correlation("event_count", condition="{gte: 1}", group_by="[tunnel]", aliases="{a: {two: b}}"), "alias a"),
        (GOOD + "---\n" + correlation("temporal", condition="one and two"), "condition in words"),
        (
            rule("a:\n  query: x\ncondition: a", "dns") + "---\n" + correlation("event_count", condition="{gte: 1}", group_by="[answers]"),
            "is a list",
        ),
    ],
)
def test_refused_in_one_line(document: str | bytes, says: str) -> None:
    assert says in refused(document)


def test_large_and_deep_rules_are_refused_at_once() -> None:
    began = time.process_time()
    assert "larger than 8 MiB" in refused(b"a" * 10_000_000)
    assert "nesting depth" in refused("[" * 100_000)
    assert "levels" in refused("[" * 20 + "]" * 20)
    assert "values" in refused("a: [" + "1, " * 150_000 + "1]")
    assert "documents" in refused("---\n a: 1\n" * 100)
    assert "characters" in refused("a: " + "x" * 100_000)
    assert "more than 64 bits" in refused(rule(f"a:\n  id.resp_p: {'9' * 4000}\ncondition: a"))
    # No bound on time: that it ends at all is what an attacker would deny.
    assert time.process_time() - began < 600


def test_what_unfolds_is_refused_before_it_does() -> None:
    dashes = " ".join(f"-{n}" for n in range(12))
    assert "comparisons" in refused(rule(f"a:\n  conn_state|windash|contains: '{dashes}'\ncondition: a"))
    listed = ", ".join(f"v{n}" for n in range(500))
    assert "comparisons" in refused(rule(f"a:\n  conn_state|contains: [{listed}]\ncondition: {' or '.join(['a'] * 60)}"))
    assert "comparisons" in refused(rule(f"a:\n  conn_state|re: [{listed}]\nb: [{listed}]\ncondition: {' or '.join(['1 of *'] * 30)}"))
    longer = ", ".join(f"v{n}" for n in range(5_000))
    assert "comparisons" in refused(rule(f"a:\n  conn_state: [{longer}]\ncondition: {' or '.join(['a'] * 60)}"))
    assert "selections" in refused(rule("\n".join(f"a{n}: [x]" for n in range(600)) + "\ncondition: 1 of them"))


def test_a_rule_is_read_from_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.yml").write_text(GOOD, "utf-8")
    (tmp_path / "many.yaml").write_text(correlation("event_count", condition="{gte: 3}"), "utf-8")
    (tmp_path / "readme.md").write_text("no rule", "utf-8")
    assert [one.title for one in read([tmp_path]).speaking()] == ["many"]
    with pytest.raises(BadInput, match=r"cannot be read: .*missing.yml: No such file"):
        read([tmp_path / "missing.yml"])
    (tmp_path / "big.yml").write_bytes(b"#" * 9_000_000)
    with pytest.raises(BadInput, match="larger than 8 MiB"):
        read([tmp_path])


def said(data: bytes) -> str:
    """What is said of a file; nothing of one that is a rule."""
    try:
        pack(rules(data, "rule.yml"))
    except BadInput as error:
        return str(error)
    return ""


hostile = st.text(st.sampled_from("ab'\"\\%_*?;-/!()\0\n\u00e9\U0001f600 ") | st.characters(codec="utf-8"), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(hostile, st.sampled_from(["", "|contains", "|startswith", "|endswith", "|cased"]))
def test_a_value_never_leaves_its_quotes(value: str, modifier: str) -> None:
    """With its wildcards escaped it means itself, whatever it is: the row that has it, and no other."""
    escaped = value.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
    detection = {"a": {f"query{modifier}": escaped}, "condition": "a"}
    one = {"title": "x", "name": "x", "logsource": {"service": "dns"}, "detection": detection}
    tables = Rows({"dns": [{"event_id": "it", "query": value}, {"event_id": "other", "query": "\u20ac"}]})
    some = list(hunt(tables, pack(rules(yaml.safe_dump(one).encode(), "rule.yml"))))
    assert [match.event_id for match in some if isinstance(match, Match)] == ["it"]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | st.text("{}[]:,-|&*!%'\"#\n ab", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert "\n" not in said(data)


scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text("a*?\\%|", max_size=4)
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab|re", max_size=5), inner, max_size=3), max_leaves=8
)
words = st.sampled_from(
    ["title", "name", "id", "status", "level", "tags", "date", "logsource", "detection", "correlation", "filter", "related", "fields"]
)
inner_words = st.sampled_from(
    [
        "condition",
        "a",
        "proto",
        "proto|re",
        "proto|contains|all",
        "type",
        "rules",
        "group-by",
        "timespan",
        "aliases",
        "category",
        "service",
        "generate",
        "field",
        "gte",
    ]
)
values = st.recursive(
    scalars | st.sampled_from(["conn", "a", "zeek", "5m", "event_count", "temporal"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(inner_words, inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(words, values, min_size=1))
def test_any_document_is_read_or_refused(document: dict[str, object]) -> None:
    assert "\n" not in said(yaml.safe_dump({"title": "x", "name": "x"} | document).encode())


def test_a_clock_beyond_the_calendar_spoils_nothing() -> None:
    some = [
        {"id_orig_h": "a", "conn_state": "S0", "ts": moment}
        for moment in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), None)
    ]
    tables = Rows({"conn": [*some, {"id_orig_h": "a", "conn_state": "S0"}]})
    (one,) = found(tables, written(GOOD, correlation("event_count", condition="{gte: 1}")))
    assert one.events == 1
