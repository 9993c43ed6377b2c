"""Words and small parts that the pages of the plan share."""

import math
from datetime import date

from footfall_coaching.cards import card_of
from footfall_coaching.cues.asked import by_programme
from footfall_coaching.programme.kind import SAME_SPEED
from footfall_coaching.programme.state import State
from footfall_dashboards.runner.html import link, text
from footfall_dashboards.runner.spoken import Spoken
from footfall_processing.metrics.catalogue import STRIDE_METRICS


def aim_words(state: State, spoken: Spoken) -> str:
    """Return at which pace a programme's session is run and what its target is there, in units."""
    asked, baseline = by_programme(state, None), state.begun.baseline
    metric, usual_mps = STRIDE_METRICS[baseline.metric_name], baseline.speed_mps
    fastest, slowest = (spoken.pace(usual_mps * math.exp(by), with_unit=False) for by in (SAME_SPEED, -SAME_SPEED))
    aim = "" if asked.cadence is None else f"about {spoken.value(metric, asked.cadence.target_spm)}"
    if asked.impact is not None:
        targets = asked.impact.target_g.items()
        legs = (f"{'' if side is None else f'{side.value} '}{spoken.value(metric, value)}" for side, value in targets)
        aim = f"{', '.join(legs)}, or less"
    return (
        f"At your usual pace, {spoken.pace(usual_mps)}: {aim}. The target is for that: from {fastest} to {slowest} the "
        "sound tells, and else it is silent."
    )


def card_link(key: str, runner: str, words: str = "") -> str:
    """Return the way to an evidence card, as HTML; named by its title where no words are given."""
    return f'<a href="{link(f"/plan/cards/{key}", runner)}">{text(words or card_of(key).title)}</a>'


def why_link(key: str, runner: str) -> str:
    """Return the line below a piece of advice that leads to what is known of it."""
    return f'<p class="why">Why: {card_link(key, runner)}</p>'


def held_part(why_not: str, runner: str) -> str:
    """Return why something of the plan may not begin today, and the way to tell how it feels, which may change that."""
    return (
        f'<p class="held">{text(why_not)}</p>'
        f'<p class="onward"><a href="{link("/log", runner)}">Tell how it feels</a></p>'
    )


def day_name(day: date, today: date) -> str:
    """Return a day to come: Today, Tomorrow, or weekday and date."""
    days = (day - today).days
    return ("Today", "Tomorrow")[days] if days in (0, 1) else f"{day:%a} {day.day} {day:%b}"


def dose_text(words: str) -> str:
    """Return an exercise with its dose as HTML, which is not broken within the dose."""
    return text(words).replace(" × ", "&nbsp;×&nbsp;")
