"""Random rules and the rows that they may mean. Few letters, so that values meet; those that SQL, Sigma and Unicode treat apart are among
them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.network.sigma.tables import at

LETTERS = "aAbB%_!\\'\"-/. \u00e9\u00c9\u0130\u03c3\u212a\U0001f600"
texts = st.text(LETTERS, max_size=5)
patterns = st.text(LETTERS + "*?", max_size=5)
numbers = st.integers(-2, 3)
fractions = st.sampled_from([-1.5, 0.0, 0.1, 0.25, 1.0, 2.0, 1e20])
addresses = st.sampled_from(
    ["10.0.0.1", "10.0.1.2", "10.1.0.0", "192.168.0.255", "255.255.255.255", "0.0.0.0", "2001:db8::1", "fe80::2", "::1", "8000::", "::2"]
)
networks = st.sampled_from(
    [
        "10.0.0.0/8",
        "10.0.0.0/23",
        "10.0.0.1/32",
        "0.0.0.0/0",
        "::/0",
        "::/1",
        "8000::/1",
        "2001:db8::/32",
        "fe80::/64",
        "fe80::2/128",
        "::/127",
        "::ffff:10.0.0.0/104",
        "::/64",
    ]
)


def _halves(address: str) -> tuple[int, int]:
    import ipaddress

    one = ipaddress.ip_address(address)
    number = int(one) if one.version == 6 else (0xFFFF << 32) + int(one)
    high, low = number >> 64, number & ((1 << 64) - 1)
    return tuple(half - (1 << 64) if half >> 63 else half for half in (high, low))  # type: ignore[return-value]


def _with_halves(row: dict[str, Any]) -> dict[str, Any]:
    if row.get("id_orig_h"):
        row["id_orig_hi"], row["id_orig_lo"] = _halves(row["id_orig_h"])
    return row


def maybe(some: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | some


times = st.integers(0, 20).map(lambda n: at(n * 5)) | st.integers(0, 400_000).map(lambda n: at(n * 60))
# dns has a column of every type but one of times, which is its own.
dns_rows = st.fixed_dictionaries(
    {
        "ts": times,
        "id_orig_h": maybe(addresses),
        "query": maybe(texts),
        "qtype_name": maybe(texts),
        "rcode": maybe(numbers),
        "qtype": maybe(numbers),
        "rtt": maybe(fractions),
        "aa": maybe(st.booleans()),
        "tc": maybe(st.booleans()),
        "answers": maybe(st.lists(maybe(texts) | addresses, max_size=3)),
        "ttls": maybe(st.lists(maybe(numbers), max_size=3)),
    }
).map(_with_halves)

TEXTS, INTS = ["query", "qtype_name", "answers", "answer", "QueryName"], ["rcode", "qtype", "ttls"]
_TEXT_MODIFIERS = st.sampled_from(
    [
        "",
        "|contains",
        "|startswith",
        "|endswith",
        "|cased",
        "|contains|cased",
        "|startswith|cased",
        "|all|contains",
        "|neq",
        "|contains|neq",
        "|all",
    ]
)
_CODED = st.sampled_from(
    ["|base64", "|base64offset|contains", "|wide", "|wide|base64offset|contains", "|base64|endswith", "|windash", "|windash|contains"]
)
plain = st.text("aAbB%_!'\"-/. ", min_size=1, max_size=4)
# Python's own engine must read them as RE2 does.
expressions = st.sampled_from(
    [
        "a",
        "^a",
        "b$",
        "a.b",
        "[ab]+",
        "[^a]",
        "a|B",
        "(ab)*",
        r"\.",
        r"a{1,2}",
        "^$",
        r"\w-",
        r"a?b",
        r"^.*%",
        r"_|!",
        r"\\",
        "'",
        r"\d",
        "x*",
        "^[^ ]{2,}$",
    ]
)


def _listed(some: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return some | st.lists(some, min_size=1, max_size=3)


def _pair(fields: list[str], modifiers: st.SearchStrategy[str] | str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Any]]:
    words = st.just(modifiers) if isinstance(modifiers, str) else modifiers
    return st.tuples(st.builds(lambda field, word: field + word, st.sampled_from(fields), words), values)


pairs = st.one_of(
    _pair(TEXTS, _TEXT_MODIFIERS, _listed(patterns)),
    _pair(TEXTS, _CODED, _listed(plain)),
    _pair(TEXTS, "", _listed(texts | numbers | st.booleans())),
    _pair(TEXTS, st.sampled_from(["|re", "|re|i", "|re|s", "|re|m", "|re|i|s", "|re|neq"]), _listed(expressions)),
    _pair([*TEXTS, *INTS, "rtt", "aa"], "", st.none()),
    _pair([*TEXTS, *INTS, "rtt", "aa"], "|exists", st.booleans()),
    _pair(
        INTS, st.sampled_from(["", "|neq"]), _listed(numbers | numbers.map(str) | st.sampled_from(["a", "1*", "?", "01", 1.0, 1.5, "-2"]))
    ),
    _pair(INTS, st.sampled_from(["|lt", "|lte", "|gt", "|gte"]), _listed(numbers | st.sampled_from([0.5, 1.5]))),
    _pair(INTS, "|re", st.sampled_from(["^-", "1", "[23]$"])),
    _pair(["rtt"], st.sampled_from(["", "|lt", "|gte", "|neq"]), _listed(fractions)),
    _pair(["rtt"], "", st.sampled_from(["0.25", "a", "1"])),
    _pair(["aa", "tc"], st.sampled_from(["", "|neq"]), st.booleans() | st.sampled_from(["true", "T", "f", "0", 1])),
    _pair(
        ["query"],
        st.sampled_from(["|fieldref", "|fieldref|startswith", "|fieldref|endswith", "|fieldref|contains", "|fieldref|neq"]),
        st.just("qtype_name"),
    ),
    _pair(["rcode"], "|fieldref", st.sampled_from(["qtype", "rtt"])),
    _pair(["aa"], "|fieldref", st.just("tc")),
    _pair(["id.orig_h", "src_ip"], st.sampled_from(["|cidr", "|cidr|neq"]), _listed(networks)),
    _pair(["answers"], "|cidr", st.sampled_from(["10.0.0.0/8", "192.168.0.0/16", "0.0.0.0/0", "10.0.0.1/32"])),
    _pair(["ts"], st.sampled_from(["|minute", "|hour", "|day", "|week", "|month", "|year", "|hour|gte", "|day|lt"]), st.integers(0, 31)),
)
keywords = _listed(patterns.filter(bool) | numbers)
selections = st.one_of(
    st.lists(pairs, min_size=1, max_size=3).map(dict),
    st.lists(st.lists(pairs, min_size=1, max_size=2).map(dict), min_size=1, max_size=3),
    keywords,
    st.builds(lambda word, some: {word: some}, st.sampled_from(["|all", "|cased", "|re"]), st.lists(expressions, min_size=2, max_size=3)),
)
NAMES = ("sel_a", "sel_b", "filter", "_hidden")
conditions = st.recursive(
    st.sampled_from([*NAMES, "1 of them", "all of them", "1 of sel_*", "all of sel*", "any of _*", "1 of *l*"]),
    lambda inner: st.one_of(
        st.builds(
            "not {}".format,
            inner.map(lambda one: one if " " not in one or one[:1] == "(" or (" of " in one and one.count(" ") == 2) else f"({one})"),
        ),
        st.builds("{} and {}".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=4,
)
detections = st.fixed_dictionaries(
    dict.fromkeys(NAMES, selections) | {"condition": conditions | st.lists(conditions, min_size=1, max_size=2)}
)


# Packs of correlations over two rules of dns and one of conn.
ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.2", None])
moments = st.integers(0, 12).map(lambda n: at(n * 10)) | st.integers(0, 4).map(lambda n: at(n * 50 + 0.000001))
small_dns = st.fixed_dictionaries(
    {
        "ts": moments,
        "id_orig_h": ADDRESSES,
        "id_resp_h": ADDRESSES,
        "query": st.sampled_from(["a", "b", "A", None]),
        "rcode": maybe(st.integers(-1, 3)),
        "rtt": maybe(st.sampled_from([0.1, 0.2, 1.25, -1.0, float("nan"), 1e300])),
    }
)
small_conn = st.fixed_dictionaries(
    {
        "ts": moments,
        "id_orig_h": ADDRESSES,
        "id_resp_h": ADDRESSES,
        "conn_state": st.sampled_from(["S0", "SF"]),
        "id_resp_p": st.integers(1, 3),
        "orig_bytes": maybe(st.integers(-2, 100)),
    }
)
tables = st.fixed_dictionaries({"dns": st.lists(small_dns, max_size=10), "conn": st.lists(small_conn, max_size=10)})
SIMPLE = {
    "asks_a": ("dns", {"s": {"query": "a"}, "condition": "s"}),
    "asks": ("dns", {"s": {"query": None}, "condition": "not s"}),
    "any_dns": ("dns", {"s": {"ts|year|gte": 2000}, "condition": "s"}),
    "failed": ("conn", {"s": {"conn_state": "S0"}, "condition": "s"}),
    "high": ("conn", {"s": {"id.resp_p|gte": 2}, "condition": "s"}),
}
_bounds = st.one_of(
    st.tuples(st.sampled_from(["gt", "gte", "lt", "lte", "eq", "neq"]), st.integers(0, 4)).map(lambda pair: dict([pair])),
    st.tuples(st.integers(0, 2), st.integers(2, 5)).map(lambda pair: {"gte": pair[0], "lt": pair[1]}),
)
_number_bounds = st.one_of(
    _bounds,
    st.tuples(st.sampled_from(["gt", "gte", "lt", "lte", "eq", "neq"]), st.sampled_from([-1, 0.1, 0.3, 1.25, 2.5, 100])).map(
        lambda pair: dict([pair])
    ),
)
_ALIASES = {"who": {name: "id.orig_h" if source == "dns" else "id.resp_h" for name, (source, _) in SIMPLE.items()}}
groups = st.sampled_from([[], ["id.orig_h"], ["id.orig_h", "id.resp_h"], ["src_ip"], ["who"]])


@st.composite
def correlations(draw: st.DrawFn, names: list[str], known: set[str], number_field: str, text_field: str) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(
            ["event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg", "value_percentile", "value_median"]
        )
    )
    rules = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    group = draw(groups)
    if not known.issuperset(rules):
        group = [field for field in group if field != "who"]
    section: dict[str, Any] = {
        "type": kind,
        "rules": rules,
        "timespan": draw(st.sampled_from(["10s", "30s", "1m", "1h"])),
        "group-by": group,
    }
    if "who" in group:
        section["aliases"] = {"who": {name: word for name, word in _ALIASES["who"].items() if name in rules}}
    if kind == "value_count":
        section["condition"] = {"field": draw(st.sampled_from([text_field, number_field, [text_field, number_field]]))} | draw(_bounds)
    elif kind.startswith("value_"):
        section["condition"] = {"field": number_field} | draw(_number_bounds)
        if kind == "value_percentile":
            section["condition"]["percentile"] = draw(st.integers(1, 100))
    elif kind == "event_count" or (kind == "temporal" and draw(st.booleans())):
        section["condition"] = draw(_bounds)
    return section


@st.composite
def packs(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Rules and, the last of them, a correlation; half of them over another."""
    stream = draw(st.sampled_from(["dns", "conn", "both"]))
    names = [name for name, (source, _) in SIMPLE.items() if stream in ("both", source)]
    number = {"dns": draw(st.sampled_from(["rcode", "rtt"])), "conn": "orig_bytes", "both": "id.resp_p"}[stream]
    text = {"dns": "query", "conn": "conn_state", "both": "id.resp_h"}[stream]
    found = {
        name: {"title": name, "name": name, "logsource": {"product": "zeek", "service": source}, "detection": detection}
        for name, (source, detection) in SIMPLE.items()
    }
    known = set(SIMPLE)  # rules that know the alias
    for level in range(draw(st.integers(1, 3))):
        name = f"level{level}"
        section = draw(correlations(names, known, number, text))
        found[name] = {"title": name, "name": name, "correlation": section}
        known |= {name} if "aliases" in section else set()
        names = [*names, name]
    return found
