"""Real servers for the tests: on loopback, on free ports, killed and started again on the same port and data."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SEARCH_PATH: Final = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
"""Debian keeps servers where a user's own search path does not lead."""
START_S: Final = 30.0
LOOK_AGAIN_S: Final = 0.02


def find_server(name: str) -> str | None:
    """Return the path of a server's program, if it is installed."""
    return shutil.which(name, path=SEARCH_PATH)


def free_port() -> int:
    """Return a port of loopback that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Tell whether somebody listens on a port of loopback."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A server process; a context manager that starts it, and ends it by force at the latest on leaving.

    Parameters
    ----------
    command
        The program and its arguments; the first is looked up with `find_server`.
    port
        Where it listens, on loopback.
    log
        The file that what it says goes to.
    is_ready
        Tells whether it can be used; by default, whether it listens.
    """

    def __init__(
        self, command: Sequence[str], port: int, log: Path, *, is_ready: Callable[[], bool] | None = None
    ) -> None:
        program = find_server(command[0])
        assert program is not None, f"mark the test with the marker that asks for {command[0]}"
        self.port = port
        self.log = log
        self._command = [program, *command[1:]]
        self._is_ready = is_ready or (lambda: listens(port))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and return when it can be used."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self._process = process
        give_up_s = time.monotonic() + START_S
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > give_up_s:
                self.kill()
                raise AssertionError(f"{self._command[0]} did not start: {self.log.read_text(errors='replace')}")
            time.sleep(LOOK_AGAIN_S)

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it with SIGKILL: it can save nothing any more."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None


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
    with Server(("mosquitto", "-c", str(configuration)), port, folder / "mosquitto.log") as server:
        yield server
