"""From blocks to strides: the one path that live, replay and batch share.

Each sensor has its own memory (`grid` → `ring` → its estimator's state) and its estimator's kernel. Python only cuts
blocks into slices, and turns the records that come back into strides, impacts and what the wearer does.
"""

import hashlib
import math
import zlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from footfall_processing.errors import InputError
from footfall_processing.estimators.base import Estimator
from footfall_processing.estimators.event_reader import EventReader
from footfall_processing.estimators.registry import choices, choose
from footfall_processing.estimators.sensor import kernel_of, memory_of
from footfall_processing.gait import GaitEvent, Stride
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Runner, Sensor
from footfall_processing.signal.agreement import disagreement, start_agreement
from footfall_processing.signal.grid import said_of, start_grid
from footfall_processing.state import PlainState

SLICE: Final = 512
SLICE_S: Final = 3.0
"""Raw samples, and seconds of them, that go to the compiled code at once, so that the outbox can't fill up."""

STATE_VERSION: Final = 3
"""Raised when the state's layout stays but what it means does not."""

ScalarT = TypeVar("ScalarT", bound=np.generic)


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
    """One sensor's path from blocks to events.

    Parameters
    ----------
    sensor
        Whose blocks will come.
    runner
        Whose mass and height stiffness needs; without, it is `None`.
    estimator
        How strides are found; without, the built-in way for the sensor's site and signal.
    """

    def __init__(self, sensor: Sensor, runner: Runner | None = None, estimator: Estimator | None = None) -> None:
        self.sensor = sensor
        self.estimator = choose(sensor) if estimator is None else estimator
        self._reader = EventReader(sensor, runner)
        self._push_samples = kernel_of(self.estimator)
        self._state = np.zeros(1, memory_of(self.estimator))
        start_grid(self._state["grid"], sensor)
        start_agreement(self._state["agreement"], sensor)
        if self.estimator.start is not None:
            self.estimator.start(self._state["estimator"][0])
        self._state["newest_s"] = -math.inf

    @property
    def axes_disagree(self) -> str | None:
        """How gyroscope and accelerometer disagree, in words; `None` where nothing is known to be wrong."""
        return disagreement(self._state["agreement"][0])

    @property
    def held_samples(self) -> int:
        """How many times the stream repeats each sample; 1 where it does not, as far as is known."""
        return int(self._state["grid"]["held"]["factor"][0])

    @property
    def clipped_samples(self) -> int:
        """How many samples stood at an end of the sensor's values that only the session showed."""
        return int(self._state["grid"]["limits"]["found"][0])

    def push(self, block: ImuBlock) -> list[GaitEvent]:
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
        events: list[GaitEvent] = []
        begin = 0
        while begin < len(block):
            end = min(begin + SLICE, int(t_s.searchsorted(t_s[begin] + SLICE_S, side="right")))
            part = slice(begin, end)
            begin = end
            self._push_samples(self._state, t_s[part], acc_mps2[part], gyr_radps[part], quality[part], False)
            self._collect(events)
        return events

    def flush(self) -> list[GaitEvent]:
        """End of the signal: return what can still be completed."""
        events: list[GaitEvent] = []
        self._push_samples(self._state, *_NO_SAMPLES, True)
        self._collect(events)
        return events

    def state(self) -> PlainState:
        """All that is known of the sensor between two blocks, to be taken up again with `restore`."""
        memory = self._kept_memory().tobytes()
        return {"layout": self._layout, "memory": memory, "checksum": zlib.crc32(memory)}

    def restore(self, state: PlainState) -> None:
        """Go on where `state` was taken: the blocks that follow give the same events as without the break.

        Raises
        ------
        InputError
            When the state is not whole, or was stored by a version of Footfall with another layout, with another
            estimator, or for another kind of sensor.
        """
        stored = state if isinstance(state, dict) else {}
        memory = stored.get("memory")
        if stored.get("layout") != self._layout or not isinstance(memory, bytes):
            raise InputError(
                f"sensor {self.sensor.id!r}: the stored state is of another version of Footfall or another estimator; "
                "start the sensor anew"
            )
        if len(memory) != len(self._kept_memory()) or zlib.crc32(memory) != stored.get("checksum"):
            raise InputError(f"sensor {self.sensor.id!r}: the stored state is damaged; start the sensor anew")
        restored = np.zeros_like(self._state)
        restored.view(np.uint8)[: len(memory)] = np.frombuffer(memory, np.uint8)
        if not (said_of(restored["grid"]) == said_of(self._state["grid"])).all():
            raise InputError(
                f"sensor {self.sensor.id!r}: the stored state is of a sensor with another rate or range; "
                "start the sensor anew"
            )
        self._state = restored

    def _kept_memory(self) -> NDArray[np.uint8]:
        """All of the memory but the outbox, which is empty between two blocks."""
        fields = self._state.dtype.fields
        assert fields is not None
        return self._state.view(np.uint8)[: fields["outbox"][1]]

    @cached_property
    def _layout(self) -> str:
        """What a stored state must agree on: version, estimator with its site and signal, and what stands where."""
        described = f"{STATE_VERSION} {self.sensor.placement} {self.sensor.has_gyro} {self._state.dtype}"
        return f"{self.estimator.full_name} {hashlib.sha256(described.encode()).hexdigest()[:16]}"

    def _collect(self, events: list[GaitEvent]) -> None:
        outbox = self._state["outbox"]
        count = int(outbox["count"][0])
        if count:
            rows = outbox["events"][0, :count].tolist()
            events.extend(map(self._reader.read, rows))
            outbox["count"] = 0


