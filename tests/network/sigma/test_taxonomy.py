"""The names of Sigma lead to streams and columns that there are, and pseudonyms are known as such."""

from __future__ import annotations

import re

import pytest
from tests.network.sigma.tables import STREAMS, correlation, matched, refused, rule, written

from asepsis.kit.errors import BadInput
from asepsis.network.sigma.hunt import check
from asepsis.network.sigma.rule import LogSource
from asepsis.network.sigma.taxonomy import Taxonomy, _data

TAXONOMY = Taxonomy(STREAMS)
EVERY = {column.name for stream in STREAMS.values() for column in stream.columns}


def test_every_name_leads_somewhere() -> None:
    sources, fields = _data("logsources"), _data("fields")
    assert {*sources["category"].values(), *sources["service"].values()} <= STREAMS.keys()
    for name, table in fields.items():
        if name == "any":
            assert set(table.values()) <= EVERY
        elif name == "kept":
            for stream, parts in table.items():
                assert {part["column"] for part in parts.values()} <= {column.name for column in STREAMS[stream].columns}
        elif name not in ("withheld", "partly"):
            assert set(table.values()) <= {column.name for column in STREAMS[name].columns}


def test_what_is_withheld_is_what_the_schema_says() -> None:
    """A column is withheld if its comment says that it holds a pseudonym, and nothing of what stands in clear."""
    said = {
        name: sorted(
            column.name
            for column in stream.columns
            if re.search(r"^Pseudonyms? |; pseudonym\.", column.doc) and "in clear" not in column.doc
        )
        for name, stream in STREAMS.items()
    }
    also = {"astm": ["order_id"], "hl7": ["patients"]}
    withheld = _data("fields")["withheld"]
    for name, columns in said.items():
        assert set(columns) <= set(withheld.get(name, [])), name
    for name, columns in withheld.items():
        assert set(columns) <= {*said[name], *also.get(name, [])}, name


@pytest.mark.parametrize(
    ("source", "stream"),
    [
        (LogSource(None, "zeek", "dce_rpc"), "dce_rpc"),
        (LogSource(None, "zeek", "x509"), "x509"),
        (LogSource("dns", None, None), "dns"),
        (LogSource("firewall", None, None), "conn"),
        (LogSource("proxy", None, None), "http"),
        (LogSource("network", None, "dns"), "dns"),
        (LogSource(None, None, "tls"), "ssl"),
    ],
)
def test_log_sources(source: LogSource, stream: str) -> None:
    assert TAXONOMY.stream(source, "here").name == stream


NOWHERE = (("process_creation", "windows", None), ("conn", None, None), ("network_connection", "windows", None), (None, "zeek", None))


@pytest.mark.parametrize("words", NOWHERE)
def test_what_no_packet_shows(words: tuple[str | None, str | None, str | None]) -> None:
    with pytest.raises(BadInput):
        TAXONOMY.stream(LogSource(*words), "here")


def test_fields() -> None:
    expected = {"id.orig_h": "id_orig_h", "src_ip": "id_orig_h", "c-useragent": "user_agent", "cs-method": "method", "host": "host"}
    assert {field: TAXONOMY.column(STREAMS["http"], field, "here").name for field in expected} == expected
    for field in ("c-uri", "c-uri-query"):
        with pytest.raises(BadInput, match=f"the stream http has no field {field}"):
            TAXONOMY.column(STREAMS["http"], field, "here")


@pytest.mark.parametrize(
    ("field", "fires"),
    [
        ("c-uri-extension: exe", True),
        ("c-uri-extension: [vbs, EXE]", True),
        ("c-uri-extension: html", False),
        ("c-uri|endswith: .exe", True),
        ("cs-uri-stem|endswith: [.exe, .dll]", True),
        ("c-uri|endswith: .html", False),
    ],
)
def test_of_a_url_the_extension_is_kept(field: str, fires: bool) -> None:
    assert bool(matched([{"uri": "/{}/{}.exe"}], f"a:\n  {field}\ncondition: a", "http")) is fires


@pytest.mark.parametrize(
    "field",
    [
        "c-uri: /tmui/login.jsp",
        "c-uri|contains: .exe",
        "cs-uri-stem|endswith: /a.exe",
        "c-uri|re: exe$",
        "c-uri: null",
        "c-uri-extension: a.b",
    ],
)
def test_of_a_url_nothing_else_is_kept(field: str) -> None:
    assert "only the extension is kept" in refused(rule(f"a:\n  {field}\ncondition: a", "http"), "http")


def test_a_pattern_for_names_that_are_pseudonyms_is_refused() -> None:
    assert matched([{"name": "svcctl"}], "a:\n  name: SVCCTL\ncondition: a", "smb_files") == ["smb_files0"]
    assert "name is kept as a pseudonym" in refused(rule("a:\n  name|endswith: .pst\ncondition: a", "smb_files"), "smb_files")
    assert matched(
        [{"patient": "k1:abcdefghijklmnopqrstuvwxyz"}], "a:\n  patient: 'k1:abcdefghijklmnopqrstuvwxyz'\ncondition: a", "hl7"
    ) == ["hl70"]


def test_a_rule_is_checked_without_rows() -> None:
    some = written(rule("a:\n  conn_state: S0\ncondition: a"), correlation("event_count", condition="{gte: 2}", group_by="[nowhere]"))
    check(some.rules[0], STREAMS, some)
    with pytest.raises(BadInput, match="the stream conn has no field nowhere"):
        check(some.rules[1], STREAMS, some)
