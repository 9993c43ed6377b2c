"""The parts of a run's page: its splits, its numbers with how far each may be off, and what the sensors saw."""

from collections.abc import Sequence
from html import escape
from typing import Final

from footfall_coaching.course import MOST_SLOPE_PERCENT, is_level, runs_in, speeds_beside
from footfall_coaching.run import DistanceSource, Run
from footfall_coaching.sentence import cool_down_of, pauses_of, warm_up_of
from footfall_dashboards.live.readings import SEGMENT_NAMES
from footfall_dashboards.runner.accuracy import error_words
from footfall_dashboards.runner.charts import leg_mark
from footfall_dashboards.runner.course import (
    Part,
    balance,
    clipped_strides,
    has_way,
    impact_of,
    leg_of,
    name_of,
    parts_of,
    placement_of,
    sides_of,
    value_of,
    whole_leg,
)
from footfall_dashboards.runner.html import said, section, text
from footfall_dashboards.runner.run_charts import View, label_of
from footfall_dashboards.runner.shelf import Worn
from footfall_dashboards.runner.spoken import SOURCES, Spoken, how_long, speed_of
from footfall_dashboards.runner.watch_words import watch_facts
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, SPEED, STRIDE_METRICS, STRIKE_ANGLE, Metric
from footfall_processing.session import Placement, Side

OF_BOTH = (SPEED, CADENCE)
LEAST_BACKWARD_S: Final = 10.0
"""A few steps backwards are no walk."""


def facts(run: Run, spoken: Spoken) -> str:
    """Return when, how far, how long and in what, as a list of terms."""
    when = f"{spoken.day(run.started_utc)}, {spoken.time_of_day(run.started_utc)}".strip(", ")
    pairs = [("When", when)]
    if run.is_run:
        pairs.append(("Distance", _distance(run, spoken)))
    whole = how_long(run.duration_s)
    pairs.append(("Time", f"{whole} in all, {how_long(run.running_s)} of running" if run.is_run else whole))
    if run.walking_s >= 30.0 and run.walking_s + run.running_s > 0.0:
        walked = how_long(run.walking_s)
        walked += f", {spoken.distance(run.walking_m)}" if run.walking_m else ""
        walked += "; no part of the distance" if run.walking_m and run.is_run else ""
        pairs.append(("Walked", walked))
    if run.backward_s >= LEAST_BACKWARD_S:
        pairs.append(("Walked backwards", f"{how_long(run.backward_s)}; seen by the sensors"))
    if (speed := speed_of(run)) is not None:
        pairs.append(("Pace", spoken.pace(speed)))
    pairs += _of_treadmill(run, spoken)
    pairs += watch_facts(run, spoken)
    if run.shoe:
        pairs.append(("Shoe", run.shoe))
    return '<dl class="facts">' + "".join(f"<div><dt>{a}</dt><dd>{text(b)}</dd></div>" for a, b in pairs) + "</dl>"


def _of_treadmill(run: Run, spoken: Spoken) -> list[tuple[str, str]]:
    """Return what a treadmill told beside the sensors, and how steep it was; nothing where none went along."""
    pairs = []
    if (both := speeds_beside(run, DistanceSource.TREADMILL)) is not None:
        own_mps, belt_mps = both
        percent = 100.0 * (belt_mps / own_mps - 1.0)
        than = "as your sensors say" if abs(percent) < 0.5 else f"{_than(percent)} than your sensors say"
        pairs.append(("Treadmill", f"{spoken.pace(belt_mps)}, {than}; how true a belt is, nobody knows"))
    slopes = [minute.slope_percent for minute in run.minutes if runs_in(minute) and minute.slope_percent is not None]
    if any(slopes):
        steep = sum(runs_in(minute) and not is_level(minute) for minute in run.minutes)
        told = f"{min(slopes):.1f} to {max(slopes):.1f} %" if min(slopes) < max(slopes) else f"{slopes[0]:.1f} %"
        if steep:
            told += (
                f"; {steep} minute{'s' * (steep > 1)} beyond {MOST_SLOPE_PERCENT:.0f} % "
                f"{'are' if steep > 1 else 'is'} not held against others at the same speed"
            )
        pairs.append(("Slope", told))
    return pairs


