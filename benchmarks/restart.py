"""A restarted `footfall process`: how long until 50 runners, half an hour into their runs, are as far as their batches.

    python benchmarks/restart.py                             # from checkpoints ten seconds and a minute old, and anew
    python benchmarks/restart.py --sessions 10 --duration 600

A data folder is made as a processor leaves it that was killed: all batches in its inbox, checkpoints of a certain age,
and in the store what came until then. Then the real program starts on it, with a real broker, and is timed from its
start until the store has every stride; which are compared with what an undisturbed processor gives. Anew is as after
an update: no checkpoint is taken up. It is measured with fewer runners, as it takes as long as it says.
"""

import argparse
import contextlib
import json
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from footfall_gateway.data_folder import inbox_path, make_folders, store_path
from footfall_gateway.machine_code import make_ready
from footfall_gateway.mqtt.held import Arrival, BatchArrival, Checkpoint, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import BatchCutter, encode_batch
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.checkpoints import Computation, Position
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.events import Event
from footfall_gateway.store.database import Store
from footfall_processing.gait import Stride
from footfall_processing.results.windows import Window
from from_tests import Program, mosquitto
from measure import Measurement, as_json, least_cpu_s, show
from startup import write_recording

SESSIONS: Final = 50
DURATION_S: Final = 1800.0
ANEW_SESSIONS: Final = 5
AWAY_S: Final = 5.0
"""So long nothing was computed, while batches came."""
AGES_S: Final = (10.0, 60.0)
"""Of the checkpoints when the processor was killed: as old as they get, and as old as they got before (ADR 0014)."""
LOOK_S: Final = 0.02
MOST_USED_S: Final = 5.0
"""Processor time that a restart from fresh checkpoints takes beyond the program's own start."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is computed once, and is every runner's.

    Parameters
    ----------
    batches
        Its packets in batches, as a gateway sends them.
    events
        What came of each.
    """

    header: RecordingHeader
    batches: Sequence[Sequence[RawPacket]]
    events: Sequence[Sequence[Event]]

    def batches_within(self, end_s: float) -> int:
        """Return how many batches there are until a second of the session."""
        return sum(batch[-1].received_s <= end_s for batch in self.batches)


def computed(path: Path) -> Run:
    """Cut and compute a recording, batch by batch."""
    recording = Recording.open(path)
    cutter = BatchCutter()
    batches = [*cutter.push(recording), *cutter.flush()]
    engine = SessionEngine(recording.header)
    return Run(recording.header, batches, [engine.take(batch) for batch in batches])


def each_session(run: Run, sessions: int) -> Iterator[tuple[SessionKey, RecordingHeader]]:
    """Give as many runners the same run."""
    for number in range(sessions):
        session = replace(
            run.header.session,
            id=f"run-{number:03}",
            runner_name=f"runner-{number:03}",
            started_utc=datetime(2026, 11, 30, 8, 0, tzinfo=UTC),
        )
        yield SessionKey("track", session.runner_name, session.id), replace(run.header, session=session)


def checkpoints(run: Run, sequence: int, headers: Sequence[RecordingHeader]) -> Iterator[bytes]:
    """Compute the run until a batch, once for all, and give each session's checkpoint there."""
    engine = SessionEngine(run.header)
    for batch in run.batches[:sequence]:
        engine.take(batch)
    parts = msgspec.msgpack.decode(engine.state())
    for header in headers:
        own = msgspec.msgpack.decode(SessionEngine(header).state())
        computation = Computation(header)
        computation.take([], Position(sequence))
        computation._engine.restore(msgspec.msgpack.encode(parts | {"session": own["session"]}))
        yield computation.checkpoint()


def leave(folder: Path, run: Run, sessions: int, age_s: float | None) -> None:
    """Leave what a killed processor leaves; without checkpoints where their age is `None`."""
    make_folders(folder)
    end_s = run.batches[-1][-1].received_s
    computed_until = run.batches_within(end_s - AWAY_S)
    stored = [event for some in run.events[:computed_until] for event in some if isinstance(event, Stride | Window)]
    known = [*each_session(run, sessions)]
    payloads = [encode_batch(sequence, batch) for sequence, batch in enumerate(run.batches, start=1)]
    with Store.open(store_path(folder)) as store, contextlib.closing(Inbox(inbox_path(folder))) as inbox:
        for key, header in known:
            store.add_session(header)
            store.add({key.session_id: stored})
            arrivals: list[Arrival] = [HeaderArrival(key, encode_header(header))]
            arrivals += [BatchArrival(key, sequence, payload) for sequence, payload in enumerate(payloads, start=1)]
            inbox.take(arrivals)
            inbox.note_announced(inbox.sessions[key], computed_until)
        if age_s is not None:
            sequence = run.batches_within(end_s - AWAY_S - age_s)
            made = checkpoints(run, sequence, [header for _, header in known])
            inbox.note_checkpoints(
                (inbox.sessions[key], Checkpoint(sequence, one)) for (key, _), one in zip(known, made, strict=True)
            )


