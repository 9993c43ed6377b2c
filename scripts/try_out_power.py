"""How often a try-out finds what was planted, how often it finds what isn't there, and whether recalling is told.

Run `python scripts/try_out_power.py [--tests 1000] [--seed 1]`; with 1000 it takes some ten minutes. Every made-up
test goes the whole way: an order is drawn and sealed, blocks are begun, measured and asked for, the seal is opened, and
the rule that runners get is asked. Of 1000 tests the share is known to ±3 of 100 where it is near 50, to ±1 near 3 or
97.

What is assumed, and is no trial's: impact varies by 4 % from block to block, 8 % from run to run, 17 % from stride to
stride, cadence by 0.6 and 1.2 %; impact rises by 4 % from the first block to the last; pain varies by 0.75 of 10 from
block to block around 3, and is told in whole numbers. Rows say where they assume something else. In the rows of impact
pain is low and steady, so that it stops no test. No recording at hand has peaks of a person's shin over minutes, so
these numbers are to be renewed once there are some.
"""

import argparse
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from footfall_coaching.answers import PainSite
from footfall_coaching.try_out.events import (
    AnyEvent,
    Begun,
    Ended,
    Opened,
    PainTold,
    PartBegun,
    PartDone,
    WarmedUp,
    Why,
)
from footfall_coaching.try_out.orders import MOST_CHANCE, count_of, orders_of
from footfall_coaching.try_out.permutation import EXPECTED_RISE, SAME, Difference, weighing
from footfall_coaching.try_out.plan import Cue, Plan, across_runs, eight_blocks, ten_blocks
from footfall_coaching.try_out.progress import Progress, Step, after, begun
from footfall_coaching.try_out.recall import ASSUMED, SURE, RecallCheck, Verdict, Wanted
from footfall_coaching.try_out.result import TryOutResult, result_of
from footfall_coaching.try_out.seal import draw
from footfall_processing.session import Side

Item = TypeVar("Item")

IMPACT_G: Final = {"left": 9.0, "right": 9.6}
CADENCE_SPM: Final = 166.0
SPEED_MPS: Final = 2.9
STRIDE_SD: Final = 0.17
STRIDES: Final = {True: 1500, False: 100}
"""Of a leg, of a whole run and in the seconds of a block that count."""
MEDIAN_OVER_MEAN: Final = math.sqrt(math.pi / 2.0)
STDERR: Final = Console(stderr=True)
EIGHT: Final = eight_blocks(Cue.IMPACT, PainSite.KNEE, Side.RIGHT)
TEN: Final = ten_blocks(Cue.IMPACT, PainSite.KNEE, Side.RIGHT)
TWELVE_RUNS: Final = across_runs("tape", PainSite.KNEE, Side.RIGHT, 3)
SIXTEEN_RUNS: Final = across_runs("tape", PainSite.KNEE, Side.RIGHT, 4)


@dataclass(frozen=True)
class World:
    """How a made-up runner answers to a cue, and varies.

    Parameters
    ----------
    impact, cadence
        What the cue changes, as shares; pain in its own unit.
    impact_sd, cadence_sd
        From part to part, as shares.
    rise
        Of impact from the first part to the last, as a share.
    alike
        How the scatter of impact of one part correlates with the next one's.
    usual_pain, pain_sd, pain_rise
        Of pain, in its own unit.
    carried
        How much of a cue stays in a usual part that follows a cued one, as a share.
    """

    impact: float = 0.0
    cadence: float = 0.0
    pain: float = 0.0
    impact_sd: float = 0.04
    cadence_sd: float = 0.006
    rise: float = 0.04
    alike: float = 0.0
    usual_pain: float = 3.0
    pain_sd: float = 0.75
    pain_rise: float = 0.0
    carried: float = 0.0


RUNS: Final = World(impact_sd=0.08, cadence_sd=0.012, usual_pain=2.0)
"""Those of a test across runs are on green days."""


