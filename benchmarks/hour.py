"""An hour of two feet from gateway to InfluxDB, as fast as this machine can, with a part away; and a restart.

    python benchmarks/hour.py                       # each in turn
    python benchmarks/hour.py processor restart     # some of it

With the processor or the broker away, the gateway's spool takes the hour; with InfluxDB away, the processor's outbox.
Then the part comes, all else catches up, and store and InfluxDB are compared with `footfall analyze` of the recording,
field by field. For the restart, a processor is killed that has computed several sessions almost to their end, and
started again: with its checkpoints, and without them.
Needs mosquitto, influxd 1.x and nginx.
"""

import argparse
import contextlib
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final, Self

from footfall_gateway.data_folder import (
    inbox_path,
    make_folders,
    outbox_path,
    recordings_folder,
    spool_path,
    store_path,
)
from footfall_gateway.machine_code import make_ready
from footfall_gateway.mqtt.held import Arrival, BatchArrival, EndArrival, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import BatchCutter, End, encode_batch
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.store.database import Store
from footfall_processing.pipeline import analyze
from from_tests import (
    Footfall,
    Influx,
    Program,
    Server,
    compare,
    influxdb,
    mosquitto,
    send_what_waits,
    variables_of,
    wait_until_complete,
)
from measure import Measurement, as_json, show
from startup import write_recording

HOUR_S: Final = 3600.0
NOBODY: Final = "nobody"
INFLUXDB: Final = "influxdb"
AWAY: Final = (NOBODY, "processor", "broker", INFLUXDB)
RESTART: Final = "restart"
SESSIONS: Final = 10
SESSION_S: Final = 600.0
LAST_STRIDES: Final = 20
"""Of a session, that are told only at its end, or soon after."""
_BYTES_IN_MB: Final = 1e6


@dataclass(frozen=True, slots=True)
class Parts:
    """All that runs."""

    gateway: Footfall
    broker: Server
    processor: Footfall
    influx: Influx

    @classmethod
    def run_in(cls, folder: Path, recording: Path, stack: contextlib.ExitStack) -> Self:
        """Start the servers; the rest is not started, and is ended by `stack`."""
        for name in ("broker", "influx"):
            (folder / name).mkdir()
        broker = stack.enter_context(mosquitto(folder / "broker"))
        influx = stack.enter_context(influxdb(folder / "influx"))
        at = ("--broker", f"mqtt://127.0.0.1:{broker.port}")
        gateway = Footfall(
            "gateway", *at, "--data-dir", str(folder / "there"), "--name", "track",
            "--replay", str(recording), "--speed", "max",
        )  # fmt: skip
        processor = Footfall(
            "process", *at, "--data-dir", str(folder / "here"), environment=variables_of(influx.settings)
        )
        stack.callback(gateway.kill)
        stack.callback(processor.kill)
        return cls(gateway, broker, processor, influx)

    def named(self, name: str) -> Program:
        """Return the part that may be away."""
        return {"processor": self.processor, "broker": self.broker, INFLUXDB: self.influx.server}[name]


def disk_mb(path: Path) -> float:
    """Return what a SQLite file takes with its log."""
    return sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*")) / _BYTES_IN_MB


