"""Person by person: runners on force plates, people who walk, and people who do neither."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from validation.agreement import agreement
from validation.comparison import Comparison, Values
from validation.measures import BY_NAME, LEAST_STRIDES, Measure, Share, same_rearfoot
from validation.references import ALL_FORCE_PLATE, Group
from validation.tables import number, short, table
from validation.unseen import NAMES, Runners, pairs_by_runner

Recording: TypeAlias = tuple[Comparison, Values]

LONGEST_STRIDE_S: Final = 2.0
WITH, WITHOUT = "with", "accelerometer alone"
BY_SPEED: Final = ("initial_contact_s", "contact_time_s", "foot_strike_angle_deg", "stride_length_m")


def section(groups: Sequence[Group], without_gyro: Sequence[Group]) -> str:
    """Write all tables of people."""
    both = {WITH: groups, WITHOUT: without_gyro}
    return "\n".join(
        (
            "## Person by person\n",
            "With the gyroscope, and the same recordings with it taken away (*accelerometer alone*). A dash stands "
            "where there is nothing to compare.\n",
            "### Runners on force treadmills\n",
            _runners(both),
            "### By speed: mean of the runners' biases ± SD between runners\n",
            "The runners of `hamloop`, by the belt's speed.\n",
            _speeds(both),
            "### Rearfoot or not, by the shank\n",
            "Of running strides whose foot has a marker angle; Footfall may leave the answer out.\n",
            _shank_strikes(groups),
            "### Walking\n",
            "Windows of 10 s: answered with three strides or more, strides found against those that the cadence asks "
            "for, mean size of the cadence's error. In `llio` the person also jogs.\n",
            _walking(both),
            "### Marks on the floor\n",
            _marks(both),
            "### No gait\n",
            "Strides found where there are none.\n",
            _no_gait(both),
        )
    )


def found_share(recordings: Iterable[Recording]) -> Share:
    """Share of true strides that were found; the last of a recording, whose end may be cut, does not count."""
    hits = of = 0
    for comparison, _ in recordings:
        last_s = max((stride["initial_contact_s"] for stride in comparison.true), default=-math.inf)
        counted = [pair for pair in comparison.pairs if pair.true["initial_contact_s"] < last_s]
        hits += len(counted)
        of += max(len(comparison.true) - 1, 0)
    return Share(hits, of)


@dataclass(slots=True)
class Walked:
    """What windows of walking came to.

    Parameters
    ----------
    windows, answered
        How many there are, and in how many there are strides enough.
    ratios
        Of each window, strides found against those that its cadence asks for.
    errors_spm
        Of each answered window, found cadence less that of the reference.
    strides, running
        How many strides were found, and how many of them are called running.
    """

    windows: int = 0
    answered: int = 0
    ratios: list[float] = field(default_factory=list)
    errors_spm: list[float] = field(default_factory=list)
    strides: int = 0
    running: int = 0

    def add(self, comparison: Comparison, truth: Values) -> None:
        """Take a recording."""
        self.strides += len(comparison.found)
        self.running += sum(stride["activity"] == "run" for stride in comparison.found)
        for window in truth["cadence_windows"]:
            begin_s, end_s, spm = window["start_s"], window["end_s"], window["spm"]
            inside = [s["stride_time_s"] for s in comparison.found if begin_s <= s["initial_contact_s"] < end_s]
            self.windows += 1
            self.ratios.append(len(inside) / ((end_s - begin_s) * spm / 120.0))
            if len(inside) >= LEAST_STRIDES:
                self.answered += 1
                self.errors_spm.append(120.0 * len(inside) / sum(inside) - spm)


def walked(groups: Iterable[Group]) -> dict[str, dict[str, Walked]]:
    """Return what windows of walking came to, by group and person."""
    found: dict[str, dict[str, Walked]] = {}
    for group in groups:
        if "walk" in group.name or "terrain" in group.name:
            for who, recordings in group.by_person().items():
                for comparison, truth in recordings:
                    if truth.get("cadence_windows"):
                        found.setdefault(group.name, {}).setdefault(who, Walked()).add(comparison, truth)
    return found


@dataclass(frozen=True, slots=True)
class NoGait:
    """Strides found where there are none, and in how many hours."""

    strides: int
    hours: float

    @property
    def per_hour(self) -> float:
        """Strides an hour."""
        return self.strides / self.hours


def no_gait(groups: Iterable[Group]) -> dict[str, NoGait]:
    """Return the strides found in recordings without gait, by group; `all` is their sum."""
    found = {}
    for group in groups:
        spans = [(span[0], span[1]) for truth in group.truths for span in truth.get("nongait", [])]
        if spans:
            strides = sum(len(comparison.found) for comparison in group.comparisons)
            found[group.name] = NoGait(strides, sum(end_s - begin_s for begin_s, end_s in spans) / 3600.0)
    if found:
        found["all"] = NoGait(sum(one.strides for one in found.values()), sum(one.hours for one in found.values()))
    return found


def recordings_by_runner(groups: Iterable[Group], site: str) -> dict[str, list[Recording]]:
    """Return each force-plate runner's recordings."""
    found: dict[str, list[Recording]] = {}
    for group in groups:
        if group.name in ALL_FORCE_PLATE[site]:
            for runner, recordings in group.by_person().items():
                found.setdefault(runner, []).extend(recordings)
    return dict(sorted(found.items()))


