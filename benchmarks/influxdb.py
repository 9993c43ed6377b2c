"""The way into InfluxDB: points made, synced, written, and the space they take. Needs influxd 1.x and nginx."""

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from footfall_gateway.influx.points import Item, lines_of_all
from footfall_gateway.influx.sender import InfluxSender
from footfall_gateway.influx.writer import InfluxWriter
from footfall_processing.gait import Stride
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from footfall_processing.session import Side
from from_tests import FULL, LEFT, Influx, header, influxdb
from measure import Measurement, main

STRIDES: Final = 10_000
WRITERS: Final = 100
WRITES_EACH: Final = 20


def strides_of_a_run() -> list[Stride]:
    """An hour of two feet, every stride a little different, as in people."""
    chance = random.Random(1)
    made = []
    for side, begin_s in ((Side.LEFT, 0.0), (Side.RIGHT, 0.35)):
        for number in range(STRIDES // 2):
            contact_s = begin_s + 0.7 * number + chance.gauss(0.0, 0.01)
            made.append(
                replace(
                    FULL,
                    sensor_id=f"foot-{side}",
                    side=side,
                    initial_contact_s=contact_s,
                    toe_off_s=contact_s + 0.25 + chance.gauss(0.0, 0.008),
                    next_contact_s=contact_s + 0.7 + chance.gauss(0.0, 0.01),
                    peak_acc_mps2=chance.gauss(120.0, 15.0),
                    peak_tibial_acc_mps2=None,
                    shank_tilt_rad=None,
                    foot_strike_angle_rad=chance.gauss(0.2, 0.05),
                    stride_length_m=chance.gauss(2.4, 0.1),
                    confidence=chance.uniform(0.9, 1.0),
                    quality=(),
                )
            )
    return sorted(made, key=lambda stride: stride.initial_contact_s)


def run_lines(strides: Sequence[Stride]) -> list[str]:
    """Return the run's points: strides and windows."""
    session = replace(
        header().session,
        sensors=(LEFT, replace(LEFT, id="foot-right", side=Side.RIGHT)),
    )
    of = replace(header(), session=session)
    windows = [one for kind in WINDOW_KINDS.values() for one in cut_into_windows(strides, session.sensors, kind)]
    items: list[Item] = [*strides, *windows]
    return lines_of_all(items, of)


async def synced_writes_per_s(influx: Influx, folder: Path, strides: Sequence[Stride]) -> float:
    """Let many sessions write three strides at a time, each waiting until they are safe."""
    left = [stride for stride in strides if stride.side is Side.LEFT]

    async def write(sink: InfluxSender, number: int) -> None:
        of = replace(
            header(),
            session=replace(header().session, runner_name=f"runner-{number}"),
        )
        for begin in range(0, 3 * WRITES_EACH, 3):
            await sink.write(lines_of_all(left[begin : begin + 3], of))

    async with InfluxSender(folder / "outbox.sqlite", influx.settings, print) as sink:
        begin_s = time.perf_counter()
        await asyncio.gather(*(write(sink, number) for number in range(WRITERS)))
        took_s = time.perf_counter() - begin_s
        await sink.drain()
    return WRITERS * WRITES_EACH / took_s


def has_packed(said: str, bucket: str) -> bool:
    """Tell from what InfluxDB says whether it has moved a bucket's points from its log to their place."""
    return any("Snapshot for path written" in line and f"/{bucket}/" in line for line in said.splitlines())


def space_kb(influx: Influx, folder: Path, lines: Sequence[str]) -> float:
    """Write a run into a bucket of its own, let InfluxDB pack it, and return what its files take."""
    influx.make_bucket("space")
    with InfluxWriter(replace(influx.settings, bucket="space")) as writer:
        for begin in range(0, len(lines), 5000):
            assert not writer.write(lines[begin : begin + 5000])
    influx.server.stop()
    configuration = folder / "influxdb.conf"
    soon = '[data]\n  cache-snapshot-write-cold-duration = "1s"\n'
    configuration.write_text(configuration.read_text().replace("[data]\n", soon))
    influx.server.start()
    influx.server.wait_until(lambda: has_packed(influx.server.said(), "space"), "its packing what was written")
    return sum(path.stat().st_size for path in (folder / "data" / "space").rglob("*.tsm")) / 1000.0


def measure() -> list[Measurement]:
    """Measure each part on its own."""
    strides = strides_of_a_run()
    begin_s = time.perf_counter()
    lines = run_lines(strides)
    made_s = time.perf_counter() - begin_s
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with influxdb(folder) as influx:
            synced = asyncio.run(synced_writes_per_s(influx, folder, strides))
            with InfluxWriter(influx.settings) as writer:
                begin_s = time.perf_counter()
                for begin in range(0, len(lines), 5000):
                    writer.write(lines[begin : begin + 5000])
                written_s = time.perf_counter() - begin_s
            taken_kb = space_kb(influx, folder, lines)
    return [
        Measurement("points made, strides and windows", len(lines) / made_s, "/s"),
        Measurement(f"writes of three strides, {WRITERS} runners at once, synced", synced, "/s", at_least=2 * WRITERS),
        Measurement("points written in batches of 5,000", len(lines) / written_s, "/s"),
        Measurement("a run of 10,000 strides with its windows on disk", taken_kb / 1000.0, "MB"),
    ]


if __name__ == "__main__":
    main("Into InfluxDB", measure)
