"""The week on the page of the plan, and the weeks that follow it."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from footfall_coaching.plan import DAYS_OF_WEEK, Plan, PlanItem
from footfall_dashboards.runner.html import said, section, text
from footfall_dashboards.runner.plan_words import card_link, day_name

_NOTHING: Final = '<span class="hint">Nothing planned</span>'


def week(plan: Plan, today: date, runner: str) -> str:
    """Return today and the six days after, each with what is to be done; a day without anything is one of rest."""
    rows = "".join(
        f'<tr><th scope="row">{text(day_name(day.day, today))}</th><td>{_items(day.items) or _NOTHING}</td></tr>'
        for day in plan.week
    )
    cards = list(dict.fromkeys(item.card for day in plan.week for item in day.items))
    why = f'<p class="why">Why: {", ".join(card_link(key, runner) for key in cards)}</p>' if cards else ""
    return section("This week", f'<table class="week"><tbody>{rows}</tbody></table>', why, id="week")


def weeks_ahead(plan: Plan, today: date) -> str:
    """Return the weeks after this one as a list, as they come if all is done and the light stays green."""
    later = [item for item in plan.ahead if item.day >= today + timedelta(days=DAYS_OF_WEEK)]
    if not later:
        return ""
    weeks = "".join(
        f"<li><h3>Week from {begin.day} {begin:%b}</h3><ul>{_days(items)}</ul></li>"
        for begin, items in groupby(later, key=lambda item: item.day - timedelta(days=item.day.weekday()))
    )
    last = later[-1].day
    return section(
        "The weeks after",
        said("As they come if each is done and the light stays green. Nothing is lost when a day goes by without."),
        f'<details><summary>What comes until {last.day} {last:%B}</summary><ol class="ahead">{weeks}</ol></details>',
        id="ahead",
    )


def _items(items: tuple[PlanItem, ...]) -> str:
    return "".join(f"<p>{text(item.title)}, {item.minutes} min</p>" for item in items)


def _days(items: Iterable[PlanItem]) -> str:
    return "".join(
        f"<li><span>{day:%a} {day.day} {day:%b}</span> "
        f"<span>{'<br>'.join(f'{text(item.title)}, {item.minutes} min' for item in of_day)}</span></li>"
        for day, of_day in groupby(items, key=lambda item: item.day)
    )
