"""Writers that share a file's disk."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

import pytest

from footfall_gateway.disk_thread import DiskThread, SharedWrites

T = TypeVar("T")


class Disk:
    """A disk that refuses what is negative."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, ...]] = []

    def write(self, items: Sequence[int]) -> None:
        self.calls.append(tuple(items))
        if any(item < 0 for item in items):
            raise ValueError(f"{items} can't be written")


@pytest.fixture
async def writing() -> AsyncIterator[tuple[Disk, Callable[[Sequence[int]], asyncio.Task[None]]]]:
    disk, thread = Disk(), DiskThread("test")
    writes: SharedWrites[int] = SharedWrites(thread, disk.write)
    yield disk, lambda items: asyncio.create_task(writes.add(items))
    thread.close()


Writing = tuple[Disk, Callable[[Sequence[int]], "asyncio.Task[None]"]]


async def test_who_writes_in_one_turn_shares_one_call(writing: Writing) -> None:
    disk, add = writing
    await asyncio.gather(*(add([number, 10 * number]) for number in range(5)))
    assert disk.calls == [(0, 0, 1, 10, 2, 20, 3, 30, 4, 40)]


async def test_what_one_writer_brings_harms_no_other(writing: Writing) -> None:
    disk, add = writing
    found = await asyncio.gather(add([1]), add([-1]), add([2]), return_exceptions=True)
    assert [type(one) for one in found] == [type(None), ValueError, type(None)]
    assert disk.calls == [(1, -1, 2), (1,), (-1,), (2,)]
    with pytest.raises(ValueError, match="can't be written"):
        await add([-2])
    assert disk.calls[4:] == [(-2,)], "once, where nobody else is in it"


async def test_who_is_cancelled_takes_nothing_from_the_others(writing: Writing) -> None:
    disk, add = writing
    first, second = add([1]), add([2])
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert first.cancelled()
    assert disk.calls == [(1, 2)]


class Refusing(DiskThread):
    """A disk's thread that tries until the file can be written."""

    def __init__(self) -> None:
        super().__init__("test")
        self.can_be_written = asyncio.Event()

    async def call(self, function: Callable[..., T], *arguments: object) -> T:
        await self.can_be_written.wait()
        return await super().call(function, *arguments)


async def test_what_nobody_waits_for_any_more_is_given_up_and_harms_nobody_after_it() -> None:
    disk, thread = Disk(), Refusing()
    writes: SharedWrites[int] = SharedWrites(thread, disk.write)
    tried = [asyncio.create_task(writes.add([number])) for number in (1, 2)]
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(writes.add([number])) for number in (3, 4)]
    await asyncio.sleep(0)
    for one in (*waiting, *tried):
        one.cancel()
    await asyncio.wait([*waiting, *tried])
    after = asyncio.create_task(writes.add([5]))
    thread.can_be_written.set()
    await after
    assert disk.calls == [(5,)]
    assert asyncio.all_tasks() == {asyncio.current_task()}
    thread.close()
