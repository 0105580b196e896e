"""Packets are put where their act begins in the virtual day: synthetic captures, no namespaces."""

from __future__ import annotations

import struct
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asepsis.lake.foreign.rows import community_id as of_asepsis

from . import conftest  # noqa: F401  the range's modules are found through it

act = pytest.importorskip("act")
restamp = pytest.importorskip("restamp")
topology = pytest.importorskip("topology")
truth = pytest.importorskip("truth")

HOSPITAL = topology.load()
WS, PACS, ARCHIVE, NS = (HOSPITAL.address(name) for name in ("rad-ws1", "pacs", "archive", "ns"))
WALL, DAY = 1_000_000.0, 5_000_000.0


def tcp(source: str, target: str, ports: tuple[int, int], flags: int = 0x10) -> bytes:
    ends = ip_address(source).packed + ip_address(target).packed
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + ends
    return b"\2" * 12 + b"\x08\0" + ip + struct.pack(">HHIIBBHHH", *ports, 0, 0, 0x50, flags, 0, 0, 0)


def question(source: str, target: str, port: int) -> bytes:
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 28, 1, 0, 64, 17, 0) + ip_address(source).packed + ip_address(target).packed
    return b"\2" * 12 + b"\x08\0" + ip + struct.pack(">HHHH", port, 53, 8, 0)


def capture(path: Path, frames: list[tuple[float, bytes]]) -> Path:
    restamp.write(path, frames)
    return path


def done(number: int, at: float, begin: float, host: str, *peers: str, **more: object) -> object:
    return act.Done(number, at, begin, begin + 1, host, "something", list(peers), **more)


def moved(
    tmp_path: Path, acts: list[object], frames: list[tuple[float, bytes]]
) -> tuple[list[tuple[float, bytes]], int, dict[int, set[object]]]:
    sent = restamp.Sent()
    found, without = restamp.restamped(capture(tmp_path / "raw.pcap", frames), restamp.Owners(HOSPITAL, acts), sent)
    return found, without, sent.flows


def test_an_act_keeps_its_own_pace(tmp_path: Path) -> None:
    syn, data = tcp(WS, PACS, (1024, 104), 2), tcp(WS, PACS, (1024, 104))
    found, without, flows = moved(tmp_path, [done(1, DAY, WALL, "rad-ws1", "pacs")], [(WALL + 0.1, syn), (WALL + 0.6, data)])
    assert [round(ts - DAY, 6) for ts, _ in found] == [0.1, 0.6]
    assert without == 0
    assert list(flows) == [1]


def test_the_last_packet_of_an_act_does_not_fall_into_the_next_one(tmp_path: Path) -> None:
    """A connection stays with the act that opened it, though its end is on the wire when the next has begun."""
    acts = [done(1, DAY, WALL, "rad-ws1", "pacs"), done(2, DAY + 600, WALL + 1, "rad-ws1", "pacs")]
    frames = [
        (WALL + 0.1, tcp(WS, PACS, (1024, 104), 2)),
        (WALL + 1.1, tcp(PACS, WS, (104, 1024), 17)),
        (WALL + 1.2, tcp(WS, PACS, (1025, 104), 2)),
    ]
    found, _, _ = moved(tmp_path, acts, frames)
    assert [round(ts - DAY, 6) for ts, _ in found] == [0.1, 1.1, 600.2]


def test_a_name_is_asked_for_by_what_its_asker_does(tmp_path: Path) -> None:
    """Not by the last act that named the name server: a program looks names up without being told to."""
    acts = [
        done(1, DAY, WALL, "rad-ws1", "ns"),
        done(2, DAY + 600, WALL + 5, "rad-ws1", "pacs"),
        done(3, DAY + 900, WALL + 9, "mail", "pacs"),
    ]
    frames = [(WALL + 5.1, question(WS, NS, 4000)), (WALL + 7, question(WS, NS, 4001)), (WALL + 9.2, question(PACS, NS, 4002))]
    assert [round(ts - DAY, 6) for ts, _ in moved(tmp_path, acts, frames)[0]] == [7.0, 600.1, 900.2]


def test_what_is_under_way_comes_before_what_was(tmp_path: Path) -> None:
    """A door that is knocked at without having been told of, and the visit to it long ago."""
    acts = [done(1, DAY, WALL, "rad-ws1", "pacs"), done(2, DAY + 600, WALL + 50, "rad-ws1", "archive")]
    frames = [(WALL + 50.2, tcp(WS, PACS, (1024, 104), 2)), (WALL + 50.4, tcp(WS, PACS, (1024, 104)))]
    assert [round(ts - DAY, 6) for ts, _ in moved(tmp_path, acts, frames)[0]] == [600.2, 600.4]


def test_what_two_hosts_say_at_once_afterwards_is_of_their_act(tmp_path: Path) -> None:
    """An engine delivers when the message is acknowledged already, and its receiver does something else meanwhile."""
    acts = [done(1, DAY, WALL, "rad-ws1", "pacs", beyond=[["pacs", "archive"]]), done(2, DAY + 600, WALL + 0.9, "archive", "ns")]
    frames = [(WALL + 1.5, tcp(PACS, ARCHIVE, (1024, 104), 2))]
    assert [round(ts - DAY, 6) for ts, _ in moved(tmp_path, acts, frames)[0]] == [1.5]


def test_what_comes_long_after_its_act_is_counted(tmp_path: Path) -> None:
    sent, more = restamp.Sent(), tcp(WS, PACS, (1024, 104))
    frames = [(WALL + 0.1, tcp(WS, PACS, (1024, 104), 2)), (WALL + 2.9, more), (WALL + 3.1, more)]
    owners = restamp.Owners(HOSPITAL, [done(1, DAY, WALL, "rad-ws1", "pacs")])
    restamp.restamped(capture(tmp_path / "raw.pcap", frames), owners, sent)
    assert sent.late == 1


