"""The times of an exercise that is held: a list for everybody, which a small script plays where one may run."""

from footfall_coaching.exercises.cues import CueKind, TimedCue, cues_of
from footfall_coaching.exercises.dose import Place
from footfall_coaching.exercises.exercise import Exercise
from footfall_dashboards.runner.axes import clock
from footfall_dashboards.runner.html import text
from footfall_dashboards.runner.scripts import script


def holds_part(exercise: Exercise, place: Place) -> str:
    """Return the timer and the list of an exercise's holds; empty for one that is counted."""
    cues = cues_of(exercise, place)
    if not cues:
        return ""
    rows = "".join(_row(cue) for cue in cues if cue.kind is not CueKind.HALF_WAY)
    half_ways = " ".join(f"{cue.at_s:g}" for cue in cues if cue.kind is CueKind.HALF_WAY)
    return (
        f'<div class="holds" data-half-ways="{half_ways}"><div class="timer" hidden>'
        '<p class="number" role="timer" aria-live="off">0:00</p><p class="words" aria-live="polite"></p>'
        '<p class="ways"><button type="button" class="start">Start</button>'
        '<button type="button" class="second again">From the beginning</button></p>'
        '<p class="hint sound" aria-live="polite"></p></div>'
        f"<details open><summary>The times, to go by a clock</summary><ol>{rows}</ol></details></div>{script('holds')}"
    )


def _row(cue: TimedCue) -> str:
    return (
        f'<li data-at="{cue.at_s:g}" data-kind="{cue.kind.value}"><span class="at">{clock(cue.at_s)}</span> '
        f'<span class="what">{text(cue.words)}</span></li>'
    )
