"""Three months of a runner who was made up: shoes, a run that was far too long, a sore knee, and softer landings since.

Runs come as records, minute by minute, without signals: enough for every page to have something to show.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from footfall_coaching.answers import Effort, Pain, PainSite, Phase, Shoe, ShoeKind
from footfall_coaching.how_far import how_far, run_above
from footfall_coaching.light import todays_light
from footfall_coaching.message import Message
from footfall_coaching.run import DistanceSource, LegPart, Minute, Run
from footfall_coaching.told import Rule, message_of
from footfall_processing.gait import Activity, Strike
from footfall_processing.metrics.catalogue import (
    CADENCE,
    CONTACT_TIME,
    PEAK_ACC,
    SPEED,
    STRIDE_LENGTH,
    STRIDE_TIME,
    STRIKE_ANGLE,
)
from footfall_processing.session import Placement, Side

WEEKS: Final = 13
MINUTE_S: Final = 60.0

_USUAL_KM: Final = ((1, 6.0), (3, 8.0), (6, 11.0))
"""Days of the week before today's, counted from 0, and how far; the last one is the long run."""
_SPIKE_WEEK: Final = 7
_SORE_WEEKS: Final = (7, 8, 9)
_SOFTER_FROM_WEEK: Final = 9
"""The programme: landings get softer and steps quicker from here on."""
_LONG_KM: Final = 9.0
_DAILY, _LIGHT, _BARE = "Blue daily", "Red racer", "Bare two"


@dataclass(frozen=True, slots=True)
class Months:
    """What a made-up runner ran and told, and was told after each run of light and ceiling."""

    runs: Sequence[Run]
    pains: Sequence[Pain]
    efforts: Sequence[Effort]
    shoes: Sequence[Shoe]
    told: Sequence[Message] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """How the runner lands on a day.

    Parameters
    ----------
    left_g, right_g
        Impact of each leg at 2.9 m/s.
    left_rises_by
        How much the left one rises as the run goes on, as a share.
    rearfoot
        Share of strides that land on the heel.
    """

    left_g: float
    right_g: float
    cadence_spm: float
    left_rises_by: float = 0.05
    rearfoot: float = 0.9


def made_up_months(now: datetime, runner_name: str, seed: int = 5, *, gets_softer: bool = True) -> Months:
    """Make up the months before a moment; the same for the same day and seed.

    Parameters
    ----------
    now
        On the runner's clock: days are its days.
    gets_softer
        Whether landings are softer in the last weeks than before.
    """
    dice = Random(seed)
    runs: list[Run] = []
    pains: list[Pain] = []
    efforts: list[Effort] = []
    for day, week, km, is_long in _days(now, dice):
        is_spike = is_long and week == _SPIKE_WEEK
        km *= 1.48 if is_spike else 1.0
        form = _form(week if gets_softer else 0, dice, tired=is_spike)
        title = "Long run" if km > _LONG_KM else ""
        run = made_up_run(day, km, form, runner_name, dice, shoe=_shoe(week, km), title=title)
        runs.append(run)
        sore = (4 if is_spike else 3 if is_long else 2) if week in _SORE_WEEKS else 1 if week > 9 and is_long else 0
        pains += _told(run, day, sore, now)
        efforts.append(Effort(run.session_id, 7 if is_spike else 5 if is_long else 4, 2 if is_spike else 4))
    begin = now - timedelta(weeks=WEEKS)
    shoes = [
        Shoe(runner_name, begin - timedelta(days=40), _DAILY),
        Shoe(runner_name, begin + timedelta(weeks=5), _LIGHT),
        Shoe(runner_name, begin + timedelta(weeks=10), _BARE, ShoeKind.MINIMAL),
        Shoe(runner_name, begin + timedelta(weeks=10, days=1), _LIGHT),
    ]
    return Months(runs, pains, efforts, shoes, list(_messages(runs, pains)))


def _messages(runs: Sequence[Run], pains: Sequence[Pain]) -> Iterator[Message]:
    """Give what the pages would have told an hour after each run."""
    for number, run in enumerate(runs, start=1):
        assert run.started_utc is not None
        moment = run.started_utc + timedelta(seconds=run.duration_s) + timedelta(hours=1)
        known = [pain for pain in pains if pain.noted_utc <= moment]
        rules: list[Rule | None] = [
            todays_light(runs[:number], known, (), moment),
            how_far(runs[:number], known, (), moment),
            run_above(run, runs[:number], known, (), moment.tzinfo),
        ]
        for rule in rules:
            if rule is not None and rule.words:
                yield message_of(rule, run.runner_name, run.session_id, moment)


def _days(now: datetime, dice: Random) -> Iterator[tuple[datetime, int, float, bool]]:
    """Give the days of runs, the earliest first: when, in which week, how far in kilometres, and whether it is long."""
    for week in range(WEEKS):
        for number, (weekday, km) in enumerate(_USUAL_KM):
            is_long = number == len(_USUAL_KM) - 1
            if week in _SORE_WEEKS[1:] and number == 1:
                continue  # runs less while it hurts
            ago = timedelta(days=7 * (WEEKS - 1 - week) + 7 - weekday)
            day = (now - ago).replace(hour=17, minute=10 + 5 * number, second=0, microsecond=0)
            shorter = 0.7 if week in _SORE_WEEKS[1:] else 1.0
            yield day, week, km * (1.0 + 0.012 * week) * shorter * dice.uniform(0.95, 1.03), is_long


