"""For the physiotherapist: two A4 pages in one file without script, from which nothing is missing when it is passed on.

What changed against the first weeks, leg by leg and at the same speed, with its interval; load over pain; how far each
number may be off; and the numbers themselves as CSV inside.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from footfall_coaching.alike import versions_note
from footfall_coaching.answers import Pain, Phase, Shoe, SignNote
from footfall_coaching.counted import counted
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.run import Run
from footfall_dashboards.live.readings import SEGMENT_NAMES, format_number
from footfall_dashboards.runner import trend_charts
from footfall_dashboards.runner.accuracy import short_error
from footfall_dashboards.runner.course import placement_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.history import AtUsual, impact_metric
from footfall_dashboards.runner.html import text
from footfall_dashboards.runner.raw_data import pains_csv, runs_csv
from footfall_dashboards.runner.report_changes import WEEKS, Row, rows_of
from footfall_dashboards.runner.report_plan import plan_part
from footfall_dashboards.runner.spoken import Spoken
from footfall_dashboards.runner.style import COLOURS
from footfall_dashboards.runner.trend_charts import Window
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, STRIKE_ANGLE, Metric

MOST_BYTES: Final = 500_000
"""Of the whole file; where the numbers inside would make it larger, they stand beside it alone."""
DAYS: Final = 90
PHASES: Final = {Phase.DURING: "in the run", Phase.AFTER: "after it", Phase.MORNING: "next morning"}
_STATIC: Final = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Report:
    """A report, and the numbers beside it.

    Parameters
    ----------
    html
        The whole page.
    runs_csv, pains_csv
        A line for each leg of each run; a line for each pain.
    """

    html: str
    runs_csv: str
    pains_csv: str


async def report_of(diary: Diary, runner: str, now: datetime, spoken: Spoken, days: int = DAYS) -> Report:
    """Make a runner's report of the last days; `now` carries the runner's zone."""
    runs, shoes = await diary.runs(runner), await diary.shoes(runner)
    pains, signs = await diary.pains(runner), await diary.signs(runner)
    window = Window(now - timedelta(days=days), now, spoken, "the")
    recent = [run for when, run in counted(runs) if when >= window.begin]
    felt = FeltWhen(runs, now.tzinfo)
    plan = await plan_part(diary, runner, runs, pains, signs, window)
    told = [pain for pain in pains if felt.counts(pain) and felt.day(pain) >= window.begin.date()]
    signs = [note for note in signs if felt.counts(note) and felt.day(note) >= window.begin.date()]
    metric = impact_metric(runs)
    usual = AtUsual(runs, window.begin)
    numbers = runs_csv(recent, usual.found(metric), metric.name)
    hurt = pains_csv(told, felt)
    html = _html(runner, runs, recent, told, _signs(signs, felt), shoes, window, usual, plan, _links(numbers, hurt))
    if len(html.encode()) > MOST_BYTES:
        html = _html(runner, runs, recent, told, _signs(signs, felt), shoes, window, usual, plan, "")
    return Report(html, numbers, hurt)


@cache
def style() -> str:
    """Return the style that stands in each report: that of the charts, and its own."""
    return "\n".join([colours(), *((_STATIC / name).read_text("utf-8") for name in ("charts.css", "report.css"))])


def colours() -> str:
    """Return the colours of all pages, by name."""
    return COLOURS.read_text("utf-8")


@cache
def policy() -> str:
    """Return the content security policy that a report is served with: its own style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _html(
    runner: str,
    runs: Sequence[Run],
    recent: Sequence[Run],
    pains: Sequence[Pain],
    signs: str,
    shoes: Sequence[Shoe],
    window: Window,
    usual: AtUsual,
    plan: str,
    links: str,
) -> str:
    metric, spoken = impact_metric(runs), window.spoken
    name = runner or "Runner"
    span = f"{spoken.day(window.begin)} to {spoken.day(window.now)}"
    first = [
        f"<header><h1>Running report: {text(name)}</h1><p>{span}. Made by Footfall from sensors on "
        f"{_worn(recent)}; {_count(recent)}.</p></header>",
        _changes(runs, metric, window, usual),
        _beside("Impact at the usual speed", trend_charts.at_usual_speed(runs, metric, window, usual)),
        '<div class="side-by-side even">'
        f"<section><h2>Left and right</h2>{trend_charts.left_and_right(runs, window, usual)}</section>"
        f"<section><h2>Foot strike</h2>{trend_charts.strike_mix(runs, window)}</section></div>",
        plan,
    ]
    second = [
        _beside("Load, and pain below it", trend_charts.load(runs, pains, shoes, window)),
        f'<div class="side-by-side">{_pain(pains)}{signs}</div>',
        _beside("Cadence", trend_charts.at_usual_speed(runs, CADENCE, window, usual)),
        _errors(recent, metric),
        _raw(links),
    ]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Running report: {text(name)}, {spoken.day(window.now)}</title>
