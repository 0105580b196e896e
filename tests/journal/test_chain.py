from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from asepsis.journal import chain
from asepsis.journal.chain import Entry, Head

DETAIL = st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.integers() | st.text(max_size=5), max_size=3)
TEXT = st.text(max_size=8)


def _entries(count: int) -> list[Entry]:
    entries, head = [], Head()
    for i in range(count):
        entry = chain.make(head, f"2026-01-01T00:00:{i:02}.000000Z", "os:anna", "test.act", f"subject {i}", {"i": i})
        entries.append(entry)
        head = Head(entry.n, entry.hash)
    return entries


def _head(entries: list[Entry]) -> Head:
    return Head(entries[-1].n, entries[-1].hash)


@given(TEXT, TEXT, TEXT, DETAIL)
def test_a_line_is_read_as_it_was_written(who: str, act: str, subject: str, detail: dict[str, object]) -> None:
    entry = chain.make(Head(), "2026-01-01T00:00:00.000000Z", who, act, subject, detail)
    assert chain.parse(entry.line()) == entry
    assert b"\n" not in entry.line()


def test_an_untouched_chain_holds() -> None:
    entries = _entries(5)
    verdict = chain.examine([entry.line() for entry in entries], _head(entries))
    assert (verdict.holds, verdict.entries, verdict.notes) == (True, 5, ())
    assert chain.examine([], Head()).holds


@given(st.data())
def test_any_change_of_any_byte_is_found_where_it_is(data: st.DataObject) -> None:
    entries = _entries(6)
    lines = [entry.line() for entry in entries]
    which = data.draw(st.integers(0, 5))
    at = data.draw(st.integers(0, len(lines[which]) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != lines[which][at]))
    lines[which] = lines[which][:at] + bytes([other]) + lines[which][at + 1 :]
    verdict = chain.examine(lines, _head(entries))
    assert not verdict.holds
    assert verdict.broken == which + 1
    assert verdict.why.startswith("edited")


@given(st.permutations(range(6)))
def test_another_order_is_found(order: list[int]) -> None:
    entries = _entries(6)
    verdict = chain.examine([entries[i].line() for i in order], _head(entries))
    assert verdict.holds == (order == sorted(order))
    if not verdict.holds:
        assert verdict.broken == next(i for i, n in enumerate(order) if i != n) + 1
        assert verdict.why.startswith("reordered")


@given(st.integers(1, 5), st.integers(1, 3))
def test_missing_entries_are_found(first: int, count: int) -> None:
    entries = _entries(8)
    kept = [entry for entry in entries if not first <= entry.n < first + count]
    verdict = chain.examine([entry.line() for entry in kept], _head(entries))
    assert (verdict.holds, verdict.broken) == (False, first)
    assert verdict.why.startswith("missing")


@given(st.integers(0, 5))
def test_a_cut_off_end_is_found(kept: int) -> None:
    entries = _entries(6)
    verdict = chain.examine([entry.line() for entry in entries[:kept]], _head(entries))
    assert (verdict.holds, verdict.broken) == (False, kept + 1)
    assert verdict.why.startswith("truncated")


def test_an_edited_entry_with_a_new_hash_is_found() -> None:
    entries = _entries(4)
    forged = chain.make(Head(1, entries[0].hash), entries[1].ts, "os:mallory", "test.act", "x", {})
    verdict = chain.examine([e.line() for e in (entries[0], forged, *entries[2:])], _head(entries))
    assert (verdict.holds, verdict.broken) == (False, 2)


def test_a_chain_rewritten_to_its_end_is_found() -> None:
    entries, head = _entries(4), Head()
    forged = []
    for entry in entries:
        forged.append(chain.make(head, entry.ts, "os:mallory", entry.act, entry.subject, entry.detail))
        head = Head(forged[-1].n, forged[-1].hash)
    verdict = chain.examine([entry.line() for entry in forged], _head(entries))
    assert not verdict.holds
    assert verdict.why.startswith("rewritten")


def test_one_entry_beyond_the_head_is_an_interrupted_append_two_are_not() -> None:
    entries = _entries(5)
    lines = [entry.line() for entry in entries]
    one = chain.examine(lines, _head(entries[:4]))
    assert one.holds
    assert "interrupted" in one.notes[0]
    assert not chain.examine(lines, _head(entries[:3])).holds
    assert chain.examine(lines[:1], Head()).holds


def test_a_clock_that_goes_backwards_is_told_not_punished() -> None:
    first = chain.make(Head(), "2026-01-02T00:00:00.000000Z", "w", "a", "s", {})
    second = chain.make(Head(1, first.hash), "2026-01-01T00:00:00.000000Z", "w", "a", "s", {})
    verdict = chain.examine([first.line(), second.line()], Head(2, second.hash))
    assert verdict.holds
    assert verdict.notes == ("the clock went backwards at entry 2",)


@given(st.binary(max_size=200))
def test_no_line_is_too_strange(line: bytes) -> None:
    assert chain.parse(line) is None
    assert not chain.examine([line], Head()).holds