def played(plan: Plan, world: World, seed: int) -> Progress:
    """Return a test that was run to its end, or to where red stopped it."""
    random, rng = Random(seed), np.random.default_rng(seed)
    opening = draw(plan, random, random.randbytes(32))
    progress = begun(Begun(plan, opening.seal))
    noise = _noise(rng, plan.parts, world.alike)
    place = np.linspace(-0.5, 0.5, plan.parts)
    carried = 0.0
    while progress.step is not Step.NOTHING:
        part = len(progress.parts)
        event: AnyEvent
        match progress.step:
            case Step.WARM_UP:
                event = WarmedUp(SPEED_MPS)
            case Step.ASK_PAIN:
                cued = carried if progress.parts else 0.0
                at = place[part - 1] if progress.parts else place[0]
                level = world.usual_pain + world.pain * cued + world.pain_rise * at + world.pain_sd * rng.normal()
                event = PainTold(int(np.clip(round(level), 0, 10)))
            case Step.BEGIN_PART:
                event = PartBegun(part, progress.cue_of_next(opening))
            case Step.RUN_PART:
                carried = 1.0 if progress.revealed else world.carried * carried
                event = _part(rng, plan, world, part, carried, world.impact_sd * noise[part] + world.rise * place[part])
            case Step.OPEN:
                event = Opened(opening.order, opening.nonce)
            case _:
                event = Ended(progress.over or Why.LEFT)
        progress = after(progress, event)
    return progress


def _noise(rng: np.random.Generator, parts: int, alike: float) -> NDArray[np.float64]:
    noise = rng.normal(size=parts)
    for part in range(1, parts):
        noise[part] = alike * noise[part - 1] + math.sqrt(1.0 - alike**2) * noise[part]
    return noise


def _part(rng: np.random.Generator, plan: Plan, world: World, part: int, cued: float, log: float) -> PartDone:
    error = MEDIAN_OVER_MEAN * STRIDE_SD / math.sqrt(STRIDES[not plan.part_s])
    impact_g = {
        side: value * math.exp(log + cued * math.log1p(world.impact) + error * rng.normal())
        for side, value in IMPACT_G.items()
    }
    cadence = CADENCE_SPM * math.exp(cued * math.log1p(world.cadence) + world.cadence_sd * rng.normal())
    return PartDone(part, impact_g, cadence, SPEED_MPS if plan.part_s else None)


def shown(items: Sequence[Item], what: str) -> Iterable[Item]:
    """Give items with a bar of progress, on a terminal."""
    return track(items, what, console=STDERR, transient=True, disable=not STDERR.is_terminal)


Look = Callable[[TryOutResult], Difference | None]


def impact_of(result: TryOutResult) -> Difference | None:
    """Look at impact."""
    return result.impact


def pain_of(result: TryOutResult) -> Difference | None:
    """Look at pain."""
    return result.pain


def is_found(found: Difference | None) -> bool:
    """Tell whether something was found."""
    return found is not None and found.is_found


@dataclass(frozen=True)
class Row:
    """What tests of one kind came to, in shares of 100."""

    found: float
    covered: float
    stopped: float


def tried(plan: Plan, world: World, look: Look, true: float, seeds: Sequence[int]) -> Row:
    """Play tests; `true` is what was planted, in the unit of the difference."""
    found = covered = stopped = 0
    for seed in seeds:
        result = result_of(played(plan, world, seed))
        one = look(result)
        found += is_found(one)
        covered += one is None or one.low - SAME <= true <= one.high + SAME
        stopped += result.ended is Why.RED
    share = 100.0 / len(seeds)
    return Row(share * found, share * covered, share * stopped)


IMPACTS: Final = (0.0, -0.05, -0.10, -0.15, -0.20)
PAINS: Final = (0.0, -1.0, -1.5, -2.0)
STEADY: Final = World(usual_pain=2.0, pain_sd=0.5)
IMPACT_WORLDS: Final = (
    ("8 blocks", EIGHT, STEADY),
    ("8 blocks, no rise", EIGHT, replace(STEADY, rise=0.0)),
    ("8 blocks, rise 10 %", EIGHT, replace(STEADY, rise=0.10)),
    ("8 blocks, vary by 6 %", EIGHT, replace(STEADY, impact_sd=0.06)),
    ("8 blocks, neighbours alike (0.5)", EIGHT, replace(STEADY, alike=0.5)),
    ("8 blocks, a quarter is carried over", EIGHT, replace(STEADY, carried=0.25)),
    ("10 blocks", TEN, STEADY),
    ("10 blocks, rise 10 %", TEN, replace(STEADY, rise=0.10)),
    ("10 blocks, vary by 6 %", TEN, replace(STEADY, impact_sd=0.06)),
    ("12 runs", TWELVE_RUNS, RUNS),
    ("12 runs, rise 10 %", TWELVE_RUNS, replace(RUNS, rise=0.10)),
    ("16 runs", SIXTEEN_RUNS, RUNS),
)
PAIN_WORLDS: Final = (
    ("8 blocks", EIGHT, World()),
    ("8 blocks, varies by 0.5", EIGHT, World(pain_sd=0.5)),
    ("8 blocks, varies by 1", EIGHT, World(pain_sd=1.0)),
    ("8 blocks, rises by 1", EIGHT, World(pain_rise=1.0)),
    ("8 blocks, 4 of 10 as usual", EIGHT, World(usual_pain=4.0)),
    ("10 blocks", TEN, World()),
    ("10 blocks, varies by 0.5", TEN, World(pain_sd=0.5)),
    ("10 blocks, varies by 1", TEN, World(pain_sd=1.0)),
    ("12 runs, 2 of 10 as usual", TWELVE_RUNS, RUNS),
)
STATISTICS: Final = (("plain means", 0.0), ("as it is", EXPECTED_RISE), ("any rise taken off", 100.0))


