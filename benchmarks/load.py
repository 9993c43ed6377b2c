"""Many runners at once, from their gateways to InfluxDB, in real time: how late strides are, and what it costs.

Each runner has a gateway: two sensors at 200 Hz from a recording, its own spool and connection, all gateways in two
processes. Broker, `footfall process` and InfluxDB are the real ones, on this machine, and new with each step of the
curve, which ends where not all strides come in time. A stride's latency is from its closing contact until a query
first finds it; asking so often is part of the load. Needs Linux, mosquitto, influxd 1.x and nginx.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from footfall_gateway.clock import SystemClock, within
from footfall_gateway.machine_code import make_ready
from footfall_gateway.mqtt.broker import BrokerAddress, stay_connected
from footfall_gateway.mqtt.publisher import Publisher
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.spooling import spool_run
from footfall_gateway.owned_tasks import OwnedTasks
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.decoding import decode_packets
from footfall_gateway.recordings.recorder import Recorder
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.store.patience import Patience, PatientDisk
from footfall_processing.gait import StrideFlag
from footfall_processing.pipeline import analyze
from from_tests import RECORDINGS, Footfall, Influx, influxdb, mosquitto, variables_of
from measure import Measurement, as_json, show

RUNNERS: Final = (10, 25, 50, 100, 150, 200, 250)
GATEWAY_PROCESSES: Final = 2
"""One process of gateways is full at some 200: that would be no limit of what is measured."""
TARGET_RUNNERS: Final = 100
TARGET_S: Final = 2.0
DURATION_S: Final = 40.0
WORN: Final = ("rearfoot-runner", "forefoot-runner", "shin-pair")
"""Two sensors at 200 Hz each; they begin to walk after three seconds."""
SPREAD_S: Final = 1.0
"""All begin within this time, by chance, so that they don't step in time."""
TICK_S: Final = 0.05
"""A gateway takes what arrived so often."""
GRACE_S: Final = 60.0
"""For so long what is on its way may still arrive when the signal is over."""
ASK_S: Final = 0.25
LOOK_BACK_S: Final = 8.0
"""Older strides are not asked for while the runners run; the last query, for all, finds them."""
_NS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Step:
    """What a step of the curve came to.

    Parameters
    ----------
    latency_s
        Of each stride that was found, but for those that the pipeline finds looking back, which are late by nature.
    expected, found
        Strides.
    cores
        What each program used, in cores, while the runners ran; `others` is all else on this machine, and may fall a
        few per cent below nothing, as the kernel counts all and each in different ways.
    """

    runners: int
    latency_s: tuple[float, ...]
    expected: int
    found: int
    cores: Mapping[str, float]

    @property
    def p95_s(self) -> float:
        """Latency that 95 % keep."""
        return float(np.percentile(self.latency_s, 95)) if self.latency_s else float("inf")

    @property
    def is_kept_up_with(self) -> bool:
        """Whether all strides came, in time."""
        return self.p95_s <= TARGET_S and self.found == self.expected

    def measurements(self) -> list[Measurement]:
        """Rows of the table; held against the target up to its number of runners."""
        held = self.runners <= TARGET_RUNNERS
        of = f"{self.runners} runners"
        median_s = float(np.median(self.latency_s)) if self.latency_s else float("inf")
        return [
            Measurement(f"{of}: latency, median", median_s, "s"),
            Measurement(f"{of}: latency, 95 %", self.p95_s, "s", at_most=TARGET_S if held else None),
            Measurement(f"{of}: strides", self.found, ""),
            Measurement(
                f"{of}: strides not there a minute later", self.expected - self.found, "", at_most=0 if held else None
            ),
            *(Measurement(f"{of}: {name}", 100.0 * cores, "% of a core") for name, cores in self.cores.items()),
        ]


def first_packets(recording: Recording, duration_s: float) -> list[RawPacket]:
    """Return what arrived up to then."""
    return list(takewhile(lambda packet: packet.received_s <= duration_s, recording))


def expected_strides(runners: int, duration_s: float) -> int:
    """Return how many strides all runners make, by an analysis of the same packets."""
    of_each = []
    for recording in _recordings():
        packets = first_packets(recording, duration_s)
        of_each.append(len(analyze(recording.header.session.sensors, decode_packets(recording.header, packets))))
    return sum(of_each[number % len(of_each)] for number in range(runners))


