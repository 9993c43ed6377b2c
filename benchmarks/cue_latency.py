"""From a landing's peak to its cue: in signal, in computing, by radio in quick mode, and to the sound's own clock.

Ten minutes of two feet of a runner who was made up, each landing cued, on a clock that stands still while anything is
computed: so a busy machine spoils nothing. Samples are given one by one; then in packets, over a BlueZ of our own and
bleak's own code. Computing is processor time. Only the loudspeaker's part is wall time: the sound library's null device
takes its samples at the pace of a real one; how late this machine wakes an idle program is told beside it.

What a real radio adds is drawn, as no radio is here: a packet waits for the next of its connection's events, 15 ms
apart, and one in ten has to be sent again. What this leaves out: other radios nearby that hold a link up for longer, an
adapter shared with headphones, a phone's or BlueZ's choice of a longer interval, and the sensor's own time from sample
to packet.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from rich.console import Console

from footfall_coaching.cues.asked import Asked, ImpactAsked
from footfall_coaching.cues.cue import LOUDEST, Cue, CueKind, Sound
from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.clock import SystemClock
from footfall_gateway.data_folder import make_folders
from footfall_gateway.devices import PROFILES, footfall
from footfall_gateway.packets import VIRTUAL_ADDRESSES, RawPacket, RecordedSensor, RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.kept_run import keep_run
from footfall_gateway.sessions.ready_run import Place, ReadyRun, new_header
from footfall_gateway.sessions.sinks.cues import CueSink
from footfall_gateway.sound.loudspeaker import PERIOD_MS, PERIODS, Loudspeaker
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.playback import Playback
from footfall_gateway.virtual.timed_packets import TimedPacket, from_blocks
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor, Session, Side
from footfall_processing.synthetic import Runner, RunPlan, SensorSetup, Site, run, simulate, stand, worn_sensor
from from_tests import fake_bluez
from measure import Measurement, main
from signals import RATE_HZ

RUN_S: Final = 600.0
PATIENT_S: Final = 3600.0
COMMANDS: Final = 1000
LONGEST_WAIT_S: Final = 0.03
MOST_BARS: Final = 25
CONNECTION_S: Final = 0.015
SENT_AGAIN: Final = 0.1
EACH_LANDING: Final = Asked(impact=ImpactAsked(None, {None: 1.0}, {None: 1.25}), tones=True)
"""A target so low that each landing is cued."""

Feet = dict[Sensor, list[ImuBlock]]


async def _each_landing(_: RecordingHeader) -> Asked:
    return EACH_LANDING


class Commanded(Loudspeaker):
    """A loudspeaker without a device, which tells of each command."""

    def __init__(self, commanded: Callable[[Cue], None]) -> None:
        super().__init__(is_null=True)
        self._commanded = commanded

    async def open(self) -> None:
        """Nothing is played."""

    def play(self, cue: Cue) -> None:
        """Take a cue as one that is open does."""
        self.mixer.play(cue)
        self._commanded(cue)


def two_feet() -> Feet:
    """Make the run, on one axis of time."""
    feet = {side: worn_sensor(f"foot-{side}", Site.INSTEP, side, rate_hz=RATE_HZ) for side in Side}
    plan = RunPlan((stand(3.0), run(RUN_S, 2.6, 3.4), stand(3.0)))
    made = simulate(plan, Runner(), [SensorSetup(sensor, Site.INSTEP) for sensor in feet.values()], seed=13)
    return {sensor: list(made[sensor.id].blocks()) for sensor in feet.values()}


async def sample_by_sample(feet: Feet) -> tuple[list[float], list[float]]:
    """Delays in signal, and processor seconds of computing, through decoder, engine and cues to the command."""
    recorded = [RecordedSensor(sensor, footfall.NAME, "") for sensor in feet]
    header = RecordingHeader(Session("bench", None, tuple(feet), "footfall"), tuple(recorded))
    packets = sorted(
        (RawPacket(one.due_s, sensor.id, one.characteristic, one.data) for sensor, one in _packets(feet, per_packet=1)),
        key=lambda packet: packet.received_s,
    )
    engine = SessionEngine(header)
    signal_s: list[float] = []
    computing_s: list[float] = []
    now_s = begun_s = 0.0

    def commanded(cue: Cue) -> None:
        signal_s.append(now_s - cue.at_s)
        computing_s.append(time.process_time() - begun_s)

    sink = CueSink(_each_landing, [], Commanded(commanded), lambda _: None)
    await sink.open(header, None)
    for packet in packets:
        now_s, begun_s = packet.received_s, time.process_time()
        await sink.write(engine.take([packet]))
    return signal_s, computing_s


def _packets(feet: Feet, per_packet: int | None = None) -> Iterator[tuple[Sensor, TimedPacket]]:
    for sensor, blocks in feet.items():
        for packet in from_blocks(sensor, blocks, per_packet=per_packet):
            yield sensor, packet


class CountingHub(SensorHub):
    """Tells how many packets were dealt with: recorded, computed, and cued."""

    done = 0
    progress: asyncio.Event

    async def batches(self) -> AsyncIterator[list[RawPacket]]:
        """Hand out packets; see `SensorHub`."""
        async for batch in super().batches():
            yield batch
            self.done += len(batch)
            self.progress.set()


async def over_bluez(feet: Feet, folder: Path, *, quick: bool) -> tuple[list[float], list[float]]:
    """Delays from peak to command on the clock that stands still, and processor seconds of both ends of the link."""
    now_s: Callable[[], float]
    commands: list[tuple[Cue, float]] = []
    computing_s: list[float] = []
    begun_s = sent_s = 0.0

    def commanded(cue: Cue) -> None:
        commands.append((cue, now_s() + sent_s))
        computing_s.append(time.process_time() - begun_s)

    def as_sent(packets: Iterator[TimedPacket]) -> Iterator[TimedPacket]:
        nonlocal sent_s
        for packet in packets:
            yield packet
            sent_s = packet.due_s - now_s()  # it was sent just now: the axis of the run against the clock's

    sensors = [
        footfall_sensor(sensor, as_sent(from_blocks(sensor, blocks)), address=f"{VIRTUAL_ADDRESSES}00:{number:02X}")
        for number, (sensor, blocks) in enumerate(feet.items())
    ]
    bus, over = asyncio.Lock(), asyncio.Event()
    async with Playback(sensors, speed=math.inf, clock=SystemClock()) as playback:
        now_s = playback.clock.now_s
        async with (
            fake_bluez(sensors, playback.clock) as bluez,
            contextlib.AsyncExitStack() as stack,
        ):
            # nobody may wait for the bus when it is closed
            stack.push_async_callback(_let_go, bus, over)
            hub = await stack.enter_async_context(CountingHub(clock=playback.clock, quick=quick))
            hub.progress = asyncio.Event()

            async def all_dealt_with() -> None:
                nonlocal begun_s
                async with bus:
                    if not over.is_set():
                        await bluez.settled()
                while hub.done < sum(sensor.sent_packets for sensor in sensors):
                    hub.progress.clear()
                    await hub.progress.wait()
                begun_s = time.process_time()

            playback.throttle(all_dealt_with)
            found = await hub.find(len(sensors), timeout_s=PATIENT_S)

            def start() -> RecordingHeader:
                return new_header(found, hub.start(), None)

            sink = CueSink(_each_landing, [], Commanded(commanded), lambda _: None)
            ready = ReadyRun(hub, found, start, [playback.finished])
            make_folders(folder)
            kept = await keep_run(ready, Place(folder, lambda _: None), [sink])
    axes = _axes_of(Recording.open(kept.recording_path))
    delays_s = [at_s - float(np.interp(cue.at_s, *axes[cue.side])) for cue, at_s in commands]
    return delays_s, computing_s


async def _let_go(bus: asyncio.Lock, over: asyncio.Event) -> None:
    over.set()
    async with bus:
        pass


def _axes_of(recording: Recording) -> dict[Side | None, tuple[list[float], list[float]]]:
    """Return of each foot when its samples were taken, as the session has it and as the sensor has it."""
    header = recording.header
    found: dict[Side | None, tuple[list[float], list[float]]] = {}
    for recorded in header.recorded_sensors:
        decoder = PROFILES[footfall.NAME].decoder(recorded)
        session_s, sensor_s = found.setdefault(recorded.sensor.side, ([], []))
        for packet in recording:
            if packet.sensor_id == recorded.sensor.id and packet.characteristic == footfall.SAMPLES:
                first_s = footfall.decode_samples(packet.data).device_time_us * 1e-6
                for block in decoder.push([packet]):
                    session_s.append(float(block.t_s[0]))
                    sensor_s.append(first_s)
    return found


def with_radio(delays_s: Sequence[float]) -> list[float]:
    """Add what a real radio adds: the wait for the connection's next event, and events in which a packet was lost."""
    random = np.random.default_rng(13)
    waits_s = random.uniform(0.0, CONNECTION_S, len(delays_s))
    lost = random.geometric(1.0 - SENT_AGAIN, len(delays_s)) - 1
    return list(np.asarray(delays_s) + waits_s + CONNECTION_S * lost)


