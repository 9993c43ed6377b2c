"""The days of the log, the newest first: what was run, what hurt, and the light that it gave."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from footfall_coaching.answers import Pain, SignNote
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.light import Colour, light_of
from footfall_coaching.run import Run
from footfall_dashboards.runner.answers_sent import PHASE_WORDS, SIGN_WORDS, Place, place_words
from footfall_dashboards.runner.html import link, part, said, section, text
from footfall_dashboards.runner.lamps import LIGHT_WORDS, lamp
from footfall_dashboards.runner.questions import place_told
from footfall_dashboards.runner.spoken import Spoken

SHOWN_DAYS: Final = 28


def calendar(
    runs: Sequence[Run],
    pains: Sequence[Pain],
    signs: Sequence[SignNote],
    spoken: Spoken,
    now: datetime,
    runner: str,
    until: str = "",
) -> str:
    """Return four weeks of days as a list, and the way to those before.

    Parameters
    ----------
    now
        On the runner's clock.
    until
        The last day to show, as an ISO date; today for anything else.
    """
    last = _day_of(until, now)
    shown = [last - timedelta(days=number) for number in range(SHOWN_DAYS)]
    ran, hurt, told = _by_day(runs, pains, signs, now)
    rows = "".join(
        _row(
            day,
            ran.get(day, []),
            hurt.get(day, []),
            told.get(day, []),
            _colour(day, runs, pains, signs, now),
            spoken,
            runner,
        )
        for day in shown
        if day in ran or day in hurt or day in told
    )
    earlier = [day for day in (*ran, *hurt, *told) if day < shown[-1]]
    ways = ""
    if last < now.date():
        later = (last + timedelta(days=SHOWN_DAYS)).isoformat()
        ways += f'<a href="{link("/log", runner, until=later)}#days">Later days</a> '
    if earlier:
        ways += f'<a href="{link("/log", runner, until=max(earlier).isoformat())}#days">Earlier days</a>'
    table = f'<ul class="days">{rows}</ul>' if rows else said("Nothing was run or told in these four weeks.")
    return section("Days", table, f'<p class="ways">{ways}</p>' if ways else "", id="days")


def _day_of(until: str, now: datetime) -> date:
    try:
        asked = date.fromisoformat(until)
    except ValueError:
        return now.date()
    return min(max(asked, date(1970, 1, 1)), now.date())


def _by_day(
    runs: Sequence[Run], pains: Sequence[Pain], signs: Sequence[SignNote], now: datetime
) -> tuple[Mapping[date, list[Run]], Mapping[date, list[Pain]], Mapping[date, list[SignNote]]]:
    """Sort by the day on the runner's clock on which it was."""

    def day(when: datetime) -> date:
        return when.astimezone(now.tzinfo).date()

    ran: dict[date, list[Run]] = defaultdict(list)
    hurt: dict[date, list[Pain]] = defaultdict(list)
    told: dict[date, list[SignNote]] = defaultdict(list)
    for run in runs:
        if run.started_utc is not None and not run.is_demo:
            ran[day(run.started_utc)].append(run)
    felt = FeltWhen(runs, now.tzinfo)
    for pain in pains:
        if felt.counts(pain):
            hurt[felt.day(pain)].append(pain)
    for note in signs:
        if felt.counts(note):
            told[felt.day(note)].append(note)
    return ran, hurt, told


def _colour(day: date, runs: Sequence[Run], pains: Sequence[Pain], signs: Sequence[SignNote], now: datetime) -> Colour:
    """Return the light as it was at the end of a day."""
    end = min(now, datetime.combine(day + timedelta(days=1), time(), now.tzinfo))
    return light_of(runs, pains, signs, end).colour


def _row(
    day: date,
    ran: Sequence[Run],
    hurt: Sequence[Pain],
    told: Sequence[SignNote],
    colour: Colour,
    spoken: Spoken,
    runner: str,
) -> str:
    shown = "" if colour is Colour.UNKNOWN else f'{lamp(colour)}<span class="unseen">{LIGHT_WORDS[colour]}</span>'
    items = [f'<a href="{link(f"/runs/{part(run.session_id)}", runner)}">{text(spoken.went(run))}</a>' for run in ran]
    items += _hurt_words(hurt)
    items += [text(SIGN_WORDS[note.sign]) for note in told]
    listed = "".join(f"<li>{item}</li>" for item in items)
    return f"<li><h3>{shown}{day:%a} {day.day} {day:%b}</h3><ul>{listed}</ul></li>"


def _begun(words: str) -> str:
    """Return words with a capital at their beginning."""
    return f"{words[:1].upper()}{words[1:]}"


def _hurt_words(hurt: Sequence[Pain]) -> list[str]:
    """Return a line for each place that was told of on a day; that nothing hurt only where nothing did."""
    by_place: dict[Place | None, list[Pain]] = defaultdict(list)
    for pain in hurt:
        by_place[place_told(pain)].append(pain)
    lines = [
        text(f"{_begun(place_words(place))}: {', '.join(f'{one.level} {PHASE_WORDS[one.phase]}' for one in told)}")
        for place, told in by_place.items()
        if place is not None
    ]
    return lines or (["Nothing hurt"] if hurt else [])