<style>{style()}</style>
</head>
<body>
<main>
<div class="sheet">{"".join(first)}</div>
<div class="sheet">{"".join(second)}
<footer><p>Footfall is not a medical device. It measures how feet land; what that means for this runner is for you to
judge.</p></footer></div>
</main>
</body>
</html>
"""


def _beside(title: str, figure: str) -> str:
    return f'<section class="beside"><h2>{title}</h2>{figure}</section>'


def _changes(runs: Sequence[Run], metric: Metric, window: Window, usual: AtUsual) -> str:
    rows = rows_of(runs, (metric, CADENCE, CONTACT_TIME, STRIKE_ANGLE), window, usual)
    speed = usual.speed_mps
    at = f"at {window.spoken.pace(speed)}, the usual speed" if speed is not None else "at whatever speed was run"
    if not rows:
        few = f"Too few runs can be compared: it takes three in the first {WEEKS} weeks of this time and in the last."
        return f"<section><h2>Change</h2><p>{few}</p></section>"
    head = "".join(
        f'<th scope="col">{words}</th>'
        for words in ("What", "Leg", f"First {WEEKS} weeks", f"Last {WEEKS} weeks", "Change (95 % interval)", "Runs")
    )
    body = "".join(_change_row(row, window.spoken) for row in rows)
    return (
        f'<section><h2>Change {at}</h2><table class="changes"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
        '<p class="hint">Means of runs. A change counts as seen where its interval leaves out zero; those are in bold.'
        "</p></section>"
    )


def _change_row(row: Row, spoken: Spoken) -> str:
    metric = row.metric

    def told(value: float) -> str:
        return format_number(metric.shown(value), max(metric.decimals, 1))

    sign = "+" if row.change > 0.0 else ""
    change = f"{sign}{told(row.change)} ({told(row.low)} to {told(row.high)})"
    change += f", {sign}{format_number(100.0 * row.change / row.first, 0)} %" if metric.ratio_scale else ""
    change = f"<b>{change}</b>" if row.is_seen else change
    label = "Impact" if metric.is_peak else metric.label
    return (
        f'<tr><th scope="row">{label} <small>{metric.shown_unit}</small></th><td>{row.leg}</td>'
        f"<td>{told(row.first)}</td><td>{told(row.last)}</td><td>{change}</td>"
        f"<td>{row.runs_first} / {row.runs_last}</td></tr>"
    )


def _pain(pains: Sequence[Pain]) -> str:
    rows = []
    for phase, words in PHASES.items():
        own = [pain for pain in pains if pain.phase is phase]
        if not own:
            continue
        levels = sorted(pain.level for pain in own)
        where = sorted({f"{p.side} {p.site.words}" for p in own if p.site is not None and p.side is not None})
        amber = sum(level >= 3 for level in levels)
        rows.append(
            f'<tr><th scope="row">{words.capitalize()}</th><td>{len(own)}</td><td>{levels[len(levels) // 2]}</td>'
            f"<td>{levels[-1]}</td><td>{amber}</td><td>{', '.join(where) or '–'}</td></tr>"
        )
    if not rows:
        return "<section><h2>Pain</h2><p>Nothing was told of pain, nor that nothing hurt.</p></section>"
    head = "".join(f'<th scope="col">{w}</th>' for w in ("When", "Told", "Median", "Most", "3 or more", "Where"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f"<section><h2>Pain, 0 to 10</h2>{table}</section>"


def _signs(signs: Sequence[SignNote], felt: FeltWhen) -> str:
    if not signs:
        return (
            "<section><h2>Signs told</h2><p>None of swelling, locking, giving way, night pain or fever.</p></section>"
        )
    days = sorted((felt.day(note), note.sign.value.replace("_", " ")) for note in signs)
    told = "".join(f"<li>{day:%a} {day.day} {day:%b %Y}: {sign}</li>" for day, sign in days[-6:])
    return f"<section><h2>Signs told</h2><ul>{told}</ul></section>"


def _errors(runs: Sequence[Run], metric: Metric) -> str:
    told = []
    for one in (metric, CADENCE, CONTACT_TIME, STRIKE_ANGLE):
        placement = next((p for run in reversed(runs) if (p := placement_of(run, one)) is not None), None)
        if placement is not None:
            label = "impact" if one.is_peak else one.label.lower()
            told.append(f"{label} {short_error(one, placement)}")
    return (
        "<section><h2>How far numbers may be off</h2><p>A runner's mean, typically, against force plates or (impact) a "
        f"model: {'; '.join(told) or 'not known'}. The error stays much the same for one runner, so a change is seen "
        "better than that. Straps differ: impact of the two legs differs by some 5 % by the measurement alone. Impact "
        "is the peak acceleration of a sensor, not a force on the knee. Landings beyond the sensor's range are left "
        f"out. {text(versions_note(runs))}</p></section>"
    )


def _raw(links: str) -> str:
    beside = links or "in the two files beside this page"
    told = f'Every leg of every run, and every pain told, as CSV: <span class="raw">{beside}</span>. '
    told += f"Low and high are the 95 % interval of a run's own mean; {trend_charts.DAYS_DIFFER}"
    return f"<section><h2>Raw data</h2><p>{told}</p></section>"


def _links(runs: str, pains: str) -> str:
    def link(name: str, words: str, content: str) -> str:
        coded = base64.b64encode(content.encode()).decode()
        return f'<a download="{name}" href="data:text/csv;base64,{coded}">{words}</a>'

    return f"{link('runs.csv', 'runs.csv', runs)} and {link('pains.csv', 'pains.csv', pains)}, kept in this file"


def _worn(runs: Sequence[Run]) -> str:
    there = {leg.placement for run in runs for leg in run.legs}
    return " and ".join(f"{SEGMENT_NAMES[p]}s".replace("foots", "feet") for p in sorted(there)) or "feet or shins"


def _count(runs: Sequence[Run]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"
