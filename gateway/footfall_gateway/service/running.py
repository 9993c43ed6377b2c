"""A service from its beginning to its end: its log, its health page, and what systemd is told of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from footfall_gateway.service import log
from footfall_gateway.service.health_page import LOOPBACK_NAMES, served
from footfall_gateway.service.systemd import ServiceManager
from footfall_gateway.service.vitals import Vitals
from footfall_gateway.settings import LogFormat, Settings


@dataclass(frozen=True, slots=True)
class Service:
    """A service that has begun.

    Parameters
    ----------
    vitals
        Where its parts say how they are.
    folder
        Its data folder.
    host, port
        Where its `/healthz` is served.
    """

    vitals: Vitals
    folder: Path
    host: str
    port: int

    @classmethod
    def begin(
        cls, name: str, folder: Path, settings: Settings, *, log_format: LogFormat, health_port: int
    ) -> "Service":
        """Begin to log as this service, whose data folder this is."""
        log.begin(name, log_format, settings.log_level)
        vitals = Vitals(name, f"footfall {version('footfall')}", manager=ServiceManager.of())
        return cls(vitals, folder, settings.health_host, health_port)

    @classmethod
    def beside_pages(cls, name: str, folder: Path) -> "Service":
        """Return what a command is that people call in a terminal, and that talks to them there.

        Its `/healthz` is for this computer alone, at any free port.
        """
        vitals = Vitals(name, f"footfall {version('footfall')}", manager=ServiceManager.of())
        return cls(vitals, folder, LOOPBACK_NAMES[0], 0)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Be up for as long as this lasts; entered once all that is needed is there."""
        manager = self.vitals.manager
        async with served(self.vitals, self.folder, self.host, self.port):
            turning = asyncio.create_task(self.vitals.turn(), name="vitals")
            manager.ready()
            try:
                yield
            finally:
                manager.stopping()
                turning.cancel()
                await asyncio.gather(turning, return_exceptions=True)
