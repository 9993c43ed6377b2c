"""A made-up run, as sensors on the shins and a watch have seen it: the same steps on two clocks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from fit_tool.data_message import DataMessage
from fit_tool.definition_message import DefinitionMessage
from fit_tool.fit_file_header import FitFileHeader
from fit_tool.profile.messages.file_id_message import FileIdMessage
from fit_tool.profile.messages.record_message import RecordMessage
from fit_tool.profile.messages.session_message import SessionMessage
from fit_tool.profile.profile_type import FileType, Manufacturer, Sport
from fit_tool.record import Record
from fitdecode.utils import compute_crc

from footfall_gateway import wire
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.packets import RecordedSensor, RecordingHeader
from footfall_gateway.store.database import Store
from footfall_processing.gait import Activity, Stride
from footfall_processing.results.running import results_of
from footfall_processing.results.summary import SessionSummary
from footfall_processing.results.windows import Window
from footfall_processing.samples import FloatArray
from footfall_processing.session import Placement, Sensor, Session, Side

STARTED: Final = datetime(2026, 5, 3, 8, 15, tzinfo=UTC)
"""When the session began, by our clock."""
LASTS_S: Final = 600.0
SPEED_MPS: Final = 3.0
FIRST_HEART_BPM: Final = 120
LATITUDE_DEG: Final = 47.3769
STOPS_S: Final = ((95.0, 118.0), (204.0, 216.0), (390.0, 420.0))
"""When the runner stood."""
_CHANCE: Final = np.random.default_rng(3)
_CHANGES_S: Final = np.cumsum(_CHANCE.uniform(7.0, 20.0, 100))
_CHANGES_SPM: Final = _CHANCE.uniform(-9.0, 9.0, 101)


def cadence_spm(t_s: FloatArray) -> FloatArray:
    """Return the true cadence at session seconds: it changes as it never does again, and is 0 in two stops."""
    values = 168.0 + _CHANGES_SPM[np.searchsorted(_CHANGES_S, t_s)]
    for begin_s, end_s in STOPS_S:
        values[(t_s >= begin_s) & (t_s < end_s)] = 0.0
    values[(t_s < 0.0) | (t_s > LASTS_S)] = 0.0
    return np.asarray(values)


def header_of(
    session_id: str = "shins", placement: Placement = Placement.SHANK, started_utc: datetime = STARTED, runner: str = ""
) -> RecordingHeader:
    """Describe the session."""
    sensors = tuple(Sensor(f"{placement}-{side}", placement, side, 200.0) for side in Side)
    session = Session(session_id, started_utc, sensors, "footfall", runner_name=runner)
    return RecordingHeader(session, tuple(RecordedSensor(sensor, "footfall") for sensor in sensors))


def strides_of(sensors: Sequence[Sensor]) -> Iterator[Stride]:
    """Give the strides of both legs; feet measure lengths."""
    now_s, count = 1.0, 0
    while now_s < LASTS_S - 2.0:
        spm = float(cadence_spm(np.array([now_s]))[0])
        if spm == 0.0:
            now_s += 0.5
            continue
        sensor = sensors[count % 2]
        long_s = 120.0 / spm
        yield Stride(
            sensor.id,
            sensor.side,
            Activity.RUN,
            now_s,
            now_s + 0.3 * long_s,
            now_s + long_s,
            peak_acc_mps2=90.0,
            stride_length_m=SPEED_MPS * long_s if sensor.placement is Placement.FOOT else None,
            confidence=0.9,
            quality=(),
        )
        now_s, count = now_s + 0.5 * long_s, count + 1


@cache
def _computed(sensors: tuple[Sensor, ...]) -> tuple[Sequence[Stride], Sequence[Window], SessionSummary]:
    strides = list(strides_of(sensors))
    return strides, *results_of(strides, sensors, 0.0)


def keep(folder: Path, about: RecordingHeader) -> None:
    """Put the session into a data folder's log."""
    session = about.session
    strides, windows, summary = _computed(session.sensors)
    make_folders(folder)
    with Store.open(store_path(folder)) as store:
        store.add_session(about)
        store.add({session.id: [*strides, *windows]})
        store.finish_session(session.id, wire.summary_object(summary))


@dataclass(frozen=True)
class AWatch:
    """How a watch went along.

    Parameters
    ----------
    ahead_s
        By how much its clock is ahead.
    rate
        Session seconds of one of its seconds.
    begin_s, end_s
        Session seconds of its first and last record.
    sport
        What it calls the run; `None` for no session message.
    """

    ahead_s: float = 0.0
    rate: float = 1.0
    begin_s: float = -20.0
    end_s: float = LASTS_S + 20.0
    sport: Sport | None = Sport.RUNNING
    has_cadence: bool = True
    has_distance: bool = True
    has_places: bool = True

    def write(self, path: Path) -> Path:
        """Write its file, as FIT."""
        path.write_bytes(fit_bytes(self.records(), *([] if self.sport is None else [self.sport])))
        return path

    def records(self) -> Iterator[dict[str, float]]:
        """Give a record for each of its seconds: steps of one foot, as FIT has them."""
        watch_s = np.arange(0.0, (self.end_s - self.begin_s) / self.rate)
        session_s = self.begin_s + self.rate * watch_s
        spm = cadence_spm(session_s)
        way_m = np.cumsum(np.where(spm > 0.0, SPEED_MPS * self.rate, 0.0))
        began_s = STARTED.timestamp() + self.begin_s + self.ahead_s
        for number, (at_s, one_spm, at_m) in enumerate(zip(watch_s, spm, way_m, strict=True)):
            record: dict[str, float] = {
                "timestamp": round(1000.0 * (began_s + at_s)),
                "heart_rate": FIRST_HEART_BPM + number // 30,
            }
            if self.has_cadence:
                record["cadence"] = round(one_spm / 2.0)
            if self.has_distance:
                record["distance"] = float(at_m)
            if self.has_places:
                record |= {"position_lat": LATITUDE_DEG + 1e-5 * at_m, "position_long": 8.5417, "altitude": 400.0}
            yield record


def fit_bytes(records: Iterable[Mapping[str, float]], *sports: Sport | tuple[Sport, int, float]) -> bytes:
    """Return a file of records, by names and values of fit_tool; all have the fields of the first.

    Sports may say when they began, in milliseconds, and how long they took, in seconds.
    """
    about = FileIdMessage()
    about.type = FileType.ACTIVITY
    about.manufacturer = Manufacturer.DEVELOPMENT.value
    about.time_created = round(1000.0 * STARTED.timestamp())
    # one message for all: making one takes longer than writing it
    record, body = RecordMessage(), b"".join(_encoded(about, with_definition=True))
    for number, values in enumerate(records):
        for name, value in values.items():
            setattr(record, name, value)
        body += b"".join(_encoded(record, with_definition=number == 0))
    for sport in sports:
        session = SessionMessage()
        session.sport = sport if isinstance(sport, Sport) else sport[0]
        if not isinstance(sport, Sport):
            _, session.start_time, session.total_elapsed_time = sport
        body += b"".join(_encoded(session, with_definition=True))
    head = FitFileHeader(records_size=len(body)).to_bytes()
    crc: int = compute_crc(head + body)
    return bytes(head + body) + crc.to_bytes(2, "little")


def _encoded(message: DataMessage, *, with_definition: bool) -> Iterator[bytes]:
    if with_definition:
        definition = DefinitionMessage.from_data_message(message)
        message.set_definition_message(definition)
        yield Record.from_message(definition).to_bytes()
    yield Record.from_message(message).to_bytes()
