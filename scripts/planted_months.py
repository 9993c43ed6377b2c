"""How often a change that was planted in a month is told, and how often one is told that isn't there.

Run `python scripts/planted_months.py [--seeds 100]`. The made-up runner goes out four times a week in two pairs of
shoes, for three months and then the month in question. Between runs, blocks of two minutes and strides she varies as
runners do (impact: 8, 4 and 17 %; it rises by 4 % in a run, with speed to the power of 1.5). What is told is asked at
the end of the month, and where nothing was planted, after every run of it.
"""

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from footfall_coaching.answers import Shoe
from footfall_coaching.change_rules import CadenceChange, DriftChange, ImpactChange, Spike, WornPair
from footfall_coaching.changes import changes_of
from footfall_coaching.run import DistanceSource, LegPart, Minute, Run
from footfall_processing.gait import Activity, Strike
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, PEAK_TIBIAL_ACC, SPEED
from footfall_processing.session import Placement, Side

DAYS: Final = 120
MONTH: Final = 30
BEGIN: Final = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)
NOW: Final = BEGIN + timedelta(days=DAYS)
PAIRS: Final = ("Blue daily", "Grey daily")
SHOES: Final = tuple(Shoe("Ada", BEGIN, name) for name in PAIRS)

SESSION_SD: Final = 0.08
"""Of impact from run to run: two thirds of its variance are shared by the legs, the rest is each sensor's own."""
BLOCK_SD: Final = 0.04
STRIDE_SD: Final = 0.17
CADENCE_SDS: Final = (0.012, 0.006, 0.002)
"""Of cadence from run to run, from block to block and from minute to minute."""
IMPACTS_G: Final = {Side.LEFT: 9.0, Side.RIGHT: 9.6}
SPEED_MPS: Final = 2.9
CADENCE_SPM: Final = 166.0
DRIFT: Final = 0.04
DRIFT_SD: Final = 0.03


@dataclass(frozen=True)
class Plant:
    """What is planted in the last month.

    Parameters
    ----------
    impact, cadence
        Factors.
    pair
        Factor of impact in the first pair.
    drift
        By how much more impact rises in a run.
    spike
        How long one run is, as a share of the longest of the 30 days before; 0 for none.
    """

    impact: float = 1.0
    cadence: float = 1.0
    pair: float = 1.0
    drift: float = 0.0
    spike: float = 0.0


PLANTS: Final = {
    "nothing": (Plant(), ""),
    "impact 20 % less": (Plant(impact=0.8), ImpactChange.NAME),
    "cadence 5 % more": (Plant(cadence=1.05), CadenceChange.NAME),
    "a run of 1.6 times the longest": (Plant(spike=1.6), Spike.NAME),
    "impact rises by 16 % in a run, not by 4": (Plant(drift=0.12), DriftChange.NAME),
    "one pair lands 25 % harder": (Plant(pair=1.25), WornPair.NAME),
}