def stored_strides(folder: Path) -> int:
    """Return how many strides are in the store."""
    with contextlib.closing(sqlite3.connect(f"{store_path(folder).as_uri()}?mode=ro", uri=True)) as store:
        (strides,) = store.execute("SELECT count(*) FROM stride").fetchone()
    return int(strides)


@dataclass(frozen=True, slots=True)
class Restart:
    """What a restart showed, and the processor time that it took, the program's start included."""

    rows: Sequence[Measurement]
    used_s: float


def restart(run: Run, sessions: int, age_s: float | None) -> Restart:
    """Start a processor on what a killed one left, and time it until all is computed."""
    wanted = sorted(
        (event for some in run.events for event in some if isinstance(event, Stride)),
        key=lambda stride: (stride.initial_contact_s, stride.sensor_id),
    )
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name) / "processor"
        (Path(name) / "broker").mkdir()
        leave(folder, run, sessions, age_s)
        broker = stack.enter_context(mosquitto(Path(name) / "broker"))
        at = f"mqtt://127.0.0.1:{broker.port}"
        command = [
            str(Path(sys.executable).with_name("footfall")),
            "process",
            "--broker",
            at,
            "--data-dir",
            str(folder),
        ]
        processor = Program(command, {"PYTHONUNBUFFERED": "1"})
        stack.callback(processor.kill)
        used_s, begun_s = _children_s(), time.monotonic()
        processor.start()
        processor.wait_for("Waiting for gateways")
        while stored_strides(folder) < sessions * len(wanted):
            processor.live_on(LOOK_S)
        took_s = time.monotonic() - begun_s
        processor.stop()
        used_s = _children_s() - used_s
        with Store.open(store_path(folder)) as store:
            different = sum(store.strides(stored.header.session.id) != wanted for stored in store.sessions())
    of = f"{sessions} runners, {_how(age_s)}"
    return Restart(
        [
            Measurement(f"{of}: from start until all is computed", took_s, "s"),
            Measurement(f"{of}: sessions that differ in any stride", different, "", at_most=0),
        ],
        used_s,
    )


def _how(age_s: float | None) -> str:
    return "anew" if age_s is None else f"checkpoints {age_s:g} s old"


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def checkpoint_costs(run: Run) -> list[Measurement]:
    """What one checkpoint costs at the end of the run, to make and to take up."""
    computation = Computation(run.header)
    computation.take([packet for batch in run.batches for packet in batch], Position(1))
    stored = computation.checkpoint()
    made_s, taken_up_s = least_cpu_s(computation.checkpoint, lambda: Computation.restored(run.header, stored))
    return [
        Measurement("a checkpoint of two sensors", len(stored) / 1e3, "kB"),
        Measurement("to make it", made_s * 1e3, "ms"),
        Measurement("to take it up", taken_up_s * 1e3, "ms"),
    ]


def main() -> int:
    """Run; exit status 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    parser.add_argument("--duration", type=float, default=DURATION_S, help="seconds of each run")
    parser.add_argument("--anew", type=int, default=ANEW_SESSIONS, metavar="SESSIONS", help="0 for not at all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    arguments = parser.parse_args()
    make_ready()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.mcap"
        write_recording(path, arguments.duration)
        run = computed(path)
        found += checkpoint_costs(run)
        alone = restart(run, 0, None)
        found.append(Measurement("nobody runs: processor time of a start", alone.used_s, "s"))
        wanted: list[tuple[int, float | None]] = [(arguments.sessions, age_s) for age_s in AGES_S]
        for sessions, age_s in [*wanted, (arguments.anew, None)]:
            if sessions:
                done = restart(run, sessions, age_s)
                most_s = MOST_USED_S if age_s == AGES_S[0] else None
                what = f"{sessions} runners, {_how(age_s)}: processor time beyond that"
                found += [Measurement(what, done.used_s - alone.used_s, "s", at_most=most_s), *done.rows]
    show(f"A restarted processor, {arguments.duration / 60.0:g} minutes into each run", found)
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), indent=2) + "\n")
    return 1 if any(one.verdict == "MISSED" for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
