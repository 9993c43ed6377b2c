"""How much of the time warm-up, run, cool-down and walking backwards are told rightly: `python scripts/phases.py`.

Made-up sessions of 6 to 40 minutes, each of another runner with sensors mounted anyhow: with stops at lights,
intervals, walks amid the run, curves, lost packets, a gap, recordings that begin amid the run. Each second is held
against what was done in it. Of the recordings of people that are at hand, seconds of walking and running are.

An accelerometer alone can't tell steps backwards, and these seconds are left out; from a shin, or without a gyroscope,
there is no speed, and a warm-up that is run slowly is run. It takes some ten minutes. Exit status 1 when less than 95 %
of the time is right.
"""

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from footfall_gateway.console import progress
from footfall_gateway.machine_code import keep
from validation.comparison import analyzed
from validation.made_sessions import KINDS, SENSORS, Part, made_up
from validation.tables import ratio, table
from validation.told_parts import Confusion, confusions, told_activities

ROOT: Final = Path(__file__).resolve().parents[1]
TARGET: Final = 0.95
WRITTEN_TO: Final = ROOT / "docs" / "validation" / "phases.md"
PEOPLE: Final = ("data", "people")
"""Folders beside the repository that hold recordings of people, where they are."""
ACTIVITIES: Final = ("walk", "run")


@dataclass(frozen=True, slots=True)
class MadeUp:
    """Made-up sessions: seconds of each sensor by what they were and were told to be, for each session."""

    kinds: Sequence[str]
    sessions: Mapping[str, Sequence[Confusion]]

    def of(self, sensor: str, kind: str | None = None) -> Confusion:
        """Add up the sessions, or those of one kind."""
        chosen = (one for one, own in zip(self.sessions[sensor], self.kinds, strict=True) if kind in (None, own))
        return sum(chosen, Confusion())


@dataclass(slots=True)
class People:
    """Seconds of people by what was told, by group, activity and signal."""

    seconds: dict[tuple[str, str, str], Counter[str]] = field(default_factory=dict)

    def of(self, activity: str, signal: str) -> Counter[str]:
        """Add up the groups."""
        return sum((told for key, told in self.seconds.items() if key[1:] == (activity, signal)), Counter[str]())


def share(found: Confusion) -> float:
    """Return how much of the time was told rightly; NaN of no time."""
    whole = found.total()
    return sum(seconds for (true, told), seconds in found.items() if true is told) / whole if whole else math.nan


def measured(seed: int) -> tuple[str, Mapping[str, Confusion]]:
    """Make up a session and measure it; return its kind as well."""
    made = made_up(seed)
    return made.name, confusions(made, seed)


def all_measured(seeds: Sequence[int], processes: int) -> MadeUp:
    """Measure sessions side by side, with a bar of progress."""
    kinds: list[str] = []
    found: dict[str, list[Confusion]] = {name: [] for name in SENSORS}
    with (
        progress("made-up sessions", len(seeds)) as advance_to,
        ProcessPoolExecutor(processes, get_context("spawn"), initializer=keep) as pool,
    ):
        for done, (kind, one) in enumerate(pool.map(measured, seeds), 1):
            kinds.append(kind)
            for name, own in one.items():
                found[name].append(own)
            advance_to(done)
    return MadeUp(kinds, found)


def people_of(folders: Sequence[Path]) -> People:
    """Measure the recordings of people who walk or run, with the gyroscope and with it taken away."""
    truths = [path for folder in folders for path in sorted(folder.glob("**/*.truth.json"))]
    found = People()
    with progress("recordings of people", len(truths)) as advance_to:
        for done, path in enumerate(truths, 1):
            truth: dict[str, Any] = json.loads(path.read_text("utf-8"))
            if truth.get("activity") in ACTIVITIES:
                csv = path.with_name(path.name.replace(".truth.json", ".csv"))
                for signal, drop_gyro in (("with", False), ("accelerometer alone", True)):
                    sensors, _, strides = analyzed([csv], drop_gyro=drop_gyro)
                    if sensors[0].has_gyro or drop_gyro:
                        key = (truth["group"], truth["activity"], signal)
                        told = told_activities(strides, truth)
                        found.seconds[key] = found.seconds.get(key, Counter[str]()) + told
            advance_to(done)
    return found


def missed(made: MadeUp, people: People) -> Iterator[str]:
    """Say which targets are missed."""
    for name in SENSORS:
        if not share(made.of(name)) >= TARGET:
            yield f"{name}: {share(made.of(name)):.3f} of the time of made-up sessions"
    for activity, signal in sorted({key[1:] for key in people.seconds}):
        told = people.of(activity, signal)
        if told[activity] < TARGET * told.total():
            yield f"people who {activity}, {signal}: {told[activity] / told.total():.3f} of the time"


