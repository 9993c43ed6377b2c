"""The description at the head of a recording as versioned JSON: what `RecordingHeader` looks like on disk.

The classes here are the file format; `packets.py` and `session.py` are the program. They are kept apart so that
the program can change without old recordings becoming unreadable. See docs/recording-format.md.
"""

from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias

import msgspec

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import LONGEST_TIME_S, check_moment, parse_json
from footfall_gateway.packets import RecordedCompanion, RecordedSensor, RecordingHeader
from footfall_processing.errors import InputError
from footfall_processing.session import Placement, Runner, Sensor, Session, Side

HEADER_VERSION: Final = 1
"""Raised when an older Footfall could misread a new header. New optional fields don't raise it."""

MOST_HEADER_BYTES: Final = 256 * 1024
MOST_SENSORS: Final = 64
"""Sensors of a session, and as many companions; what is worn on both legs is a handful."""
MOST_CHARACTERS: Final = 512
"""Of an id or a name."""
MOST_SETTINGS: Final = 256


class HeaderError(OutsideError):
    """A recording's description can't be read; the message says why, without the file's name."""


_Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)]
_Range: TypeAlias = Annotated[float, msgspec.Meta(gt=0.0, le=1e9)]
_TimeS: TypeAlias = Annotated[float, msgspec.Meta(ge=-LONGEST_TIME_S, le=LONGEST_TIME_S)]
# whole numbers that a header can be written with again
_Setting: TypeAlias = str | Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | float | bool | None
_Settings: TypeAlias = Annotated[dict[str, _Setting], msgspec.Meta(max_length=MOST_SETTINGS)]


class _SensorJson(msgspec.Struct, kw_only=True):
    id: _Text
    placement: Placement
    side: Side | None
    sampling_rate_hz: float
    acc_range_mps2: _Range | None = None
    gyro_range_radps: _Range | None = None
    has_gyro: bool = True
    length_gain: float = 1.0
    profile: _Text
    address: _Text = ""
    name: _Text = ""
    settings: _Settings = {}


class _CompanionJson(msgspec.Struct, kw_only=True):
    id: _Text
    profile: _Text
    address: _Text = ""
    name: _Text = ""
    settings: _Settings = {}


class _RunnerJson(msgspec.Struct):
    mass_kg: float
    height_m: float


class _VersionJson(msgspec.Struct):
    header_version: int


class _HeaderJson(msgspec.Struct, kw_only=True):
    header_version: int = HEADER_VERSION
    session_id: Annotated[_Text, msgspec.Meta(min_length=1)]
    started_utc: datetime | None
    software: _Text
    sensors: Annotated[list[_SensorJson], msgspec.Meta(max_length=MOST_SENSORS)]
    companions: Annotated[list[_CompanionJson], msgspec.Meta(max_length=MOST_SENSORS)] = []
    runner: _RunnerJson | msgspec.UnsetType = msgspec.UNSET
    runner_name: _Text | msgspec.UnsetType = msgspec.UNSET
    shoe: _Text | msgspec.UnsetType = msgspec.UNSET
    begin_s: _TimeS | msgspec.UnsetType = msgspec.UNSET


# Written by hand, because viewers such as Foxglove read neither `$ref` nor `anyOf`.
HEADER_JSON_SCHEMA: Final = msgspec.json.encode(
    {
        "type": "object",
        "properties": {
            "header_version": {"type": "integer"},
            "session_id": {"type": "string"},
            "started_utc": {"type": "string"},
            "software": {"type": "string"},
            "runner": {
                "type": "object",
                "properties": {"mass_kg": {"type": "number"}, "height_m": {"type": "number"}},
            },
            "runner_name": {"type": "string"},
            "shoe": {"type": "string"},
            "begin_s": {"type": "number"},
            "sensors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "string"},
                        "placement": {"type": "string"},
                        "side": {"type": "string"},
                        "sampling_rate_hz": {"type": "number"},
                        "acc_range_mps2": {"type": "number"},
                        "gyro_range_radps": {"type": "number"},
                        "has_gyro": {"type": "boolean"},
                        "length_gain": {"type": "number"},
                        "profile": {"type": "string"},
                        "address": {"type": "string"},
                        "name": {"type": "string"},
                        "settings": {"type": "object", "properties": {}},
                    },
                },
            },
            "companions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "string"},
                        "profile": {"type": "string"},
                        "address": {"type": "string"},
                        "name": {"type": "string"},
                        "settings": {"type": "object", "properties": {}},
                    },
                },
            },
        },
    }
)


