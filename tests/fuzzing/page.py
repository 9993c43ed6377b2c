"""Requests to the live page, as bytes on a connection: the server's own reading of HTTP, and the page's answers."""

import asyncio
import re
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

import footfall_dashboards.live.server as live
from dashboards.made_up_run import FEET
from footfall_coaching.answers import WORST_PAIN
from footfall_dashboards import access
from footfall_dashboards.access.forms import form_fields
from footfall_dashboards.access.login import back_to
from footfall_dashboards.live import LiveView
from footfall_dashboards.runner.answers_sent import MOST_NAME_CHARACTERS, effort_of, pains_of, shoe_of, signs_of
from footfall_dashboards.runner.questions import PHASES
from fuzzing.door import Door
from fuzzing.mutations import Shape
from programs import PATIENCE_S

_STATIC: Final = Path(live.__file__).parent / "static"
_CHARTS: Final = Path(str(distribution("plotly").locate_file("plotly/package_data")))
_NOW: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
_KEPT_BYTES: Final = 1 << 20
_STEPS: Final = 2000


class _Transport(asyncio.Transport):
    """Where answers go; of long ones only the beginning is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = bytearray()
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401
        return {"peername": ("127.0.0.1", 40_000), "sockname": ("127.0.0.1", 8420)}.get(name, default)

    def write(self, data: Any) -> None:  # noqa: ANN401
        if len(self.sent) < _KEPT_BYTES:
            self.sent += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Only to another protocol than HTTP, which there is none of."""

    def pause_reading(self) -> None:
        """All is here already."""

    def resume_reading(self) -> None:
        """All is here already."""

    def abort(self) -> None:
        self.closed = True


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@cache
def _config() -> uvicorn.Config:
    view = LiveView(FEET)
    view.end()
    config = uvicorn.Config(
        access.guarded(live.app(lambda: view), access.Door(), access.DEFAULT_PORT),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
    )
    config.load()
    return config


@cache
def _open_files() -> frozenset[bytes]:
    """Return what may be read: the page's own files, by their beginnings."""
    files = [path for folder in (_STATIC, _CHARTS) for path in folder.rglob("*") if path.is_file()]
    return frozenset(path.read_bytes()[:_KEPT_BYTES] for path in files)


def take_requests(data: bytes) -> None:
    """Send bytes to the page; it answers, never with an error of its own, and never with another file."""
    asyncio.set_event_loop(_loop())
    _loop().run_until_complete(_take_requests(data))


async def _take_requests(data: bytes) -> None:
    state, transport = ServerState(), _Transport()
    protocol = H11Protocol(config=_config(), server_state=state, app_state={}, _loop=asyncio.get_running_loop())
    protocol.connection_made(transport)
    for begin in range(0, len(data), 512):
        if not transport.closed:
            protocol.data_received(data[begin : begin + 512])
    for step in range(_STEPS):
        if not state.tasks or transport.closed or (step > 20 and b"text/event-stream" in transport.sent):
            break
        await asyncio.sleep(0 if step < 20 else 0.0005)
    protocol.connection_lost(None)
    if state.tasks:
        _, going_on = await asyncio.wait(state.tasks, timeout=PATIENCE_S)
        assert not going_on, "a request goes on when its browser is gone"
    _check_answer(data, bytes(transport.sent))


def _check_answer(requested: bytes, sent: bytes) -> None:
    if not sent:
        return
    head, _, body = sent.partition(b"\r\n\r\n")
    version, _, status = head.partition(b"\r\n")[0].partition(b" ")
    assert version == b"HTTP/1.1", sent[:40]
    assert not status.startswith(b"5"), f"the page breaks: {status!r}"
    if not status.startswith(b"200"):
        return
    assert b"content-security-policy" in head, "a page without its policy"
    length = re.search(rb"content-length: (\d+)", head)
    content = body[: int(length[1])] if length else b""
    assert not content or requested.startswith(b"HEAD") or _is_open(content), "another file is read"


def _is_open(content: bytes) -> bool:
    return any(content[:_KEPT_BYTES].startswith(one) or one.startswith(content) for one in _open_files())


def take_form(data: bytes) -> None:
    """Read a form of the log as its page does: answers come of it, or it is refused in words."""
    fields = form_fields(data)
    own = {name: fields.get(name, "") for name in ("during", "after", "morning", "place")}
    for pain in pains_of(fields, "", "run", _NOW, PHASES):
        assert 0 <= pain.level <= WORST_PAIN, own
    effort_of(fields, "run")
    signs_of(fields, "", "run", _NOW)
    if "name" in fields:
        shoe = shoe_of(fields, "", _NOW)
        assert shoe.name.isprintable()
        assert 0 < len(shoe.name) <= MOST_NAME_CHARACTERS
    assert str(back_to(fields.get("back", "/log"))).startswith("/")


DOORS: Final = (
    Door("http", "requests to the live page", take_requests, Shape.TEXT, most_bytes=2048),
    Door("log-form", "a form of the runner's log", take_form, Shape.TEXT, most_bytes=2048),
)