def months(plant: Plant, seed: int) -> list[Run]:
    """Return the runs of four months, the earliest first."""
    rng = np.random.default_rng(seed)
    when = [
        day + float(rng.normal(0.0, 0.05))
        for week in range(DAYS // 7 + 1)
        for day in (7 * week + d for d in (1, 3, 5, 6))
    ]
    runs: list[Run] = []
    spike_on = DAYS - MONTH + 12.0
    spiked = not plant.spike
    for number, day in enumerate(day for day in when if day < DAYS):
        is_long = number % 4 == 3
        metres = (
            14_000.0 * (1.0 + 0.1 * rng.standard_normal())
            if is_long
            else 7500.0 * math.exp(0.12 * rng.standard_normal())
        )
        if not spiked and day >= spike_on:
            begin = day - 30.0
            metres = plant.spike * max(run.distance_m or 0.0 for run in runs if _day(run) >= begin)
            spiked = True
        in_month = day >= DAYS - MONTH
        runs.append(
            _run(rng, day, float(metres), PAIRS[number % 2], plant if in_month else Plant(), quick=number % 4 == 1)
        )
    return runs


def _day(run: Run) -> float:
    assert run.started_utc is not None
    return (run.started_utc - BEGIN) / timedelta(days=1)


def _run(rng: np.random.Generator, day: float, metres: float, shoe: str, plant: Plant, *, quick: bool) -> Run:
    speed = SPEED_MPS * (1.12 if quick else 1.0) * math.exp(0.03 * rng.standard_normal())
    count = max(3, round(metres / speed / 60.0))
    speeds = speed * np.exp(0.03 * rng.standard_normal(count))
    speeds[:5] *= 0.93
    distances = np.cumsum(60.0 * speeds)
    place = np.arange(count) / max(1, count - 1)
    drift = (DRIFT + DRIFT_SD * rng.standard_normal() + plant.drift) * place
    session = math.sqrt(2 / 3) * SESSION_SD * rng.standard_normal()
    blocks = np.repeat(rng.standard_normal(count // 2 + 1), 2)[:count]
    strides = 80
    factor = plant.impact * (plant.pair if shoe == PAIRS[0] else 1.0)
    impacts = {}
    for side, base in IMPACTS_G.items():
        own = math.sqrt(1 / 3) * SESSION_SD * rng.standard_normal()
        noise = 1.25 * STRIDE_SD / math.sqrt(strides) * rng.standard_normal(count)
        logs = session + own + BLOCK_SD * blocks + noise + drift + 1.5 * np.log(speeds / SPEED_MPS)
        impacts[side] = factor * base * np.exp(logs)
    of_run, of_block, of_minute = CADENCE_SDS
    other = np.repeat(rng.standard_normal(count // 2 + 1), 2)[:count]
    logs = of_run * rng.standard_normal() + of_block * other + of_minute * rng.standard_normal(count)
    cadences = plant.cadence * CADENCE_SPM * np.exp(logs + 0.25 * np.log(speeds / SPEED_MPS))
    minutes = tuple(
        Minute(
            60.0 * at,
            60.0 * at + 60.0,
            float(distances[at]),
            tuple(
                _leg(side, strides, float(impacts[side][at]), float(cadences[at]), float(speeds[at]))
                for side in impacts
            ),
        )
        for at in range(count)
    )
    legs = tuple(
        _leg(
            side, strides * count, float(np.median(impacts[side])), float(np.median(cadences)), float(np.median(speeds))
        )
        for side in impacts
    )
    running_s = 60.0 * count
    return Run(
        f"run-{day:.2f}",
        BEGIN + timedelta(days=day),
        running_s,
        running_s,
        0.0,
        float(distances[-1]),
        DistanceSource.WATCH,
        None,
        "Ada",
        shoe,
        "",
        False,
        legs,
        minutes,
    )


def _leg(side: Side, strides: int, impact_g: float, cadence_spm: float, speed_mps: float) -> LegPart:
    medians = {
        PEAK_TIBIAL_ACC.name: impact_g,
        CADENCE.name: cadence_spm,
        SPEED.name: speed_mps,
        CONTACT_TIME.name: 0.27 * (SPEED_MPS / speed_mps) ** 0.5,
    }
    return LegPart(side, Placement.SHANK, Activity.RUN, strides, 0, medians, {Strike.REARFOOT: 1.0})


def told_in(runs: Sequence[Run], *, after_every_run: bool) -> set[str]:
    """Return the rules that told something: at the end of the month, or after any of its runs."""
    moments = [NOW]
    if after_every_run:
        moments += [
            run.started_utc + timedelta(hours=3) for run in runs if run.started_utc and _day(run) >= DAYS - MONTH
        ]
    return {change.rule for now in moments for change in changes_of(_until(runs, now), SHOES, now)}


def _until(runs: Sequence[Run], now: datetime) -> list[Run]:
    return [run for run in runs if run.started_utc is not None and run.started_utc <= now]


@dataclass(frozen=True)
class Row:
    """Of how many months the planted change was told, and in how many something else was."""

    planted: str
    months: int
    told: int
    others: int
    rules: Counter[str]


def table(seeds: range) -> Iterator[Row]:
    """Return a row for each kind of month; of one with nothing planted `told` counts the months without a word."""
    for name, (plant, rule) in PLANTS.items():
        found = [told_in(months(plant, seed), after_every_run=not rule) for seed in seeds]
        told = sum(rule in one if rule else not one for one in found)
        others = sum(bool(one - {rule}) for one in found)
        yield Row(name, len(seeds), told, others, Counter(rule for one in found for rule in one))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    seeds = parser.parse_args().seeds
    print(f"{'planted':42} {'as it should':>12} {'else told':>10}")
    for row in table(range(seeds)):
        print(f"{row.planted:42} {row.told:>5} of {row.months:<4} {row.others:>9}  {dict(row.rules) or ''}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
