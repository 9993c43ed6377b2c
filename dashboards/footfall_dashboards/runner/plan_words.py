"""Words and small parts that the pages of the plan share."""

from datetime import date

from footfall_coaching.cards import card_of
from footfall_dashboards.runner.html import link, text


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
