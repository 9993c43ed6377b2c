"""The events of a programme that follow from the log: lights, new pain of the lower leg, and how the feet landed."""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Final, TypeVar

from footfall_coaching.after_red import Stop, stop_after
from footfall_coaching.answers import Pain, PainSite, SignNote
from footfall_coaching.counted import counted
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.light import OWN_MORNINGS, REMEMBERED, light_of
from footfall_coaching.light_rule import Colour
from footfall_coaching.programme.baseline import rearfoot_percent_of
from footfall_coaching.programme.events import Begun, Event, Kept, LightTold, LowerLegTold, Ran, StrikeSeen
from footfall_coaching.programme.state import OVER_AFTER_DAYS
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
PLAYS_A_PART: Final = timedelta(days=OVER_AFTER_DAYS + 2)
"""So long after the last session a programme is over, and nothing that is felt changes it."""
LATELY: Final = timedelta(days=14)
"""Red of longer ago stops nothing that begins."""
JUST_BEFORE: Final = timedelta(seconds=1)


def events_of(
    kept: Iterable[Kept],
    runs: Iterable[Run],
    pains: Iterable[Pain],
    signs: Iterable[SignNote],
    now: datetime,
    known: MutableMapping[datetime, Colour] | None = None,
) -> list[Event]:
    """Return all events of the latest programme up to now, the earliest first; none where none was begun.

    Parameters
    ----------
    kept
        Beginnings, sessions and endings, as the runner made them.
    now
        Days are those of its zone.
    known
        Lights of moments that were looked at before, of the same answers and runs; those of others are put there.
    """
    own: list[Event] = [event for event in kept if event.at_utc <= now]
    begun = max((event for event in own if isinstance(event, Begun)), key=lambda event: event.at_utc, default=None)
    if begun is None:
        return []
    own = [event for event in own if event is begun or event.at_utc > begun.at_utc]
    now = min(now, max(event.at_utc for event in own).astimezone(now.tzinfo) + PLAYS_A_PART)
    all_runs, all_pains, all_signs = list(runs), list(pains), list(signs)  # demos too, whose answers count nowhere
    sessions = {event.session_id: event.at_utc for event in own if isinstance(event, Ran)}
    own += lights_of(begun.at_utc, all_runs, all_pains, all_signs, now, sessions, known)
    own += _lower_leg(all_pains, FeltWhen(all_runs, now.tzinfo), begun.at_utc, now)
    own += _strikes(all_runs, begun.at_utc, now)
    return sorted(own, key=lambda event: (event.at_utc, not isinstance(event, Begun)))


def lights_of(
    since: datetime,
    runs: Sequence[Run],
    pains: Sequence[Pain],
    signs: Sequence[SignNote],
    now: datetime,
    sessions: Mapping[str, datetime] = MappingProxyType({}),
    known: MutableMapping[datetime, Colour] | None = None,
    also: Iterable[datetime] = (),
) -> list[LightTold]:
    """Return the light at each moment since one at which it may have changed, and just before each run.

    Parameters
    ----------
    sessions
        When those that are sessions were begun: the sensors' first step may come later, and what is told of a session
        is told after its beginning. One that is no run of the log is as open as a run of which nothing was told: an
        older green says nothing of it.
    known
        As in `events_of`.
    also
        Other moments at which the light is asked for.
    """
    known = {} if known is None else known
    when = FeltWhen(runs, now.tzinfo)
    own_pains, own_signs = filter(when.counts, pains), filter(when.counts, signs)
    told = [(at, pain) for pain in own_pains if since - FELT_WITHIN <= (at := when.moment(pain)) <= now]
    seen = [(at, note) for note in own_signs if since - FELT_WITHIN <= (at := when.moment(note)) <= now]
    ran = [(started, run) for started, run in counted(runs) if since - RUN_WITHIN <= started <= now]
    changes = {at for at, _ in (*told, *seen)} | {
        min(started, sessions.get(run.session_id, started)) - JUST_BEFORE for started, run in ran
    }
    unrecorded = [moment for id_, moment in sessions.items() if id_ not in {run.session_id for _, run in ran}]
    answered = [*((at, when.day(pain)) for at, pain in told), *((at, when.day(note)) for at, note in seen)]
    answers = {at for at, _ in answered}
    found = []
    for at in sorted({since, now, *(at for at in (*changes, *also) if since < at <= now)}):
        if at not in known:
            begun = [run for started, run in ran if at - RUN_WITHIN <= started <= at]
            light = light_of(begun, _within(told, at), _within(seen, at), at.astimezone(now.tzinfo))
            known[at] = light.colour
        colour = known[at]
        if colour is Colour.GREEN and _is_open([one for one in unrecorded if one <= at], answered, at, now.tzinfo):
            colour = Colour.UNKNOWN
        found.append(LightTold(at, colour, at in answers))
    return found


