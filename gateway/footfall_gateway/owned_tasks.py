"""Background tasks that belong to one object and end with it."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self


class OwnedTasks:
    """A task group for an object that is a context manager itself.

    Unlike with a bare `asyncio.TaskGroup`, an error of the `async with` body passes as it is, not wrapped in a group,
    and the tasks are cancelled at the end rather than waited for. A task that crashes still cancels the body.
    """

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background."""
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Cancel all tasks, and return when they have ended."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if isinstance(error, asyncio.CancelledError):
            # The group must see its own cancellation, to turn it into the error of the task that crashed.
            await self._group.__aexit__(kind, error, trace)
        else:
            await self._group.__aexit__(None, None, None)
