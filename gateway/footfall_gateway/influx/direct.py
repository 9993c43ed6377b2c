"""Points that go to InfluxDB without a stay on a disk, where what they follow from is kept elsewhere."""

import asyncio
import logging
import random
from collections.abc import Sequence
from typing import Final

from footfall_gateway.disk_thread import DiskThread, SharedWrites
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.influx.writer import InfluxError, InfluxWriter
from footfall_gateway.say import Say, Told

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 15.0


class DirectInflux:
    """Takes the points of all sessions; on return InfluxDB has them.

    Parameters
    ----------
    settings
        Where to send to.
    say
        Told when InfluxDB goes away, comes back, or refuses points.

    Attributes
    ----------
    is_reached
        Whether InfluxDB took points when it was last tried.
    """

    def __init__(self, settings: InfluxSettings, say: Say) -> None:
        self._writer = InfluxWriter(settings)
        self._say = say
        self._network = DiskThread("influx-network")
        self._writes = SharedWrites(self._network, self._write)
        self._refused: list[tuple[str, str]] = []
        self.is_reached = True

    async def write(self, lines: Sequence[str]) -> None:
        """Take points, each a line of InfluxDB's protocol; wait for as long as InfluxDB is away."""
        wait_s = FIRST_WAIT_S
        while lines:
            try:
                await self._writes.add(lines)
            except InfluxError as error:
                if self.is_reached:
                    self.is_reached = False
                    self._say(Told(f"{error}. What gateways send waits.", "influxdb lost", logging.WARNING))
                # jitter, so that many workers do not come back in step
                await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
                wait_s = min(2.0 * wait_s, LONGEST_WAIT_S)
            else:
                break
        if not self.is_reached and lines:
            self.is_reached = True
            self._say(Told("InfluxDB is back.", "influxdb reached"))
        if self._refused:
            refused, self._refused = self._refused, []
            self._say(f"InfluxDB refuses {len(refused)} points: {refused[0][1]}")

    def _write(self, lines: Sequence[str]) -> None:
        self._refused += self._writer.write(lines)

    def close(self) -> None:
        """End the connection and its thread."""
        self._writer.close()
        self._network.close()
