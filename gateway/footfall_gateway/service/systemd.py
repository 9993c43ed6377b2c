"""systemd's side of a service: that it is ready, that it is still at work, what it does, that it ends.

The protocol is datagrams of `NAME=value` lines to the socket that the environment names, sd_notify(3) and
sd_watchdog_enabled(3). Libraries that speak it were last released years ago, or bind to C for these few lines.
"""

import contextlib
import os
import socket
from collections.abc import Mapping
from typing import Final, Self

from footfall_gateway.outside import told

LONGEST_STATUS: Final = 200


class ServiceManager:
    """The service manager that started this program; where none did, nobody is told.

    Parameters
    ----------
    address
        Its socket: a path, or a name in Linux' abstract namespace after `@`; empty for none.
    watchdog_s
        It ends a program that was silent for so long; `None` when it doesn't watch.
    """

    def __init__(self, address: str = "", watchdog_s: float | None = None) -> None:
        self.watchdog_s = watchdog_s
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._status = ""

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the one that the environment names."""
        watched = environment.get("WATCHDOG_USEC", "")
        # a watchdog that is meant for another process is none of ours
        is_ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watchdog_s = int(watched) / 1e6 if watched.isdecimal() and int(watched) and is_ours else None
        return cls(environment.get("NOTIFY_SOCKET", ""), watchdog_s)

    def ready(self) -> None:
        """Say that the service is up."""
        self._tell("READY=1")

    def alive(self) -> None:
        """Say that the work goes on; only where somebody watches."""
        if self.watchdog_s is not None:
            self._tell("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Say in one line what the service does; once, until it is something else."""
        if text != self._status:
            self._status = text
            self._tell(f"STATUS={told(text)[:LONGEST_STATUS]}")

    def stopping(self) -> None:
        """Say that the service ends."""
        self._tell("STOPPING=1")

    def _tell(self, line: str) -> None:
        if not self._address:
            return
        # who does not listen is not waited for: the work goes before
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
            speaker.setblocking(False)
            speaker.sendto(line.encode(), self._address)
