"""From a landing's peak to its cue: in signal, in computing, by radio in quick mode, and to the sound's own clock.

The whole live path at the pace of a run: virtual sensors in quick mode, Bluetooth, hub, recorder, engine, cues, and the
sound library's null device. The virtual radio adds nothing, so a real one is drawn on top: a packet waits for the next
of its connection's events, 15 ms apart, and one in ten has to be sent again. Computing is processor time; all else is
wall time, which other work on the machine spoils: how late it wakes an idle program is told beside it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from rich.console import Console

from footfall_coaching.cues.asked import Asked, ImpactAsked
from footfall_coaching.cues.cue import Cue
from footfall_coaching.cues.live import Board
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.machine_code import keep
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.decoding import decode_packets
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.kept_run import KeptRun, keep_run
from footfall_gateway.sessions.played_run import play
from footfall_gateway.sessions.ready_run import Place, ReadyRun
from footfall_gateway.sessions.sinks.cues import CueSink
from footfall_gateway.sound.loudspeaker import PERIOD_MS, PERIODS, Loudspeaker
from footfall_gateway.virtual.timed_packets import from_blocks
from measure import Measurement, main

RECORDING: Final = Path(__file__).parent.parent / "recordings" / "rearfoot-runner.mcap"
RUN_S: Final = 75.0
MOST_BARS: Final = 25
CONNECTION_S: Final = 0.015
SENT_AGAIN: Final = 0.1
EACH_LANDING: Final = Asked(impact=ImpactAsked(None, {None: 1.0}, {None: 1.25}), tones=True)
"""A target so low that each landing is cued."""


async def _each_landing(_: RecordingHeader) -> Asked:
    return EACH_LANDING


class Stopwatch:
    """An outlet that tells when each cue came, on the session's axis."""

    def __init__(self) -> None:
        self.now_s: Callable[[], float] = time.perf_counter
        self.begun_s = 0.0
        self.delays_s: list[float] = []

    def cue(self, cue: Cue) -> None:
        """Take a cue."""
        self.delays_s.append(self.now_s() - self.begun_s - cue.at_s)

    def board(self, board: Board) -> None:
        """How cues stand is not measured."""


def signal_and_computing() -> tuple[list[float], list[float]]:
    """Delays in signal, and processor seconds of computing, of packets of one sample each through engine and cues."""
    recording = Recording.open(RECORDING)
    header = recording.header
    packets: list[RawPacket] = []
    for sensor in header.session.sensors:
        blocks = [block for block in decode_packets(header, recording) if block.sensor_id == sensor.id]
        packets += [
            RawPacket(one.due_s, sensor.id, one.characteristic, one.data)
            for one in from_blocks(sensor, blocks, per_packet=1)
        ]
    packets.sort(key=lambda packet: packet.received_s)
    return asyncio.run(_computed(header, packets))


async def _computed(header: RecordingHeader, packets: Sequence[RawPacket]) -> tuple[list[float], list[float]]:
    engine = SessionEngine(header)
    signal_s, computing_s = [], []
    found: list[Cue] = []

    class Found:
        def cue(self, cue: Cue) -> None:
            found.append(cue)

        def board(self, board: Board) -> None: ...

    sink = CueSink(_each_landing, [Found()], None, lambda _: None)
    await sink.open(header, None)
    for packet in packets:
        began_s = time.process_time()
        await sink.write(engine.take([packet]))
        if found:
            computing_s.append(time.process_time() - began_s)
            signal_s += [packet.received_s - cue.at_s for cue in found]
            found.clear()
    return signal_s, computing_s


