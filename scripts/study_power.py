"""How often a study finds what was planted, and how often it finds what isn't there.

Run `python scripts/study_power.py [--studies 100] [--seed 1]`; with 100 it takes some twenty minutes. Every made-up
study goes the whole way: runners join by the rules, each day each asks for the condition and runs or stays at home,
says what hurt, some leave, some stop on red; at the end it is opened, and the result that organisers get is asked.

What is assumed, and is no trial's: runners' pain is about 2.5 of 10 and varies by 0.75 from run to run; impact differs
by 25 % between runners, varies by 8 % from run to run and 6 % from minute to minute, and goes with speed to the power
of 1.5; a runner stays at home on 1 of 10 days that were drawn; 1 of 20 withdraws; within weeks pain changes by itself
by 0.5 and impact by 5 %, which only studies with one condition for each runner notice.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final

import msgspec

from footfall_coaching.answers import Pain, PainSite, Phase
from footfall_coaching.light_rule import Colour
from footfall_coaching.run import DistanceSource, LegPart, Minute, Run
from footfall_coaching.studies.allocation import drawn
from footfall_coaching.studies.beforehand import change_of
from footfall_coaching.studies.course import Standing, Status, standing_of, today_of, why_not_join, why_over
from footfall_coaching.studies.file import Assumed, Consent, Design, Joining, Measure, StudyFile
from footfall_coaching.studies.measured import History
from footfall_coaching.studies.record import Day, Opened, Record, begun, joined, withdrawn
from footfall_coaching.studies.result import Analysis, analysis_of
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import CADENCE, PEAK_ACC, SPEED
from footfall_processing.session import Placement, Side

BEGIN: Final = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAYS_BETWEEN: Final = 2
MINUTES: Final = 10
RUNS_BEFORE: Final = 4
CONSENT: Final = Consent("1", "I take part of my own will, and can leave at any time without a reason.")


@dataclass(frozen=True, slots=True)
class World:
    """What the condition changes, and how much changes by itself.

    Parameters
    ----------
    pain, impact
        By the condition: in points, and as a share.
    """

    pain: float
    impact: float
    stays_at_home: float = 0.1
    withdraws: float = 0.05


NOTHING: Final = World(0.0, 0.0)
MORE_OF_NOTHING: Final = 5
"""Times as many studies: a share near 5 of 100 is known to ±1 of 500."""


@dataclass(slots=True)
class Runner:
    """A made-up runner, and what the log has of it."""

    name: str
    pain: float
    impact_g: float
    random: Random
    runs: list[Run]
    pains: list[Pain]

    @property
    def history(self) -> History:
        """Return the log as it is now."""
        return History(self.runs, self.pains, ())

    def run(self, now: datetime, pain: float, impact: float) -> None:
        """Run, and say what hurt; `pain` and `impact` are what is added, in points and as a logarithm."""
        random, number = self.random, len(self.runs)
        level = math.log(self.impact_g) + random.gauss(0.0, 0.08) + impact
        minutes = [self._minute(one, level) for one in range(MINUTES)]
        legs = [replace(leg, strides=leg.strides * MINUTES) for leg in minutes[0].legs]
        self.runs.append(
            Run(
                f"{self.name}-{number}",
                now + timedelta(hours=1),
                60.0 * MINUTES,
                60.0 * MINUTES,
                0.0,
                180.0 * MINUTES,
                DistanceSource.SENSORS,
                None,
                self.name,
                "",
                "",
                False,
                legs,
                minutes,
            )
        )
        told = min(10, max(0, round(self.pain + pain + random.gauss(0.0, 0.75))))
        site, side = (PainSite.KNEE, Side.LEFT) if told else (None, None)
        at = now + timedelta(hours=1, minutes=MINUTES + 1)
        self.pains.append(Pain(self.name, f"{self.name}-{number}", at, Phase.DURING, site, side, told))

    def _minute(self, number: int, level: float) -> Minute:
        speed_mps = 3.0 * math.exp(self.random.gauss(0.0, 0.05))
        peak_g = math.exp(level + 1.5 * math.log(speed_mps / 3.0) + self.random.gauss(0.0, 0.06))
        legs = [
            LegPart(
                side,
                Placement.FOOT,
                Activity.RUN,
                82,
                0,
                {
                    PEAK_ACC.name: peak_g * (1.05 if side is Side.LEFT else 1.0),
                    SPEED.name: speed_mps,
                    CADENCE.name: 164.0,
                },
                {},
            )
            for side in Side
        ]
        return Minute(60.0 * number, 60.0 * number + 60.0, None, legs)


def study_of(design: Design, runners: int = 12, runs: int = 8, primary: Measure = Measure.PAIN) -> StudyFile:
    """Return a study's file."""
    is_runs = design is Design.ALTERNATING
    return StudyFile(
        footfall_study=1,
        study="made-up",
        question="Does what was made up lower pain?",
        organiser="scripts/study_power.py",
        design=design,
        conditions=("as usual", "with tape"),
        runs=runs,
        block=4 if is_runs else (4, 6),
        runners=runners,
        ends=date(2026, 12, 1),
        primary=primary,
        beside=tuple({Measure.PAIN, Measure.IMPACT} - {primary}),
        pain_of=PainSite.KNEE,
        consent=CONSENT,
        joining=Joining(light=Colour.AMBER, runs_before=0 if is_runs else RUNS_BEFORE),
        assumed=Assumed(runner_to_runner=None if is_runs else (0.5 if primary is Measure.PAIN else 0.05)),
    )


