"""A data folder with two people in every place that there is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

import msgspec
import numpy as np
from argon2.profiles import CHEAPEST

from footfall_coaching.answers import Pain, PainSite, Phase, Shoe
from footfall_coaching.exercises.events import ExercisesDone
from footfall_coaching.plan_events import PlanEvent
from footfall_coaching.programme.events import Ran
from footfall_coaching.studies.allocation import drawn
from footfall_coaching.studies.file import Design
from footfall_coaching.studies.record import Day, Record, begun, joined
from footfall_coaching.try_out.events import Begun
from footfall_coaching.try_out.plan import Cue, eight_blocks
from footfall_coaching.try_out.seal import Opening, draw
from footfall_gateway import wire
from footfall_gateway.accounts import AccountsFile
from footfall_gateway.data_folder import (
    inbox_path,
    make_folders,
    onboard_folder,
    outbox_path,
    recording_path,
    spool_path,
    store_path,
)
from footfall_gateway.devices.kit.onboard import DeviceMoment, Piece, StoredLog
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.influx.points import called, lines_of_all
from footfall_gateway.mqtt.held import BatchArrival, EndArrival, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import End, encode_batch
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.onboard.receipt import Receipt
from footfall_gateway.onboard.shelf import Shelf
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import RecordingWriter
from footfall_gateway.store.database import KeptGain, Store
from footfall_gateway.store.track import Placed, Track
from footfall_gateway.studies import StudiesFolder
from footfall_processing.results.summary import summarize
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from footfall_processing.session import Placement, Side
from gateway.recordings_for_tests import header, packets, strides
from study_power import study_of

ANN: Final = "Ann-Maréchal Ünlikely"
BOB: Final = "Bob"
GATEWAY: Final = "track"
STUDY: Final = study_of(Design.ALTERNATING)
PASSWORD: Final = "seven tired pigeons"


def with_runner(runner: str, record: Record | None) -> Record:
    """Let a runner join the study, and be told the condition of the first run."""
    now = datetime(2026, 11, 20, 8, 15, tzinfo=UTC)
    known = begun(drawn(STUDY, bytes(range(32))), now) if record is None else record
    known = joined(known, runner, STUDY.consent, (), now)
    return known.with_member(msgspec.structs.replace(known.member(runner), days=(Day(now, 0),)))


def session_of(runner: str, number: int, session_id: str = "") -> RecordingHeader:
    """Describe a session; ids tell nothing of who ran."""
    name = session_id or f"2026112{number}T081500Z-{len(runner):02x}{number:02x}"
    started = datetime(2026, 11, 20 + number, 8, 15, 0, 123456, tzinfo=UTC)
    return replace(header(), session=replace(header().session, id=name, runner_name=runner, started_utc=started))


def packets_of(runner: str, count: int = 60) -> Iterator[RawPacket]:
    """Give a runner's own packets."""
    mark = runner.encode() if runner.isascii() else b"\x01\x02\x03"
    for packet in packets(count):
        yield replace(packet, data=packet.data + bytes(byte ^ 0x5A for byte in mark))


def track_of(runner: str) -> Track:
    """Give what a runner's watch recorded, at a place of the runner's own."""
    t_s, nothing = np.arange(20.0), np.full(20, np.nan)
    return Track(
        datetime(2026, 11, 21, 8, 15, tzinfo=UTC),
        "running",
        sha256(runner.encode()).hexdigest(),
        Placed(),
        t_s,
        cadence_spm=np.full(20, 168.0),
        distance_m=3.0 * t_s,
        speed_mps=nothing,
        heart_rate_bpm=np.full(20, 151.0),
        latitude_deg=place_of(runner) + 1e-5 * t_s,
        longitude_deg=np.full(20, 8.54170013),
        altitude_m=nothing,
    )


def place_of(runner: str) -> float:
    """Return the latitude of where a runner trains."""
    return 47.0 + len(runner) / 7.0


def opening_of(runner: str) -> Opening:
    """Draw the order of a try-out of a runner's."""
    return draw(
        eight_blocks(Cue.CONDITION, PainSite.KNEE, Side.LEFT, f"tape of {runner}"),
        Random(runner),
        sha256(runner.encode()).digest(),
    )


