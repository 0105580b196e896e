"""Rules over a lake as a sensor fills it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.network.sigma.tables import correlation, rule, written

from asepsis.kit.site import Site
from asepsis.lake import service as lake
from asepsis.network.sigma.episode import Episode
from asepsis.network.sigma.hunt import follow, hunt
from asepsis.network.sigma.query import EARLIEST, LATEST, Reach
from asepsis.network.sigma.rule import Correlation

MANY = written(
    rule("a:\n  id.orig_h|cidr: 10.1.0.0/16\n  proto: UDP\nb:\n  service|re: '^dns$'\ncondition: a and not b"),
    correlation("value_count", condition="{field: id.orig_p, gte: 20}"),
)


def test_a_lake_is_hunted_through(site: Site, capture: Callable[..., Path]) -> None:
    lake.ingest(site, [capture(50)])
    with lake.open_lake(site) as rows:
        (one,) = [found for found in hunt(rows, MANY) if isinstance(found, Episode)]
    assert (one.group, one.events, one.value, len(one.evidence)) == ((("id.orig_h", "10.1.0.1"),), 50, 50, 20)


def test_an_empty_lake_says_nothing(site: Site, capture: Callable[..., Path]) -> None:
    lake.ingest(site, [capture(0)])
    with lake.open_lake(site) as rows:
        assert not list(hunt(rows, MANY))


def test_what_comes_later_goes_on_with_what_was_found(site: Site, capture: Callable[..., Path]) -> None:
    many = MANY.rules[-1]
    assert isinstance(many, Correlation)
    lake.ingest(site, [capture(30)])
    with lake.open_lake(site) as rows:
        (first,) = follow(many, rows, MANY, Reach(EARLIEST, LATEST), [])
    lake.ingest(site, [capture(30, "later.pcap", start=1_700_000_010, payload=b"again")])
    with lake.open_lake(site) as rows:
        (second,) = follow(many, rows, MANY, Reach(first.end, LATEST), [first])
        (whole,) = [found for found in hunt(rows, MANY) if isinstance(found, Episode)]
    assert (second.begin, second.end, second.events) == (whole.begin, whole.end, whole.events)