class GaitPipeline:
    """All sensors of a session: push blocks in any interleaving, get impacts (at once), strides (final), what is done.

    The events of a sensor depend on its own samples alone, so interleaving and block size change nothing.

    Parameters
    ----------
    sensors
        The session's sensors; a block of an unknown sensor is an `InputError`.
    runner
        Whose mass and height stiffness needs; without, it is `None`.
    estimators
        Ways to find strides that go before the built-in ones wherever they fit: rows (`estimators.base.Estimator`), or
        names of registered ones (`estimators.registry`), such as `shank:swing-end`. An unknown name, or one that fits
        no sensor, is an `InputError`.
    """

    def __init__(
        self, sensors: Sequence[Sensor], runner: Runner | None = None, estimators: Sequence[Estimator | str] = ()
    ) -> None:
        chosen = choices(sensors, estimators)
        self._sensors = {sensor.id: SensorPipeline(sensor, runner, chosen[sensor.id]) for sensor in sensors}

    @property
    def latency_s(self) -> float:
        """An event comes at most so long after its last instant, in seconds of signal."""
        return max((sensor.estimator.latency_s for sensor in self._sensors.values()), default=0.0)

    def axes_disagree(self) -> dict[str, str]:
        """What is wrong with the axes of each sensor whose gyroscope and accelerometer disagree, in words."""
        return {id_: told for id_, sensor in self._sensors.items() if (told := sensor.axes_disagree) is not None}

    def held_samples(self) -> dict[str, int]:
        """How many times each sensor's stream repeats its samples, where it does."""
        return {id_: sensor.held_samples for id_, sensor in self._sensors.items() if sensor.held_samples > 1}

    def clipped_samples(self) -> dict[str, int]:
        """How many samples of each sensor stood at an end of its values that only the session showed."""
        return {id_: sensor.clipped_samples for id_, sensor in self._sensors.items()}

    def push(self, item: ImuBlock) -> list[GaitEvent]:
        """Take a block of one sensor; return what became final, in order of time."""
        if item.sensor_id not in self._sensors:
            known = ", ".join(self._sensors)
            raise InputError(f"a block came from sensor {item.sensor_id!r}, but the session's sensors are: {known}")
        return self._sensors[item.sensor_id].push(item)

    def state(self) -> PlainState:
        """All that is known of the session's sensors between two blocks, to be taken up again with `restore`."""
        return {sensor_id: sensor.state() for sensor_id, sensor in self._sensors.items()}

    def restore(self, state: PlainState) -> None:
        """Go on where `state` was taken.

        Raises
        ------
        InputError
            When the state is of other sensors, or a sensor's is refused (`SensorPipeline.restore`); then none is
            restored.
        """
        stored = state if isinstance(state, dict) else {}
        if stored.keys() != self._sensors.keys():
            raise InputError(
                f"the stored state is of the sensors {', '.join(stored) or 'none'}, but the session's are: "
                f"{', '.join(self._sensors)}; start the session anew"
            )
        before = self.state()
        try:
            for sensor_id, sensor in self._sensors.items():
                sensor.restore(stored[sensor_id])
        except InputError:
            assert isinstance(before, dict)
            for sensor_id, sensor in self._sensors.items():
                sensor.restore(before[sensor_id])
            raise

    def flush(self) -> list[GaitEvent]:
        """End of the session: return the strides that can still be completed."""
        return [event for sensor in self._sensors.values() for event in sensor.flush()]


def analyze(
    sensors: Sequence[Sensor],
    blocks: Iterable[ImuBlock],
    runner: Runner | None = None,
    estimators: Sequence[Estimator | str] = (),
) -> list[Stride]:
    """Push all blocks, flush, and return the strides ordered by initial contact, then sensor id."""
    pipeline = GaitPipeline(sensors, runner, estimators)
    events = [event for block in blocks for event in pipeline.push(block)]
    events += pipeline.flush()
    strides = [event for event in events if isinstance(event, Stride)]
    return sorted(strides, key=lambda stride: (stride.initial_contact_s, stride.sensor_id))