def impact_rows(seeds: Sequence[int]) -> Iterator[tuple[str, list[Row]]]:
    """Plant changes of impact."""
    for name, plan, world in IMPACT_WORLDS:
        yield (
            name,
            [
                tried(plan, replace(world, impact=size), impact_of, math.log1p(size), seeds)
                for size in shown(IMPACTS, name)
            ],
        )


def pain_rows(seeds: Sequence[int]) -> Iterator[tuple[str, list[Row]]]:
    """Plant changes of pain."""
    for name, plan, world in PAIN_WORLDS:
        yield (
            name,
            [tried(plan, replace(world, pain=size), pain_of, size, seeds) for size in shown(PAINS, name)],
        )


def anything_told(plan: Plan, seeds: Sequence[int]) -> float:
    """Return in how many of 100 tests in which nothing was planted the words tell of anything as found."""
    told = sum("chance 1 in" in result_of(played(plan, STEADY, seed)).words for seed in shown(seeds, "nothing planted"))
    return 100.0 / len(seeds) * told


def statistic_found(
    groups: tuple[int, ...], rise: float, *, planted: float, drift: float, tests: int, seed: int
) -> float:
    """Return in how many of 100 tests a way of weighing parts finds a change of impact."""
    rng, orders = np.random.default_rng(seed), orders_of(groups)
    count = sum(groups)
    places = rng.integers(len(orders), size=tests)
    sd = math.hypot(0.04, MEDIAN_OVER_MEAN * STRIDE_SD / math.sqrt(2 * STRIDES[False]))
    values = rng.normal(0.0, sd, (tests, count)) + drift * np.linspace(-0.5, 0.5, count)
    values += math.log1p(planted) * orders[places]
    differences = np.abs(values @ weighing(groups, (True,) * count, rise).rows.T)
    own = differences[np.arange(tests), places]
    return float(100.0 * ((differences >= own[:, None] - SAME).mean(axis=1) <= MOST_CHANCE).mean())


def checked(
    kind: Verdict, learned: float, seed: int, *, recalled: float | None = None, wider: float = 1.0
) -> RecallCheck:
    """Play a check three months after a programme whose levels are of one run before and two at its end.

    Parameters
    ----------
    learned, recalled
        What the programme changed, and what is recalled of it, as shares; all of it unless told otherwise.
    wider
        Factor of what runs and blocks vary by, which the rule does not know of.
    """
    rng, assumed = np.random.default_rng(seed), ASSUMED[Cue.IMPACT]
    run_sd, block_sd = wider * assumed.runs, wider * assumed.blocks
    own = math.hypot(run_sd, block_sd)
    end, again = math.log1p(learned), math.log1p(learned if recalled is None else recalled)
    has = {Verdict.KEPT: (end, end), Verdict.RECALLED: (0.0, again), Verdict.LOST: (0.0, 0.0)}[kind]
    before, after_it = own * rng.normal(), end + own / math.sqrt(2.0) * rng.normal()
    days: list[tuple[tuple[float, float], ...]] = []
    wanted = Wanted.DAY
    while wanted is not Wanted.NOTHING:
        if wanted is Wanted.DAY:
            day = run_sd * rng.normal()
            days.append(())
        now, then = (math.exp(level + day + block_sd * rng.normal()) for level in has)
        days[-1] = (*days[-1], (now, then))
        check = RecallCheck(
            3, Cue.IMPACT, math.exp(before), math.exp(after_it), 1, 2, tuple(days), assumed.runs, assumed.blocks
        )
        wanted = check.wanted
    return check


