"""Rules with many values find what rules with few do, and are what an engine looks up in a table."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from tests.network.sigma.tables import STREAMS, Row, matched, rule, written
from tests.network.sigma.test_spark import spark_sql

from asepsis.network.sigma import query, sql
from asepsis.network.sigma.query import Reach
from asepsis.network.sigma.rule import Rule
from asepsis.network.sigma.taxonomy import Taxonomy

MANY = 3_000


def end(address: str) -> Row:
    number = int(ip_address(address))
    return {"id_resp_h": address, "id_resp_hi": 0, "id_resp_lo": number + (0xFFFF << 32)} if number < 1 << 32 else {
        "id_resp_h": address, "id_resp_hi": number >> 64, "id_resp_lo": number & (1 << 63) - 1,
    }  # fmt: skip


def text_of(document: str) -> str:
    (one,) = written(document).rules
    assert isinstance(one, Rule)
    return query.of_rule(one, Taxonomy(STREAMS), Reach())


def test_texts() -> None:
    listed = [f"'host{n}.Example'" for n in range(MANY)] + ['"it\'s"', "'two words'", "'\u00c9'", "''"]
    detection = f"a:\n  query: [{', '.join(listed)}]\ncondition: a"
    asked = ["HOST7.example", "host3000.example", "it's", "IT'S", "two", "two words", "words", "\u00e9", "", None]
    found = matched([{"query": one} for one in asked], detection, "dns")
    assert found == ["dns0", "dns2", "dns3", "dns5", "dns7", "dns8"]
    assert matched([{"query": one} for one in asked], detection.replace("condition: a", "condition: not a"), "dns") == [
        "dns1", "dns4", "dns6", "dns9",
    ]  # fmt: skip


def test_numbers() -> None:
    listed = ", ".join(str(n * 2) for n in range(MANY))
    rows: list[Row] = [{"id_resp_p": port} for port in (0, 1, 5_998, 5_999, None)]
    assert matched(rows, f"a:\n  id.resp_p: [{listed}]\ncondition: a") == ["conn0", "conn2"]


@pytest.mark.parametrize("bits", [30, 32])
def test_networks(bits: int) -> None:
    """Also those that meet, lie in one another, or are of IPv6."""
    listed = [f"'10.{n >> 8}.{n & 255}.4/{bits}'" for n in range(MANY)] + ["10.255.0.0/16", "10.255.3.0/24", "'2001:db8::/32'"]
    inside = {"10.0.0.4", "10.11.183.4", "10.255.3.9", "2001:db8::7"} | ({"10.0.0.7"} if bits == 30 else set())
    asked = sorted(
        {"10.0.0.3", "10.0.0.4", "10.0.0.7", "10.0.0.8", "10.11.183.4", "10.11.184.4", "10.255.3.9", "2001:db8::7", "2001:db9::"}
    )
    rows = [end(address) for address in asked]
    found = matched(rows, f"a:\n  id.resp_h|cidr: [{', '.join(listed)}]\ncondition: a")
    assert {asked[int(one.removeprefix("conn"))] for one in found} == inside


def test_elements_of_a_list() -> None:
    listed = ", ".join(f"h{n}" for n in range(MANY))
    rows: list[Row] = [{"answers": some} for some in (["x", "H9"], ["x"], [], None, ["h3000"])]
    assert matched(rows, f"a:\n  answers: [{listed}]\ncondition: a", "dns") == ["dns0"]


def test_many_values_are_one_text_that_spark_reads_too() -> None:
    listed = ", ".join(f"v{n}" for n in range(sql.LONG + 1))
    asked = text_of(rule(f"a:\n  query: [{listed}]\ncondition: a", "dns"))
    assert asked.count("'") < 20
    assert "EXPLODE(SPLIT(" in spark_sql(asked)


def test_a_hundred_thousand_are_taken_and_no_more_than_a_file_may_hold() -> None:
    listed = ", ".join(f"{n:064x}" for n in range(100_000))
    assert len(text_of(rule(f"a:\n  sha256: [{listed}]\ncondition: a", "files"))) < query.CHARACTERS
