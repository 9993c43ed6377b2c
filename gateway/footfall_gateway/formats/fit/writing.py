"""A run as a FIT file: records at 1 Hz with running dynamics, and per leg impact and strike as developer fields.

Fields and scales are of the FIT profile (Garmin FIT SDK, messages `record` and `session`); `fit_tool` encodes them.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

from fit_tool.base_type import BaseType
from fit_tool.developer_field import DeveloperField
from fit_tool.fit_file_builder import FitFileBuilder
from fit_tool.profile.messages.activity_message import ActivityMessage
from fit_tool.profile.messages.developer_data_id_message import DeveloperDataIdMessage
from fit_tool.profile.messages.event_message import EventMessage
from fit_tool.profile.messages.field_description_message import FieldDescriptionMessage
from fit_tool.profile.messages.file_id_message import FileIdMessage
from fit_tool.profile.messages.lap_message import LapMessage
from fit_tool.profile.messages.record_message import RecordMessage
from fit_tool.profile.messages.session_message import SessionMessage
from fit_tool.profile.profile_type import Activity as FitActivity
from fit_tool.profile.profile_type import Event, EventType, FileType, Manufacturer, Sport
from fit_tool.utils.logging import FORMAT

from footfall_coaching.answers import Effort
from footfall_gateway.formats.export_files import ExportError, write_new, writing
from footfall_gateway.formats.fit.seconds import Second, Watched, seconds_of
from footfall_gateway.formats.fit.watched import with_track
from footfall_gateway.store.track import Track
from footfall_processing.gait import Activity, Stride, Strike
from footfall_processing.metrics.catalogue import (
    CADENCE,
    CONTACT_TIME,
    OSCILLATION,
    SPEED,
    STRIDE_LENGTH,
    STRIDE_TIME,
)
from footfall_processing.session import Session, Side

# its import gives the root logger a handler, by which other libraries' notes would reach people
for _handler in [one for one in logging.root.handlers if one.formatter and one.formatter._fmt == FORMAT]:
    logging.root.removeHandler(_handler)

APPLICATION_ID: Final = b"\xb1\xf6\xc0\xde\x5a\x3e\x4c\x7d\x9f\x20Footfl"
"""Tells Footfall's developer fields from others'."""
STRIKES: Final = {Strike.REARFOOT: 1, Strike.MIDFOOT: 2, Strike.FOREFOOT: 3, Strike.NON_REARFOOT: 4}
"""How strikes stand in the developer fields; 0 is not known."""
FEELINGS: Final = (0, 25, 50, 75, 100)
"""`workout_feel` of a feeling of 1 to 5."""

_IMPACTS: Final = {Side.LEFT: 0, Side.RIGHT: 1}
_STRIKES: Final = {Side.LEFT: 2, Side.RIGHT: 3}
"""Numbers of the developer fields."""
_FIELDS: Final = (
    *((number, f"impact_{side.value}", BaseType.FLOAT32, 4, "g") for side, number in _IMPACTS.items()),
    *((number, f"strike_{side.value}", BaseType.UINT8, 1, "") for side, number in _STRIKES.items()),
)
_MOST_METERS: Final = 42_949_672.0
"""Distances and times stand in hundredths and thousandths in 32 bits."""


def fit_of(
    session: Session,
    strides: Iterable[Stride],
    effort: Effort | None = None,
    advance_to: Callable[[float], None] = lambda _: None,
    track: Track | None = None,
) -> bytes:
    """Return a session as the content of a FIT file.

    It is a run where there is a running stride; then its distance is that of running alone, as everywhere in Footfall,
    and the timer stands while it is walked, so that speed, and the mean cadence, are of running too.
    Takes about 2 ms a second of the session.

    Parameters
    ----------
    strides
        The session's, in any order.
    effort
        How the run was, if the runner said so.
    advance_to
        Told how far it has come, in session seconds.
    track
        What a watch recorded of it: heart rate and places, and pace and distance where strides tell none.

    Raises
    ------
    ExportError
        When the session has no date, or neither strides nor a track.
    """
    if session.started_utc is None:
        raise ExportError(f"session {session.id}: has no date, and FIT has nothing without one; give it one first")
    known = list(strides)
    is_run = not known or any(stride.activity is Activity.RUN for stride in known)
    activity = Activity.RUN if is_run else Activity.WALK
    seconds = seconds_of(known, session.sensors, session.started_utc, activity)
    if track is not None:
        seconds = with_track(seconds, track, session.started_utc)
    if not seconds:
        raise ExportError(f"session {session.id}: has no strides, so there is nothing to write")
    return _encoded(seconds, activity, effort, advance_to)


def export_fit(
    session: Session,
    strides: Iterable[Stride],
    path: Path,
    effort: Effort | None = None,
    advance_to: Callable[[float], None] = lambda _: None,
    track: Track | None = None,
) -> list[Path]:
    """Write a new FIT file, and return it; see `fit_of`.

    Raises
    ------
    ExportError
        Beside its own reasons, when the file exists already or can't be written.
    """
    content = fit_of(session, strides, effort, advance_to, track)
    with writing(path.parent):
        write_new(path, content)
    return [path]


def _encoded(
    seconds: Sequence[Second], activity: Activity, effort: Effort | None, advance_to: Callable[[float], None]
) -> bytes:
    builder = FitFileBuilder(auto_define=True, min_string_size=50)
    about = FileIdMessage()
    about.type = FileType.ACTIVITY
    about.manufacturer = Manufacturer.DEVELOPMENT.value
    about.product = 0
    about.time_created = _ms(seconds[0].utc_s)
    builder.add(about)
    _describe_own_fields(builder)
    first, last = seconds[0], seconds[-1]
    builder.add(_event(first, EventType.START))
    goes_on = True
    for second in seconds:
        if second.is_moving is not goes_on:
            goes_on = second.is_moving
            builder.add(_event(second, EventType.START if goes_on else EventType.STOP))
        builder.add(_record(second))
        advance_to(second.session_s)
    builder.add(_event(last, EventType.STOP_ALL))
    for message in (LapMessage(), SessionMessage()):
        _sum_up(message, seconds, activity)
        if isinstance(message, SessionMessage):
            message.num_laps = 1
            if effort is not None and effort.exertion is not None:
                message.workout_rpe = 10 * effort.exertion
            if effort is not None and effort.feeling is not None:
                message.workout_feel = FEELINGS[effort.feeling - 1]
        builder.add(message)
    whole = ActivityMessage()
    whole.timestamp = _ms(last.utc_s)
    whole.total_timer_time = _timer_s(seconds)
    whole.num_sessions = 1
    whole.type = FitActivity.MANUAL
    whole.event = Event.ACTIVITY
    whole.event_type = EventType.STOP
    builder.add(whole)
    return bytes(builder.build().to_bytes())


def _describe_own_fields(builder: FitFileBuilder) -> None:
    whose = DeveloperDataIdMessage()
    whose.developer_data_index = 0
    whose.application_id = APPLICATION_ID
    whose.application_version = 1
    builder.add(whose)
    for number, name, kind, _, unit in _FIELDS:
        field = FieldDescriptionMessage()
        field.developer_data_index = 0
        field.field_definition_number = number
        field.fit_base_type_id = kind.value
        field.field_name = name
        field.units = unit
        builder.add(field)


def _record(second: Second) -> RecordMessage:
    told: dict[int, float] = {}
    for side, leg in second.legs.items():
        if leg.impact_g is not None:
            told[_IMPACTS[side]] = leg.impact_g
        told[_STRIKES[side]] = 0 if leg.strike is None else STRIKES[leg.strike]
    record = RecordMessage(developer_fields=[_own_field(number, told[number]) for number in sorted(told)])
    record.timestamp = _ms(second.utc_s)
    record.distance = min(second.distance_m, _MOST_METERS)
    values = second.values
    cadence_spm = values.get(CADENCE.name)
    if cadence_spm is not None:
        # FIT counts the strides of one foot
        whole, rest = divmod(cadence_spm / 2.0, 1.0)
        record.cadence = int(whole)
        record.fractional_cadence = rest
    _add_watched(record, second.watch)
    if (speed_mps := values.get(SPEED.name)) is not None:
        record.enhanced_speed = speed_mps
    if (contact_s := values.get(CONTACT_TIME.name)) is not None:
        record.stance_time = 1000.0 * contact_s
        if (stride_s := values.get(STRIDE_TIME.name)) is not None:
            record.stance_time_percent = 100.0 * contact_s / stride_s
    if second.left_contact_percent is not None:
        record.stance_time_balance = second.left_contact_percent
    step_m = None if (length_m := values.get(STRIDE_LENGTH.name)) is None else 0.5 * length_m
    if step_m is not None:
        record.step_length = 1000.0 * step_m
    if (oscillation_m := values.get(OSCILLATION.name)) is not None:
        record.vertical_oscillation = 1000.0 * oscillation_m
        if step_m:
            record.vertical_ratio = 100.0 * oscillation_m / step_m
    return record


def _add_watched(record: RecordMessage, watch: Watched | None) -> None:
    if watch is None:
        return
    if watch.heart_rate_bpm is not None:
        record.heart_rate = round(watch.heart_rate_bpm)
    if watch.latitude_deg is not None and watch.longitude_deg is not None:
        record.position_lat, record.position_long = watch.latitude_deg, watch.longitude_deg
    if watch.altitude_m is not None:
        record.enhanced_altitude = watch.altitude_m


def _own_field(number: int, value: float) -> DeveloperField:
    _, name, kind, size, unit = _FIELDS[number]
    field = DeveloperField(developer_data_index=0, field_id=number, size=size, name=name, base_type=kind, units=unit)
    field.set_value(0, value)
    return field


def _event(second: Second, kind: EventType) -> EventMessage:
    event = EventMessage()
    event.timestamp = _ms(second.utc_s)
    event.event = Event.TIMER
    event.event_type = kind
    return event


def _sum_up(message: LapMessage | SessionMessage, seconds: Sequence[Second], activity: Activity) -> None:
    first, last = seconds[0], seconds[-1]
    elapsed_s = float(last.utc_s - first.utc_s)
    message.timestamp = _ms(last.utc_s)
    message.start_time = _ms(first.utc_s)
    message.total_elapsed_time = elapsed_s
    message.total_timer_time = timer_s = _timer_s(seconds)
    message.total_distance = min(last.distance_m, _MOST_METERS)
    message.sport = Sport.RUNNING if activity is Activity.RUN else Sport.WALKING
    if timer_s > 0.0:
        message.enhanced_avg_speed = last.distance_m / timer_s
    cadences = [one.values[CADENCE.name] for one in seconds if one.is_moving and CADENCE.name in one.values]
    if cadences:
        whole, rest = divmod(fmean(cadences) / 2.0, 1.0)
        message.avg_cadence = int(whole)
        message.avg_fractional_cadence = rest
    hearts = [one.watch.heart_rate_bpm for one in seconds if one.watch is not None and one.watch.heart_rate_bpm]
    if hearts:
        message.avg_heart_rate, message.max_heart_rate = round(fmean(hearts)), round(max(hearts))


def _timer_s(seconds: Sequence[Second]) -> float:
    """Return for how long the timer ran."""
    return float(sum(second.is_moving for second in seconds[:-1]))


def _ms(utc_s: float) -> int:
    return round(1000.0 * utc_s)
