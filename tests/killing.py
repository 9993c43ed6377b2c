"""Kills broker, gateway and processor at random moments, and compares what comes out with `footfall analyze`."""

import contextlib
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

import servers
import servers_influx
from footfall_gateway import wire
from footfall_gateway.data_folder import outbox_path, recordings_folder, store_path
from footfall_gateway.influx import settings
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.influx.points import lines_of
from footfall_gateway.recording import Recording, decode
from footfall_gateway.store import Store
from footfall_processing.pipeline import analyze
from footfall_processing.summary import summarize
from footfall_processing.warmup import warm_up
from gateway.influx.lines import parse

COMMAND: Final = (sys.executable, "-c", "from footfall_gateway.cli import main; main()")
PATIENCE_S: Final = 240.0
LOOK_AGAIN_S: Final = 0.05


class Footfall:
    """A `footfall` command in a process of its own, that can be killed and started again."""

    def __init__(self, folder: Path, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        self._environment = {"PYTHONUNBUFFERED": "1", **environment}
        self.log = folder / f"{arguments[0]}.log"
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._begun_at = 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._begun_at = log.tell()
            self._process = subprocess.Popen(
                [*COMMAND, *self._arguments],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                # as it is now: a test may have put a Bluetooth of its own in place meanwhile
                env={**os.environ, **self._environment},
            )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """The process that was started last."""
        assert self._process is not None
        return self._process.pid

    @property
    def status(self) -> int | None:
        """How it ended; `None` while it goes on."""
        assert self._process is not None
        return self._process.poll()

    def said(self) -> str:
        """What it has said since its last start."""
        with self.log.open("rb") as log:
            log.seek(self._begun_at)
            return log.read().decode()

    def wait_for(self, text: str) -> None:
        """Return when it has said this, or has ended."""
        wait_until(lambda: text in self.said() or self.status is not None, f"{self._arguments[0]}: {text!r}")


def wait_until(condition: Callable[[], bool], what: str) -> None:
    give_up_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up_s, f"waited in vain for {what}"
        time.sleep(LOOK_AGAIN_S)


@dataclass(frozen=True)
class Outcome:
    """What a run under fire came to."""

    kills: tuple[str, ...]
    sessions: int
    strides: int
    lost: int
    doubled: int
    different: int
    """Sessions whose strides or summary differ in any field."""
    wrong_points: int
    """Strides that InfluxDB lacks, has too many of, or has otherwise."""

    @property
    def is_whole(self) -> bool:
        return self.sessions > 0 and not (self.lost or self.doubled or self.different or self.wrong_points)


def run_under_fire(
    folder: Path,
    recording: Path,
    *,
    seed: int,
    kills: int,
    speed: float,
    duration_s: float,
    database: bool = False,
) -> Outcome:
    """Replay a recording through gateway, broker and processor, of which `kills` are killed; compare what came out.

    A gateway that was killed ends the session that broke off, and plays anew; each session is compared with the
    analysis of its own recording. With `database`, an InfluxDB takes the strides as well, and is killed, too. With an
    infinite `speed`, it goes as fast as the computer can.
    """
    warm_up()  # a processor that is killed while it compiles would begin again each time
    chance = random.Random(seed)
    killed = []
    with contextlib.ExitStack() as stack:
        (folder / "broker").mkdir()
        broker = stack.enter_context(servers.mosquitto(folder / "broker"))
        influx, to_influx = None, {}
        if database:
            (folder / "influx").mkdir()
            influx = stack.enter_context(servers_influx.influxdb(folder / "influx"))
            to_influx = {
                settings.URL: influx.url,
                settings.TOKEN: influx.settings.token,
                settings.BUCKET: influx.settings.bucket,
            }
        at = f"mqtt://127.0.0.1:{broker.port}"
        there, here = folder / "gateway", folder / "processor"
        processor = Footfall(folder, "process", "--broker", at, "--data-dir", str(here), environment=to_influx)
        gateway = Footfall(
            folder, "gateway", "--broker", at, "--data-dir", str(there), "--name", "track", "--replay", str(recording),
            "--speed", "max" if math.isinf(speed) else f"{speed:g}", "--duration", f"{duration_s:g}",
        )  # fmt: skip
        victims: dict[str, Footfall | servers.Server] = {"broker": broker, "gateway": gateway, "processor": processor}
        if influx is not None:
            victims["influxdb"] = influx.server
        try:
            processor.start()
            gateway.start()
            for _ in range(kills):
                gateway.wait_for("has begun")
                time.sleep(chance.uniform(0.0, 1.2 * duration_s / speed))
                name = chance.choice(list(victims))
                if name == "gateway" and gateway.status is not None:
                    name = "processor"
                victims[name].kill()
                killed.append(name)
                time.sleep(chance.uniform(0.0, 1.0))
                victims[name].start()
            wait_until(lambda: gateway.status is not None, f"the gateway's end: {gateway.said()}")
            assert gateway.status == 0, gateway.said()
            recordings = sorted(recordings_folder(there).glob("*.mcap"))
            wait_until(
                lambda: processor.status is not None or _finished(store_path(here)) >= len(recordings),
                f"{len(recordings)} sessions: {processor.said()}",
            )
            if influx is not None:
                wait_until(lambda: _waiting(outbox_path(here)) == 0, f"the outbox: {processor.said()}")
            return _compare(recordings, store_path(here), tuple(killed), influx)
        finally:
            gateway.kill()
            processor.kill()


def _finished(path: Path) -> int:
    with Store.open(path) as store:
        return sum(stored.summary is not None for stored in store.sessions())


def _waiting(path: Path) -> int:
    with Outbox(path) as outbox:
        return outbox.waiting()


def _compare(
    recordings: Sequence[Path], path: Path, killed: tuple[str, ...], influx: servers_influx.Influx | None
) -> Outcome:
    lost = doubled = different = total = 0
    points: dict[tuple[str, int], dict[str, object]] = {}
    with Store.open(path) as store:
        assert {stored.header.session.id for stored in store.sessions()} == {found.stem for found in recordings}
        for found in recordings:
            recording = Recording.open(found)
            session = recording.header.session
            wanted = analyze(session.sensors, decode(recording), session.runner)
            stored = store.strides(session.id)
            total += len(wanted)
            wanted_keys = {(stride.sensor_id, stride.initial_contact_s) for stride in wanted}
            stored_keys = {(stride.sensor_id, stride.initial_contact_s) for stride in stored}
            lost += len(wanted_keys - stored_keys)
            doubled += len(stored) - len(wanted_keys & stored_keys)
            summary = msgspec.json.decode(wire.json_line(wire.summary_object(summarize(wanted, session.sensors))))
            different += stored != wanted or store.session(session.id).summary != summary
            for stride in wanted:
                line = parse(lines_of(stride, recording.header)[0])
                points[stride.sensor_id, line.time_ns] = {**line.tags, **line.fields}
    wrong = 0 if influx is None else _wrong_points(points, influx)
    return Outcome(killed, len(recordings), total, lost, doubled, different, wrong)


def _wrong_points(wanted: Mapping[tuple[str, int], Mapping[str, object]], influx: servers_influx.Influx) -> int:
    rows = influx.query("SELECT * FROM stride")
    found = {
        (row["sensor"], row["time"]): {
            name: value for name, value in row.items() if name != "time" and value is not None
        }
        for row in rows
    }
    wrong = sum(found.get(key) != point for key, point in wanted.items())
    return wrong + len(rows) - len(found.keys() & wanted.keys())
