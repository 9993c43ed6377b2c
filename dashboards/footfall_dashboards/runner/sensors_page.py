"""Sensors: are they ready? What each is called, where it is worn, its battery, and what it is fit for."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from footfall_dashboards.access import visitor_of
from footfall_dashboards.live.readings import SEGMENT_NAMES
from footfall_dashboards.live.sensors import LOSS_WORTH_SAYING, LOW_BATTERY_PERCENT
from footfall_dashboards.runner.asking import runner_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import page, said, section, text
from footfall_dashboards.runner.shelf import Owned, Shelf
from footfall_dashboards.runner.spoken import Spoken, spoken_to
from footfall_processing.metrics.catalogue import CONTACT_TIME, SPEED, STRIKE_ANGLE, Metric
from footfall_processing.metrics.support import impact_fitness, why_unsupported
from footfall_processing.session import Placement, Sensor

_TOLD: Final[Sequence[Metric]] = (CONTACT_TIME, STRIKE_ANGLE, SPEED)
_MAY_BE_OLD: Final = frozenset({"Battery", "Lost"})
OLD: Final = timedelta(days=7)
"""A report from before says little of a sensor today, and stands back."""
_PAIR: Final = (
    '<p class="hint">Pair one with <code>footfall pair</code>; '
    "<code>footfall scan</code> lists those that are near.</p>"
)
_NOT_OWN: Final = "Sensors are those of this computer's owner, and are shown on it alone."


def routes(diary: Diary, local_now: Callable[[], datetime], shelf: Shelf) -> list[BaseRoute]:
    """Return the page of sensors."""

    async def shown(request: Request) -> Response:
        runner = runner_of(request)
        spoken = spoken_to(request, local_now().tzinfo or UTC)
        if visitor_of(request.scope).name not in ("", runner):
            return page("Sensors", "sensors", said(_NOT_OWN, "lead"), runner=runner)
        now = local_now()
        owned, seen = await shelf.owned(), await shelf.seen(runner)
        lead = _lead(owned or seen, now)
        body = said(lead, "lead") + _cards(owned, spoken, now) + _PAIR
        if seen:
            body += section("In your runs, and not paired here", _cards(seen, spoken, now))
        return page("Sensors", "sensors", body, runner=runner)

    return [Route("/sensors", shown)]


def _lead(owned: Sequence[Owned], now: datetime) -> str:
    if not owned:
        return "No sensor is paired yet."
    low = [one.name for one in owned if _battery(one) is not None and (_battery(one) or 0) <= LOW_BATTERY_PERCENT]
    if low:
        return f"Charge {' and '.join(low)} before the next run."
    told = [level for one in owned if (level := _battery(one)) is not None]
    if not told:
        return "How full they are is unknown."
    lead = f"Ready, as far as is known: the lowest battery was {min(told)} %."
    old = [one.name for one in owned if _battery(one) is not None and _is_old(one.health_utc, now)]
    return f"{lead} That of {' and '.join(old)} was told more than a week ago." if old else lead


def _cards(sensors: Sequence[Owned], spoken: Spoken, now: datetime) -> str:
    cards = "".join(_card(one, spoken, now) for one in sensors)
    return f'<ul class="sensors">{cards}</ul>' if cards else ""


def _card(one: Owned, spoken: Spoken, now: datetime) -> str:
    facts = [("Worn", _worn(one.sensor)), ("Battery", _battery_words(one, now)), ("Lost", _loss_words(one))]
    if one.sensor is not None:
        facts.append(("Impact", impact_fitness(one.sensor)))
        for metric in _TOLD:
            label = "Speed and distance" if metric is SPEED else metric.label
            facts.append((label, _fit(metric, one.sensor)))
    facts.append(("Firmware", one.firmware))
    seen = "never in a run" if one.seen_utc is None else f"{spoken.day(one.seen_utc)}{_ago(one.seen_utc, now)}"
    facts.append(("Last seen", seen))
    old = ' class="old"' if _is_old(one.health_utc, now) else ""
    rows = "".join(
        f"<div{old if name in _MAY_BE_OLD else ''}><dt>{text(name)}</dt><dd>{text(words)}</dd></div>"
        for name, words in facts
        if words
    )
    advice = _advice(one)
    attention = f'<p class="advice">! {text(advice)}</p>' if advice else ""
    kind = ' data-level="attention"' if advice else ""
    return (
        f'<li class="sensor"{kind}><h2>{text(one.name)}</h2><p class="hint">{text(one.product)}</p>{attention}'
        f"<dl>{rows}</dl></li>"
    )


def _worn(sensor: Sensor | None) -> str:
    if sensor is None:
        return ""
    side = "side not set" if sensor.side is None else sensor.side.value
    return f"{side} {SEGMENT_NAMES[sensor.placement]}" if sensor.side else f"{SEGMENT_NAMES[sensor.placement]}, {side}"


def _fit(metric: Metric, sensor: Sensor) -> str:
    if metric is STRIKE_ANGLE and sensor.placement is Placement.SHANK:
        return "rearfoot or not, no angle" if sensor.has_gyro else "no: needs a gyroscope"
    why_not = why_unsupported(metric, sensor)
    return f"no: {why_not}" if why_not else "good"


def _battery(one: Owned) -> int | None:
    return None if one.health is None else one.health.battery_percent


def _battery_words(one: Owned, now: datetime) -> str:
    level = _battery(one)
    if level is not None:
        return f"{level} % after its run{_ago(one.health_utc, now)}"
    if one.seen_utc is None:
        return "unknown: it says so only in a run"
    return "unknown: it does not say" if one.health else "unknown: nothing is kept of it from its last runs"


def _loss_words(one: Owned) -> str:
    """Say how much was lost on the way; nothing of a companion, which does not count."""
    if one.health is None or one.sensor is None:
        return ""
    return f"{100.0 * one.health.loss_fraction:.1f} % in that run"


def _is_old(when: datetime | None, now: datetime) -> bool:
    return when is not None and now - when > OLD


def _ago(when: datetime | None, now: datetime) -> str:
    """Say how many days ago it was, after a comma; empty where nobody knows."""
    if when is None:
        return ""
    days = (now.date() - when.astimezone(now.tzinfo).date()).days
    return ", today" if days <= 0 else ", yesterday" if days == 1 else f", {days} days ago"


def _advice(one: Owned) -> str:
    level = _battery(one)
    if level is not None and level <= LOW_BATTERY_PERCENT:
        return "Battery low: charge it before the next run."
    if one.health is not None and one.health.axes_disagree:
        return f"Its axes disagree: {one.health.axes_disagree}. Angles and lengths are left out."
    if one.health is not None and one.health.loss_fraction >= LOSS_WORTH_SAYING:
        lost = 100.0 * one.health.loss_fraction
        return f"{lost:.0f} % was lost in its last run: keep the receiver nearer, or on the same side."
    return ""
