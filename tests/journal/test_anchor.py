from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asepsis.journal import chain
from asepsis.journal.anchor import Anchor, seal, unseal
from asepsis.journal.chain import Entry
from asepsis.kit.head import Head

KEY = b"k" * 32


def _chain(count: int, who: str = "os:anna", after: list[Entry] | None = None) -> list[Entry]:
    entries = list(after or [])
    for i in range(len(entries), count):
        before = Head(entries[-1].n, entries[-1].hash) if entries else Head()
        entries.append(chain.make(before, f"2026-01-01T00:00:{i:02}.000000Z", who, "test.act", "x", {"i": i}))
    return entries


def _examine(entries: list[Entry], *anchors: Anchor) -> chain.Verdict:
    head = Head(entries[-1].n, entries[-1].hash) if entries else Head()
    return chain.examine([entry.line() for entry in entries], head, anchors)


def _anchor(entry: Entry, where: str = "commit 1 of the lake") -> Anchor:
    return Anchor(where, entry.n, entry.hash)


@given(st.text(), st.integers(1), st.text())
def test_an_anchor_is_read_where_it_was_kept_and_nowhere_else(where: str, n: int, digest: str) -> None:
    anchor = Anchor(where, n, digest)
    kept = seal(anchor, KEY)
    assert unseal(where, kept, KEY) == anchor
    assert unseal(where + "2", kept, KEY) == Anchor(where + "2")
    assert unseal(where, kept, b"other") == Anchor(where)
    assert unseal(where, kept | {"n": n + 1}, KEY) == Anchor(where)


@pytest.mark.parametrize("kept", [None, {}, [], "x", {"n": "x", "hash": "", "hmac": ""}, {"n": 1, "hash": "a", "hmac": None}])
def test_what_is_no_anchor_has_no_hash(kept: object) -> None:
    assert unseal("here", kept, KEY) == Anchor("here")


def test_a_chain_with_all_that_is_kept_of_it_holds() -> None:
    entries = _chain(5)
    assert _examine(entries, *map(_anchor, entries), _anchor(entries[4], "the store")).holds


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        (4, "put back to an older state: entry 4 is missing: commit 1 of the lake was changed with entry 4"),
        (6, "put back to an older state: entries 4 to 6 are missing: commit 1 of the lake was changed with entry 6"),
    ],
)
def test_an_older_chain_is_found_and_what_is_missing_named(kept: int, says: str) -> None:
    entries = _chain(6)
    verdict = _examine(entries[:3], _anchor(entries[kept - 1]), _anchor(entries[1], "the store"))
    assert (verdict.holds, verdict.broken, verdict.why) == (False, 4, says)


def test_an_older_chain_that_went_on_is_found() -> None:
    entries = _chain(6)
    verdict = _examine(_chain(9, "os:mallory", entries[:3]), _anchor(entries[1]), _anchor(entries[4], "the store"))
    assert (verdict.holds, verdict.broken) == (False, 5)
    assert verdict.why == "not the entry that the store keeps: the journal was put back and went on from there"


def test_a_forged_anchor_is_found() -> None:
    verdict = _examine(_chain(3), Anchor("commit 2 of the lake"))
    assert (verdict.holds, verdict.why.split(":")[0]) == (False, "what commit 2 of the lake keeps of the journal is missing or forged")


def test_without_head_the_anchors_say_how_much_is_missing() -> None:
    entries = _chain(6)
    lines = [entry.line() for entry in entries]
    gone = chain.examine_without_head([], [_anchor(entries[4])])
    assert (gone.broken, gone.why) == (
        1, "the head is missing or forged, and entries 1 to 5 are missing: commit 1 of the lake was changed with entry 5"
    )  # fmt: skip
    assert chain.examine_without_head(lines[:2], [_anchor(entries[4])]).broken == 3
    assert "may be gone" in chain.examine_without_head(lines, [_anchor(entries[4])]).why