def _runners(both: dict[str, Sequence[Group]]) -> str:
    measures = [BY_NAME[name] for name in NAMES]
    rows = []
    for site in ALL_FORCE_PLATE:
        for signal, groups in both.items():
            pairs = pairs_by_runner(groups, site)
            for runner, recordings in recordings_by_runner(groups, site).items():
                false = sum(len(comparison.false) for comparison, _ in recordings)
                written = (short(measure.agreement(pairs[runner]), measure) for measure in measures)
                rows.append((site, signal, runner, str(found_share(recordings)), str(false), *written))
    head = ("site", "gyroscope", "runner", "strides found", "false", *(f"{m.label} [{m.unit}]" for m in measures))
    return table(head, rows)


def _speeds(both: dict[str, Sequence[Group]]) -> str:
    measures = [BY_NAME[name] for name in BY_SPEED]
    rows = []
    for site in ALL_FORCE_PLATE:
        for signal, groups in both.items():
            recordings = [
                (who, comparison, truth)
                for group in groups
                if group.name == f"hamloop-{site}"
                for who, found in group.by_person().items()
                for comparison, truth in found
            ]
            for speed_mps in sorted({_speed_mps(truth) for _, _, truth in recordings}):
                own = [(who, one, truth) for who, one, truth in recordings if _speed_mps(truth) == speed_mps]
                share = found_share((one, truth) for _, one, truth in own)
                written = (_between(measure, [(who, one) for who, one, _ in own]) for measure in measures)
                rows.append((site, signal, f"{speed_mps:g}", str(share), *written))
    head = ("site", "gyroscope", "m/s", "strides found", *(f"{m.label} [{m.unit}]" for m in measures))
    return table(head, rows)


def _speed_mps(truth: Values) -> float:
    return float(truth["belt_nominal_mps"])


def _between(measure: Measure, recordings: Sequence[tuple[str, Comparison]]) -> str:
    pairs: dict[str, list[Any]] = {}
    for who, comparison in recordings:
        pairs.setdefault(who, []).extend(comparison.pairs)
    results = {who: measure.agreement(own) for who, own in pairs.items()}
    found = Runners({who: result.bias for who, result in results.items() if result.n})
    if not found.biases:
        return "–"
    between = f" ± {number(found.between, measure)}" if len(found.biases) > 1 else ""
    return f"{number(found.mean, measure)}{between}"


def _shank_strikes(groups: Sequence[Group]) -> str:
    rows = []
    for runner, pairs in pairs_by_runner(groups, "shank").items():
        asked = [pair for pair in pairs if pair.true.get("strike")]
        answered = [pair for pair in asked if pair.found.get("strike")]
        sure = [pair for pair in answered if pair.found["strike_confidence"] >= 0.8]
        if asked:
            shares = (Share(len(answered), len(asked)), same_rearfoot(answered), same_rearfoot(sure))
            rows.append((runner, *map(str, shares)))
    return table(("runner", "answered", "right of these", "right where the confidence is 0.8 or more"), rows)


def _walking(both: dict[str, Sequence[Group]]) -> str:
    rows = []
    for group in (group for groups in both.values() for group in groups):
        signal = WITH if any(one.sensor.has_gyro for one in group.comparisons) else WITHOUT
        for name, people in walked([group]).items():
            for who, found in people.items():
                error = agreement(found.errors_spm)
                cadence = f"{error.mae:.2f}" if error.n else "–"
                answered, running = Share(found.answered, found.windows), Share(found.running, found.strides)
                ratio = f"{math.fsum(found.ratios) / len(found.ratios):.3f}"
                rows.append((name, signal, who, str(answered), ratio, cadence, str(running)))
    head = ("group", "gyroscope", "person", "windows answered", "strides found / expected", "cadence, MAE [steps/min]")
    return table((*head, "called running"), rows)


def _marks(both: dict[str, Sequence[Group]]) -> str:
    rows = []
    for signal, groups in both.items():
        for group in groups:
            one, of, errors_cm = 0, 0, []
            for comparison, truth in zip(group.comparisons, group.truths, strict=True):
                marked = truth.get("midstance_strides", [])
                of += len(marked)
                for window, following in zip(marked, [*marked[1:], None], strict=False):
                    inside = [s for s in comparison.found if _is_in(s, window)]
                    one += len(inside) == 1
                    length_m = inside[0]["stride_length_m"] if len(inside) == 1 else None
                    # marks are told up to the next mid-stance; a stride over a break is another one
                    known = following is not None and length_m is not None
                    if known and abs(inside[0]["next_contact_s"] - following["end_s"]) < LONGEST_STRIDE_S:
                        errors_cm.append(100.0 * (length_m - following["length_m"]))
            if of:
                length = BY_NAME["stride_length_m"]
                rows.append((group.name, signal, str(Share(one, of)), short(agreement(errors_cm), length)))
    return table(("group", "gyroscope", "strides with one contact", "stride length, bias ± SD [cm]"), rows)


def _is_in(stride: Values, window: Values) -> bool:
    return bool(window["start_s"] <= stride["initial_contact_s"] < window["end_s"])


def _no_gait(both: dict[str, Sequence[Group]]) -> str:
    rows = [
        (name, signal, f"{60.0 * found.hours:.1f}", str(found.strides), f"{found.per_hour:.0f}")
        for signal, groups in both.items()
        for name, found in no_gait(groups).items()
    ]
    return table(("group", "gyroscope", "minutes", "strides", "strides an hour"), rows)
