"""A run that goes on for a day: everything that a live run does, in simulated time."""

import asyncio
import contextlib
import math
import os
from collections.abc import Sequence
from pathlib import Path

from faults.effort import Tell, effort, tell
from faults.long_runs import virtual_sensors
from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.outputs import Outputs
from footfall_gateway.data_folder import make_folders
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.kept_run import keep_run
from footfall_gateway.sessions.ready_run import Place, ReadyRun, new_header
from footfall_gateway.sessions.sinks.base import News, Overflow, SensorReport, SessionEnd
from footfall_gateway.store.database import Store
from footfall_gateway.virtual.playback import Playback

DURATION_S = effort(240.0, 24 * 3600.0)
WARM_S = DURATION_S / 24.0
MOST_GROWTH_MIB = 16.0


class Watching:
    """Looks at the memory from hour to hour, and checks that each sensor's strides go on."""

    overflow = Overflow.NEWEST_ONLY
    repeatable = True

    def __init__(self) -> None:
        self.memory_mib: list[float] = []

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """There is nothing to open."""

    async def write(self, news: Sequence[News]) -> None:
        for item in news:
            if isinstance(item, SensorReport) and item.health.t_s >= WARM_S * (len(self.memory_mib) + 1):
                self.memory_mib.append(_memory_mib())

    async def finish(self, end: SessionEnd) -> None:
        """There is nothing to finish."""

    async def close(self) -> None:
        """There is nothing to let go of."""


def _memory_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


async def test_a_day_is_kept_to_its_last_stride_in_flat_memory(tmp_path: Path, record_property: Tell) -> None:
    said: list[str] = []
    place = Place(tmp_path, said.append)
    make_folders(tmp_path)
    watching = Watching()
    sensors = virtual_sensors(DURATION_S)
    async with contextlib.AsyncExitStack() as stack:
        playback = await stack.enter_async_context(Playback(sensors, speed=math.inf, clock=SystemClock()))
        hub = await stack.enter_async_context(SensorHub(clock=playback.clock, backends=playback.radio.backends()))
        playback.throttle(hub.has_room)
        recorded = await hub.find(2, timeout_s=30.0)
        sinks = await stack.enter_async_context(Outputs(more=[watching]).sinks(place))
        ready = ReadyRun(
            hub,
            recorded,
            lambda: new_header(recorded, hub.start(), None),
            [playback.finished],
            unheard_packets=lambda: playback.unheard_packets,
        )
        kept = await keep_run(ready, place, sinks)
    kept.require_whole()
    assert said == []
    sent = sum(sensor.sent_packets for sensor in sensors)
    recorded_packets = await asyncio.to_thread(lambda: sum(1 for _ in Recording.open(kept.recording_path)))
    with Store.open(place.store_path) as store:
        stored = store.stride_count(kept.header.session.id)
    counted = sum(part.strides for part in kept.end.summary.sensors)
    assert counted > DURATION_S * 2.0, "both feet ran most of the time"
    growth_mib = watching.memory_mib[-1] - watching.memory_mib[0]
    assert growth_mib < MOST_GROWTH_MIB, watching.memory_mib
    tell(
        record_property,
        tries=1,
        items=stored,
        lost=abs(sent - recorded_packets) + max(counted - stored, 0),
        doubled=max(stored - counted, 0),
        note=f"{DURATION_S / 3600.0:g} h, {sent:,} packets; memory grew by {growth_mib:.1f} MiB from the first "
        f"{WARM_S / 60.0:g} min on, to {watching.memory_mib[-1]:.0f} MiB",
    )