def play(recording: Path, away: str) -> list[Measurement]:
    """Play a recording at full speed; who is away comes when it is over."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        there, here = folder / "there", folder / "here"
        parts = Parts.run_in(folder, recording, stack)
        if away != NOBODY:
            parts.named(away).kill()
        if away != "processor":
            parts.processor.start()
        begun_s = time.monotonic()
        parts.gateway.start()
        waited_mb = None
        if away != NOBODY:
            parts.gateway.wait_for("is over")
            if away == INFLUXDB:
                wait_until_complete(parts.processor, here, 1)
            waited_mb = disk_mb(outbox_path(here) if away == INFLUXDB else spool_path(there))
            begun_s = time.monotonic()
            parts.named(away).start()
        status = parts.gateway.wait()
        assert status == 0, parts.gateway.said()
        wait_until_complete(parts.processor, here, 1)
        if away == INFLUXDB:
            parts.processor.wait_for("InfluxDB has all that waited")
        parts.processor.interrupt()
        send_what_waits(here, parts.influx.settings)
        took_s = time.monotonic() - begun_s
        outcome = compare(sorted(recordings_folder(there).glob("*.mcap")), here, (), parts.influx)
    of = f"{away} away"
    waited = [] if waited_mb is None else [Measurement(f"{of}: waited on the disk", waited_mb, "MB")]
    return [
        *waited,
        Measurement(f"{of}: until InfluxDB had all" + (", from its coming" if waited else ""), took_s, "s"),
        Measurement(f"{of}: strides", outcome.strides, "", at_least=1),
        Measurement(f"{of}: lost or doubled in the store", outcome.lost + outcome.doubled, "", at_most=0),
        Measurement(f"{of}: sessions that differ in any field", outcome.different, "", at_most=0),
        Measurement(f"{of}: lost, doubled or different in InfluxDB", outcome.wrong_points, "", at_most=0),
    ]


def fill_inbox(folder: Path, recording: Recording, sessions: int) -> int:
    """Put a recording in so many times, without its end; return how many batches it has."""
    sequences = count(1)
    cutter = BatchCutter()
    payloads = [
        encode_batch(sequence, batch)
        for sequence, batch in zip(sequences, [*cutter.push(recording), *cutter.flush()], strict=False)
    ]
    make_folders(folder)
    inbox = Inbox(inbox_path(folder))
    for key, header in each_session(recording, sessions):
        arrivals: list[Arrival] = [HeaderArrival(key, encode_header(header))]
        arrivals += [BatchArrival(key, sequence, payload) for sequence, payload in enumerate(payloads, 1)]
        inbox.take(arrivals)
    inbox.close()
    return len(payloads)


def each_session(recording: Recording, sessions: int) -> Iterator[tuple[SessionKey, RecordingHeader]]:
    """Give as many runners the same run."""
    for number in range(sessions):
        session = replace(
            recording.header.session,
            id=f"run-{number:03}",
            runner_name=f"runner-{number:03}",
            started_utc=datetime(2026, 11, 21, 8, 0, tzinfo=UTC),
        )
        yield SessionKey("track", session.runner_name, session.id), replace(recording.header, session=session)


def stored_strides(folder: Path) -> int:
    """Return how many strides a processor has stored so far."""
    with contextlib.closing(sqlite3.connect(f"{store_path(folder).as_uri()}?mode=ro", uri=True)) as store:
        (strides,) = store.execute("SELECT count(*) FROM stride").fetchone()
    return int(strides)


def restart(path: Path, sessions: int, duration_s: float, *, checkpoints: bool) -> list[Measurement]:
    """Kill a processor that has computed all that came so far, let the ends come, and start it again."""
    recording = Recording.open(path)
    session = recording.header.session
    wanted = analyze(session.sensors, decode(recording), session.runner)
    almost_all = sessions * (len(wanted) - LAST_STRIDES)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        here = folder / "here"
        parts = Parts.run_in(folder, path, stack)
        batches = fill_inbox(here, recording, sessions)
        parts.processor.start()
        parts.processor.wait_for("Waiting for gateways")
        while stored_strides(here) < almost_all:
            parts.processor.live_on(0.2)
        parts.processor.kill()
        with contextlib.closing(Inbox(inbox_path(here))) as inbox:
            for held in inbox.sessions.values():  # listeners were told: what is measured is the computing
                inbox.note_announced(held, batches)
            inbox.take(EndArrival(key, End(batches)) for key, _ in each_session(recording, sessions))
        if not checkpoints:
            with contextlib.closing(sqlite3.connect(inbox_path(here), isolation_level=None)) as database:
                database.execute("DELETE FROM checkpoint")
        held_mb = disk_mb(inbox_path(here))
        parts.processor.start()
        parts.processor.wait_for("Waiting for gateways")
        begun_s = time.monotonic()
        wait_until_complete(parts.processor, here, sessions)
        took_s = time.monotonic() - begun_s
        with Store.open(store_path(here)) as store:
            different = sum(store.strides(stored.header.session.id) != wanted for stored in store.sessions())
    of = f"{sessions} sessions of {duration_s / 60.0:g} minutes {'from checkpoints' if checkpoints else 'anew'}"
    return [
        Measurement(f"{of}: inbox", held_mb, "MB"),
        Measurement(f"{of}: until all were complete", took_s, "s"),
        Measurement(f"{of}: hours of a runner", sessions * duration_s / HOUR_S / (took_s / 60.0), "/min"),
        Measurement(f"{of}: sessions that differ in any stride", different, "", at_most=0),
    ]


def measure(which: Sequence[str], hour_s: float, sessions: int) -> list[Measurement]:
    """Do what is asked for, and tell of it as it goes."""
    make_ready()
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for one in which:
            if one == RESTART:
                duration_s = min(hour_s, SESSION_S)
                write_recording(folder / "session.mcap", duration_s)
                some = [
                    *restart(folder / "session.mcap", sessions, duration_s, checkpoints=False),
                    *restart(folder / "session.mcap", sessions, duration_s, checkpoints=True),
                ]
            else:
                if not (folder / "hour.mcap").exists():
                    write_recording(folder / "hour.mcap", hour_s)
                some = play(folder / "hour.mcap", one)
            sys.stderr.write(f"{one}: done\n")
            found += some
    return found


def main() -> int:
    """Run; exit status 1 when anything was lost, doubled or different."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "which", nargs="*", metavar="PART",
        help=f"who is away: {', '.join(AWAY)}; or {RESTART}; by default, all in turn",
    )  # fmt: skip
    parser.add_argument("--duration", type=float, default=HOUR_S, help="seconds of signal instead of an hour")
    parser.add_argument("--sessions", type=int, default=SESSIONS, help="of ten minutes, for the restart")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    arguments = parser.parse_args()
    which = arguments.which or [*AWAY, RESTART]
    if unknown := set(which) - {*AWAY, RESTART}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    found = measure(which, arguments.duration, arguments.sessions)
    show("An hour of two feet, from gateway to InfluxDB", found)
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), indent=2) + "\n")
    return 1 if any(one.verdict == "MISSED" for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
