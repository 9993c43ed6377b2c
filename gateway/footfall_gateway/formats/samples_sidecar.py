"""The sidecar of a samples CSV: `NAME.json` beside `NAME.csv` says which sensor measured. See docs/csv-format.md."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import NoSuchFileError, check_moment, parse_json, read_file, shortened
from footfall_processing.errors import InputError
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

_EXAMPLE: Final = (
    '{"sensors": [{"id": "foot-right", "placement": "foot", "side": "right", "rate_hz": 200, '
    '"acc_range_g": 16, "gyro_range_dps": 2000}]}'
)
_Positive: TypeAlias = Annotated[float, msgspec.Meta(gt=0.0, le=1e9)]


class _SensorJson(msgspec.Struct, omit_defaults=True):
    id: str
    placement: str
    rate_hz: _Positive
    side: str | None = None
    acc_range_g: _Positive | None = None
    gyro_range_dps: _Positive | None = None
    length_gain: _Positive | None = None


class _SidecarJson(msgspec.Struct, omit_defaults=True):
    sensors: list[_SensorJson]
    started_utc: datetime | None = None


class _DateJson(msgspec.Struct):
    started_utc: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What a sidecar says: the sensor, and when second 0 of `t_s` was, if it is known."""

    sensor: Sensor
    started_utc: datetime | None


def sidecar_path(csv_path: Path) -> Path:
    """Return where the sidecar of a CSV lies."""
    return csv_path.with_suffix(".json")


def read_sidecar(csv_path: Path, *, has_gyro: bool) -> Sidecar:
    """Read the one sensor that a CSV's sidecar describes.

    Parameters
    ----------
    csv_path
        The CSV, not the sidecar.
    has_gyro
        Whether the CSV has gyroscope columns; the sidecar does not say.

    Raises
    ------
    InputError
        When the sidecar is missing, unreadable, or does not describe exactly one sensor.
    """
    path = sidecar_path(csv_path)
    try:
        text = read_file(path).removeprefix(b"\xef\xbb\xbf")
    except NoSuchFileError as error:
        raise InputError(f"{csv_path}: has no sidecar {path.name}; write one beside it, such as {_EXAMPLE}") from error
    try:
        sidecar = parse_json(text, _SidecarJson, str(path))
    except OutsideError as error:
        raise InputError(f"{error}; a sidecar looks like {_EXAMPLE}") from error
    if len(sidecar.sensors) != 1:
        raise InputError(
            f"{path}: describes {len(sidecar.sensors) or 'no'} sensors, but {csv_path.name} holds one; "
            "describe exactly that one, and give each sensor its own CSV"
        )
    if sidecar.started_utc is not None:
        check_moment(sidecar.started_utc, f"{path}: started_utc")
    sensor = sidecar.sensors[0]
    if sensor.placement not in set(Placement):
        raise InputError(f"{path}: placement {shortened(sensor.placement)!r} is not known; use {_choices(Placement)}")
    if sensor.side is not None and sensor.side not in set(Side):
        raise InputError(f"{path}: side {shortened(sensor.side)!r} is not known; use {_choices(Side)}")
    try:
        described = Sensor(
            id=sensor.id,
            placement=Placement(sensor.placement),
            side=None if sensor.side is None else Side(sensor.side),
            sampling_rate_hz=sensor.rate_hz,
            acc_range_mps2=None if sensor.acc_range_g is None else sensor.acc_range_g * STANDARD_GRAVITY_MPS2,
            gyro_range_radps=(
                None if sensor.gyro_range_dps is None or not has_gyro else sensor.gyro_range_dps * RADIANS_PER_DEGREE
            ),
            has_gyro=has_gyro,
            length_gain=1.0 if sensor.length_gain is None else sensor.length_gain,
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return Sidecar(described, sidecar.started_utc)


def date_in_sidecar(csv_path: Path) -> datetime | None:
    """Return when the session of a CSV began, if its sidecar says so; one that is not there, or faulty, says nothing.

    Whoever reads the samples is told what is wrong with it.
    """
    try:
        text = read_file(sidecar_path(csv_path)).removeprefix(b"\xef\xbb\xbf")
        return parse_json(text, _DateJson, "a sidecar").started_utc
    except OutsideError:
        return None


def encode_sidecar(
    sensor: Sensor, *, acc_range_g: float | None, gyro_range_dps: float | None, started_utc: datetime | None
) -> bytes:
    """Return the sidecar's text for a sensor, with its ranges in the sidecar's units."""
    sidecar = _SidecarJson(
        [
            _SensorJson(
                id=sensor.id,
                placement=sensor.placement.value,
                side=None if sensor.side is None else sensor.side.value,
                rate_hz=sensor.sampling_rate_hz,
                acc_range_g=acc_range_g,
                gyro_range_dps=gyro_range_dps,
                length_gain=None if sensor.length_gain == 1.0 else sensor.length_gain,
            )
        ],
        started_utc=started_utc,
    )
    return msgspec.json.format(msgspec.json.encode(sidecar), indent=2) + b"\n"


def _choices(kind: type[Placement] | type[Side]) -> str:
    return " or ".join(repr(choice.value) for choice in kind)
