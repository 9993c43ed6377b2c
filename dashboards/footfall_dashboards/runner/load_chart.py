"""Load and pain in one picture: how far each week, the longest run of it, and below, on the same days, what hurt."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from footfall_coaching.answers import WORST_PAIN
from footfall_dashboards.runner.axes import Axis, dates, numbers, placed
from footfall_dashboards.runner.charts import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Note,
    Picture,
    Place,
    figure,
    grid,
    note_marks,
    x_ticks,
)
from footfall_dashboards.runner.history import Sum
from footfall_dashboards.runner.spoken import Spoken, how_long

HEIGHT: Final = 315.0
LOAD_BASE: Final = 170.0
PAIN_TOP: Final = 208.0
HURTS: Final = 3
"""From this level on pain is amber: see `footfall_coaching.light`."""


def load_and_pain(
    id: str,
    weeks: Sequence[Sum],
    worst: Mapping[date, int],
    begin: datetime,
    now: datetime,
    spoken: Spoken,
    notes: Sequence[Note] = (),
) -> str:
    """Draw the weeks' distance, or running time where no distance is known, and each day's worst pain below."""
    in_time = not any(week.distance_m for week in weeks)
    unit_m = spoken.unit_m
    x = dates(begin, now, spoken.zone)
    values = [week.running_s / 3600.0 if in_time else week.distance_m / unit_m for week in weeks]
    y = numbers("h" if in_time else spoken.unit, values, least_span=2.0 if in_time else 10.0, from_zero=True)
    at_x, at_load = placed(x, LEFT, WIDTH - RIGHT), placed(y, LOAD_BASE, TOP)
    pain = Axis("pain", 0.0, float(WORST_PAIN), [(0.0, "0"), (5.0, "5"), (10.0, "10")])
    at_pain = placed(pain, HEIGHT - BOTTOM, PAIN_TOP)
    parts = [*grid(y, at_load), *grid(pain, at_pain)]
    parts.append(f'<text class="unit" x="2" y="{TOP - 14:g}">{y.label}</text>')
    parts.append(f'<text class="unit" x="2" y="{PAIN_TOP - 13:g}">pain</text>')
    bars, longest = [], []
    for week, value in zip(weeks, values, strict=True):
        left = max(at_x(_midnight(week.begin, spoken.zone)), LEFT)
        right = min(at_x(_midnight(week.end, spoken.zone)), WIDTH - RIGHT)
        width = max(0.8, (right - left) * 0.82)
        bars.append(f"M{left:.1f} {LOAD_BASE:g}V{at_load(value):.1f}h{width:.1f}V{LOAD_BASE:g}z")
        if week.longest_m and not in_time:
            longest.append(f"M{left:.1f} {at_load(week.longest_m / unit_m):.1f}h{width:.1f}")
    parts.append(f'<path class="load" d="{"".join(bars)}"/>')
    if longest:
        parts.append(f'<path class="longest" d="{"".join(longest)}"/>')
    parts += _stems(worst, at_x, at_pain, spoken.zone)
    parts += [*x_ticks(x, at_x, HEIGHT), *note_marks(notes, at_x, HEIGHT)]
    sentence = load_words(weeks, worst, spoken)
    many = "Month" if weeks and (weeks[0].end - weeks[0].begin).days > 7 else "Week"
    key = (
        '<span><svg class="sample" viewBox="0 0 42 16" aria-hidden="true"><path class="load" d="M8 15V3h26v12z"/>'
        f"</svg>{many}</span> "
        + (
            '<span><svg class="sample" viewBox="0 0 42 16" aria-hidden="true"><path class="longest" d="M4 8h34"/></svg>'
            "Longest run</span> "
            if longest
            else ""
        )
        + '<span><svg class="sample" viewBox="0 0 42 16" aria-hidden="true"><path class="pain" d="M14 15V6"/>'
        '<path class="pain hurts" d="M28 15V1"/></svg>Worst pain of a day</span>'
    )
    return figure(Picture(id, "Load, and pain below it", sentence), "".join(parts), HEIGHT, key, notes=notes)


def load_words(weeks: Sequence[Sum], worst: Mapping[date, int], spoken: Spoken) -> str:
    """Say what the picture shows."""
    runs, today = sum(week.runs for week in weeks), weeks[-1].end - timedelta(days=1)
    if not runs:
        told = "No runs in this time."
    else:
        many = "month" if (weeks[0].end - weeks[0].begin).days > 7 else "week"
        way_m = sum(week.distance_m for week in weeks)
        without = sum(week.without_distance for week in weeks)
        most = max(weeks, key=lambda week: (week.distance_m, week.running_s))
        if way_m:
            told = (
                f"{spoken.distance(way_m)} in {_runs(runs)}{_mean_words(weeks, many, spoken)}; the most in one {many} "
            )
            told += f"was {spoken.distance(most.distance_m)}, from {date_words(most.begin, today)}."
            told += f" The distance of {_runs(without)} is unknown." if without else ""
        else:
            told = f"{how_long(sum(week.running_s for week in weeks))} of running in {_runs(runs)}; distance unknown."
    if not worst:
        return f"{told} No pain was told, nor that nothing hurt."
    level = max(worst.values())
    if level == 0:
        return f"{told} Nothing hurt on the {_days(len(worst))} that were told of."
    day = max(day for day, own in worst.items() if own == level)
    hurting = sum(own >= HURTS for own in worst.values())
    told += f" The worst pain was {level} of {WORST_PAIN}, last on {date_words(day, today)}"
    return f"{told}; it was {HURTS} or more on {_days(hurting)}." if hurting else f"{told}."


def date_words(day: date, now: date) -> str:
    """Return a day and its month, with its year where that is not the present one."""
    return f"{day.day} {day:%b}" + ("" if day.year == now.year else f" {day.year}")


def _mean_words(weeks: Sequence[Sum], many: str, spoken: Spoken) -> str:
    """Say how far a week was; the one that goes on, and those before the first run, are no whole weeks."""
    first = next(number for number, week in enumerate(weeks) if week.runs)
    whole = weeks[first:-1]
    if not whole:
        return ""
    mean_m = sum(week.distance_m for week in whole) / len(whole)
    over = f"the {len(whole)} {many}s" if len(whole) > 1 else f"the {many}"
    return f", {spoken.distance(mean_m)} a {many} over {over} before this one"


def _stems(worst: Mapping[date, int], at_x: Place, at_pain: Place, zone: tzinfo) -> list[str]:
    stems: dict[str, list[str]] = {"pain": [], "pain hurts": [], "pain none": []}
    for day, level in worst.items():
        x = at_x(_midnight(day, zone) + 43200.0)
        if level == 0:
            stems["pain none"].append(f"M{x - 1:.1f} {at_pain(0.0):.1f}h2")
        else:
            stems["pain hurts" if level >= HURTS else "pain"].append(
                f"M{x:.1f} {at_pain(0.0):.1f}V{at_pain(level):.1f}"
            )
    return [f'<path class="{kind}" d="{"".join(ways)}"/>' for kind, ways in stems.items() if ways]


def _midnight(day: date, zone: tzinfo) -> float:
    return datetime.combine(day, time(), zone).timestamp()


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
