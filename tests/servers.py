"""Real servers for the tests: on loopback, on free ports, killed and started again on the same port and data."""

import contextlib
import os
import secrets
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from programs import Program

SEARCH_PATH: Final = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
"""Debian keeps servers where a user's own search path does not lead."""
PORTS: Final = range(10_000, 30_000)
"""Below those that Linux and macOS take for outgoing connections."""
MOSQUITTO_READY: Final = " running"


def find_server(name: str) -> str | None:
    """Return the path of a server's program, if it is installed."""
    return shutil.which(name, path=SEARCH_PATH)


def free_port() -> int:
    """Return a port of loopback that nobody listens on, and that no system gives away while a server is down."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


class Server(Program):
    """A server process; a context manager that starts it, and ends it by force at the latest on leaving.

    Parameters
    ----------
    command
        The program and its arguments; the first is looked up with `find_server`.
    port
        Where it listens, on loopback.
    ready
        What it says once it listens.
    """

    def __init__(self, command: Sequence[str], port: int, ready: str) -> None:
        program = find_server(command[0])
        assert program is not None, f"mark the test with the marker that asks for {command[0]}"
        super().__init__([program, *command[1:]])
        self.port = port
        self._ready = ready

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and return when it can be used."""
        super().start()
        try:
            self.wait_for(self._ready)
        except AssertionError:
            self.kill()
            raise


@contextmanager
def mosquitto(folder: Path, *, settings: Sequence[str] = ("allow_anonymous true",)) -> Iterator[Server]:
    """Run Mosquitto with its data in `folder`, as in our compose file: with persistence, and an unbounded queue."""
    port = free_port()
    configuration = folder / "mosquitto.conf"
    lines = [
        f"listener {port} 127.0.0.1",
        "persistence true",
        f"persistence_location {folder}/",
        "autosave_interval 1",
        "max_queued_messages 0",
        f"user {os.environ.get('USER', 'root')}",
        *settings,
    ]
    configuration.write_text("\n".join(lines) + "\n")
    with Server(("mosquitto", "-c", str(configuration)), port, MOSQUITTO_READY) as server:
        yield server
