"""From blocks to strides: the one path that live, replay and batch share.

Each sensor has its own compiled state (`grid` → `ring` → `foot`, `shank` or `accelerometer`). Python only cuts blocks
into slices, and turns the records that come back into `Stride` and `Impact`.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from footfall_processing.compiled import Record, compiled
from footfall_processing.errors import InputError
from footfall_processing.estimators.accelerometer import estimator as accelerometer_stage
from footfall_processing.estimators.activity import ON_STAIRS, OTHER, RUNNING, STANDING, WALKING
from footfall_processing.estimators.event_reader import EventReader
from footfall_processing.estimators.foot import estimator as foot_stage
from footfall_processing.estimators.outbox import OUTBOX
from footfall_processing.estimators.shank import estimator as shank_stage
from footfall_processing.gait import Doing, Impact, Stride
from footfall_processing.samples import FlagArray, FloatArray, ImuBlock
from footfall_processing.session import Placement, Runner, Sensor
from footfall_processing.signal.grid import GRID_STATE, feed, next_cell
from footfall_processing.signal.ring import RING, append, begin_segment

SLICE: Final = 512
"""Raw samples that go to the compiled code at once, so that the outbox can't fill up."""

SENSOR_STATE: Final = np.dtype(
    [
        ("site", np.int64),
        ("newest_s", np.float64),
        ("grid", GRID_STATE),
        ("ring", RING),
        ("foot", foot_stage.FOOT),
        ("shank", shank_stage.SHANK),
        ("accelerometer", accelerometer_stage.ACCELEROMETER),
        ("outbox", OUTBOX),
    ],
    align=True,
)
"""All that the pipeline knows of one sensor: plain memory, about 60 KiB, that can be stored and taken up again."""

STATE_VERSION: Final = 1
"""Raised when the state's layout stays but what it means does not."""

_STATE_MARK: Final = hashlib.sha256(f"{STATE_VERSION} {SENSOR_STATE}".encode()).digest()[:16]

StateArray: TypeAlias = NDArray[np.void]
ScalarT = TypeVar("ScalarT", bound=np.generic)

_DOING: Final = {
    STANDING: Doing.STANDING,
    WALKING: Doing.WALKING,
    RUNNING: Doing.RUNNING,
    ON_STAIRS: Doing.STAIRS,
    OTHER: Doing.OTHER,
}

_FOOT: Final = 0
_SHANK: Final = 1
_ACCELEROMETER: Final = 2


@compiled
def _advance(state: Record) -> None:
    if state.site == _FOOT:
        foot_stage.advance(state.foot, state.ring, state.outbox)
    elif state.site == _SHANK:
        shank_stage.advance(state.shank, state.ring, state.outbox)
    else:
        accelerometer_stage.advance(state.accelerometer, state.ring, state.outbox)


@compiled
def _begin_segment(state: Record, origin_s: float) -> None:
    begin_segment(state.ring, origin_s)
    if state.site == _FOOT:
        foot_stage.begin_at(state.foot, state.ring.end)
    elif state.site == _SHANK:
        shank_stage.begin_at(state.shank, state.ring.end)
    else:
        accelerometer_stage.begin_at(state.accelerometer, state.ring.end)


@compiled
def _end_segment(state: Record) -> None:
    if state.ring.end == 0:
        return
    if state.site == _FOOT:
        foot_stage.end_segment(state.foot, state.ring, state.outbox)
    elif state.site == _SHANK:
        shank_stage.end_segment(state.shank, state.ring, state.outbox)
    else:
        accelerometer_stage.end_segment(state.accelerometer, state.ring, state.outbox)


@compiled
def _start(states: StateArray) -> None:
    foot_stage.start(states[0].foot)
    shank_stage.start(states[0].shank)


@compiled
def push_samples(
    states: StateArray, t_s: FloatArray, acc_mps2: FloatArray, gyr_radps: FloatArray, bits: FlagArray, ends: bool
) -> None:
    """Take samples of the one sensor in `states`; with `ends`, the signal ends after them.

    An array of one, since a bare record takes Numba 15 µs to hand over; and one kernel for both, since each holds the
    machine code of all estimators, to be compiled once and loaded at every start.
    """
    state = states[0]
    raw = np.zeros(6)
    for i in range(len(t_s)):
        for axis in range(3):
            raw[axis] = acc_mps2[i, axis]
            raw[3 + axis] = gyr_radps[i, axis]
        if feed(state.grid, t_s[i], raw, bits[i]):
            _end_segment(state)
            _begin_segment(state, t_s[i])
        while next_cell(state.grid):
            append(state.ring, state.grid)
            _advance(state)
    if ends:
        _end_segment(state)


def _as_compiled_for(array: NDArray[ScalarT]) -> NDArray[ScalarT]:
    """Return the array in the one layout that there is machine code for; a block's own is it nearly always."""
    plain = np.ascontiguousarray(array)
    plain.flags.writeable = False
    return plain


_NO_SAMPLES: Final = (
    _as_compiled_for(np.zeros(0)),
    _as_compiled_for(np.zeros((0, 3))),
    _as_compiled_for(np.zeros((0, 3))),
    _as_compiled_for(np.zeros(0, np.uint8)),
)