async def to_the_audio_clock() -> tuple[list[float], list[float]]:
    """Delays from a command to when it is played by the null device's clock; and how late an idle program is woken."""
    random = np.random.default_rng(13)
    loudspeaker, late_s = Loudspeaker(is_null=True), []
    await loudspeaker.open()
    for wait_s in random.uniform(0.0, LONGEST_WAIT_S, COMMANDS):
        due_s = time.perf_counter() + wait_s
        await asyncio.sleep(wait_s)
        late_s.append(time.perf_counter() - due_s)
        loudspeaker.play(Cue(CueKind.IMPACT, Sound.TONE, 0.0, None, LOUDEST, 440.0, 0.0, 0.0, ""))
    await asyncio.sleep(1.0)
    await loudspeaker.close()
    ahead_s = 1e-3 * PERIOD_MS * PERIODS
    return [delay_s + ahead_s for delay_s in loudspeaker.mixer.delays_s], late_s


def histogram(title: str, delays_s: Sequence[float], step_ms: float) -> None:
    """Draw how delays are spread."""
    console = Console(stderr=True)
    console.print(f"\n{title}, {len(delays_s)} cues")
    counts: dict[int, int] = {}
    for delay_s in delays_s:
        step = math.floor(1e3 * delay_s / step_ms + 1e-9)
        counts[step] = counts.get(step, 0) + 1
    for step in sorted(counts)[:MOST_BARS]:
        bar = "█" * max(1, round(50 * counts[step] / max(counts.values())))
        console.print(f"{step * step_ms:7.2f} ms {bar} {counts[step]}", highlight=False)
    if len(counts) > MOST_BARS:
        console.print(f"           and {sum(counts[step] for step in sorted(counts)[MOST_BARS:])} that took longer")


