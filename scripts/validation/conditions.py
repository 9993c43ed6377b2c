"""What holds on synthetic runs under many conditions: speeds, strikes, mountings, loss, slopes, turns, rates."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from footfall_processing.gait import Stride
from footfall_processing.pipeline import GaitPipeline, analyze
from footfall_processing.samples import FloatArray, ImuBlock
from footfall_processing.session import Side
from footfall_processing.synthetic import (
    Imperfections,
    Leg,
    Loss,
    Runner,
    RunPlan,
    SensorSetup,
    SensorTrace,
    Site,
    StrideTruth,
    run,
    simulate,
    stand,
    worn_sensor,
)

SPEEDS_MPS: Final = (2.0, 3.0, 4.0, 5.0, 6.0)
STRIKES_DEG: Final = (14.0, 3.0, -6.0)
SITES: Final = {"foot": Site.INSTEP, "shank": Site.DISTAL_SHANK}
MATCH_WITHIN_S: Final = 0.1
BEFORE_S, AFTER_S = 0.4, 0.3
"""A contact is told from the swing before it and from what follows, for as long as a stance is judged."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a run is sensed.

    Parameters
    ----------
    name
        As it stands in the table.
    loss
        Share of packets lost.
    grade, turn_radius_m
        Of the way; see `RunPlan`.
    jitter_s
        Standard deviation of the sampling instants.
    rate_hz
        Of the samples.
    """

    name: str
    loss: float = 0.0
    grade: float = 0.0
    turn_radius_m: float | None = None
    jitter_s: float = 0.0
    rate_hz: float = 200.0


@dataclass(frozen=True, slots=True)
class Sensed:
    """A synthetic sensor and what Footfall made of it."""

    trace: SensorTrace
    strides: Sequence[Stride]

    def pairs(self) -> list[tuple[StrideTruth, Stride]]:
        """True strides, each with the nearest found one."""
        found_s = np.array([s.initial_contact_s for s in self.strides])
        pairs = []
        for truth in self.trace.strides:
            if len(found_s):
                nearest = int(np.abs(found_s - truth.initial_contact_s).argmin())
                if abs(found_s[nearest] - truth.initial_contact_s) < MATCH_WITHIN_S:
                    pairs.append((truth, self.strides[nearest]))
        return pairs

    def arrived(self) -> list[StrideTruth]:
        """Those true strides of which all samples arrived, with the swing before."""
        t_s = np.concatenate([block.t_s for block in self.trace.blocks()])
        gaps_s = t_s[:-1][np.diff(t_s) > 1.9 / self.trace.setup.sensor.sampling_rate_hz]
        return [
            s
            for s in self.trace.strides
            if s.next_contact_s + AFTER_S < t_s[-1]
            and not np.any((gaps_s > s.initial_contact_s - BEFORE_S) & (gaps_s < s.next_contact_s + AFTER_S))
        ]


@dataclass(frozen=True, slots=True)
class Strikes:
    """Counts of strides: true ones that arrived whole, those of them found, all found, and false ones."""

    true: int
    hits: int
    found: int
    false: int


def sensed(
    condition: Condition,
    sites: Iterable[str] = SITES,
    speeds_mps: Iterable[float] = SPEEDS_MPS,
    strikes_deg: Iterable[float] = STRIKES_DEG,
    run_s: float = 30.0,
) -> Iterator[Sensed]:
    """Run at each speed with each strike, with a sensor at each site, mounted at random."""
    for speed_mps in speeds_mps:
        for strike_deg in strikes_deg:
            seed = [round(10 * speed_mps), round(strike_deg + 20)]
            rng = np.random.default_rng(seed)
            setups = [_setup(site, condition, rng) for site in sites]
            leg = Leg(strike_angle_deg=strike_deg)
            plan = RunPlan((stand(3.0), run(run_s, speed_mps)), condition.grade, condition.turn_radius_m)
            for trace in simulate(plan, Runner(leg, leg), setups, seed=1000 * seed[0] + seed[1]).values():
                yield Sensed(trace, analyze([trace.setup.sensor], trace.blocks()))


def strikes(results: Iterable[Sensed]) -> Strikes:
    """Count; a found stride is false where true ones are known and none begins near it."""
    true = hits = found = false = 0
    for result in results:
        arrived, pairs = result.arrived(), result.pairs()
        matched, taken = {id(truth) for truth, _ in pairs}, {id(stride) for _, stride in pairs}
        begin_s, end_s = result.trace.strides[0].initial_contact_s, result.trace.strides[-1].next_contact_s
        inside = [s for s in result.strides if begin_s - 0.05 < s.initial_contact_s < end_s - 0.05]
        true += len(arrived)
        hits += sum(id(truth) in matched for truth in arrived)
        found += len(inside)
        false += sum(id(s) not in taken for s in inside)
    return Strikes(true, hits, found, false)


def peak_errors_percent(results: Iterable[Sensed]) -> FloatArray:
    """Peak tibial acceleration against the truth."""
    return np.array(
        [
            100.0 * (found.peak_tibial_acc_mps2 / truth.peak_axial_acc_mps2 - 1.0)
            for result in results
            for truth, found in result.pairs()
            if truth.peak_axial_acc_mps2 is not None and found.peak_tibial_acc_mps2 is not None
        ]
    )


def alignment_s(
    site: str, *, gyro: bool = True, speeds_mps: Iterable[float] = SPEEDS_MPS, begin_s: float = 7.0
) -> list[float]:
    """How long after a signal's beginning amid a run its first stride comes out; 13 s where none does within 12."""
    condition, seconds = Condition("aligned"), []
    for speed_mps in speeds_mps:
        for strike_deg in STRIKES_DEG:
            rng = np.random.default_rng([round(10 * speed_mps), round(strike_deg + 20), 7])
            setup = _setup(site, condition, rng)
            leg = Leg(strike_angle_deg=strike_deg)
            made = simulate(RunPlan((run(20.0, speed_mps),)), Runner(leg, leg), [setup], seed=round(speed_mps))
            sensor, blocks = setup.sensor, made[setup.sensor.id].blocks()
            if not gyro:
                sensor = replace(sensor, has_gyro=False, gyro_range_radps=None)
                blocks = [replace(block, gyr_radps=None) for block in blocks]
            begun_s = begin_s + rng.uniform(0.0, 1.0)
            seconds.append(_first_stride_s(GaitPipeline([sensor]), [b for b in blocks if b.t_s[0] >= begun_s]))
    return seconds


def _first_stride_s(pipeline: GaitPipeline, blocks: Sequence[ImuBlock]) -> float:
    for block in blocks:
        if any(isinstance(event, Stride) for event in pipeline.push(block)):
            return float(block.t_s[-1] - blocks[0].t_s[0])
    return 13.0


def _setup(site: str, condition: Condition, rng: np.random.Generator) -> SensorSetup:
    sensor = worn_sensor(
        site, SITES[site], Side.LEFT, rate_hz=condition.rate_hz, acc_range_g=100.0, gyro_range_dps=4000.0
    )
    mount = rng.normal(size=3)
    mount *= rng.uniform(0.0, 180.0) / np.linalg.norm(mount)
    flaws = Imperfections(jitter_s=condition.jitter_s)
    loss = Loss(condition.loss, 1.5)
    return SensorSetup(sensor, SITES[site], (mount[0], mount[1], mount[2]), flaws, loss, samples_per_packet=10)