def tables(made: MadeUp, people: People) -> str:
    """Write all tables."""
    rows = []
    for name in SENSORS:
        found = made.of(name)
        worst = min((share(one) for one in made.sessions[name] if one), default=math.nan)
        rows.append(
            (name, f"{found.total() / 3600.0:.1f}", f"{share(found):.3f}", f"{worst:.3f}", *_of_parts(found)),
        )
    head = ("sensor", "hours", "right", "worst session", *Part)
    parts = [f"## Made-up sessions ({len(made.kinds)})\n", table(head, rows)]
    kinds = [kind for kind in KINDS if kind in made.kinds]
    by_kind = [(name, *(f"{share(made.of(name, kind)):.3f}" for kind in kinds)) for name in SENSORS]
    parts += ["By what is special about the session:\n", table(("sensor", *kinds), by_kind)]
    for name in SENSORS:
        found = made.of(name)
        confused = [(true, *(str(found[true, told]) for told in Part)) for true in Part]
        parts += [f"Seconds of the {name}, by what they were (down) and were told to be:\n"]
        parts += [table(("", *Part), confused)]
    if people.seconds:
        real = [
            (group, signal, activity, str(told.total()), *(ratio(told[one], told.total()) for one in (*ACTIVITIES, "")))
            for (group, activity, signal), told in people.seconds.items()
        ]
        head = ("group", "gyroscope", "they", "seconds", "told walk", "told run", "told neither")
        parts += ["## People\n", table(head, real)]
    return "\n".join(parts)


def _of_parts(found: Confusion) -> Iterator[str]:
    for part in Part:
        yield ratio(found[part, part], sum(seconds for (true, _), seconds in found.items() if true is part))


INTRODUCTION: Final = """\
# Warm-up, run, cool-down, and walking backwards

How much of the time it is told rightly what a runner did. This file is written by a script, all numbers come from its
run:

    python scripts/phases.py --write

Each second of a session belongs to one part, and Footfall's word on it is what the runner is told: running and steps
backwards as the strides say, warm-up and cool-down as on the run's page; what is left is rest: standing, or walking
amid the run. The target is 95 % of the time, of each sensor.

What a sensor can't tell is not asked of it. Steps backwards need a gyroscope; without one they are walking, and their
seconds are left out. A warm-up or cool-down that is run slowly is told by speed, which a foot with a gyroscope alone
has; elsewhere it is run. From a shin, steps backwards are told once its wearer has stood still.

The made-up sessions, of 6 to 40 minutes, differ in runner, speed, cadence, strike and shoe, in the place of the sensor
(laces or heel; any way round), its rate (100 to 400 Hz), its clock, curves and lost packets. Walking backwards is
the model's walking in reverse: the toes land first, and the heel leaves last. **No recording of a person who walks
backwards was at hand**, nor of one who runs backwards or steps sideways; stairs are in no session. Of people, walking
and running are held against what a recording is known to be of; where no stride was found is *neither*. In `llio` the
person also jogs; `pyshoe-walk` holds one who shuffles in steps of less than half a metre.
"""


def main() -> int:
    """Measure and tell; return the exit status."""
    keep()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=30, help="made-up sessions, 30 unless told")
    parser.add_argument("--seed", type=int, default=100, help="the first seed")
    parser.add_argument("--processes", type=int, default=2, help="how many work side by side")
    parser.add_argument("--people", type=Path, nargs="*", help="recordings of people (../shared/data and …/people)")
    parser.add_argument("--write", action="store_true", help=f"write {WRITTEN_TO.relative_to(ROOT)}")
    given = parser.parse_args()
    if given.sessions < 1 or given.processes < 1:
        parser.error("take one session and one process at least")
    folders = given.people
    if folders is None:
        folders = [folder for name in PEOPLE if (folder := ROOT.parent / "shared" / name).is_dir()]
    made = all_measured(range(given.seed, given.seed + given.sessions), given.processes)
    people = people_of(folders)
    text = tables(made, people)
    print(text)
    if given.write:
        WRITTEN_TO.write_text(f"{INTRODUCTION}\n{text}", "utf-8")
    found = list(missed(made, people))
    for one in found:
        print(f"below {100.0 * TARGET:.0f} %: {one}")
    if not people.seconds:
        print("no recordings of people were at hand")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
