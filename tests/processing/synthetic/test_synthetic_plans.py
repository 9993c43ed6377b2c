"""Whatever the synthetic runner is told to do comes out as a run, or is refused with what to change."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from footfall_processing.errors import InputError
from footfall_processing.gait import Activity
from footfall_processing.session import Side
from footfall_processing.synthetic import (
    IDEAL,
    Leg,
    Phase,
    PhaseKind,
    Runner,
    RunPlan,
    SensorSetup,
    SensorTrace,
    Site,
    run,
    simulate,
    stand,
    walk,
    walk_backward,
    worn_sensor,
)
from footfall_processing.units import STANDARD_GRAVITY_MPS2

LEAST_S = 2.0
ROUNDS = 2
"""So often at the most one stand is asked to be longer: when the stop takes longer, its last steps are other ones."""
REFUSAL = re.compile(r"phase (\d+) of the plan, a stand of [\d.]+ s, is too short .*: make it ([\d.]+) s")

durations_s = st.just(LEAST_S) | st.floats(LEAST_S, 6.0)
phases = st.one_of(
    st.builds(stand, durations_s),
    st.builds(walk, durations_s, st.floats(0.6, 2.0)),
    st.builds(run, durations_s, st.floats(1.8, 6.0)),
    st.builds(walk_backward, durations_s, st.floats(0.4, 1.4)),
)


def with_stops(doings: list[Phase]) -> list[Phase]:
    """Put the shortest stand wherever the way turns back."""
    stopped = doings[:1]
    for before, after in pairwise(doings):
        if PhaseKind.STAND not in (before.kind, after.kind) and (before.kind is PhaseKind.WALK_BACKWARD) != (
            after.kind is PhaseKind.WALK_BACKWARD
        ):
            stopped.append(stand(LEAST_S))
        stopped.append(after)
    return stopped


def carried_out(doings: list[Phase], runner: Runner, seed: int) -> tuple[RunPlan, dict[str, SensorTrace]]:
    """Simulate; where a stand is refused as too short, make it as long as is asked for, and again if need be."""
    sensors = [
        SensorSetup(
            worn_sensor(side.value, Site.INSTEP, side, acc_range_g=400.0, gyro_range_dps=8000.0),
            Site.INSTEP,
            imperfections=IDEAL,
        )
        for side in Side
    ]
    doings = list(doings)
    for _ in range(ROUNDS * len(doings)):
        plan = RunPlan(tuple(doings))
        refusal = ""
        try:
            return plan, simulate(plan, runner, sensors, seed)
        except InputError as error:
            refusal = str(error)
        told = REFUSAL.fullmatch(refusal)
        assert told is not None, refusal
        place, longer_s = int(told[1]) - 1, float(told[2])
        assert doings[place].kind is PhaseKind.STAND
        assert doings[place].duration_s < longer_s < doings[place].duration_s + 3.0
        doings[place] = stand(longer_s)
    pytest.fail(f"no stand is long enough: {doings}")


@settings(max_examples=20)
@given(
    doings=st.lists(phases, min_size=1, max_size=5).map(with_stops),
    strike_deg=st.floats(-10.0, 25.0),
    seed=st.integers(0, 2**32 - 1),
)
@example([stand(2.0), run(2.0, 6.0), stand(2.0), walk_backward(2.0, 1.4)], 14.0, 1)
@example([run(2.0, 6.0), run(4.1, 3.0), stand(2.5), walk(3.0, 0.6)], 14.0, 41)
def test_any_order_of_doings_is_a_run_once_its_stops_are_as_long_as_is_asked_for(
    doings: list[Phase], strike_deg: float, seed: int
) -> None:
    leg = Leg(strike_angle_deg=strike_deg)
    plan, traces = carried_out(doings, Runner(leg, leg), seed)
    for trace in traces.values():
        assert len(trace.samples.t_s) == pytest.approx(plan.duration_s * 200.0, abs=2)
        assert trace.samples.gyr_radps is not None
        assert np.linalg.norm(trace.samples.acc_mps2, axis=1).max() < 60.0 * STANDARD_GRAVITY_MPS2
        assert np.rad2deg(np.linalg.norm(trace.samples.gyr_radps, axis=1)).max() < 2000.0
        for s in trace.strides:
            assert s.initial_contact_s < s.toe_off_s < s.next_contact_s <= plan.duration_s
            assert s.peak_acc_mps2 >= 0.9 * STANDARD_GRAVITY_MPS2
            assert s.speed_mps < 7.0
        for before, after in pairwise(trace.strides):
            assert before.next_contact_s <= after.initial_contact_s
    contacts = sorted(
        (s.initial_contact_s, s.side) for trace in traces.values() for s in trace.strides if s.activity is Activity.RUN
    )
    # Left and right take turns, but for a stop, after which either may lead.
    for (first_s, first_side), (then_s, then_side) in pairwise(contacts):
        assert first_side != then_side or then_s - first_s > 0.5


def test_a_stop_that_is_too_short_is_named() -> None:
    plan = RunPlan((stand(2.0), run(2.0, 6.0), stand(2.0), walk_backward(2.0, 1.4)))
    sensor = SensorSetup(worn_sensor("foot-left", Site.INSTEP, Side.LEFT), Site.INSTEP)
    with pytest.raises(InputError, match=r"^phase 3 of the plan, a stand of 2 s, .* make it [34]\.\d s$"):
        simulate(plan, Runner(), [sensor], seed=1)


@pytest.mark.parametrize("phases", [(), (walk(5, 1.2), walk_backward(5, 0.8))])
def test_a_senseless_plan_is_refused(phases: tuple[Phase, ...]) -> None:
    with pytest.raises(InputError):
        RunPlan(phases)