def plan_of(runner: str, session_id: str) -> Sequence[PlanEvent]:
    """Give what happened in a runner's plan, names and all."""
    opening = opening_of(runner)
    now = datetime(2026, 11, 20, 8, 15, tzinfo=UTC)
    return (
        Begun(opening.plan, opening.seal),
        Ran(now, session_id, 15.0, 14.0, 0.0),
        ExercisesDone(now, f"exercises of {runner}", {}),
    )


def keep(folder: Path, about: RecordingHeader) -> None:
    """Keep a session that was run here: recording, strides, windows, summary, notes."""
    session, runner = about.session, about.session.runner_name
    began = session.started_utc or datetime(2026, 11, 20, tzinfo=UTC)
    given = [replace(one, peak_acc_mps2=100.0 + len(runner)) for one in strides(40)]
    with Store.open(store_path(folder)) as store:
        store.add_session(about, recording_path(folder, session.id))
        store.add_strides(session.id, given)
        store.add_windows(session.id, cut_into_windows(given, session.sensors, WINDOW_KINDS["10s"]))
        store.finish_session(session.id, wire.summary_object(summarize(given, session.sensors)))
        store.tracks.keep(session.id, track_of(runner))
        store.answers.note(
            Pain(runner, session.id, datetime(2026, 11, 2, tzinfo=UTC), Phase.DURING, PainSite.KNEE, Side.LEFT, 3)
        )
        store.answers.note(Shoe(runner, datetime(2026, 11, 1, tzinfo=UTC), f"Blue {len(runner)}"))
        store.plans.note(runner, began, *plan_of(runner, session.id))
        store.plans.note_opening(runner, opening_of(runner))
        store.keep_length_gain(KeptGain(runner, Placement.FOOT, Side.LEFT, 1.03, 0.01, session.id))
    record(folder, about)
    with Outbox(outbox_path(folder)) as outbox:
        outbox.put(lines_of_all(given[:5], called(about, Pseudonyms.of(folder))))


def record(folder: Path, about: RecordingHeader) -> None:
    """Keep a recording alone."""
    with RecordingWriter(recording_path(folder, about.session.id), about) as writer:
        for packet in packets_of(about.session.runner_name):
            writer.write(packet)


def send(folder: Path, about: RecordingHeader, *, whole: bool = False) -> None:
    """Have a session wait in the inbox, as a gateway sent it."""
    key = SessionKey(GATEWAY, Pseudonyms.of(folder)(about.session.runner_name), about.session.id)
    some = list(packets_of(about.session.runner_name))
    batches = [
        BatchArrival(key, number, encode_batch(number, some[20 * number - 20 : 20 * number])) for number in (1, 2, 3)
    ]
    inbox = Inbox(inbox_path(folder))
    try:
        inbox.take([HeaderArrival(key, encode_header(about)), *batches, *([EndArrival(key, End(3))] if whole else [])])
    finally:
        inbox.close()


def spool(folder: Path, about: RecordingHeader) -> None:
    """Have a session wait in the spool, to be sent."""
    opened = Spool.open(spool_path(folder))
    session = about.session
    opened.add_session(session.id, session.runner_name, encode_header(about), recording_path(folder, session.id))
    opened.append(session.id, [list(packets_of(session.runner_name))])
    opened.close()


def fetch(folder: Path, about: RecordingHeader) -> None:
    """Have half a run here that was fetched from a sensor, and the receipt of another."""
    shelf, sensor = Shelf(onboard_folder(folder)), about.recorded_sensors[0]
    log = StoredLog(len(about.session.runner_name), 1, 99, 4096, DeviceMoment(0, 0))
    receipt = Receipt(1000 + log.key, replace(about, session=replace(about.session, id="armed")))
    shelf.put(receipt)
    with shelf.vault_of(sensor, log, about.session.runner_name) as vault:
        random = Random(about.session.runner_name)
        vault.keep([Piece(number, random.randbytes(4096)) for number in range(3)])


def a_house(folder: Path) -> Path:
    """Make one: of each of two people a session that was run here, and ones received, to be sent, and fetched."""
    make_folders(folder)
    for runner in (ANN, BOB):
        keep(folder, session_of(runner, 1))
        send(folder, session_of(runner, 2))
        spool(folder, session_of(runner, 3))
        fetch(folder, session_of(runner, 4))
        AccountsFile(folder, CHEAPEST).add(runner, "runner", PASSWORD)
        StudiesFolder(folder).change(STUDY.study, partial(with_runner, runner))
    return folder
