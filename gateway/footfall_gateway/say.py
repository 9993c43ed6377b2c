"""How parts that work on their own tell a person something: at once in one line, or in the log.

Lines for people all go to the logger `LINES`. Here they are written as text; a service may have them written as
records for machines instead (`service/log.py`), and nobody who says something knows the difference.
"""

import logging
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TextIO, TypeAlias

from footfall_gateway.outside import told

Say: TypeAlias = Callable[[str], None]
"""Tells the user something at once, in one line."""

Field: TypeAlias = str | int | float | bool | None

LINES: Final = logging.getLogger("footfall_lines")

_ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Told(str):
    """A line for people that also says, as fields, what machines may want to know of it.

    Parameters
    ----------
    text
        The line.
    event
        What it is about, in few words that never change.
    level
        How grave it is, as in `logging`.
    fields
        No names of people and no secrets.
    """

    __slots__ = ("event", "fields", "level")
    event: str
    level: int
    fields: dict[str, Field]

    def __new__(cls, text: str, event: str, level: int = logging.INFO, **fields: Field) -> Self:
        """Make one."""
        told_ = super().__new__(cls, text)
        told_.event, told_.level, told_.fields = event, level, fields
        return told_


def line(text: str) -> None:
    """Tell the user something, as text or as a record, whichever was chosen."""
    LINES.log(text.level if isinstance(text, Told) else logging.INFO, "%s", text, extra={"told": text})


def complain(message: str) -> None:
    """Say what went wrong, as the last that is said."""
    LINES.error("%s", message, extra={"told": Told(message, "failed", logging.ERROR)})


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to what is the standard error at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line."""
        self.stream = sys.stderr
        super().emit(record)


class PlainFormatter(logging.Formatter):
    """Writes a log's line as people are told it, whatever texts from outside are in it; a traceback keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's name)
        """Write the line."""
        return told(super().formatMessage(record))

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802  (logging's name)
        """Write the traceback."""
        return "\n".join(map(told, super().formatException(ei).split("\n")))


def keep_logs_plain() -> None:
    """Have lines for people written as text, and what no other handler takes as well."""
    handler = StderrHandler()
    handler.setFormatter(PlainFormatter("footfall: %(message)s"))
    write_lines_with(handler)
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(PlainFormatter())


def write_lines_with(handler: logging.Handler) -> None:
    """Have this handler write lines for people, and no other."""
    LINES.handlers[:] = [handler]
    LINES.propagate = False
    LINES.setLevel(logging.INFO)