def _recordings() -> list[Recording]:
    return [Recording.open(RECORDINGS / f"{name}.mcap") for name in WORN]


async def in_time(packets: Sequence[RawPacket], clock: SystemClock) -> AsyncIterator[list[RawPacket]]:
    """Hand out packets when they are due, from now on."""
    begun_s = clock.now_s()
    begin = 0
    while begin < len(packets):
        await clock.sleep(max(TICK_S, begun_s + packets[begin].received_s - clock.now_s()))
        now_s = clock.now_s() - begun_s
        end = next((k for k in range(begin, len(packets)) if packets[k].received_s > now_s), len(packets))
        if end > begin:
            yield list(packets[begin:end])
        begin = end


async def run_gateway(
    number: int, recorded: RecordingHeader, packets: Sequence[RawPacket], broker: BrokerAddress, folder: Path
) -> None:
    """Be one runner's gateway, from the packets' arrival on, until the processor has everything."""
    clock, chance, name = SystemClock(), Random(number), f"gateway-{number:03}"
    disk = PatientDisk("spool", Patience(_say, clock, waits="{}", goes_on="on"))
    spool = await disk.call(Spool.open, folder / "spool.sqlite")
    publisher = Publisher(name, spool, disk, clock, _say, pseudonym=str)
    try:
        async with OwnedTasks() as tasks:
            tasks.start(
                stay_connected(
                    broker, publisher.run, client_id=name, clock=clock, random=chance, say=_say, meanwhile=""
                )
            )
            await clock.sleep(SPREAD_S * chance.random())
            session = replace(
                recorded.session, id=f"run-{number:03}", started_utc=clock.utc_now(), runner_name=f"runner-{number:03}"
            )
            header = replace(recorded, session=session)
            async with Recorder(folder / "run.mcap", header, _say) as recorder:
                await spool_run(
                    header,
                    in_time(packets, clock),
                    recorder=recorder,
                    spool=spool,
                    disk=disk,
                    look_at=len,
                    wake=publisher.wake,
                    say=_say,
                )
            await disk.call(spool.end, session.id)
            publisher.wake()
            with contextlib.suppress(TimeoutError):
                await within(clock, GRACE_S, publisher.drained())
    finally:
        await disk.call(spool.close)
        disk.close()


def run_gateways(numbers: Sequence[int], duration_s: float, broker: BrokerAddress, folder: Path, begun: Event) -> None:
    """Be these gateways, each with some files of its own."""
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    recorded = [(recording.header, first_packets(recording, duration_s)) for recording in _recordings()]

    folders = {number: folder / f"gateway-{number:03}" for number in numbers}
    for one in folders.values():
        one.mkdir()

    async def run_all() -> None:
        begun.set()
        async with asyncio.TaskGroup() as gateways:
            for number, its_folder in folders.items():
                gateways.create_task(run_gateway(number, *recorded[number % len(recorded)], broker, its_folder))

    asyncio.run(run_all())


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


class Watch:
    """Sees strides come into InfluxDB."""

    def __init__(self, influx: Influx) -> None:
        self.found = 0
        self.latency_s: list[float] = []
        self._influx = influx
        self._seen: set[tuple[str, str, int]] = set()

    def look(self, since_s: float) -> None:
        """Note the strides that are new among those which began after a moment, in seconds since 1970."""
        rows = self._influx.query(
            f"SELECT stride_time_s, quality FROM stride WHERE time > {round(since_s * _NS)} GROUP BY runner, sensor"
        )
        now_s = SystemClock().utc_now().timestamp()
        for row in rows:
            key = (row["runner"], row["sensor"], row["time"])
            if key not in self._seen:
                self._seen.add(key)
                self.found += 1
                if StrideFlag.ALIGNED_LATER not in (row["quality"] or "").split():
                    self.latency_s.append(now_s - row["time"] / _NS - row["stride_time_s"])