class SensorPipeline:
    """One sensor's path from blocks to events; with a runner whose mass and height are known, also stiffness."""

    def __init__(self, sensor: Sensor, runner: Runner | None = None) -> None:
        self.sensor = sensor
        self._reader = EventReader(sensor, runner)
        self._state = np.zeros(1, SENSOR_STATE)
        grid = self._state["grid"]
        grid["nominal_interval_s"] = 1.0 / sensor.sampling_rate_hz
        grid["acc_limit_mps2"] = math.inf if sensor.acc_range_mps2 is None else sensor.acc_range_mps2
        grid["gyr_limit_radps"] = math.inf if sensor.gyro_range_radps is None else sensor.gyro_range_radps
        self._state["site"] = _site(sensor)
        _start(self._state)
        self._state["newest_s"] = -math.inf

    @property
    def doing(self) -> Doing | None:
        """What the wearer does at the newest sample; `None` until there is something to tell."""
        site = ("foot", "shank", "accelerometer")[_site(self.sensor)]
        return _DOING.get(int(self._state[site]["activity"]["state"][0]))

    def push(self, block: ImuBlock) -> list[Stride | Impact]:
        """Take the sensor's next block; return what became final."""
        newest_s = self._state["newest_s"][0]
        if block.t_s[0] <= newest_s:
            raise InputError(
                f"sensor {self.sensor.id!r}: time goes from {newest_s:.6f} s to {block.t_s[0]:.6f} s; "
                "blocks of a sensor must follow each other"
            )
        self._state["newest_s"] = block.t_s[-1]
        t_s, quality = _as_compiled_for(block.t_s), _as_compiled_for(block.quality)
        acc_mps2 = _as_compiled_for(block.acc_mps2)
        gyr_radps = _as_compiled_for(np.zeros_like(acc_mps2) if block.gyr_radps is None else block.gyr_radps)
        events: list[Stride | Impact] = []
        for begin in range(0, len(block), SLICE):
            part = slice(begin, begin + SLICE)
            push_samples(self._state, t_s[part], acc_mps2[part], gyr_radps[part], quality[part], False)
            self._collect(events)
        return events

    def flush(self) -> list[Stride | Impact]:
        """End of the signal: return what can still be completed."""
        events: list[Stride | Impact] = []
        push_samples(self._state, *_NO_SAMPLES, True)
        self._collect(events)
        return events

    def state_bytes(self) -> bytes:
        """All that is known of the sensor between two blocks, to be taken up again with `restore`."""
        return _STATE_MARK + self._state.tobytes()

    def restore(self, stored: bytes) -> None:
        """Go on where `state_bytes` was taken: the blocks that follow give the same events as without the break.

        Raises
        ------
        InputError
            When the state was stored by a version of Footfall with another layout, or for another kind of sensor.
        """
        mark = len(_STATE_MARK)
        if stored[:mark] != _STATE_MARK or len(stored) != mark + SENSOR_STATE.itemsize:
            raise InputError(
                f"sensor {self.sensor.id!r}: the stored state is of another version of Footfall; start the sensor anew"
            )
        state = np.frombuffer(stored, SENSOR_STATE, offset=mark).copy()
        same_kind = state["site"] == self._state["site"] and all(
            state["grid"][name] == self._state["grid"][name]
            for name in ("nominal_interval_s", "acc_limit_mps2", "gyr_limit_radps")
        )
        if not same_kind:
            raise InputError(
                f"sensor {self.sensor.id!r}: the stored state is of a sensor with another site, rate or range; "
                "start the sensor anew"
            )
        self._state = state

    def _collect(self, events: list[Stride | Impact]) -> None:
        outbox = self._state["outbox"]
        count = int(outbox["count"][0])
        if count:
            rows = outbox["events"][0, :count].tolist()
            events.extend(map(self._reader.read, rows))
            outbox["count"] = 0


def _site(sensor: Sensor) -> int:
    if not sensor.has_gyro:
        return _ACCELEROMETER
    return _FOOT if sensor.placement is Placement.FOOT else _SHANK


class GaitPipeline:
    """All sensors of a session: push blocks in any interleaving, get impacts (at once) and strides (final).

    The events of a sensor depend on its own samples alone, so interleaving and block size change nothing.

    Parameters
    ----------
    sensors
        The session's sensors; a block of an unknown sensor is an `InputError`.
    runner
        Whose mass and height stiffness needs; without, it is `None`.
    """

    latency_s: float = 0.35

    def __init__(self, sensors: Sequence[Sensor], runner: Runner | None = None) -> None:
        self._sensors = {sensor.id: SensorPipeline(sensor, runner) for sensor in sensors}

    def push(self, item: ImuBlock) -> list[Stride | Impact]:
        """Take a block of one sensor; return what became final, in order of time."""
        if item.sensor_id not in self._sensors:
            known = ", ".join(self._sensors)
            raise InputError(f"a block came from sensor {item.sensor_id!r}, but the session's sensors are: {known}")
        return self._sensors[item.sensor_id].push(item)

    def doing(self, sensor_id: str) -> Doing | None:
        """What the wearer of a sensor is doing now; `None` until there is something to tell."""
        return self._sensors[sensor_id].doing

    def flush(self) -> list[Stride | Impact]:
        """End of the session: return the strides that can still be completed."""
        return [event for sensor in self._sensors.values() for event in sensor.flush()]


def analyze(sensors: Sequence[Sensor], blocks: Iterable[ImuBlock], runner: Runner | None = None) -> list[Stride]:
    """Push all blocks, flush, and return the strides ordered by initial contact, then sensor id."""
    pipeline = GaitPipeline(sensors, runner)
    events = [event for block in blocks for event in pipeline.push(block)]
    events += pipeline.flush()
    strides = [event for event in events if isinstance(event, Stride)]
    return sorted(strides, key=lambda stride: (stride.initial_contact_s, stride.sensor_id))
