"""Programs in processes of their own, that are killed and started again, and waited for by what they say."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from threading import Condition, Thread
from types import MappingProxyType
from typing import IO, Final

import forked

PATIENCE_S: Final = 240.0
"""Who waits longer than this waits in vain."""


class Program:
    """A program that says in lines what it does; it is read all the while by a thread.

    Parameters
    ----------
    command
        The program and its arguments.
    environment
        What it has beside our own environment.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] = MappingProxyType({})) -> None:
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: Thread | None = None
        self._changed = Condition()
        self._lines: list[bytes] = []
        self._fell_silent = False

    def start(self) -> None:
        """Start it; what it said before is forgotten."""
        self._lines, self._fell_silent = [], False
        process = forked.popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # as it is now: a test may have put a Bluetooth of its own in place meanwhile
            env={**os.environ, **self._environment},
        )
        assert process.stdout is not None
        self._process = process
        self._reader = Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, output: IO[bytes]) -> None:
        with output:
            for line in iter(output.readline, b""):
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._fell_silent = True
            self._changed.notify_all()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; return how it did, once it has."""
        self._running.send_signal(number)
        return self.wait()

    def kill(self) -> None:
        """End it with SIGKILL, if it runs: it can save nothing any more."""
        if self._process is not None:
            self._process.kill()
            self.wait()

    def wait(self) -> int:
        """Return how it ended, once it has, and all that it said is read."""
        assert self._reader is not None
        try:
            status = self._running.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self} does not end: {self.said()}") from None
        self._reader.join()
        return status

    def live_on(self, duration_s: float) -> None:
        """Let it run for so long; it must not end."""
        try:
            status = self._running.wait(duration_s)
        except subprocess.TimeoutExpired:
            return
        raise AssertionError(f"{self} has ended with {status}: {self.said()}")

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, f"{self} was not started"
        return self._process

    @property
    def pid(self) -> int:
        """The process that was started last."""
        return self._running.pid

    @property
    def status(self) -> int | None:
        """How it ended; `None` while it goes on."""
        return self._running.poll()

    def said(self) -> str:
        """What it has said since its last start."""
        return b"".join([*self._lines]).decode(errors="replace")

    def wait_for(self, text: str, patience_s: float = PATIENCE_S) -> None:
        """Return when it has said this."""
        self.wait_until(lambda: text in self.said(), repr(text), patience_s)

    def wait_until(self, condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        """Return when this holds; looked at now, and whenever it says something: it must do so afterwards."""
        with self._changed:
            self._changed.wait_for(lambda: condition() or self._fell_silent, patience_s)
            assert condition(), f"waited in vain for {what} of {self}: {self.said()}"

    def __str__(self) -> str:
        return " ".join(self._command[:2])
