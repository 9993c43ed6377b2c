"""Kills broker, gateway and processor at random moments, and compares what comes out with `footfall analyze`."""

import asyncio
import contextlib
import math
import random
import signal
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

import servers
import servers_influx
from footfall_gateway import wire
from footfall_gateway.data_folder import inbox_path, outbox_path, recordings_folder, store_path
from footfall_gateway.influx import settings
from footfall_gateway.influx.points import lines_of
from footfall_gateway.influx.sender import InfluxSender
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.machine_code import make_ready
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.store.database import Store
from footfall_processing.pipeline import analyze
from footfall_processing.results.summary import summarize
from forked import COMMAND
from gateway.influx.lines import parse
from programs import Program


class Footfall(Program):
    """A `footfall` command in a process of its own."""

    def __init__(self, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__([*COMMAND, *arguments], {"PYTHONUNBUFFERED": "1", **environment})
        self._name = arguments[0]

    def interrupt(self) -> None:
        """End it as Ctrl-C does."""
        status = self.stop(signal.SIGINT)
        assert status == 0, f"{self} ended with {status}: {self.said()}"

    def __str__(self) -> str:
        return f"footfall {self._name}"


def variables_of(influx: InfluxSettings) -> dict[str, str]:
    """Return the environment that tells a processor of an InfluxDB."""
    return {settings.URL: influx.url, settings.TOKEN: influx.token, settings.BUCKET: influx.bucket}


def send_what_waits(folder: Path, influx: InfluxSettings) -> None:
    """Send the points that a processor left in its outbox when it ended, as the next one would."""

    async def send() -> None:
        async with InfluxSender(outbox_path(folder), influx, print) as sink:
            await sink.drain()

    asyncio.run(send())


class Asked(Protocol):
    """An InfluxDB that answers InfluxQL: times in nanoseconds."""

    def query(self, text: str) -> list[dict[str, Any]]: ...


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
    longest_pause_s: float,
    database: bool = False,
) -> Outcome:
    """Replay a recording through gateway, broker and processor, of which `kills` are killed; compare what came out.

    A gateway that was killed ends the session that broke off, and plays anew; each session is compared with the
    analysis of its own recording. With `database`, an InfluxDB takes the strides as well, and is killed, too. With an
    infinite `speed`, it goes as fast as the computer can. Before each kill, all goes on for up to `longest_pause_s`.
    """
    make_ready()  # a processor that is killed while it compiles would begin again each time
    chance = random.Random(seed)
    killed = []
    with contextlib.ExitStack() as stack:
        (folder / "broker").mkdir()
        broker = stack.enter_context(servers.mosquitto(folder / "broker"))
        influx = None
        if database:
            (folder / "influx").mkdir()
            influx = stack.enter_context(servers_influx.influxdb(folder / "influx"))
        at = f"mqtt://127.0.0.1:{broker.port}"
        there, here = folder / "gateway", folder / "processor"
        to_influx = {} if influx is None else variables_of(influx.settings)
        processor = Footfall("process", "--broker", at, "--data-dir", str(here), environment=to_influx)
        gateway = Footfall(
            "gateway", "--broker", at, "--data-dir", str(there), "--name", "track", "--replay", str(recording),
            "--speed", "max" if math.isinf(speed) else f"{speed:g}", "--duration", f"{duration_s:g}",
        )  # fmt: skip
        stack.callback(gateway.kill)
        stack.callback(processor.kill)
        victims: dict[str, Program] = {"broker": broker, "gateway": gateway, "processor": processor}
        if influx is not None:
            victims["influxdb"] = influx.server
        processor.start()
        gateway.start()
        for _ in range(kills):
            gateway.wait_for("has begun")
            processor.live_on(chance.uniform(0.0, longest_pause_s))  # the moment is what is tried
            name = chance.choice(list(victims))
            if name == "gateway" and gateway.status is not None:
                name = "processor"
            victims[name].kill()
            killed.append(name)
            onlooker = broker if name == "processor" else processor
            onlooker.live_on(chance.uniform(0.0, 1.0))
            victims[name].start()
        status = gateway.wait()
        assert status == 0, gateway.said()
        recordings = sorted(recordings_folder(there).glob("*.mcap"))
        processor.wait_for("Waiting for gateways")  # it may have been killed just now, with all complete
        wait_until_complete(processor, here, len(recordings))
        processor.interrupt()
        if influx is not None:
            send_what_waits(here, influx.settings)
        return compare(recordings, here, tuple(killed), influx)


def wait_until_complete(processor: Footfall, folder: Path, sessions: int) -> None:
    """Return when the processor has let go of so many sessions: all that came of them is where it belongs."""

    def are_complete() -> bool:
        with contextlib.closing(sqlite3.connect(f"{inbox_path(folder).as_uri()}?mode=ro", uri=True)) as inbox:
            (complete,) = inbox.execute("SELECT count(*) FROM session WHERE done").fetchone()
        return bool(complete >= sessions)

    # it says so of each session, but for one that was complete when it was killed before it could
    processor.wait_until(are_complete, f"{sessions} sessions")


def compare(recordings: Sequence[Path], folder: Path, killed: tuple[str, ...], influx: Asked | None) -> Outcome:
    """Compare what a processor has kept in its folder, and InfluxDB, with the analysis of the recordings."""
    lost = doubled = different = total = 0
    points: dict[tuple[str, int], dict[str, object]] = {}
    with Store.open(store_path(folder)) as store:
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
            kept = dict(store.session(session.id).summary or {})
            kept.pop("sensor_health", None)  # how the sensors were is not computed from what they sent
            different += stored != wanted or kept != summary
            for stride in wanted:
                line = parse(lines_of(stride, recording.header)[0])
                points[stride.sensor_id, line.time_ns] = {**line.tags, **line.fields}
    wrong = 0 if influx is None else _wrong_points(points, influx)
    return Outcome(killed, len(recordings), total, lost, doubled, different, wrong)


def _wrong_points(wanted: Mapping[tuple[str, int], Mapping[str, object]], influx: Asked) -> int:
    rows = influx.query("SELECT * FROM stride")
    found = {
        (row["sensor"], row["time"]): {
            name: value for name, value in row.items() if name != "time" and value is not None
        }
        for row in rows
    }
    wrong = sum(found.get(key) != point for key, point in wanted.items())
    return wrong + len(rows) - len(found.keys() & wanted.keys())
