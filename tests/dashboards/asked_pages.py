"""Asks the runner's pages as a browser would, without a socket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from starlette.types import ASGIApp, Message, Scope

from dashboards.a_diary import NOW, ADiary
from footfall_dashboards.access.visitor import OWNER, Visitor, let_in
from footfall_dashboards.runner.server import Surroundings, app
from footfall_dashboards.runner.shelf import Owned, Worn

ZONE: Final = ZoneInfo("Europe/Berlin")
_TOKEN: Final = re.compile(r'name="token" value="([0-9a-f]+)"')


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class AShelf:
    """Sensors that a test makes up."""

    own: tuple[Owned, ...] = ()
    of_runs: tuple[Worn, ...] = ()
    of_others: tuple[Owned, ...] = ()

    async def owned(self) -> tuple[Owned, ...]:
        return self.own

    async def seen(self, runner_name: str) -> tuple[Owned, ...]:
        return self.of_others

    async def worn(self, session_id: str) -> tuple[Worn, ...]:
        return self.of_runs


@dataclass(frozen=True)
class Somebody:
    """A visitor with an account, who may see some runners' runs."""

    name: str
    sees: frozenset[str]

    async def may_see(self, runner: str) -> bool:
        return runner in self.sees


def now() -> datetime:
    return NOW


def pages_of(diary: ADiary, shelf: AShelf | None = None) -> ASGIApp:
    """Return the runner's pages of a log."""
    return app(diary, Surroundings(zone=ZONE, clock=now, shelf=AShelf() if shelf is None else shelf))


async def get(pages: ASGIApp, address: str, visitor: Visitor = OWNER, cookie: str = "") -> Answer:
    """Ask for a page."""
    return await _asked(pages, "GET", address, b"", visitor, cookie)


async def send(
    pages: ASGIApp, address: str, shown_at: str, fields: Mapping[str, str], visitor: Visitor = OWNER
) -> Answer:
    """Send a form with the token of the page that it was shown at; with none where that page has no form."""
    found = _TOKEN.search((await get(pages, shown_at, visitor)).text)
    token = {} if found is None else {"token": found[1]}
    return await _asked(pages, "POST", address, urlencode({**token, **fields}).encode(), visitor)


async def send_bare(pages: ASGIApp, address: str, fields: Mapping[str, str], visitor: Visitor = OWNER) -> Answer:
    """Send a form without a token."""
    return await _asked(pages, "POST", address, urlencode(fields).encode(), visitor)


async def send_body(pages: ASGIApp, address: str, body: bytes, visitor: Visitor = OWNER) -> Answer:
    """Send what a script sends."""
    return await _asked(pages, "POST", address, body, visitor)


async def _asked(pages: ASGIApp, method: str, address: str, body: bytes, visitor: Visitor, cookie: str = "") -> Answer:
    parts = urlsplit(address)
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"cookie", cookie.encode()),
        ],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def take(message: Message) -> None:
        sent.append(message)

    await pages(let_in(scope, visitor), receive, take)
    whole = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    head = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], head, whole.decode())
