"""Pages hear of changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from asepsis.kit.live import Live, end_all


async def _next(events: AsyncIterator[bytes]) -> bytes:
    return await asyncio.wait_for(anext(events), 10)


def test_all_who_listen_hear_of_a_change_and_one_looks() -> None:
    value, looks = [1], []

    def read() -> int:
        looks.append(1)
        return value[0]

    async def run() -> None:
        live = Live(read, every_s=0.01, still_s=60)
        ears = [live.events() for _ in range(50)]
        assert {await _next(ear) for ear in ears} == {b": listening\n\n"}
        while not looks:
            await asyncio.sleep(0)
        value[0] = 2
        assert {await _next(ear) for ear in ears} == {b"event: changed\ndata: 1\n\n"}
        value[0] = 3
        assert {await _next(ear) for ear in ears} == {b"event: changed\ndata: 2\n\n"}
        assert len(looks) < 50
        end_all()
        assert [ear async for ear in ears[0]] == []

    asyncio.run(run())


def test_who_hears_nothing_hears_that_the_line_is_not_dead_and_nobody_looks_once_all_have_left() -> None:
    looks = []

    async def run() -> None:
        live = Live(lambda: looks.append(1), every_s=0.001, still_s=0.01)
        ear = live.events()
        assert [await _next(ear) for _ in range(3)] == [b": listening\n\n", b": still here\n\n", b": still here\n\n"]
        await ear.aclose()
        (task,) = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        await asyncio.wait_for(task, 10)

    asyncio.run(run())


def test_a_look_that_fails_is_no_end() -> None:
    value: list[int | None] = [1]

    def read() -> int:
        if value[0] is None:
            raise OSError("the store is gone for a moment")
        return value[0]

    async def run() -> None:
        live = Live(read, every_s=0.001, still_s=0.05)
        ear = live.events()
        assert await _next(ear) == b": listening\n\n"
        value[0] = None
        assert await _next(ear) == b": still here\n\n"
        value[0] = 2
        said = [await _next(ear) for _ in range(3)]
        assert b"event: changed\ndata: 1\n\n" in said

    asyncio.run(run())
