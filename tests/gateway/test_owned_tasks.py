"""Tasks that are cancelled end, also those that do not hear it at once."""

import asyncio

import pytest

from footfall_gateway import owned_tasks
from footfall_gateway.owned_tasks import end
from programs import PATIENCE_S


@pytest.mark.parametrize("turns", range(5))
async def test_a_task_ends_to_which_something_comes_as_it_is_cancelled(
    monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    """What it waits for takes the cancellation away, before Python 3.12."""
    monkeypatch.setattr(owned_tasks, "AGAIN_S", 0.01)
    waiting: asyncio.Queue[int] = asyncio.Queue()

    async def take() -> None:
        while True:
            await asyncio.wait_for(waiting.get(), PATIENCE_S)

    task = asyncio.create_task(take())
    await asyncio.sleep(0.01)
    waiting.put_nowait(1)
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_S):
        await end(task)
    assert task.cancelled()


async def test_a_task_is_told_again_until_it_ends_and_its_error_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owned_tasks, "AGAIN_S", 0.01)
    told = 0

    async def go_on() -> None:
        nonlocal told
        while told < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told += 1
        raise KeyError("mine")

    task = asyncio.create_task(go_on())
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_S):
        await end(task)
    assert isinstance(task.exception(), KeyError)
    assert told == 3
