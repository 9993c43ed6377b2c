"""How a service logs: as text for people, for the journal, or as one JSON object a line; the one place that decides.

All that is said or logged passes here, whoever says it: lines for people (`say.py`) with their fields, and what our
modules and libraries log. Passwords in addresses are left out, and what is not seen is escaped.
"""

import json
import logging
import os
import sys
from enum import StrEnum
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from footfall_gateway.outside import escaped_json, told, without_secrets
from footfall_gateway.say import LINES, StderrHandler, Told, write_lines_with
from footfall_gateway.settings import LogFormat, LogLevel

SAID: Final = "said"
LOGGED: Final = "logged"
_OURS: Final = ("footfall_gateway", "footfall_dashboards")
_PRIORITIES: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}


class Form(StrEnum):
    """How a line looks."""

    TEXT = "text"
    JOURNAL = "journal"
    """As text, with the priority that journald reads, sd-daemon(3)."""
    JSON = "json"


def form_of(wanted: LogFormat) -> Form:
    """Return the form that is wanted; for `auto`, the one that fits where the standard error goes."""
    if wanted != "auto":
        return Form(wanted)
    if sys.stderr.isatty():
        return Form.TEXT
    return Form.JOURNAL if _is_journal() else Form.JSON


def begin(service: str, wanted: LogFormat, level: LogLevel) -> None:
    """Log from now on as this service.

    Parameters
    ----------
    level
        The least that is logged. What our modules note of their work, beside what they say, is `debug`.
    """
    form = form_of(wanted)

    def with_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
    ]
    renderers = {Form.TEXT: _as_text, Form.JOURNAL: _for_the_journal, Form.JSON: _as_json}
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            _with_fields,
            with_service,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            renderers[form],
        ],
    )
    handler = StderrHandler()
    handler.setFormatter(formatter)
    write_lines_with(handler)
    least = logging.getLevelNamesMapping()[level.upper()]
    LINES.setLevel(least)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(least, logging.WARNING))
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else max(least, logging.WARNING))
    if form is not Form.TEXT:
        sys.excepthook = _log_fault


def _log_fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    text = "a fault in Footfall; please report it"
    LINES.critical(text, exc_info=(kind, error, trace), extra={"told": Told(text, "fault", logging.CRITICAL)})


def _is_journal() -> bool:
    """Tell whether the standard error is the journal's, as systemd.exec(5) says how to."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return (device, inode) == (str(status.st_dev), str(status.st_ino))


def _with_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Put what a line tells beside it: its fields, or which logger it is of."""
    record: logging.LogRecord = event["_record"]
    text = record.__dict__.get("told")
    fields: dict[str, Any]
    if isinstance(text, Told):
        fields = {"event": text.event, **text.fields}
    else:
        fields = {"event": SAID} if isinstance(text, str) else {"event": LOGGED, "logger": record.name}
    return {**event, **fields, "message": str(event["event"])}


def _as_text(_: WrappedLogger, __: str, event: EventDict) -> str:
    lines = [f"footfall: {told(event['message'])}"]
    return "\n".join(lines + [told(line) for line in str(event.get("exception", "")).splitlines()])


def _for_the_journal(_: WrappedLogger, __: str, event: EventDict) -> str:
    mark = f"<{_PRIORITIES.get(event['level'], 6)}>"
    lines = [event["message"], *str(event.get("exception", "")).splitlines()]
    return "\n".join(f"{mark}{told(line)}" for line in lines)


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    first = {key: event[key] for key in ("time", "level", "service", "event", "message")}
    whole = {**first, **{key: value for key, value in event.items() if key not in first}}
    plain = {key: without_secrets(value) if isinstance(value, str) else value for key, value in whole.items()}
    return escaped_json(json.dumps(plain, ensure_ascii=False, default=str))
