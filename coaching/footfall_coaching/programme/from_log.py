"""The events of a programme that follow from the log: lights, new pain of the lower leg, and how the feet landed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeVar

from footfall_coaching.answers import Pain, PainSite, SignNote
from footfall_coaching.counted import counted
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.light import OWN_MORNINGS, REMEMBERED, light_of
from footfall_coaching.programme.baseline import rearfoot_percent_of
from footfall_coaching.programme.events import Begun, Event, Kept, LightTold, LowerLegTold, Ran, StrikeSeen
from footfall_coaching.run import Run
from footfall_processing.session import Side

T = TypeVar("T")

LOWER_LEG: Final[Mapping[PainSite, str]] = MappingProxyType(
    {PainSite.CALF: "calf", PainSite.ACHILLES: "Achilles tendon", PainSite.FOOT: "foot"}
)
"""Where load goes that a knee is spared."""
BEFORE: Final = timedelta(days=30)
"""How long before the beginning pain was there that is not new."""
FELT_WITHIN: Final = REMEMBERED + OWN_MORNINGS
RUN_WITHIN: Final = FELT_WITHIN + timedelta(days=2)
"""What was told of a run stays that run's, which began a day or two before the end of the day on which it was felt."""
JUST_BEFORE: Final = timedelta(seconds=1)


def events_of(
    kept: Iterable[Kept], runs: Iterable[Run], pains: Iterable[Pain], signs: Iterable[SignNote], now: datetime
) -> list[Event]:
    """Return all events of the latest programme up to now, the earliest first; none where none was begun.

    Parameters
    ----------
    kept
        Beginnings, sessions and endings, as the runner made them.
    now
        Days are those of its zone.
    """
    own: list[Event] = [event for event in kept if event.at_utc <= now]
    begun = max((event for event in own if isinstance(event, Begun)), key=lambda event: event.at_utc, default=None)
    if begun is None:
        return []
    own = [event for event in own if event is begun or event.at_utc > begun.at_utc]
    all_runs = [run for started, run in counted(runs) if started <= now]
    all_pains, all_signs = list(pains), list(signs)
    sessions = {event.session_id: event.at_utc for event in own if isinstance(event, Ran)}
    own += lights_of(begun.at_utc, all_runs, all_pains, all_signs, now, sessions)
    own += _lower_leg(all_pains, begun.at_utc, now)
    own += _strikes(all_runs, begun.at_utc, now)
    return sorted(own, key=lambda event: (event.at_utc, not isinstance(event, Begun)))


def lights_of(
    since: datetime,
    runs: Sequence[Run],
    pains: Sequence[Pain],
    signs: Sequence[SignNote],
    now: datetime,
    sessions: Mapping[str, datetime] = MappingProxyType({}),
) -> list[LightTold]:
    """Return the light at each moment since one at which it may have changed, and just before each run.

    Parameters
    ----------
    sessions
        When those that are sessions were begun: the sensors' first step may come later, and what is told of a session
        is told after its beginning.
    """
    when = FeltWhen(runs, now.tzinfo)
    own_pains, own_signs = filter(when.counts, pains), filter(when.counts, signs)
    told = [(at, pain) for pain in own_pains if since - FELT_WITHIN <= (at := when.moment(pain)) <= now]
    seen = [(at, note) for note in own_signs if since - FELT_WITHIN <= (at := when.moment(note)) <= now]
    ran = [(started, run) for started, run in counted(runs) if since - RUN_WITHIN <= started <= now]
    changes = {at for at, _ in (*told, *seen)} | {
        min(started, sessions.get(run.session_id, started)) - JUST_BEFORE for started, run in ran
    }
    found = []
    for at in sorted({since, now, *(at for at in changes if since < at <= now)}):
        begun = [run for started, run in ran if at - RUN_WITHIN <= started <= at]
        light = light_of(begun, _within(told, at), _within(seen, at), at.astimezone(now.tzinfo))
        found.append(LightTold(at, light.colour))
    return found


def _within(dated: Sequence[tuple[datetime, T]], at: datetime) -> list[T]:
    return [one for when, one in dated if at - FELT_WITHIN <= when <= at]


def _lower_leg(pains: Sequence[Pain], begun: datetime, now: datetime) -> list[LowerLegTold]:
    """Return what was told of each day so far, at each moment at which pain was told."""
    before: dict[tuple[PainSite | None, Side | None], int] = {}
    since: list[Pain] = []
    for pain in sorted(pains, key=lambda one: one.noted_utc):
        if begun - BEFORE <= pain.noted_utc <= begun and pain.site is not None:
            place = (pain.site, pain.side)
            before[place] = max(before.get(place, 0), pain.level)
        if begun < pain.noted_utc <= now:
            since.append(pain)
    found: list[LowerLegTold] = []
    of_day: dict[date, list[Pain]] = {}
    for pain in since:
        told = of_day.setdefault(pain.noted_utc.astimezone(now.tzinfo).date(), [])
        told.append(pain)
        new = [one for one in told if one.site in LOWER_LEG and one.level > before.get((one.site, one.side), 0)]
        worst = max(new, key=lambda one: one.level, default=None)
        found.append(LowerLegTold(pain.noted_utc, "" if worst is None else _words(worst)))
    return found


def _words(pain: Pain) -> str:
    assert pain.site is not None
    assert pain.side is not None
    return f"{pain.side.value} {LOWER_LEG[pain.site]}, {pain.level} of 10"


def _strikes(runs: Sequence[Run], begun: datetime, now: datetime) -> list[StrikeSeen]:
    found = []
    for started, run in counted(runs):
        ended = started + timedelta(seconds=run.duration_s)
        share = rearfoot_percent_of([run])
        if share is not None and begun < started and ended <= now:
            found.append(StrikeSeen(ended, share))
    return found