def stopped_at(now: datetime, runs: Sequence[Run], pains: Sequence[Pain], signs: Sequence[SignNote]) -> Stop:
    """Return what red of the last days still stops where nothing was begun yet."""
    stop: Stop = None
    for told in lights_of(now - LATELY, runs, pains, signs, now):
        day = told.at_utc.astimezone(now.tzinfo).date()
        stop = stop_after(stop, told.colour, day, is_answered=told.is_answered)
    return stop


def _is_open(
    unrecorded: Sequence[datetime], answered: Sequence[tuple[datetime, date]], at: datetime, zone: tzinfo | None
) -> bool:
    """Tell whether nothing was told, by a moment, since the latest session without a run, of its day or a later one."""
    if not unrecorded:
        return False
    session = max(unrecorded)
    day = session.astimezone(zone).date()
    return not any(session < told <= at and felt >= day for told, felt in answered)


def _within(dated: Sequence[tuple[datetime, T]], at: datetime) -> list[T]:
    return [one for when, one in dated if at - FELT_WITHIN <= when <= at]


def _lower_leg(pains: Iterable[Pain], when: FeltWhen, begun: datetime, now: datetime) -> list[LowerLegTold]:
    """Return what was told of each day so far, at each moment at which pain was told.

    What is told of a day takes nothing back of the same or a later one on which it hurt.
    """
    before: dict[tuple[PainSite | None, Side | None], int] = {}
    since: list[Pain] = []
    for pain in sorted(filter(when.counts, pains), key=lambda one: one.noted_utc):
        if begun - BEFORE <= pain.noted_utc <= begun and pain.site is not None:
            place = (pain.site, pain.side)
            before[place] = max(before.get(place, 0), pain.level)
        if begun < pain.noted_utc <= now:
            since.append(pain)
    found: list[LowerLegTold] = []
    of_day: dict[date, list[Pain]] = {}
    hurt_on = date.min
    for pain in since:
        day = when.day(pain)
        told = of_day.setdefault(day, [])
        told.append(pain)
        new = [one for one in told if one.site in LOWER_LEG and one.level > before.get((one.site, one.side), 0)]
        worst = max(new, key=lambda one: one.level, default=None)
        if worst is None and day <= hurt_on:
            continue
        hurt_on = hurt_on if worst is None else max(hurt_on, day)
        found.append(LowerLegTold(pain.noted_utc, "" if worst is None else _words(worst)))
    return found


def _words(pain: Pain) -> str:
    assert pain.site is not None
    assert pain.side is not None
    return f"{pain.side.value} {LOWER_LEG[pain.site]}, {pain.level} of 10"


def _strikes(runs: Iterable[Run], begun: datetime, now: datetime) -> list[StrikeSeen]:
    found = []
    for started, run in counted(runs):
        ended = started + timedelta(seconds=run.duration_s)
        share = rearfoot_percent_of([run])
        if share is not None and begun < started and ended <= now:
            found.append(StrikeSeen(ended, share))
    return found