def _than(percent: float) -> str:
    return f"{abs(percent):.0f} % {'faster' if percent > 0.0 else 'slower'}"


def _distance(run: Run, spoken: Spoken) -> str:
    if run.distance_m is not None:
        return spoken.distance(run.distance_m) + (f", {SOURCES[run.distance_source]}" if run.distance_source else "")
    on_feet = any(leg.placement is Placement.FOOT for leg in run.legs)
    if on_feet:
        return "unknown: too few of its strides have a length. Say it below, or add your watch's run."
    return "unknown: shins don't tell it. Say it below, add your watch's run, pair a treadmill or wear a foot sensor."


def phases(run: Run) -> str:
    """Say which pauses, warm-up and cool-down there were; they are recognised, and nothing is made of them."""
    told = []
    for name, stretch in (("Warm-up", warm_up_of(run)), ("Cool-down", cool_down_of(run))):
        if stretch is not None:
            told.append(f"{name} {how_long(stretch[0])} to {how_long(stretch[1])}.")
    stops = pauses_of(run)
    if stops:
        listed = ", ".join(f"{how_long(end - begin)} at {how_long(begin)}" for begin, end in stops)
        told.append(f"{'Pause' if len(stops) == 1 else 'Pauses'}: {listed}.")
    return said(" ".join(told))