def encode_header(header: RecordingHeader) -> bytes:
    """Return the header as JSON text, UTF-8."""
    session = header.session
    return msgspec.json.encode(
        _HeaderJson(
            session_id=session.id,
            started_utc=session.started_utc,
            software=session.software,
            sensors=[
                _SensorJson(
                    id=recorded.sensor.id,
                    placement=recorded.sensor.placement,
                    side=recorded.sensor.side,
                    sampling_rate_hz=recorded.sensor.sampling_rate_hz,
                    acc_range_mps2=recorded.sensor.acc_range_mps2,
                    gyro_range_radps=recorded.sensor.gyro_range_radps,
                    has_gyro=recorded.sensor.has_gyro,
                    length_gain=recorded.sensor.length_gain,
                    profile=recorded.profile,
                    address=recorded.address,
                    name=recorded.name,
                    settings=dict(recorded.settings),
                )
                for recorded in header.recorded_sensors
            ],
            companions=[
                _CompanionJson(
                    id=companion.id,
                    profile=companion.profile,
                    address=companion.address,
                    name=companion.name,
                    settings=dict(companion.settings),
                )
                for companion in header.companions
            ],
            runner=(
                msgspec.UNSET
                if session.runner is None
                else _RunnerJson(mass_kg=session.runner.mass_kg, height_m=session.runner.height_m)
            ),
            runner_name=session.runner_name or msgspec.UNSET,
            shoe=session.shoe or msgspec.UNSET,
            begin_s=session.begin_s or msgspec.UNSET,
        )
    )


def decode_header(text: bytes) -> RecordingHeader:
    """Return the header that `encode_header` wrote.

    Raises
    ------
    HeaderError
        When the text was written by a newer version, or is not such a header.
    """
    try:
        version = parse_json(text, _VersionJson, "header", MOST_HEADER_BYTES).header_version
        if version > HEADER_VERSION:
            raise HeaderError(
                f"its header has version {version}, this Footfall reads up to {HEADER_VERSION}; update Footfall"
            )
        header = parse_json(text, _HeaderJson, "header", MOST_HEADER_BYTES)
        if header.started_utc is not None:
            check_moment(header.started_utc, "started_utc")
        recorded_sensors = tuple(
            RecordedSensor(
                sensor=Sensor(
                    id=sensor.id,
                    placement=sensor.placement,
                    side=sensor.side,
                    sampling_rate_hz=sensor.sampling_rate_hz,
                    acc_range_mps2=sensor.acc_range_mps2,
                    gyro_range_radps=sensor.gyro_range_radps,
                    has_gyro=sensor.has_gyro,
                    length_gain=sensor.length_gain,
                ),
                profile=sensor.profile,
                address=sensor.address,
                name=sensor.name,
                settings=MappingProxyType(sensor.settings),
            )
            for sensor in header.sensors
        )
        session = Session(
            id=header.session_id,
            started_utc=header.started_utc,
            sensors=tuple(recorded.sensor for recorded in recorded_sensors),
            software=header.software,
            runner=(
                None
                if isinstance(header.runner, msgspec.UnsetType)
                else Runner(mass_kg=header.runner.mass_kg, height_m=header.runner.height_m)
            ),
            runner_name=_text(header.runner_name),
            shoe=_text(header.shoe),
            begin_s=0.0 if isinstance(header.begin_s, msgspec.UnsetType) else header.begin_s,
        )
    except HeaderError:
        raise
    except InputError as error:
        raise HeaderError(f"its header is damaged ({error})") from error
    companions = tuple(
        RecordedCompanion(
            id=companion.id,
            profile=companion.profile,
            address=companion.address,
            name=companion.name,
            settings=MappingProxyType(companion.settings),
        )
        for companion in header.companions
    )
    return RecordingHeader(session, recorded_sensors, companions)


class _WhoseJson(msgspec.Struct):
    runner_name: str = ""


def runner_name_in(text: bytes) -> str:
    """Return whose session a header describes, also where the rest of it can't be read; empty where nobody said."""
    try:
        return parse_json(text, _WhoseJson, "header", MOST_HEADER_BYTES).runner_name
    except OutsideError:
        return ""


def _text(value: str | msgspec.UnsetType) -> str:
    return "" if isinstance(value, msgspec.UnsetType) else value