def _found(name: str, delays_s: Sequence[float], unit: str, at_most: float, step_ms: float) -> list[Measurement]:
    histogram(name, delays_s, step_ms)
    p50, p99 = 1e3 * np.percentile(delays_s, (50, 99))
    return [
        Measurement(f"{name}: cues", len(delays_s), "", at_least=COMMANDS),
        Measurement(f"{name}, median", float(p50), unit),
        Measurement(f"{name}, 99 %", float(p99), unit, at_most=at_most),
    ]


def measure() -> list[Measurement]:
    """Each part, then the whole path in quick mode and, for comparison, in full packets."""
    feet = two_feet()
    signal_s, computing_s = asyncio.run(sample_by_sample(feet))
    with TemporaryDirectory() as folder:
        quick_s, quick_computing_s = asyncio.run(over_bluez(feet, Path(folder), quick=True))
    with TemporaryDirectory() as folder:
        full_s, full_computing_s = asyncio.run(over_bluez(feet, Path(folder), quick=False))
    whole_s = [sum(parts) for parts in zip(quick_s, quick_computing_s, strict=True)]
    full_whole_s = with_radio([sum(parts) for parts in zip(full_s, full_computing_s, strict=True)])
    sound_s, late_s = asyncio.run(to_the_audio_clock())
    return [
        *_found("peak to command, in signal", signal_s, "ms of signal", 25.0, 1.0),
        *_found("packet to command, computing", computing_s, "ms of processor", 5.0, 0.25),
        *_found("peak to command in quick mode, over BlueZ", whole_s, "ms", 80.0, 5.0),
        *_found("the same with a radio's waits", with_radio(whole_s), "ms", 80.0, 5.0),
        Measurement("in full packets with a radio's waits, 99 %", 1e3 * float(np.percentile(full_whole_s, 99)), "ms"),
        *_found("command to the audio clock", sound_s, "ms", 40.0, 1.0),
        Measurement("this machine wakes an idle program late, 99 %", 1e3 * float(np.percentile(late_s, 99)), "ms"),
    ]


if __name__ == "__main__":
    main("Latency of live cues", measure)
