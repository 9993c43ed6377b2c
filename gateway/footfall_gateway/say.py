"""How parts that work on their own tell a person something: at once in one line, or in the log."""

import logging
from collections.abc import Callable
from types import TracebackType
from typing import TypeAlias

from footfall_gateway.outside import told

Say: TypeAlias = Callable[[str], None]
"""Tells the user something at once, in one line."""

_ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PlainFormatter(logging.Formatter):
    """Writes a log's line as people are told it, whatever texts from outside are in it; a traceback keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Write the line."""
        return told(super().formatMessage(record))

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802
        """Write the traceback."""
        return "\n".join(map(told, super().formatException(ei).split("\n")))


def keep_logs_plain() -> None:
    """Have what no other handler takes written so."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(PlainFormatter())