def _form(week: int, dice: Random, *, tired: bool) -> Form:
    weeks_softer = min(max(week - _SOFTER_FROM_WEEK + 1, 0), 3)
    softer, quicker = 1.0 - 0.06 * weeks_softer, 2.5 * weeks_softer
    return Form(
        left_g=8.8 * softer * dice.gauss(1.0, 0.03),
        right_g=8.1 * softer * dice.gauss(1.0, 0.03),
        cadence_spm=163.0 + quicker + dice.gauss(0.0, 1.0),
        left_rises_by=0.6 if tired else 0.05,
    )


def _shoe(week: int, km: float) -> str:
    return _DAILY if week < 5 else _BARE if week >= 10 and km < 7.0 else _LIGHT


def made_up_run(
    started: datetime,
    km: float,
    form: Form,
    runner_name: str,
    dice: Random,
    *,
    shoe: str = _DAILY,
    title: str = "",
    warm_up_minutes: int = 2,
) -> Run:
    """Make up a run at an easy pace, minute by minute, after a warm-up of walking."""
    speed_mps = dice.uniform(2.8, 2.95)
    running = round(1000.0 * km / speed_mps / MINUTE_S)
    parts = [(Activity.WALK, 1.4, 0.0)] * warm_up_minutes
    for number in range(running):
        slower = 0.9 if number < 5 or number >= running - 3 else 1.0
        parts.append((Activity.RUN, speed_mps * slower * dice.gauss(1.0, 0.02), number / running))
    parts.append((Activity.WALK, 1.3, 1.0))
    minutes: list[Minute] = []
    way_m = 0.0
    for number, (activity, minute_mps, done) in enumerate(parts):
        way_m += minute_mps * MINUTE_S if activity is Activity.RUN else 0.0
        legs = [_leg(side, activity, form, minute_mps, done, dice) for side in Side]
        minutes.append(Minute(number * MINUTE_S, (number + 1) * MINUTE_S, way_m, legs))
    walking = len(parts) - running
    return Run(
        session_id=f"{started:%Y%m%dT%H%M%S}-madeup",
        started_utc=started,
        duration_s=len(parts) * MINUTE_S,
        running_s=running * MINUTE_S,
        walking_s=walking * MINUTE_S,
        distance_m=way_m,
        distance_source=DistanceSource.SENSORS,
        walking_m=sum(speed * MINUTE_S for activity, speed, _ in parts if activity is Activity.WALK),
        runner_name=runner_name,
        shoe=shoe,
        title=title,
        is_demo=False,
        legs=[leg for activity in Activity for side in Side if (leg := _whole(side, activity, minutes)) is not None],
        minutes=minutes,
    )


def _leg(side: Side, activity: Activity, form: Form, speed_mps: float, done: float, dice: Random) -> LegPart:
    is_run = activity is Activity.RUN
    faster = speed_mps - 2.9
    cadence = (form.cadence_spm + 6.0 * faster if is_run else 112.0) * dice.gauss(1.0, 0.006)
    impact = form.left_g if side is Side.LEFT else form.right_g
    if is_run and side is Side.LEFT:
        impact *= 1.0 + form.left_rises_by * max(0.0, 3.0 * (done - 2.0 / 3.0))
    impact *= (1.0 + 0.2 * faster if is_run else 0.35) * dice.gauss(1.0, 0.035)
    contact_s = (0.252 - 0.03 * faster if is_run else 0.68) * dice.gauss(1.0, 0.01)
    angle_deg = dice.gauss(15.0, 0.8)
    rearfoot = form.rearfoot
    return LegPart(
        side,
        Placement.FOOT,
        activity,
        strides=round(cadence / 2.0),
        clipped_strides=0,
        medians={
            STRIDE_TIME.name: 120.0 / cadence,
            CADENCE.name: cadence,
            CONTACT_TIME.name: contact_s,
            PEAK_ACC.name: impact,
            STRIKE_ANGLE.name: angle_deg,
            STRIDE_LENGTH.name: speed_mps * 120.0 / cadence,
            SPEED.name: speed_mps,
        },
        strikes={Strike.REARFOOT: rearfoot, Strike.MIDFOOT: 1.0 - rearfoot} if is_run else {},
    )


def _whole(side: Side, activity: Activity, minutes: Sequence[Minute]) -> LegPart | None:
    own = [leg for minute in minutes for leg in minute.legs if leg.side is side and leg.activity is activity]
    if not own:
        return None
    medians = {name: sorted(leg.medians[name] for leg in own)[len(own) // 2] for name in own[0].medians}
    return LegPart(side, Placement.FOOT, activity, sum(leg.strides for leg in own), 0, medians, own[0].strikes)


def _told(run: Run, started: datetime, sore: int, now: datetime) -> Iterator[Pain]:
    """Give what the runner told of a run; of the last one's next morning nothing yet."""
    morning = (started + timedelta(days=1)).replace(hour=7, minute=30)
    for phase, when, level in (
        (Phase.DURING, started + timedelta(seconds=run.duration_s), sore),
        (Phase.AFTER, started + timedelta(seconds=run.duration_s + 1200.0), max(0, sore - 1)),
        (Phase.MORNING, morning, max(0, sore - 2)),
    ):
        if phase is Phase.MORNING and (now - started) < timedelta(days=2):
            continue
        site, side = (PainSite.KNEE, Side.LEFT) if sore else (None, None)
        yield Pain(run.runner_name, run.session_id, when, phase, site, side, level)