def splits_table(run: Run, view: View, spoken: Spoken) -> str:
    """Return the run by minute, or by kilometre or mile, with the legs beside each other."""
    metrics = (SPEED, impact_of(run), CONTACT_TIME, CADENCE)
    by_way = view.by_distance and has_way(run)
    parts = parts_of(run, metrics, spoken.unit_m if by_way else None)
    shown = [metric for metric in metrics if any((metric.name, side) in p.values for p in parts for side in Side)]
    shown = shown or [m for m in metrics if any((m.name, None) in p.values for p in parts)]
    if not parts or not shown:
        return ""
    sides = sides_of(run) or [None]
    head = "".join(
        f'<th scope="col">{label_of(m)} <small>{spoken.unit_of(m)}{"" if m in OF_BOTH or len(sides) < 2 else ", L / R"}'
        "</small></th>"
        for m in shown
    )
    rows = "".join(
        f'<tr><th scope="row">{part.label}</th>'
        + "".join(f"<td>{_cell(part, metric, sides, spoken)}</td>" for metric in shown)
        + "</tr>"
        for part in parts
    )
    unit = spoken.unit if by_way else "min"
    table = (
        f'<table class="splits"><thead><tr><th scope="col">{unit}</th>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )
    how = (
        "Pace is the way over the running time; the rest is about the median of the strides."
        if by_way and len(parts) > 1
        else ""
    )
    return f'<div class="wide" tabindex="0" role="region" aria-label="Splits">{table}</div>{said(how, "hint")}'


def numbers(run: Run, spoken: Spoken) -> str:
    """Return the run's medians, leg by leg; how far each may be off, and what it is, opens below it."""
    rows = []
    sides = sides_of(run)
    impact = impact_of(run)
    for metric in STRIDE_METRICS.values():
        placement = placement_of(run, metric)
        if placement is None or (metric.is_peak and metric is not impact):
            continue
        known = [(side, value_of(run, metric, side)) for side in sides]
        cells = "".join(
            f'<span class="{leg_of(side)}">{leg_mark(leg_of(side))}<span class="unseen">{name_of(side)} </span>'
            f"{'–' if value is None else escape(spoken.value(metric, value, with_unit=False))}</span>"
            for side, value in known
        )
        compared = balance(run, metric)
        words = [f"{metric.definition}", f"How far it may be off: {error_words(metric, placement)}"]
        if compared is not None:
            words.insert(0, compared.words("harder" if metric.is_peak else "higher"))
        if any(value is None for _, value in known):
            words.append("–: too few strides, or landings beyond the sensor's range.")
        body = "".join(f"<p>{text(one)}</p>" for one in words)
        rows.append(
            f'<details class="measure"><summary><span class="name">{label_of(metric)} '
            f"<small>{spoken.unit_of(metric)}</small></span><span>{cells}</span></summary>{body}</details>"
        )
    rows += _strike_rows(run)
    return "".join(rows)


def doubts(run: Run) -> list[str]:
    """Say what of the run was measured on clipped landings or too few strides."""
    told = []
    for side, (clipped, strides) in clipped_strides(run).items():
        told.append(
            f"{name_of(side)}: {clipped} of {strides} landings went beyond the sensor's range "
            f"({100.0 * clipped / strides:.0f} %). They are left out of impact, which so reads low."
        )
    metric = impact_of(run)
    placement = placement_of(run, metric)
    for side in sides_of(run):
        own = [leg for leg in run.legs if leg.side is side and leg.activity is Activity.RUN]
        if own and value_of(run, metric, side) is None:
            told.append(f"{name_of(side)}: no impact for the whole run; {_why_none(own[0].clipped_strides)}.")
        elif (leg := whole_leg(run, side, placement, Activity.RUN)) is not None and leg.strides < 100:
            told.append(f"{name_of(side)}: {leg.strides} running strides in all; few of them make numbers uncertain.")
    return told


def sensors_part(run: Run, worn: Sequence[Worn]) -> str:
    """Return each sensor's strides, clipped landings and losses."""
    if not run.legs:
        return ""
    rows = []
    health = {(one.sensor.side, one.sensor.placement): one for one in worn}
    legs = [leg for leg in run.legs if leg.activity is Activity.RUN] or list(run.legs)
    for leg in legs:
        one = health.get((leg.side, leg.placement))
        lost = "not kept" if one is None or one.health is None else f"{100.0 * one.health.loss_fraction:.1f} %"
        level = None if one is None or one.health is None else one.health.battery_percent
        rows.append(
            f'<tr><th scope="row">{name_of(leg.side)} {SEGMENT_NAMES[leg.placement]}</th><td>{leg.strides}</td>'
            f"<td>{leg.clipped_strides}</td><td>{lost}</td><td>{'–' if level is None else f'{level} %'}</td></tr>"
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Sensor", "Strides", "Clipped", "Lost", "Battery"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    wide = f'<div class="wide" tabindex="0" role="region" aria-label="Sensors and losses">{table}</div>'
    faults = [one.health.axes_disagree for one in worn if one.health is not None and one.health.axes_disagree]
    notes = "".join(said(f"Its axes disagree: {fault}. Angles and lengths are left out.") for fault in faults)
    return section("Sensors and losses", wide, notes)


def _cell(part: Part, metric: Metric, sides: Sequence[Side | None], spoken: Spoken) -> str:
    values = [part.values.get((metric.name, side)) for side in sides]
    if metric in OF_BOTH:
        known = [value for value in values if value is not None]
        values = [sum(known) / len(known) if known else None]
    if all(value is None for value in values):
        return "–"
    return " / ".join("–" if v is None else escape(spoken.value(metric, v, with_unit=False)) for v in values)


def _strike_rows(run: Run) -> list[str]:
    placement = placement_of(run, STRIKE_ANGLE) or next(iter({leg.placement for leg in run.legs if leg.strikes}), None)
    cells = []
    for side in sides_of(run):
        leg = whole_leg(run, side, placement, Activity.RUN)
        if leg is not None and leg.strikes:
            strike, share = max(leg.strikes.items(), key=lambda item: item[1])
            name = strike.value.replace("non_rearfoot", "mid- or forefoot")
            cells.append(
                f'<span class="{leg_of(side)}">{leg_mark(leg_of(side))}<span class="unseen">{name_of(side)} </span>'
                f"{name} {100.0 * share:.0f} %</span>"
            )
    if not cells:
        return []
    words = "Which part of the foot touches the ground first, in most strides. Right for 97 of 100 strides of a foot "
    words += "sensor where it is rearfoot or not."
    return [
        '<details class="measure"><summary><span class="name">Foot strike</span>'
        f"<span>{''.join(cells)}</span></summary><p>{text(words)}</p></details>"
    ]


def _why_none(clipped: int) -> str:
    return "most landings went beyond the sensor's range" if clipped else "too few strides carry one"
