"""What a program that records has on the disk, to wait for: what a sensor has sent is not yet recorded."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from footfall_gateway.errors import GatewayError
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.virtual.sensor import VirtualSensor
from programs import PATIENCE_S


def on_disk(folder: Path) -> Counter[str]:
    """How many packets of each sensor are recorded, also while a recorder writes."""
    held: Counter[str] = Counter()
    for path in (folder / "recordings").glob("*.mcap"):
        with contextlib.suppress(GatewayError):  # it has only just been made
            held.update(packet.sensor_id for packet in Recording.open(path))
    return held


async def until_recorded(folder: Path, sensors: Sequence[VirtualSensor], packets: Mapping[str, int]) -> None:
    """Wait until so many packets of each sensor are on the disk, and look whenever a sensor has sent some.

    What a sensor has sent is not yet recorded: a program that is still starting hears nothing of it.
    """
    async with asyncio.timeout(PATIENCE_S):
        while any(on_disk(folder)[sensor_id] < count for sensor_id, count in packets.items()):
            await sensors[0].sends(5)