RECALLS: Final = (
    ("only recalls, −32 %", Verdict.RECALLED, -0.32, None, 1.0),
    ("only recalls, −25 %", Verdict.RECALLED, -0.25, None, 1.0),
    ("only recalls, −20 %", Verdict.RECALLED, -0.20, None, 1.0),
    ("only recalls, −15 %", Verdict.RECALLED, -0.15, None, 1.0),
    ("only recalls, −15 of −25 %", Verdict.RECALLED, -0.25, -0.15, 1.0),
    ("only recalls, −20 %, varies by half more", Verdict.RECALLED, -0.20, None, 1.5),
    ("keeps −32 %", Verdict.KEPT, -0.32, None, 1.0),
    ("keeps −20 %", Verdict.KEPT, -0.20, None, 1.0),
    ("lost −32 %", Verdict.LOST, -0.32, None, 1.0),
    ("lost −20 %", Verdict.LOST, -0.20, None, 1.0),
    ("never learned anything", Verdict.LOST, 0.0, None, 1.0),
)


def recall_rows(seeds: Sequence[int]) -> Iterator[tuple[str, Counter[str], float, float]]:
    """Return how each kind of runner is told, and how many blocks and days that takes."""
    for name, kind, learned, recalled, wider in RECALLS:
        told: Counter[str] = Counter()
        blocks = days = 0
        for seed in shown(seeds, name):
            check = checked(kind, learned, seed, recalled=recalled, wider=wider)
            verdict = check.verdict
            blocks += 2 * sum(map(len, check.days))
            days += len(check.days)
            sure = verdict is not None and check.probabilities[verdict] >= SURE
            told["unclear" if verdict is None else verdict.value if sure else f"probably {verdict.value}"] += 1
        yield name, told, blocks / len(seeds), days / len(seeds)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=1000, help="made-up tests for each number")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    given = parser.parse_args()
    seeds = range(given.seed, given.seed + given.tests)

    print(f"Found in 100 tests, each number of {len(seeds)}; in brackets how many 95 % intervals hold the truth\n")
    _head("impact", [f"{100.0 * size:+.0f} %" for size in IMPACTS])
    for name, rows in impact_rows(seeds):
        _line(name, rows)
    _head("pain", [f"{size:+.1f}" for size in PAINS], "stopped by red, 0 to −2")
    for name, rows in pain_rows(seeds):
        _line(name, rows, f"{rows[0].stopped:.0f} to {rows[-1].stopped:.0f}")
    print("\nnothing planted, found by the design in no more than")
    for name, plan in (("8 blocks", EIGHT), ("10 blocks", TEN), ("12 runs", TWELVE_RUNS), ("16 runs", SIXTEEN_RUNS)):
        orders = count_of(plan.groups)
        print(f"{name:44}{100.0 * math.floor(MOST_CHANCE * orders) / orders:7.1f}")
    print(f"{'anything told as found, 8 blocks':44}{anything_told(EIGHT, seeds):7.1f} (of pain, impact and cadence)")

    _head("8 blocks, impact −15 %, by how it is weighed", ["rise 0 %", "4 %", "6 %", "10 %"])
    for name, rise in STATISTICS:
        shares = [
            statistic_found((8,), rise, planted=-0.15, drift=drift, tests=4 * given.tests, seed=given.seed)
            for drift in (0.0, 0.04, 0.06, 0.10)
        ]
        print(f"{name:44}" + "".join(f"{share:13.1f}" for share in shares))

    print(f"\n{'recall check: a runner who':44} told, of 100")
    for name, told, blocks, days in recall_rows(seeds):
        shares_told = ", ".join(f"{verdict} {100.0 * count / len(seeds):.1f}" for verdict, count in told.most_common())
        print(f"{name:44} {shares_told} ({blocks:.1f} blocks, {days:.1f} days)", flush=True)
    return 0


def _head(what: str, sizes: Sequence[str], last: str = "") -> None:
    print(f"\n{what:44}" + "".join(f"{size:>13}" for size in sizes) + f"  {last}")


def _line(name: str, rows: Sequence[Row], last: str = "") -> None:
    cells = "".join(f"{row.found:7.1f} ({row.covered:3.0f})" for row in rows)
    print(f"{name:44}{cells}  {last}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
