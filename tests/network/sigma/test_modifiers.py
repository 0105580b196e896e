"""Each form of a detection by hand: what it means, and what it does not."""

from __future__ import annotations

import pytest
from tests.network.sigma.tables import Row, matched

NAMES = ["host.example", "HOST.EXAMPLE", "my_host", "myxhost", "100%", "a\\b", "it's", "", None]


def rows(*values: object, column: str = "query") -> list[Row]:
    return [{"event_id": repr(value), column: value} for value in values]


def names(detection: str, *values: object, column: str = "query") -> list[str]:
    some = values or tuple(NAMES)
    order = {repr(value): n for n, value in enumerate(some)}
    return sorted(matched(rows(*some, column=column), f"a:\n  {detection}\ncondition: a", "dns"), key=order.__getitem__)


@pytest.mark.parametrize(
    ("detection", "expected"),
    [
        ("query: host.example", ["host.example", "HOST.EXAMPLE"]),
        ("query|cased: host.example", ["host.example"]),
        ("query: 'my?host'", ["my_host", "myxhost"]),
        ("query: my_host", ["my_host"]),
        ("query: 'my_*'", ["my_host"]),
        ("query: '100%'", ["100%"]),
        ("query: '1*%'", ["100%"]),
        ("query|contains: '0%'", ["100%"]),
        (r"query: a\b", ["a\\b"]),
        (r"query: a\\b", ["a\\b"]),
        ('query: "it\'s"', ["it's"]),
        ("query|startswith: HOST", ["host.example", "HOST.EXAMPLE"]),
        ("query|endswith: xhost", ["myxhost"]),
        ("query|contains|all: [my, host]", ["my_host", "myxhost"]),
        ("query|contains: [x, '%']", ["host.example", "HOST.EXAMPLE", "myxhost", "100%"]),
        ("query: ''", [""]),
        ("query: null", [None]),
        ("query|exists: true", ["host.example", "HOST.EXAMPLE", "my_host", "myxhost", "100%", "a\\b", "it's", ""]),
        ("query|exists: false", [None]),
        ("query|neq: [my_host, myxhost]", ["host.example", "HOST.EXAMPLE", "100%", "a\\b", "it's", "", None]),
        ("query: '*'", ["host.example", "HOST.EXAMPLE", "my_host", "myxhost", "100%", "a\\b", "it's", ""]),
        ("query|re: '^my.host$'", ["my_host", "myxhost"]),
        ("query|re: EXAMPLE", ["HOST.EXAMPLE"]),
        ("query|re|i: EXAMPLE", ["host.example", "HOST.EXAMPLE"]),
    ],
)
def test_text(detection: str, expected: list[object]) -> None:
    assert names(detection) == [repr(value) for value in expected]


def test_flags_of_a_regular_expression() -> None:
    assert names("query|re: 'a.b'", "a\nb", "axb") == ["'axb'"]
    assert names("query|re|s: 'a.b'", "a\nb", "axb") == [repr("a\nb"), "'axb'"]
    assert names("query|re: '^b'", "a\nb", "b") == ["'b'"]
    assert names("query|re|m: '^b'", "a\nb", "b") == [repr("a\nb"), "'b'"]


def test_not_over_a_missing_value_loses_no_row() -> None:
    some = rows("a", "b", None)
    assert matched(some, "a:\n  query: a\ncondition: not a", "dns") == ["'b'", "None"]
    assert matched(some, "a:\n  query: a\n  rcode: 1\ncondition: not (a and not a)", "dns") == ["'a'", "'b'", "None"]


def test_encodings() -> None:
    assert names("query|base64: foobar", "Zm9vYmFy", "foobar") == ["'Zm9vYmFy'"]
    # RFC 4648 section 10, and the same a byte and two bytes into a longer text.
    coded = ["xZm9vYmFyx", "xxb29iYXx", "Zvb2Jhx", "nothing"]
    assert names("query|base64offset|contains: foobar", *coded) == ["'xZm9vYmFyx'"]
    assert names("query|base64offset|contains: foobar", "LWZvb2Jhci0=", "LS1mb29iYXIt", "LS0tZm9vYmFy") == [
        "'LWZvb2Jhci0='",
        "'LS1mb29iYXIt'",
        "'LS0tZm9vYmFy'",
    ]
    assert names("query|wide: ab", "a\0b\0", "ab") == [repr("a\0b\0")]
    assert names("query|utf16le|contains: ab", "xa\0b\0x") == [repr("xa\0b\0x")]
    assert names("query|utf16be: ab", "\0a\0b") == [repr("\0a\0b")]
    assert names("query|windash|contains: ' -enc'", "x -enc y", "x /enc y", "x \u2014enc", "x enc", "x-enc") == [
        "'x -enc y'",
        "'x /enc y'",
        "'x \u2014enc'",
    ]


def test_numbers_and_truth() -> None:
    assert names("rcode: 3", 3, 33, None, column="rcode") == ["3"]
    assert names("rcode: '3'", 3, 33, column="rcode") == ["3"]
    assert names("rcode: '3*'", 3, 33, 13, column="rcode") == ["3", "33"]
    assert names("rcode|gte: 3", 2, 3, 4, None, column="rcode") == ["3", "4"]
    assert names("rcode|lt: 3", 2, 3, None, column="rcode") == ["2"]
    assert names("rcode|lte: 2.5", 2, 3, column="rcode") == ["2"]
    assert names("rcode|gt: 2.5", 2, 3, column="rcode") == ["3"]
    assert names("rcode: 9223372036854775807", 9223372036854775807, -9223372036854775808, column="rcode") == ["9223372036854775807"]
    assert names("rcode|gte: -9223372036854775808", -9223372036854775808, column="rcode") == ["-9223372036854775808"]
    assert names("rtt: 0.1", 0.1, 0.2, column="rtt") == ["0.1"]
    assert names("rtt|lt: 0.2", 0.1, 0.2, None, column="rtt") == ["0.1"]
    assert names("aa: true", True, False, None, column="aa") == ["True"]
    assert names("aa: F", True, False, None, column="aa") == ["False"]


