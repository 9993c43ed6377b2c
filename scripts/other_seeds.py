"""Measure what the bounds of tests rest on with other seeds of the synthetic runner: `python scripts/other_seeds.py`.

A test has one seed, and a bound that holds for it may be luck. Each row here is of as many runs as there are seeds;
three numbers are the least, the middle and the greatest of them.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from footfall_gateway.machine_code import keep
from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.pipeline import analyze
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
    StrideTruth,
    run,
    simulate,
    stand,
    walk,
    walk_backward,
    worn_sensor,
)
from make_recordings import ENTRIES
from validation.agreement import MATCH_WITHIN_S

SPEEDS_MPS = (2.8, 3.6, 4.5, 5.2)
RANGES_DPS = (400.0, 500.0, 600.0)
BACK_WITHIN_S = 0.2
"""Backwards the toes land softly: contact is dated to some 0.1 s only."""


def pairs(trace: SensorTrace, strides: Sequence[Stride]) -> list[tuple[StrideTruth, Stride]]:
    """True running strides, each with the one found nearest to it."""
    return [
        (true, found)
        for true in trace.strides
        if true.activity is Activity.RUN
        for found in [min(strides, key=lambda s: abs(s.initial_contact_s - true.initial_contact_s))]
        if abs(found.initial_contact_s - true.initial_contact_s) < MATCH_WITHIN_S
    ]


def spread(values: Iterable[float], form: str) -> str:
    """Least, middle and greatest of a value over the seeds."""
    return " / ".join(format(value, form) for value in np.percentile(list(values), [0, 50, 100]))


def shank_contacts(seeds: Sequence[int]) -> None:
    """Initial contact and stride time of shin sensors, in the plans of the recordings."""
    for entry in ENTRIES:
        setups = [setup for setup in entry.setups if setup.sensor.id.startswith("shank")]
        if not setups:
            continue
        late_ms: dict[str, list[float]] = {setup.sensor.id: [] for setup in setups}
        stride_sd_ms: dict[str, list[float]] = {setup.sensor.id: [] for setup in setups}
        for seed in seeds:
            for sensor_id, trace in simulate(entry.plan, entry.runner, setups, seed).items():
                matched = pairs(trace, analyze([trace.setup.sensor], trace.blocks()))
                late_s = [found.initial_contact_s - true.initial_contact_s for true, found in matched]
                longer_s = [found.stride_time_s - true.stride_time_s for true, found in matched]
                late_ms[sensor_id].append(1000.0 * float(np.mean(late_s)))
                stride_sd_ms[sensor_id].append(1000.0 * float(np.std(longer_s)))
        for sensor_id, values in late_ms.items():
            print(f"{entry.name}, {sensor_id}: contact {spread(values, '.1f')} ms late by run")
            print(f"{entry.name}, {sensor_id}: SD of stride time {spread(stride_sd_ms[sensor_id], '.1f')} ms")


def heels(seeds: Sequence[int]) -> None:
    """Strides lost by an accelerometer alone on the heel."""
    plan = RunPlan((stand(2.0), walk(10.0, 1.4), run(12.0, 2.4), run(12.0, 3.6), walk(10.0, 1.2), stand(2.0)))
    forefoot = Leg(strike_angle_deg=-5.0)
    runners = {
        "rearfoot": Runner(),
        "forefoot": Runner(forefoot, forefoot),
        "hard shoe": Runner(shoe=HARD_SHOE, cadence_spm=180.0),
    }
    setups = [
        SensorSetup(worn_sensor(name, Site.HEEL, Side.LEFT, rate_hz=rate_hz, gyro_range_dps=None), Site.HEEL)
        for name, rate_hz in (("100 Hz", 100.0), ("200 Hz", 200.0))
    ]
    for name, runner in runners.items():
        lost: dict[str, list[int]] = {setup.sensor.id: [] for setup in setups}
        for seed in seeds:
            for sensor_id, trace in simulate(plan, runner, setups, seed).items():
                found_s = np.array([s.initial_contact_s for s in analyze([trace.setup.sensor], trace.blocks())])
                true_s = [s.initial_contact_s for s in trace.strides]
                lost[sensor_id].append(sum(bool(np.abs(found_s - t_s).min() > MATCH_WITHIN_S) for t_s in true_s))
        for sensor_id, counts in lost.items():
            print(f"heel, {name}, {sensor_id}: of {len(true_s)} strides lost, by run: {sorted(counts)}")


def foot_contacts(seeds: Sequence[int]) -> None:
    """Initial contact of foot sensors, and their strike angle with the angular rate clipped."""
    for strike_deg in (16.0, -8.0):
        for speed_mps in SPEEDS_MPS:
            late_ms, sd_ms = [], []
            off_deg: dict[float, list[float]] = {limit_dps: [] for limit_dps in RANGES_DPS}
            for seed in seeds:
                leg = Leg(strike_angle_deg=strike_deg)
                setup = SensorSetup(worn_sensor("foot", Site.INSTEP, Side.LEFT, acc_range_g=32.0), Site.INSTEP)
                plan = RunPlan((stand(2.0), run(15.0, speed_mps), stand(2.0)))
                trace = simulate(plan, Runner(leg, leg), [setup], seed)["foot"]
                whole = [s for _, s in pairs(trace, analyze([setup.sensor], trace.blocks()))]
                whole = [s for s in whole if 4.5 < s.initial_contact_s < 16.0]
                steady = [(true, found) for true, found in pairs(trace, whole) if 4.5 < true.initial_contact_s < 16.0]
                late_s = [found.initial_contact_s - true.initial_contact_s for true, found in steady]
                late_ms.append(1000.0 * float(np.mean(late_s)))
                sd_ms.append(1000.0 * float(np.std(late_s)))
                for limit_dps, found_deg in off_deg.items():
                    found_deg += clipped_angles_off_deg(trace, whole, limit_dps)
            name = f"foot, strike {strike_deg:.0f}°, {speed_mps} m/s"
            print(f"{name}: contact {spread(late_ms, '.1f')} ms late by run, SD {spread(sd_ms, '.1f')} ms")
            for limit_dps, found_deg in off_deg.items():
                share = 100.0 * np.mean(np.array(found_deg) > 3.0)
                print(
                    f"{name}: clipped at {limit_dps:.0f} °/s the strike angle moves by up to {max(found_deg):.1f}°, "
                    f"in {share:.1f} % of {len(found_deg)} strides by more than 3°"
                )


def clipped_angles_off_deg(trace: SensorTrace, whole: Sequence[Stride], limit_dps: float) -> list[float]:
    """By how much strike angles differ from those of the whole signal when the angular rate is clipped."""
    limit = np.deg2rad(limit_dps)
    sensor = replace(trace.setup.sensor, gyro_range_radps=limit)
    off_deg = []
    for stride in analyze([sensor], [_clipped(block, limit) for block in trace.blocks()]):
        reference = min(whole, key=lambda other: abs(other.initial_contact_s - stride.initial_contact_s))
        angle_rad, true_rad = stride.foot_strike_angle_rad, reference.foot_strike_angle_rad
        near = abs(reference.initial_contact_s - stride.initial_contact_s) < MATCH_WITHIN_S
        if near and angle_rad is not None and true_rad is not None:
            off_deg.append(float(np.rad2deg(abs(angle_rad - true_rad))))
    return off_deg


def steps_back(seeds: Sequence[int]) -> None:
    """Steps back that a shin sensor flags, out of a stand and between steps forwards."""
    forwards = {"walking": walk(20.0, 1.3), "running": run(20.0, 3.0)}
    plans = {"out of a stand": RunPlan((stand(3.0), walk_backward(20.0, 1.2), stand(2.0)))} | {
        f"{lasts_s:g} s after {name}": RunPlan(
            (stand(3.0), forward, stand(4.0), walk_backward(lasts_s, 1.2), stand(4.0), forward, stand(4.0))
        )
        for lasts_s in (6.0, 30.0)
        for name, forward in forwards.items()
    }
    for name, plan in plans.items():
        back = flagged = forward = wrongly = lost = 0
        for seed in seeds:
            sensor = worn_sensor("shank", Site.DISTAL_SHANK, Side.LEFT)
            trace = simulate(plan, Runner(), [SensorSetup(sensor, Site.DISTAL_SHANK)], seed)["shank"]
            strides = analyze([sensor], trace.blocks())
            for true in trace.strides:
                near = [s for s in strides if abs(s.initial_contact_s - true.initial_contact_s) < BACK_WITHIN_S]
                told = any(StrideFlag.BACKWARD in stride.quality for stride in near)
                back += true.backward
                flagged += true.backward and told
                forward += not true.backward
                wrongly += told and not true.backward
                lost += not near and not true.backward
        print(
            f"shank, {name}: {flagged} of {back} steps back flagged; "
            f"of {forward} forwards {wrongly} flagged, {lost} lost"
        )


def _clipped(block: ImuBlock, limit: float) -> ImuBlock:
    assert block.gyr_radps is not None
    return replace(block, gyr_radps=np.clip(block.gyr_radps, -limit, limit))


def main() -> None:
    """Print all rows."""
    keep()
    parser = argparse.ArgumentParser(description="Measure with other seeds what the bounds of tests rest on.")
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--first-seed", type=int, default=1001)
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    shank_contacts(seeds)
    heels(seeds)
    foot_contacts(seeds)
    steps_back(seeds)


if __name__ == "__main__":
    main()
