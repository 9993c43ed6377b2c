"""What a runner costs `footfall process`: processor time by its parts, and how much of it is the gait itself.

Everything around the gait is its shell: receiving, keeping, handing out. The gait is what decodes and computes, in a
thread of its own. Broker, processor and InfluxDB are the real ones, on this machine; the gateways' messages are made
ahead, and played in real time over a few connections, so that hundreds of runners need no second machine. With
`--against`, another checkout of Footfall takes as many runners at the same time, each with servers of its own, so that
the ratio of the two is worth something on a machine that does other things as well, as long as both keep up: who lags
behind computes more at once, for less. Needs Linux, mosquitto, influxd 1.x and nginx.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Final

from footfall_gateway.clock import SystemClock
from footfall_gateway.data_folder import store_path
from footfall_gateway.machine_code import make_ready
from footfall_gateway.mqtt.broker import BrokerAddress, Connection, stay_connected
from footfall_gateway.mqtt.payloads import BatchCutter, HealthMessage, encode_batch, encode_health
from footfall_gateway.mqtt.topics import Kind, SessionKey
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.engine import SessionEngine
from footfall_processing.gait import Stride
from footfall_processing.health import LinkState, SensorHealth
from from_tests import RECORDINGS, Program, influxdb, mosquitto, variables_of
from measure import Measurement, as_json, show
from used_by_parts import GAIT, SAYS

HERE: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = ("processing", "coaching", "gateway", "dashboards")
RUNNERS: Final = 50
DURATION_S: Final = 20.0
WORN: Final = ("rearfoot-runner", "forefoot-runner", "shin-pair")
"""Two sensors at 200 Hz each."""
BEGIN_S: Final = 8.0
"""Before that they stand, and what is needed once is done."""
SPREAD_S: Final = 1.0
"""All begin within this time, by chance."""
LOOK_S: Final = 1.0
LONGEST_WAIT_S: Final = 600.0
CONNECTIONS: Final = 4
LISTENS_S: Final = 0.1
"""Until the processor listens, it is tried so often."""
HEALTH_S: Final = 5.0
TARGET_PERCENT: Final = 0.2
"""Of a core for a runner: 500 runners on one."""
TOGETHER: Final = {"FOOTFALL_LISTENERS_APART": "false"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a gateway sends of a run.

    Parameters
    ----------
    batches
        Each with the second of the session at which it is due.
    strides
        How many come of them while the run goes on.
    """

    header: RecordingHeader
    batches: Sequence[tuple[float, bytes]]
    strides: int


def prepared(name: str, duration_s: float) -> Prepared:
    """Cut the beginning of a recording as a gateway does."""
    recording = Recording.open(RECORDINGS / f"{name}.mcap")
    cutter = BatchCutter()
    cut = cutter.push(takewhile(lambda packet: packet.received_s <= duration_s, recording))
    engine = SessionEngine(recording.header)
    strides = sum(isinstance(event, Stride) for batch in cut for event in engine.take(batch))
    batches = [(batch[-1].received_s, encode_batch(number, batch)) for number, batch in enumerate(cut, start=1)]
    return Prepared(recording.header, batches, strides)


async def play_run(connection: Connection, number: int, run: Prepared, begin_s: float, clock: SystemClock) -> None:
    """Publish a runner's messages when they are due."""
    key = SessionKey(f"gateway-{number:03}", f"runner-{number:03}", f"run-{number:03}")
    session = replace(
        run.header.session, id=key.session_id, runner_name=f"runner-{number:03}", started_utc=clock.utc_now()
    )
    header = encode_header(replace(run.header, session=session))
    while not await connection.publish(key.topic(Kind.SESSION), header):
        await clock.sleep(LISTENS_S)
    healthy_s = 0.0
    for due_s, payload in run.batches:
        await clock.sleep(max(0.0, begin_s + due_s - clock.now_s()))
        await connection.publish(key.topic(Kind.RAW), payload)
        if due_s >= healthy_s:
            healthy_s = due_s + HEALTH_S
            for sensor in session.sensors:
                health = SensorHealth(sensor.id, due_s, LinkState.STREAMING, 200.0, round(due_s * 200), 0, 0, 80)
                message = encode_health(HealthMessage(health, due_s))
                await connection.publish(key.topic(Kind.HEALTH, sensor.id), message, receipt=False)