def played(file: StudyFile, world: World, seed: int) -> Analysis:
    """Play a study from the first runner's joining to its result."""
    random = Random(f"{file.design} {seed}")
    record: Record | None = None
    runners: list[Runner] = []
    standings: list[Standing] = []
    last = BEGIN
    for number in range(file.runners):
        usual = (max(0.5, random.gauss(2.5, 0.8)), 9.0 * math.exp(random.gauss(0.0, 0.25)))
        runner = Runner(f"runner-{number}", *usual, Random(random.random()), [], [])
        now = BEGIN
        for _ in range(RUNS_BEFORE):
            runner.run(now, 0.0, 0.0)
            now += timedelta(days=DAYS_BETWEEN)
        while why_not_join(file, runner.history, now):
            runner.run(now, 0.0, 0.0)
            now += timedelta(days=DAYS_BETWEEN)
        record = joined(_begun(record, file, random, now), runner.name, file.consent, (), now)
        standings.append(standing_of(record, record.members[-1], runner.history, now))
        record, now = _follow(record, standings, runner, world, now)
        runners.append(runner)
        last = max(last, now)
    assert record is not None
    histories = {runner.name: runner.history for runner in runners}
    ended = why_over(record, standings, last)
    record = msgspec.structs.replace(record, opened=Opened(last, "" if ended else "all were asked", ended))
    return analysis_of(record, standings, histories)


def _begun(record: Record | None, file: StudyFile, random: Random, now: datetime) -> Record:
    return begun(drawn(file, random.randbytes(32)), now) if record is None else record


def _follow(
    record: Record, standings: list[Standing], runner: Runner, world: World, now: datetime
) -> tuple[Record, datetime]:
    """Let a runner run until nothing is to come."""
    file, random = record.file, runner.random
    member = record.members[-1]
    drift = (0.0, 0.0)
    if file.design is Design.PARALLEL:
        drift = (random.gauss(0.0, 0.5), random.gauss(0.0, 0.05))
    leaves = random.random() < world.withdraws
    others = standings[:-1]
    while standings[-1].status is Status.GOING:
        day = today_of(record, [*others, standings[-1]], runner.name, runner.history, now)
        is_tried = day.condition == file.conditions[1]
        if day.condition and file.design is Design.ALTERNATING:
            member = msgspec.structs.replace(member, days=(*member.days, Day(now, day.number - 1)))
        if not day.condition or random.random() >= world.stays_at_home:
            change = change_of(Measure.IMPACT, world.impact)
            runner.run(now, drift[0] + world.pain * is_tried, drift[1] + change * is_tried)
        now += timedelta(days=DAYS_BETWEEN)
        record = record.with_member(member)
        standings[-1] = standing_of(record, member, runner.history, now)
        if leaves and len(runner.runs) > RUNS_BEFORE + 3 and standings[-1].status is Status.GOING:
            record = withdrawn(record, runner.name, now)
            standings[-1] = standing_of(record, record.members[-1], runner.history, now)
    return record, now


STUDIES: Final = (
    ("12 runners, each 8 runs, drawn by run", study_of(Design.ALTERNATING), (World(-0.7, -0.08), NOTHING)),
    ("40 runners, each 8 runs, drawn by runner", study_of(Design.PARALLEL, 40), (World(-1.0, -0.10), NOTHING)),
)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--studies", type=int, default=100, help="made-up studies for each row; five times as many of nothing"
    )
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    given = parser.parse_args()
    print("Of 100 studies: found, and 95 % intervals that hold the truth\n")
    print(f"{'':44}{'planted':>14}{'studies':>9}{'pain':>8}{'holds':>8}{'impact':>8}{'holds':>8}")
    for name, file, worlds in STUDIES:
        for world in worlds:
            count = (MORE_OF_NOTHING if world == NOTHING else 1) * given.studies
            cells = f"{count:9}{_row(file, world, range(given.seed, given.seed + count))}"
            print(f"{name:44}{f'{world.pain:+.1f}, {100.0 * world.impact:+.0f} %':>14}{cells}", flush=True)
    return 0


def _row(file: StudyFile, world: World, seeds: Sequence[int]) -> str:
    truth = {Measure.PAIN: world.pain, Measure.IMPACT: change_of(Measure.IMPACT, world.impact)}
    found, holds = dict.fromkeys(truth, 0), dict.fromkeys(truth, 0)
    for seed in seeds:
        for result in played(file, world, seed).results:
            if result.found is not None:
                found[result.measure] += result.found.is_found
                holds[result.measure] += result.found.low <= truth[result.measure] <= result.found.high
    share = 100.0 / len(seeds)
    return "".join(f"{share * found[one]:8.1f}{share * holds[one]:8.1f}" for one in truth)


if __name__ == "__main__":
    sys.exit(main())
