"""An accelerometer alone: the phase of the stride, and how steadily it is held."""

from functools import cache

import numpy as np
import pytest

from footfall_processing.gait import Impact
from footfall_processing.pipeline import GaitPipeline, analyze
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Side
from footfall_processing.synthetic import (
    HARD_SHOE,
    Leg,
    Runner,
    RunPlan,
    SensorSetup,
    SensorTrace,
    Site,
    run,
    simulate,
    stand,
    walk,
    worn_sensor,
)

RUNNERS = {
    "rearfoot": Runner(),
    "forefoot": Runner(left=Leg(strike_angle_deg=-5.0), right=Leg(strike_angle_deg=-5.0)),
    "hard": Runner(shoe=HARD_SHOE, cadence_spm=180.0),
}
PLAN = RunPlan((stand(2.0), walk(10.0, 1.4), run(12.0, 2.4), run(12.0, 3.6), walk(10.0, 1.2), stand(2.0)))


@cache
def made(runner: str, site: Site, rate_hz: float) -> SensorTrace:
    sensor = worn_sensor("acc", site, Side.LEFT, rate_hz=rate_hz, gyro_range_dps=None)
    return simulate(
        PLAN, RUNNERS[runner], [SensorSetup(sensor, site, mount_rotation_deg=(70.0, -40.0, 25.0))], seed=11
    )["acc"]


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("site", [Site.INSTEP, Site.HEEL, Site.DISTAL_SHANK])
@pytest.mark.parametrize("rate_hz", [100.0, 200.0])
def test_strides_begin_at_the_landing(runner: str, site: Site, rate_hz: float) -> None:
    trace = made(runner, site, rate_hz)
    strides = analyze([trace.setup.sensor], trace.blocks())
    late_s = []
    for truth in trace.strides:
        near = [s.initial_contact_s - truth.initial_contact_s for s in strides]
        late_s += [d for d in near if abs(d) < 0.1][:1]
    # the period is learnt anew where walking turns to running, and the last step ends in the stand
    assert len(late_s) >= len(trace.strides) - 12
    assert len(strides) - len(late_s) <= 8
    assert abs(np.median(late_s)) < 0.04
    assert np.std(late_s) < 0.025


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("site", [Site.INSTEP, Site.DISTAL_SHANK])
def test_an_impact_is_confirmed_within_20_ms_of_signal(runner: str, site: Site) -> None:
    trace = made(runner, site, 200.0)
    pipeline = GaitPipeline([trace.setup.sensor])
    impacts: list[Impact] = []
    for block in trace.blocks():
        for k in range(len(block.t_s)):
            one = slice(k, k + 1)
            sample = ImuBlock(block.sensor_id, block.t_s[one], block.acc_mps2[one], None, block.quality[one])
            for event in pipeline.push(sample):
                if isinstance(event, Impact):
                    impacts.append(event)
                    assert block.t_s[k] - event.t_s <= 0.0201
    after_s = [min((i.t_s - t.initial_contact_s for t in trace.strides), key=abs) for i in impacts]
    # none in the seconds in which the period is learnt, at first and where the gait changes
    assert len(impacts) >= 0.75 * len(trace.strides)
    assert sum(-0.05 < late < 0.12 for late in after_s) >= len(impacts) - 4