async def play(runners: int, runs: Sequence[Prepared], broker: BrokerAddress) -> None:
    """Be all gateways, until their runs are over."""
    clock, chance = SystemClock(), Random(1)

    async def some(connection: Connection, numbers: Sequence[int]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in numbers:
                begin_s = clock.now_s() + SPREAD_S * chance.random()
                tasks.create_task(play_run(connection, number, runs[number % len(runs)], begin_s, clock))

    async with asyncio.TaskGroup() as tasks:
        for first in range(CONNECTIONS):
            numbers = range(first, runners, CONNECTIONS)
            tasks.create_task(
                stay_connected(
                    broker,
                    partial(some, numbers=numbers),
                    client_id=f"gateways-{first}",
                    clock=clock,
                    random=chance,
                    say=_say,
                    meanwhile="",
                )
            )


def used_percent(
    runners: int, runs: Sequence[Prepared], duration_s: float, tree: Path, settings: Mapping[str, str]
) -> dict[str, float]:
    """Let a checkout's `footfall process` take so many runners; return what a runner costs by part, in % of a core."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("broker", "influx"):
            (folder / name).mkdir()
        broker = stack.enter_context(mosquitto(folder / "broker"))
        influx = stack.enter_context(influxdb(folder / "influx"))
        at = f"mqtt://127.0.0.1:{broker.port}"
        processor = Program(
            [sys.executable, str(HERE / "benchmarks" / "used_by_parts.py"), "process", "--broker", at,
             "--data-dir", str(folder / "processor")],
            {**variables_of(influx.settings), **settings, "PYTHONUNBUFFERED": "1",
             "PYTHONPATH": os.pathsep.join(str(tree / name) for name in PACKAGES)},
        )  # fmt: skip
        stack.callback(processor.kill)
        processor.start()
        processor.wait_for("Waiting for gateways")
        used: list[dict[str, float]] = []

        wanted = sum(runs[number % len(runs)].strides for number in range(runners))

        async def look() -> None:
            used.append(await asyncio.to_thread(_asked, processor, len(used) + 1))

        async def watch() -> None:
            await asyncio.sleep(BEGIN_S)
            await look()

        async def play_and_watch() -> None:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(watch())
                tasks.create_task(play(runners, runs, BrokerAddress.parse(at)))
            await asyncio.to_thread(_wait_for, folder / "processor", wanted)
            await look()

        asyncio.run(play_and_watch())
        begun, ended = used[0], used[-1]
        of_each = 100.0 / duration_s / runners
        return {part: of_each * (value - begun[part]) for part, value in ended.items()}


def _asked(processor: Program, times: int) -> dict[str, float]:
    os.kill(processor.pid, signal.SIGUSR1)
    processor.wait_until(lambda: processor.said().count(SAYS) == times, "what it has used")
    line = [line for line in processor.said().splitlines() if line.startswith(SAYS)][-1]
    return {str(part): float(value) for part, value in json.loads(line.removeprefix(SAYS)).items()}


def _wait_for(folder: Path, strides: int) -> None:
    """Return when the store has so many, and InfluxDB, which comes after it, has had the time to."""
    found, begun_s = 0, time.monotonic()
    while found < strides:
        if time.monotonic() - begun_s > LONGEST_WAIT_S:
            raise RuntimeError(f"the store has {found} of {strides} strides after {LONGEST_WAIT_S:.0f} s")
        time.sleep(LOOK_S)
        with contextlib.closing(sqlite3.connect(f"{store_path(folder).as_uri()}?mode=ro", uri=True)) as store:
            (found,) = store.execute("SELECT count(*) FROM stride").fetchone()
    time.sleep(LOOK_S)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def measure(
    runners: int, duration_s: float, rounds: int, against: Path | None, *, apart: bool = False
) -> list[Measurement]:
    """Return what a runner costs here, and there, each the mean of the rounds."""
    runs = [prepared(name, BEGIN_S + duration_s - SPREAD_S / 2.0) for name in WORN]
    trees: dict[str, tuple[Path, Mapping[str, str]]] = {"": (HERE, {} if apart else TOGETHER)}
    if against is not None:
        trees["other checkout, "] = (against.resolve(), {})
    found: dict[str, Counter[str]] = {name: Counter() for name in trees}
    with ThreadPoolExecutor(len(trees)) as pool:
        for _ in range(rounds):
            at_once = {
                name: pool.submit(used_percent, runners, runs, duration_s, tree, settings)
                for name, (tree, settings) in trees.items()
            }
            for name, using in at_once.items():
                used = using.result()
                found[name].update({part: value / rounds for part, value in used.items()})
                _say(f"{name}{used['all']:.3f} % of a core a runner")
    rows = []
    for name, mean in found.items():
        rows += _rows(name, mean)
    if against is not None:
        ours, theirs = (used["all"] for used in found.values())
        rows.append(Measurement("times as many runners as the other checkout", theirs / ours, "×"))
    return rows


def _rows(name: str, used: Mapping[str, float]) -> list[Measurement]:
    unit = "% of a core"
    parts = {part: value for part, value in used.items() if part != "all"}
    return [
        Measurement(f"{name}a runner in all", used["all"], unit, at_most=None if name else TARGET_PERCENT),
        *(Measurement(f"{name}{part}", value, unit) for part, value in parts.items()),
        Measurement(f"{name}all else", used["all"] - sum(parts.values()), unit),
        Measurement(f"{name}shell, times the gait", used["all"] / used[GAIT] - 1.0, "×", at_most=None if name else 1.0),
    ]


def main() -> int:
    """Run; exit status 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runners", type=int, default=RUNNERS)
    parser.add_argument("--duration", type=float, default=DURATION_S, help="seconds that are measured, up to 70")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout, at the same time")
    parser.add_argument("--apart", action="store_true", help="tell listeners each stride by itself, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    arguments = parser.parse_args()
    make_ready()
    found = measure(arguments.runners, arguments.duration, arguments.rounds, arguments.against, apart=arguments.apart)
    show(f"What a runner costs `footfall process`, {arguments.runners} at once", found)
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), indent=2) + "\n")
    return 1 if any(one.verdict == "MISSED" for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