def live(*, quick: bool) -> tuple[list[float], list[float]]:
    """Delays from peak to command through the whole path, and from command to the null device's clock."""
    stopwatch, loudspeaker = Stopwatch(), Loudspeaker(is_null=True)

    async def take(ready: ReadyRun, place: Place) -> KeptRun:
        def start() -> RecordingHeader:
            header = ready.start()
            # the clock of what is played waits where this computer does not keep up, as in loading machine code
            stopwatch.now_s = ready.hub._clock.now_s
            stopwatch.begun_s = stopwatch.now_s()
            return header

        sink = CueSink(_each_landing, [stopwatch], loudspeaker, lambda _: None)
        return await keep_run(replace(ready, start=start), place, [sink])

    with TemporaryDirectory() as folder:
        place = Place(Path(folder), lambda _: None)
        asyncio.run(play(take, open_input([RECORDING]), place, speed=1.0, duration_s=RUN_S, quick=quick))
    return stopwatch.delays_s, list(loudspeaker.mixer.delays_s)


def with_radio(delays_s: Sequence[float]) -> list[float]:
    """Add what a real radio adds: the wait for the connection's next event, and events in which a packet was lost."""
    random = np.random.default_rng(13)
    waits_s = random.uniform(0.0, CONNECTION_S, len(delays_s))
    lost = random.geometric(1.0 - SENT_AGAIN, len(delays_s)) - 1
    return list(np.asarray(delays_s) + waits_s + CONNECTION_S * lost)


def histogram(title: str, delays_s: Sequence[float], step_ms: float) -> None:
    """Draw how delays are spread."""
    console = Console(stderr=True)
    console.print(f"\n{title}, {len(delays_s)} cues")
    counts: dict[int, int] = {}
    for delay_s in delays_s:
        counts[int(1e3 * delay_s // step_ms)] = counts.get(int(1e3 * delay_s // step_ms), 0) + 1
    for step in sorted(counts)[:MOST_BARS]:
        bar = "█" * max(1, round(50 * counts[step] / max(counts.values())))
        console.print(f"{step * step_ms:7.1f} ms {bar} {counts[step]}", highlight=False)
    if len(counts) > MOST_BARS:
        console.print(f"        and {sum(counts[step] for step in sorted(counts)[MOST_BARS:])} that took longer")


def _found(name: str, delays_s: Sequence[float], unit: str, at_most: float, step_ms: float) -> list[Measurement]:
    histogram(name, delays_s, step_ms)
    p50, p99 = 1e3 * np.percentile(delays_s, (50, 99))
    return [Measurement(f"{name}, median", p50, unit), Measurement(f"{name}, 99 %", p99, unit, at_most=at_most)]


async def _oversleeps() -> list[float]:
    late_s = []
    for _ in range(1000):
        due_s = time.perf_counter() + 0.005
        await asyncio.sleep(0.005)
        late_s.append(time.perf_counter() - due_s)
    return late_s


def measure() -> list[Measurement]:
    """Each part, then the whole path in quick mode and, for comparison, in full packets."""
    keep()
    signal_s, computing_s = signal_and_computing()
    quick_s, sound_s = live(quick=True)
    full_s, _ = live(quick=False)
    late_s = asyncio.run(_oversleeps())
    return [
        *_found("peak to cue, in signal", signal_s, "ms of signal", 25.0, 1.0),
        *_found("packet to cue, computing", computing_s, "ms", 5.0, 0.25),
        *_found("peak to cue, whole path in quick mode", quick_s, "ms", 80.0, 5.0),
        *_found("the same with a real radio's waits", with_radio(quick_s), "ms", 80.0, 5.0),
        *_found("cue to the loudspeaker's clock", sound_s, "ms", 40.0, 2.0),
        Measurement("played ahead by the loudspeaker's buffer", float(PERIOD_MS * PERIODS), "ms"),
        Measurement("how late this machine wakes an idle program, 99 %", 1e3 * float(np.percentile(late_s, 99)), "ms"),
        Measurement("in full packets: peak to cue, 99 %", 1e3 * float(np.percentile(full_s, 99)), "ms"),
    ]


if __name__ == "__main__":
    main("Latency of live cues", measure)
