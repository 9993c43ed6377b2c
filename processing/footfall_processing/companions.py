"""What goes with a session beside its motion sensors: a heart rate strap, a foot pod, a treadmill.

They measure no movement. Their values are shown beside ours and summed up; no stride depends on them. A treadmill's
speed stands for that of a run whose own sensors tell none (`belt`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from footfall_processing.belt import BeltCourse, BeltTally
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

HEART_RATE: Final = "heart_rate_bpm"
RR_INTERVAL: Final = "rr_interval_s"
POD_SPEED: Final = "pod_speed_mps"
POD_CADENCE: Final = "pod_cadence_spm"
POD_CADENCE_SENT: Final = "pod_cadence_sent_per_min"
POD_STRIDE_LENGTH: Final = "pod_stride_length_m"
POD_DISTANCE: Final = "pod_distance_m"
TREADMILL_SPEED: Final = "treadmill_speed_mps"
TREADMILL_SLOPE: Final = "treadmill_slope_percent"
TREADMILL_DISTANCE: Final = "treadmill_distance_m"

FASTEST_MPS: Final = 12.5
"""Nobody runs faster: sprinters reach 12.3 to 12.4 m/s over 20 m of 100 (Berlin 2009)."""
SUMMED_UP: Final = (HEART_RATE, POD_SPEED, POD_CADENCE, TREADMILL_SPEED, TREADMILL_SLOPE)
"""Values whose mean and greatest say something of a session."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A device that goes with a session.

    Parameters
    ----------
    id
        Unique in the session, also among its sensors.
    product
        What people call such a device.
    """

    id: str
    product: str


@dataclass(frozen=True, slots=True)
class CompanionReading:
    """What a companion said at a moment.

    Parameters
    ----------
    companion_id
        Which companion of the session.
    t_s
        Session seconds of the arrival: these devices have no clock, and their values are means of the last seconds.
    values
        By name, with the unit as its suffix: `heart_rate_bpm`, `rr_interval_s`, `pod_speed_mps`, `pod_cadence_spm`
        (steps of both feet), `pod_cadence_sent_per_min` and `pod_stride_length_m` (as the pod sent them: some count
        one foot, some send the step's length), `pod_distance_m` (since the pod began to count), `treadmill_speed_mps`
        (of the belt, also while nobody runs on it), `treadmill_slope_percent` (below zero downhill),
        `treadmill_distance_m` (since the treadmill began to count).
    """

    companion_id: str
    t_s: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ValueSummary:
    """How often a value came, its mean and its greatest."""

    n: int
    mean: float
    max: float


@dataclass(frozen=True, slots=True)
class CompanionSummary:
    """What one companion's values came to, by name; only those of `SUMMED_UP` that it sent.

    `belt` is the course of a treadmill; `None` of what is none.
    """

    companion_id: str
    values: Mapping[str, ValueSummary]
    belt: BeltCourse | None = None


_TALLY: Final = "companions' tally 2"


class CompanionTally:
    """Sums readings up, in bounded memory.

    Parameters
    ----------
    companion_ids
        The session's companions.
    """

    def __init__(self, companion_ids: Iterable[str]) -> None:
        self._found: dict[str, dict[str, ValueSummary]] = {id_: {} for id_ in companion_ids}
        self._belts = {id_: BeltTally() for id_ in self._found}

    def push(self, reading: CompanionReading) -> None:
        """Take the next reading."""
        found = self._found[reading.companion_id]
        for name in SUMMED_UP:
            value = reading.values.get(name)
            if value is None:
                continue
            before = found.get(name)
            if before is None:
                found[name] = ValueSummary(1, value, value)
            else:
                mean = before.mean + (value - before.mean) / (before.n + 1)
                found[name] = ValueSummary(before.n + 1, mean, max(before.max, value))
        speed_mps, slope_percent = reading.values.get(TREADMILL_SPEED), reading.values.get(TREADMILL_SLOPE)
        self._belts[reading.companion_id].push(reading.t_s, speed_mps, slope_percent)

    def state(self) -> PlainState:
        """Return what there is to be stored: a few numbers for each companion, and a treadmill's course."""
        values: PlainState = {
            id_: {name: [value.n, value.mean, value.max] for name, value in found.items()}
            for id_, found in self._found.items()
        }
        return {"kind": _TALLY, "values": values, "belts": {id_: belt.state() for id_, belt in self._belts.items()}}

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of these companions."""
        stored = Stored.of_kind(state, _TALLY)
        values = stored.part("values")
        belts = stored.part("belts")
        if not isinstance(values, dict) or values.keys() != self._found.keys():
            raise stored.refusal("values")
        if not isinstance(belts, dict) or belts.keys() != self._belts.keys():
            raise stored.refusal("belts")
        restored: dict[str, dict[str, ValueSummary]] = {}
        for id_, found in values.items():
            if not isinstance(found, dict):
                raise stored.refusal("values")
            restored[id_] = {}
            for name, summary in found.items():
                match summary:
                    case [int(n), float(mean), float(greatest)] if name in SUMMED_UP and n > 0:
                        restored[id_][name] = ValueSummary(n, mean, greatest)
                    case _:
                        raise stored.refusal("values")
        self._found = restored
        for id_, belt in self._belts.items():
            belt.restore(belts[id_])

    def summaries(self) -> tuple[CompanionSummary, ...]:
        """Return what it came to so far, in the companions' order."""
        return tuple(
            CompanionSummary(id_, MappingProxyType(dict(found)), self._belts[id_].course())
            for id_, found in self._found.items()
        )
