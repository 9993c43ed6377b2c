"""The command as users run it, and what it prints."""

import json
import os
import subprocess
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import urlsplit

import msgspec

import forked
from footfall_gateway import cli
from forked import COMMAND
from programs import PATIENCE_S

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"
FEET = RECORDINGS / "rearfoot-runner.mcap"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line of an expected failure."""
        assert (self.status, self.out) == (cli.EXIT_ERROR, ""), self
        assert self.err.startswith("footfall: "), self
        assert self.err.endswith("\n"), self
        assert self.err.count("\n") == 1, self
        return self.err

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The JSON lines of stdout; anything else there is an error."""
        assert self.status == 0, self
        return [msgspec.json.decode(line, type=dict[str, Any]) for line in self.out.splitlines()]

    @property
    def strides(self) -> list[str]:
        """The lines of the strides, as printed."""
        return [line for line in self.out.splitlines() if line.startswith('{"type":"stride"')]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "100", **more}


def footfall(*arguments: str | Path) -> Ended:
    """Run the command in a process of its own."""
    ended = forked.run([*COMMAND, *map(str, arguments)], text=True, env=environment())
    return Ended(ended.returncode, ended.stdout, ended.stderr)


class Demo:
    """A demo that is going on, followed as a browser does; ended by force at the latest when the context ends."""

    def __init__(self, *arguments: str | Path) -> None:
        command = [*COMMAND, "demo", "--no-browser", "--port", "0", *map(str, arguments)]
        self.process = forked.popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )
        first_line = self._out.readline()
        address = next(word for word in first_line.split() if word.startswith("http://"))
        self._connection = HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_S)
        self._connection.request("GET", "/live/events")
        self._events = self._connection.getresponse()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._events.close()
        self._connection.close()
        self.process.kill()
        self.process.communicate()

    @property
    def _out(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def next_update(self) -> dict[str, Any] | None:
        """Wait for the page's next update; `None` when the run is over."""
        while line := self._events.readline():
            if line.startswith(b"data: {"):
                return msgspec.json.decode(line.removeprefix(b"data: "), type=dict[str, Any])
        return None

    def end(self) -> Ended:
        """Wait until the command has ended by itself."""
        out, err = self.process.communicate()
        return Ended(self.process.returncode, out, err)


def next_update(page: str) -> dict[str, Any] | None:
    """Ask for the live page's state, as a browser does that follows nothing; `page` is any address of its server."""
    with closing(HTTPConnection(urlsplit(page).netloc, timeout=60)) as connection:
        connection.request("GET", "/live/events")
        with connection.getresponse() as response:
            while line := response.readline():
                if line.startswith(b"data: {"):
                    return dict(json.loads(line.removeprefix(b"data: ")))
    return None