def test_any_element_of_a_list_is_enough() -> None:
    lists = (["10.0.0.1", "host"], ["HOST"], [], None, [None])
    assert names("answers: host", *lists, column="answers") == [repr(lists[0]), repr(lists[1])]
    assert names("answers|contains|all: [os, '10.']", *lists, column="answers") == [repr(lists[0])]
    assert names("answers|cidr: 10.0.0.0/8", *lists, column="answers") == [repr(lists[0])]
    assert names("answers|neq: host", *lists, column="answers") == [repr(one) for one in lists[2:]]
    assert names("answers: null", *lists, column="answers") == [repr([]), "None"]
    assert names("ttls|gt: 5", [1, 6], [1], None, column="ttls") == [repr([1, 6])]


def test_networks() -> None:
    def end(text: str, high: int, low: int) -> Row:
        return {"event_id": text, "id_orig_h": text, "id_orig_hi": high, "id_orig_lo": low}

    some = [
        end("9.255.255.255", 0, 0xFFFF09FFFFFF),
        end("10.0.0.0", 0, 0xFFFF0A000000),
        end("10.255.255.255", 0, 0xFFFF0AFFFFFF),
        end("11.0.0.0", 0, 0xFFFF0B000000),
        end("2001:db8::1", 0x20010DB800000000, 1),
        end("fe80::1", 0xFE80000000000000 - (1 << 64), 1),
        end("ffff::8000:0:0:0", -(1 << 48), -(1 << 63)),
        {"event_id": "none"},
    ]

    def inside(network: str) -> list[str]:
        return matched(some, f"a:\n  id.orig_h|cidr: {network}\ncondition: a")

    assert inside("10.0.0.0/8") == ["10.0.0.0", "10.255.255.255"]
    assert inside("10.255.255.255/32") == ["10.255.255.255"]
    assert inside("0.0.0.0/0") == ["9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"]
    assert inside("2001:db8::/32") == ["2001:db8::1"]
    assert inside("fe80::/10") == ["fe80::1"]
    assert inside("fe80::/127") == ["fe80::1"]
    assert inside("ffff::8000:0:0:0/65") == ["ffff::8000:0:0:0"]
    assert inside("::/0") == ["2001:db8::1", "fe80::1", "ffff::8000:0:0:0"]
    assert inside("::ffff:10.0.0.0/104") == ["10.0.0.0", "10.255.255.255"]


def test_one_field_against_another() -> None:
    some: list[Row] = [
        {"event_id": "same", "query": "Host", "qtype_name": "hOST"},
        {"event_id": "begins", "query": "host.example", "qtype_name": "HOST"},
        {"event_id": "none", "query": "host"},
    ]
    assert matched(some, "a:\n  query|fieldref: qtype_name\ncondition: a", "dns") == ["same"]
    assert matched(some, "a:\n  query|fieldref|startswith: qtype_name\ncondition: a", "dns") == ["same", "begins"]
    assert matched(some, "a:\n  query|fieldref|neq: qtype_name\ncondition: a", "dns") == ["begins", "none"]


def test_keywords_are_looked_for_in_every_text() -> None:
    some: list[Row] = [
        {"event_id": "name", "query": "xx.EVIL.example"},
        {"event_id": "list", "answers": ["evil"]},
        {"event_id": "both", "query": "evil", "qtype_name": "TXT"},
        {"event_id": "evil", "uid": "evil", "query": "good"},
    ]
    assert matched(some, "a: [evil]\ncondition: a", "dns") == ["name", "list", "both"]
    assert matched(some, "a:\n  '|all': [evil, txt]\ncondition: a", "dns") == ["both"]
    assert matched(some, "a:\n  '|re': '^xx'\ncondition: a", "dns") == ["name"]


def test_parts_of_time() -> None:
    assert matched([{}], "a:\n  ts|hour: 6\n  ts|month: 3\n  ts|year: 2026\n  ts|week: 9\ncondition: a", "dns") == ["dns0"]
    assert matched([{}], "a:\n  ts|hour|gte: 7\ncondition: a", "dns") == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("1 of sel*", ["a", "b"]),
        ("all of sel*", []),
        ("1 of them", ["a", "b", "c"]),
        ("not 1 of them", ["d"]),
        ("sel_a or sel_b and other", ["a"]),
        ("(sel_a or sel_b) and not other", ["a", "b"]),
        ("not sel_a and not sel_b", ["c", "d"]),
        ("[sel_a, other]", ["a", "c"]),
    ],
)
def test_conditions(condition: str, expected: list[str]) -> None:
    some = [{"event_id": name, "query": name} for name in "abcd"]
    detection = f"sel_a:\n  query: a\nsel_b:\n  query: b\nother:\n  query: c\n_hidden:\n  query: d\ncondition: {condition}"
    assert matched(some, detection, "dns") == expected


def test_many_values_are_no_deep_tree() -> None:
    listed = "\n".join(f"  - host{n}*e" for n in range(5_000))
    assert names(f"query:\n{listed}".replace("\n  -", "\n    -"), "host4999e", "x") == ["'host4999e'"]
