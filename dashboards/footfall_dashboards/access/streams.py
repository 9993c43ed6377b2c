"""How many streams of events may be open at once: each holds a connection, and is told of each stride."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MOST_STREAMS: Final = 128
MOST_OF_ONE: Final = 12
"""Of one account: a browser opens at most six to one computer."""


class Streams:
    """Counts open streams, by the name of who looks on."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def is_room(self, name: str) -> bool:
        """Tell whether another one may be opened; whoever uses this computer has no bound of his own."""
        return self._open.total() < MOST_STREAMS and (not name or self._open[name] < MOST_OF_ONE)

    @contextmanager
    def opened(self, name: str) -> Iterator[None]:
        """Count one while it is open."""
        self._open[name] += 1
        try:
            yield
        finally:
            self._open[name] -= 1
            if not self._open[name]:
                del self._open[name]