def test_a_port_that_is_used_again_is_another_connection(tmp_path: Path) -> None:
    acts = [done(1, DAY, WALL, "rad-ws1", "pacs"), done(2, DAY + 600, WALL + 1, "rad-ws1", "pacs")]
    frames = [(WALL + 0.1, tcp(WS, PACS, (1024, 104), 2)), (WALL + 1.1, tcp(WS, PACS, (1024, 104), 2))]
    assert [round(ts - DAY, 6) for ts, _ in moved(tmp_path, acts, frames)[0]] == [0.1, 600.1]


def test_a_connection_that_goes_on_follows_the_acts(tmp_path: Path) -> None:
    acts = [done(1, DAY, WALL, "rad-ws1", "pacs", goes_on=True), done(2, DAY + 600, WALL + 1, "rad-ws1", "pacs", goes_on=True)]
    frames = [(WALL + 0.1, tcp(WS, PACS, (1024, 104), 2)), (WALL + 1.1, tcp(WS, PACS, (1024, 104)))]
    assert [round(ts - DAY, 6) for ts, _ in moved(tmp_path, acts, frames)[0]] == [0.1, 600.1]


def test_who_sends_on_because_of_an_act_belongs_to_it(tmp_path: Path) -> None:
    """A C-MOVE: the workplace asks the PACS, which asks the archive; meanwhile another act of the archive goes on."""
    acts = [done(1, DAY, WALL, "rad-ws1", "pacs", beyond=[["pacs", "archive"]]), done(2, DAY + 600, WALL + 0.05, "rad-ws2", "archive")]
    found, _, flows = moved(tmp_path, acts, [(WALL + 0.1, tcp(PACS, ARCHIVE, (4000, 11112), 2))])
    assert [round(ts - DAY, 6) for ts, _ in found] == [0.1]
    assert list(flows) == [1]


def test_what_came_before_any_act_is_left_out_and_counted(tmp_path: Path) -> None:
    found, without, _ = moved(tmp_path, [done(1, DAY, WALL, "rad-ws1", "pacs")], [(WALL - 5, tcp(WS, PACS, (1, 2), 2))])
    assert (found, without) == ([], 1)


def test_what_is_half_written_at_the_end_is_left_out(tmp_path: Path) -> None:
    path = capture(tmp_path / "raw.pcap", [(WALL, tcp(WS, PACS, (1, 2))), (WALL + 1, tcp(WS, PACS, (1, 2)))])
    whole = path.read_bytes()
    for size in range(24, len(whole)):
        path.write_bytes(whole[:size])
        assert len(list(restamp.packets(path))) <= 1


def test_a_file_that_is_no_capture_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "raw.pcap"
    path.write_bytes(b"not a capture, but long enough for a head")
    with pytest.raises(Exception, match="no capture"):
        list(restamp.packets(path))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 20)), max_size=30), st.lists(st.integers(0, 10_000), min_size=1, max_size=4))
def test_no_connection_runs_backwards(tmp_path_factory: pytest.TempPathFactory, told: list[tuple[int, float]], begins: list[int]) -> None:
    """Whatever comes when, and wherever acts lie in the day: packets of one connection keep their order, and none is lost or doubled."""
    acts = [done(n, DAY + at, WALL + 5 * n, "rad-ws1", "pacs", goes_on=n % 2 == 0) for n, at in enumerate(sorted(begins))]
    frames = [(WALL + after, tcp(WS, PACS, (1024 + number, 104))) for number, after in sorted(told, key=lambda one: one[1])]
    found, without, _ = moved(tmp_path_factory.mktemp("raw"), acts, frames)
    assert without + len(found) == len(frames)
    assert [ts for ts, _ in found] == sorted(ts for ts, _ in found)
    for number in range(4):
        sent = [frame for _, frame in frames if frame[34:36] == struct.pack(">H", 1024 + number)]
        assert [frame for _, frame in found if frame[34:36] == struct.pack(">H", 1024 + number)] == sent


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 65535), st.integers(0, 65535), st.sampled_from([6, 17]))
def test_community_ids_are_those_of_the_sensor(source: object, target: object, here: int, there: int, proto: int) -> None:
    low, high = sorted([(source.packed, here), (target.packed, there)])
    assert truth.community_id((*low, *high, proto)) == of_asepsis(str(source), str(target), here, there, proto)


@pytest.mark.parametrize("kind", [(8, 0), (0, 0), (3, 1), (13, 0)])
def test_community_ids_of_icmp(kind: tuple[int, int]) -> None:
    source, target = ip_address("10.30.10.31"), ip_address("10.30.60.20")
    assert truth.community_id((source.packed, kind[0], target.packed, kind[1], 1)) == of_asepsis(str(source), str(target), *kind, 1)


def test_truth_says_who_when_and_which_conversations() -> None:
    one = replace(done(7, DAY, WALL, "rad-ws1", "pacs"), scenario="scan:loud", technique=["T1046"])
    flow = (ip_address(WS).packed, 1024, ip_address(PACS).packed, 104, 6)
    line = list(truth.lines(HOSPITAL, [one], restamp.Sent({7: {flow}})))[-1]
    assert line["host"], line["technique"] == ("rad-ws1", ["T1046"])
    assert line["begin"] == "1970-02-27T20:53:20.000000Z"
    assert line["flows"] == [of_asepsis(WS, PACS, 1024, 104, 6)]
