"""Made-up runs as the store keeps runs: a session each, with windows of a minute and a summary, without strides."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from footfall_coaching.run import LegPart, Run
from footfall_gateway import wire
from footfall_gateway.packets import RecordedSensor, RecordingHeader
from footfall_gateway.store.database import Store
from footfall_gateway.virtual.months import Months
from footfall_processing.metrics.catalogue import PEAK_ACC, SPEED, STRIKE_ANGLE
from footfall_processing.results.spread import MetricSummary
from footfall_processing.results.summary import SessionSummary
from footfall_processing.results.tally import SensorSummary
from footfall_processing.results.windows import Window
from footfall_processing.session import Placement, Sensor, Session, Side

PROFILE: Final = "footfall"
MINUTE: Final = "1min"

_STRIDE_SD: Final = {PEAK_ACC.name: 0.17, STRIKE_ANGLE.name: 0.12}
"""How much strides differ, as a share of the value; of other metrics `_SD`."""
_SD: Final = 0.02


@dataclass(frozen=True, slots=True)
class MadeUpSession:
    """What the store is given of a run."""

    header: RecordingHeader
    windows: Sequence[Window]
    summary: SessionSummary


def session_of(run: Run, software: str) -> MadeUpSession:
    """Return a made-up run as a session; its legs must each have one sensor on the foot, and a side."""
    sensors = tuple(Sensor(f"foot-{side.value}", Placement.FOOT, side, 200.0, 16 * 9.80665, 35.0) for side in Side)
    session = Session(
        id=run.session_id,
        started_utc=run.started_utc,
        sensors=sensors,
        software=software,
        runner_name=run.runner_name,
        shoe=run.shoe,
    )
    recorded = tuple(RecordedSensor(sensor, PROFILE) for sensor in sensors)
    windows = list(_windows(run))
    whole = [_part(leg, run.running_s, _way_m(windows, leg)) for leg in run.legs]
    summary = SessionSummary(
        duration_s=run.duration_s,
        sensors=tuple(whole),
        balance={},
        symmetry_index_percent={},
        left_minus_right={},
        step_times={},
        side_guesses={},
        sides_may_be_swapped=False,
    )
    return MadeUpSession(RecordingHeader(session, recorded), windows, summary)


def keep_months(store: Store, months: Months, software: str) -> None:
    """Put what a made-up runner ran, told and was told into a store."""
    keep_runs(store, months.runs, software)
    store.answers.note(*months.pains, *months.efforts, *months.shoes)
    store.answers.tell(*months.told)


def keep_runs(store: Store, runs: Sequence[Run], software: str) -> None:
    """Put made-up runs into a store."""
    made_up = {run.session_id: session_of(run, software) for run in runs}
    for one in made_up.values():
        store.add_session(one.header)
    store.add({session_id: one.windows for session_id, one in made_up.items()})
    for run in runs:
        store.finish_session(run.session_id, wire.summary_object(made_up[run.session_id].summary))
        if run.title:
            store.log.rename(run.session_id, run.title)


def _windows(run: Run) -> Iterator[Window]:
    for number, minute in enumerate(run.minutes):
        for leg in minute.legs:
            length_s = minute.end_s - minute.begin_s
            part = _part(leg, length_s, leg.medians[SPEED.name] * length_s)
            yield Window(MINUTE, number, minute.begin_s, minute.end_s, part)


def _way_m(windows: Iterable[Window], leg: LegPart) -> float:
    own = (one.summary for one in windows)
    return sum(part.distance_m or 0.0 for part in own if part.side is leg.side and part.activity is leg.activity)


def _part(leg: LegPart, moving_s: float, distance_m: float) -> SensorSummary:
    assert leg.side is not None
    peak_g = leg.medians[PEAK_ACC.name]
    return SensorSummary(
        sensor_id=f"foot-{leg.side.value}",
        side=leg.side,
        activity=leg.activity,
        strides=leg.strides,
        metrics=MappingProxyType({name: _spread(name, value, leg.strides) for name, value in leg.medians.items()}),
        strikes=leg.strikes,
        clipped_strides=0,
        distance_m=distance_m,
        shock_index_g=MappingProxyType({PEAK_ACC.name: peak_g * leg.strides}),
        drift=MappingProxyType({}),
        peak_sum_g=MappingProxyType({PEAK_ACC.name: peak_g * leg.strides}),
        moving_s=moving_s,
        distance_strides=leg.strides,
    )


def _spread(name: str, value: float, strides: int) -> MetricSummary:
    sd = abs(value) * _STRIDE_SD.get(name, _SD)
    return MetricSummary(
        n=strides,
        median=value,
        mean=value,
        p10=value - 1.28 * sd,
        p90=value + 1.28 * sd,
        sd=sd,
        cv_percent=None if name.endswith("_deg") or math.isclose(value, 0.0) else 100.0 * sd / abs(value),
    )