def processor_s(pid: int) -> float:
    """Return what a process has used of the processors so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_s() -> float:
    """Return what all of this machine has used of the processors so far."""
    user, nice, system, _idle, _waiting, *rest = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9])
    return (user + nice + system + sum(rest[:2])) / os.sysconf("SC_CLK_TCK")


def run_step(runners: int, duration_s: float, gateways_folder: Path | None) -> Step:
    """Let so many run, with all servers new."""
    expected = expected_strides(runners, duration_s)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        gateways = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=gateways_folder)))
        for name in ("broker", "influx"):
            (folder / name).mkdir()
        broker = stack.enter_context(mosquitto(folder / "broker"))
        influx = stack.enter_context(influxdb(folder / "influx"))
        at = f"mqtt://127.0.0.1:{broker.port}"
        processor = Footfall(
            "process", "--broker", at, "--data-dir", str(folder / "processor"),
            environment=variables_of(influx.settings),
        )  # fmt: skip
        stack.callback(processor.kill)
        processor.start()
        processor.wait_for("Waiting for gateways")
        playing = [
            _play(stack, range(first, runners, GATEWAY_PROCESSES), duration_s, BrokerAddress.parse(at), gateways)
            for first in range(GATEWAY_PROCESSES)
        ]
        for _, begun in playing:
            assert begun.wait(GRACE_S), "the gateways do not begin"
        programs = {
            "footfall process": [processor.pid],
            "gateways together": [process.pid for process, _ in playing if process.pid is not None],
            "broker": [broker.pid],
            "InfluxDB": [influx.server.pid, influx.front.pid],
            "asking": [os.getpid()],
        }
        watch = Watch(influx)
        used = _used_s(programs)
        begun_s = time.monotonic()
        for _ in _ticks(duration_s, processor):
            watch.look(SystemClock().utc_now().timestamp() - LOOK_BACK_S)
        took_s = time.monotonic() - begun_s
        cores = {name: (value - used[name]) / took_s for name, value in _used_s(programs).items()}
        for _ in _ticks(GRACE_S, processor):
            watch.look(0.0)
            if watch.found >= expected and not any(process.is_alive() for process, _ in playing):
                break
        return Step(runners, tuple(watch.latency_s), expected, watch.found, cores)


def _play(
    stack: contextlib.ExitStack, numbers: Sequence[int], duration_s: float, broker: BrokerAddress, folder: Path
) -> tuple[BaseProcess, Event]:
    """Start a process that is these gateways; return it, and what it sets when they begin."""
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=run_gateways, args=(numbers, duration_s, broker, folder, begun))
    process.start()
    stack.callback(process.join)
    stack.callback(process.kill)
    return process, begun


def _used_s(programs: Mapping[str, Sequence[int]]) -> dict[str, float]:
    used = {name: sum(map(processor_s, pids)) for name, pids in programs.items()}
    return {**used, "others": busy_s() - sum(used.values())}


def _ticks(duration_s: float, processor: Footfall) -> Iterator[None]:
    """Let the processor work between two questions; it must not end."""
    begun_s = time.monotonic()
    while (now_s := time.monotonic() - begun_s) < duration_s:
        yield
        processor.live_on(max(0.0, now_s + ASK_S - (time.monotonic() - begun_s)))


def curve(counts: Sequence[int], duration_s: float, gateways_folder: Path | None) -> Iterator[Step]:
    """Go up until it is too many."""
    make_ready()
    for runners in counts:
        step = run_step(runners, duration_s, gateways_folder)
        yield step
        if not step.is_kept_up_with:
            return


def main() -> int:
    """Run; exit status 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runners", type=int, nargs="+", default=RUNNERS, help="each step of the curve")
    parser.add_argument("--duration", type=float, default=DURATION_S, help="seconds of signal in each step, up to 80")
    parser.add_argument(
        "--gateways-folder", type=Path, help="where gateways keep their files, which in life are disks of their own"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    arguments = parser.parse_args()
    found = []
    for step in curve(arguments.runners, arguments.duration, arguments.gateways_folder):
        _say(f"{step.runners} runners: 95 % within {step.p95_s:.2f} s; {step.found} of {step.expected} strides")
        found += step.measurements()
    show("Runners at once, from their gateways to InfluxDB", found)
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), indent=2) + "\n")
    return 1 if any(one.verdict == "MISSED" for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
