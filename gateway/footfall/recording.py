"""What sensors measured in one session: read from files, or taken from arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike

from footfall.given import a_number, a_path, a_runner, a_text, shown
from footfall_gateway.recordings.example import example_recording as _example_recording
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.session import Placement, Runner, Sensor, Session, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from footfall_gateway.devices.samples import Samples
    from footfall_gateway.formats.inputs import Input

ExportFormat: TypeAlias = Literal["csv", "parquet", "motion-bids"]
"""Other people's formats that samples can be written in."""

_FULL_SCALE: Final = "give the full scale, or None"


@dataclass(frozen=True, slots=True, eq=False)
class SensorSamples:
    """One sensor's samples as arrays, in its own axes, and where it was worn.

    Fields and units are those of the CSV format. The sensor may sit in any orientation: the axes of the leg are found
    from the movement. Lost samples are left out of the arrays: a step in `t_s` of more than one and a half intervals is
    a gap.

    Parameters
    ----------
    id
        Unique in the session, such as `"foot-left"`.
    placement
        `"foot"` (on or in the shoe) or `"shank"` (on the shin).
    side
        `"left"`, `"right"`, or `None` where nobody knows; then there is no balance, and no pronation.
    rate_hz
        Nominal sampling rate.
    t_s
        Times by the sensor's own clock, s, increasing; shape (n,). All sensors of a session share second 0.
    acc_g
        Specific force, gravity included (a resting sensor reads 1 g upwards), g; shape (n, 3). From m/s², divide by
        `STANDARD_GRAVITY_MPS2`.
    gyro_dps
        Angular rate, °/s; shape (n, 3); `None` for an accelerometer alone. From rad/s, take `numpy.degrees`.
    acc_range_g, gyro_range_dps
        Full scale, ±; without it clipping is marked only once the signal shows where it ends.
    length_gain
        What stride lengths are multiplied by: the runner's calibration.

    Raises
    ------
    InputError
        When a shape, a value (NaN, infinity) or a description breaks this contract. Whether times and units can be
        what they claim is looked at by `from_arrays`.
    """

    id: str
    placement: Placement | Literal["foot", "shank"]
    side: Side | Literal["left", "right"] | None
    rate_hz: float
    t_s: FloatArray
    acc_g: FloatArray
    gyro_dps: FloatArray | None = None
    acc_range_g: float | None = None
    gyro_range_dps: float | None = None
    length_gain: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", a_text(self.id, "a sensor's id", "foot-right"))
        for name in ("rate_hz", "length_gain"):
            object.__setattr__(self, name, a_number(getattr(self, name), f"sensor {self.id!r}: {name}"))
        for name in ("acc_range_g", "gyro_range_dps"):
            if getattr(self, name) is not None:
                full_scale = a_number(getattr(self, name), f"sensor {self.id!r}: {name}", _FULL_SCALE)
                object.__setattr__(self, name, full_scale)
        t_s = self._numbers("t_s", self.t_s)
        if t_s.ndim != 1:
            raise InputError(f"sensor {self.id!r}: t_s has shape {t_s.shape}; give a time for each sample, shape (n,)")
        if len(t_s) == 0:
            raise InputError(f"sensor {self.id!r}: t_s holds no samples")
        self._check_values("t_s", t_s)
        object.__setattr__(self, "t_s", t_s)
        axes = {"acc_g": self.acc_g} | ({} if self.gyro_dps is None else {"gyro_dps": self.gyro_dps})
        for name, given in axes.items():
            values = self._numbers(name, given)
            if values.shape != (len(t_s), 3):
                hint = "transpose it" if values.shape == (3, len(t_s)) else "give three axes for each time in t_s"
                raise InputError(
                    f"sensor {self.id!r}: {name} has shape {values.shape}, but t_s has {len(t_s)} samples; {hint}, "
                    f"shape ({len(t_s)}, 3)"
                )
            self._check_values(name, values)
            object.__setattr__(self, name, values)
        self.sensor()

    def sensor(self) -> Sensor:
        """Describe the sensor, in SI.

        Raises
        ------
        InputError
            When placement, side, rate, range or gain can't be.
        """
        placements, sides = ([str(choice) for choice in kind] for kind in (Placement, Side))
        if not isinstance(self.placement, str) or self.placement not in placements:
            raise InputError(
                f"sensor {self.id!r}: placement {shown(self.placement)} is not known; use {' or '.join(placements)}"
            )
        if self.side is not None and (not isinstance(self.side, str) or self.side not in sides):
            raise InputError(
                f"sensor {self.id!r}: side {shown(self.side)} is not known; use {' or '.join(sides)}, or None"
            )
        for name, full_scale in (("acc_range_g", self.acc_range_g), ("gyro_range_dps", self.gyro_range_dps)):
            if full_scale is not None and not 0.0 < full_scale < np.inf:
                raise InputError(f"sensor {self.id!r}: {name} is {full_scale}; {_FULL_SCALE}")
        return Sensor(
            id=self.id,
            placement=Placement(self.placement),
            side=None if self.side is None else Side(self.side),
            sampling_rate_hz=self.rate_hz,
            acc_range_mps2=None if self.acc_range_g is None else self.acc_range_g * STANDARD_GRAVITY_MPS2,
            gyro_range_radps=(
                None
                if self.gyro_range_dps is None or self.gyro_dps is None
                else self.gyro_range_dps * RADIANS_PER_DEGREE
            ),
            has_gyro=self.gyro_dps is not None,
            length_gain=self.length_gain,
        )

    def _numbers(self, name: str, given: ArrayLike) -> FloatArray:
        try:
            filled = np.asarray(np.ma.filled(given, np.nan))
            if filled.dtype.kind in "cmM":
                raise TypeError(f"it holds {filled.dtype}; give plain numbers")
            values = np.array(filled, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(
                f"sensor {self.id!r}: {name} is no array of numbers ({' '.join(str(error).split())})"
            ) from error
        values.flags.writeable = False
        return values

    def _check_values(self, name: str, values: FloatArray) -> None:
        wrong = np.argwhere(~np.isfinite(values))
        if len(wrong):
            at = ", ".join(map(str, wrong[0]))
            raise InputError(
                f"sensor {self.id!r}: {name}[{at}] is {values[tuple(wrong[0])]}, and no measured value; leave lost "
                "samples out of all arrays, a gap in t_s is allowed"
            )


class Recording:
    """What the sensors of one session measured; made by `read` and `from_arrays`."""

    def __init__(self, opened: "Input") -> None:
        self._input = opened

    def __repr__(self) -> str:
        sensors = ", ".join(sensor.id for sensor in self.sensors)
        return f"<Recording {self.name}: {sensors}; {self.duration_s:.1f} s>"

    @property
    def name(self) -> str:
        """What to call it when talking to people, such as the file's name."""
        return self._input.name

    @property
    def session(self) -> Session:
        """Who measured what, with which sensors, and when."""
        return self._input.header.session

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """The session's sensors."""
        return self._input.header.session.sensors

    @property
    def duration_s(self) -> float:
        """Session seconds of its end."""
        return self._input.duration_s

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader should know of the file's state, one line each; empty for a whole recording."""
        return self._input.remarks

    def samples(self, sensor_id: str) -> SensorSamples:
        """Decode one sensor's samples; those of imported files and arrays are, to the last bit, what was given.

        Raises
        ------
        FootfallError
            When there is no such sensor, it sent no samples, or they can't be decoded.
        """
        from footfall_gateway.formats.outside_units import samples_by_sensor, scalar_in_unit

        sensors = {sensor.id: sensor for sensor in self.sensors}
        if not isinstance(sensor_id, str) or sensor_id not in sensors:
            raise InputError(f"{self.name}: has no sensor {shown(sensor_id)}; it has {', '.join(sensors)}")
        parts = [part for of_sensor, part in samples_by_sensor(self._input) if of_sensor == sensor_id]
        if not parts:
            raise InputError(f"{self.name}: sensor {sensor_id!r} sent no samples")
        sensor = sensors[sensor_id]
        gyro_dps = [part.gyro_dps for part in parts if part.gyro_dps is not None]
        return SensorSamples(
            id=sensor.id,
            placement=sensor.placement,
            side=sensor.side,
            rate_hz=sensor.sampling_rate_hz,
            t_s=np.concatenate([part.t_s for part in parts]),
            acc_g=np.concatenate([part.acc_g for part in parts]),
            gyro_dps=np.concatenate(gyro_dps) if gyro_dps else None,
            acc_range_g=scalar_in_unit(sensor.acc_range_mps2, STANDARD_GRAVITY_MPS2),
            gyro_range_dps=scalar_in_unit(sensor.gyro_range_radps, RADIANS_PER_DEGREE),
            length_gain=sensor.length_gain,
        )

    def write(self, path: str | Path) -> None:
        """Write a new Footfall recording (.mcap), which every `footfall` command takes; what fails leaves no file.

        Raises
        ------
        FootfallError
            When the file exists already or can't be written.
        """
        from footfall_gateway.formats.samples_csv import write_whole

        write_whole(a_path(path), self._input.header, self._input)

    def export(self, folder: str | Path, format: ExportFormat = "csv") -> list[Path]:
        """Write the samples into a folder as CSV, Parquet (extra `parquet`) or a Motion-BIDS data set.

        Returns
        -------
        list of Path
            The files written.

        Raises
        ------
        FootfallError
            When there is no such format, a file exists already or can't be written, or the extra is missing.
        """
        from footfall_gateway.formats import export_csv, export_motion_bids, export_parquet

        exports = {"csv": export_csv, "parquet": export_parquet, "motion-bids": export_motion_bids}
        if not isinstance(format, str) or format not in exports:
            raise InputError(f"can't export as {shown(format)}; choose one of {', '.join(get_args(ExportFormat))}")
        return exports[format](self._input, a_path(folder))


def read(*paths: str | Path) -> Recording:
    """Read one recording (.mcap), or the CSV files of one session, each with its sidecar (docs/csv-format.md).

    Raises
    ------
    FootfallError
        When a file can't be read, or the files don't belong together; the message names the file and the remedy.
    """
    from footfall_gateway.formats.inputs import open_input

    if not paths:
        raise InputError("name a recording to read, or the CSV files of one session")
    return Recording(open_input([a_path(path) for path in paths]))


def from_arrays(
    *sensors: SensorSamples, name: str = "arrays", started_utc: datetime | None = None, runner: Runner | None = None
) -> Recording:
    """Take the samples of one session's sensors; they go the same way as those of a file.

    Parameters
    ----------
    sensors
        The samples of each, not a list of them (`*samples`); ids are unique.
    name
        The session's id is made from it and from all samples, so that the same samples give the same session.
    started_utc
        Wall-clock time, with its time zone, at `t_s` = 0.
    runner
        Mass and height, for stiffness.

    Raises
    ------
    InputError
        When times don't increase, ids are not unique, or rate and units can't be what they claim: gravity is missing
        or measured in m/s², times are milliseconds, angular rates are radians; the message names sensor and remedy.
    """
    from footfall_gateway.devices import samples as imported
    from footfall_gateway.formats.inputs import Input
    from footfall_gateway.formats.samples_csv import sample_packets, session_id
    from footfall_gateway.outside import check_moment
    from footfall_gateway.packets import RecordedSensor, RecordingHeader

    if not sensors:
        raise InputError("give the samples of at least one sensor")
    for one in sensors:
        _check_is_samples(one)
    if started_utc is not None and not isinstance(started_utc, datetime):
        raise InputError(f"started_utc is {shown(started_utc)}; give a datetime with its time zone, or None")
    if started_utc is not None and started_utc.tzinfo is None:
        raise InputError("started_utc has no time zone; give one, such as datetime.UTC")
    if started_utc is not None:
        check_moment(started_utc, "started_utc")
    text = a_text(name, "name", "my run")
    described = [(one.sensor(), _checked(one)) for one in sensors]
    begin_s = min(float(samples.t_s[0]) for _, samples in described)
    session = Session(
        id=session_id(text, (content for sensor, samples in described for content in _contents(sensor, samples))),
        started_utc=started_utc,
        sensors=tuple(sensor for sensor, _ in described),
        software=f"footfall {version('footfall')}",
        runner=None if runner is None else a_runner(runner),
        begin_s=begin_s,
    )
    header = RecordingHeader(session, tuple(RecordedSensor(sensor, profile=imported.NAME) for sensor, _ in described))
    packets = [packet for sensor, samples in described for packet in sample_packets(sensor, samples, begin_s)]
    packets.sort(key=lambda packet: packet.received_s)
    return Recording(Input(session.id, header, packets, packets[-1].received_s))


def example_recording() -> Path:
    """Return the file that comes with Footfall: two minutes of a synthetic runner, 200 Hz, a sensor on each foot.

    The runner stands, walks, then runs ever faster; the left leg lands harder as it tires.
    """
    return _example_recording()


def _check_is_samples(given: object) -> None:
    if isinstance(given, SensorSamples):
        return
    if isinstance(given, Recording):
        hint = "a recording is analysed as it is, and its arrays are in recording.samples(sensor_id)"
    elif isinstance(given, list | tuple):
        hint = "put a star before several, footfall.from_arrays(*samples)"
    else:
        hint = "make them with footfall.SensorSamples(…)"
    raise InputError(f"{shown(given)} is no SensorSamples: {hint}")


def _checked(given: SensorSamples) -> "Samples":
    """Return the samples, once they can be what they claim to be."""
    from footfall_gateway.devices.samples import Samples
    from footfall_gateway.formats.plausibility import Names, check_samples

    samples = Samples(given.t_s, given.acc_g, given.gyro_dps)
    names = Names(
        sample="t_s[{row}]",
        time="t_s",
        acceleration="acc_g",
        angular_rate="gyro_dps",
        description="rate_hz",
        rate="rate_hz",
        acc_range="acc_range_g",
        without_gyro="leave gyro_dps out",
    )
    check_samples(f"sensor {given.id!r}", given.sensor(), samples, names)
    return samples


def _contents(sensor: Sensor, samples: "Samples") -> Iterator[bytes]:
    yield repr(sensor).encode()
    for values in (samples.t_s, samples.acc_g, samples.gyro_dps):
        if values is not None:
            yield values.tobytes()
