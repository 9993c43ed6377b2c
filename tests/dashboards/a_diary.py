"""A log of runs in memory, and made-up runners to fill it: what tests and benchmarks of the runner's pages look at."""

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from footfall_coaching.answers import Effort, Pain, PainSite, Phase, Shoe, ShoeKind, Sign, SignNote
from footfall_coaching.course import Courses
from footfall_coaching.message import Message
from footfall_coaching.plan_events import PlanEvent, session_of
from footfall_coaching.run import DistanceSource, LegPart, Minute, Run
from footfall_coaching.try_out.seal import Opening
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Stride, Strike
from footfall_processing.session import Placement, Side

NOW: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
RUNNER: Final = ""
"""The unnamed one, whose data folder it is."""
HOSTILE: Final = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;\u202etxt.exe"
"""A title or shoe by somebody who means no good."""
DISTANCES_KM: Final = (6.0, 8.0, 5.0, 11.0)
MINUTE_S: Final = 60.0


@dataclass
class ADiary:
    """Everything that a log keeps, in lists; see `Diary`."""

    kept: dict[str, Run] = field(default_factory=dict)
    binned: dict[str, Run] = field(default_factory=dict)
    pains_told: list[Pain] = field(default_factory=list)
    signs_told: list[SignNote] = field(default_factory=list)
    efforts_told: dict[str, Effort] = field(default_factory=dict)
    shoes_worn: list[Shoe] = field(default_factory=list)
    ledger: list[Message] = field(default_factory=list)
    closer_by: dict[str, Run] = field(default_factory=dict)
    """Short runs with a finer course."""
    planned: dict[str, list[PlanEvent]] = field(default_factory=dict)
    openings: dict[tuple[str, str], Opening] = field(default_factory=dict)
    going_on: tuple[str, float, Sequence[Stride]] | None = None
    """The run that goes on, a moment in its seconds, and its strides."""
    damage: str = ""
    """What is said instead of pains, where something is."""
    courses: Courses = field(default_factory=Courses)

    async def runners(self) -> Sequence[str]:
        names = {run.runner_name for run in self.kept.values()} | {pain.runner_name for pain in self.pains_told}
        return sorted(names | {shoe.runner_name for shoe in self.shoes_worn})

    async def runs(self, runner_name: str) -> Sequence[Run]:
        return _newest_first(run for run in self.kept.values() if run.runner_name == runner_name)

    async def run(self, session_id: str) -> Run | None:
        return self.kept.get(session_id) or self.binned.get(session_id)

    async def closer(self, run: Run) -> Run:
        return self.closer_by.get(run.session_id, run)

    async def bin(self, runner_name: str) -> Sequence[Run]:
        return _newest_first(run for run in self.binned.values() if run.runner_name == runner_name)

    async def pains(self, runner_name: str) -> Sequence[Pain]:
        if self.damage:
            raise InputError(self.damage)
        return sorted((p for p in self.pains_told if p.runner_name == runner_name), key=lambda p: p.noted_utc)

    async def signs(self, runner_name: str) -> Sequence[SignNote]:
        return sorted((s for s in self.signs_told if s.runner_name == runner_name), key=lambda s: s.noted_utc)

    async def efforts(self, runner_name: str) -> Sequence[Effort]:
        own = {run.session_id for run in self.kept.values() if run.runner_name == runner_name}
        return [effort for effort in self.efforts_told.values() if effort.session_id in own]

    async def shoes(self, runner_name: str) -> Sequence[Shoe]:
        return sorted((s for s in self.shoes_worn if s.runner_name == runner_name), key=lambda s: s.since_utc)

    async def told(self, runner_name: str, *rules: str) -> Sequence[Message]:
        own = (m for m in self.ledger if m.runner_name == runner_name and (not rules or m.rule in rules))
        return sorted(own, key=lambda m: m.told_utc)

    async def strides_from(self, runner_name: str, begin_utc: datetime) -> tuple[str, float, Sequence[Stride]] | None:
        return self.going_on

    async def note(self, *answers: Pain | SignNote | Effort | Shoe) -> None:
        for answer in answers:
            match answer:
                case Pain():
                    self.pains_told = [p for p in self.pains_told if _pain_key(p) != _pain_key(answer)] + [answer]
                case SignNote():
                    self.signs_told = [s for s in self.signs_told if _sign_key(s) != _sign_key(answer)] + [answer]
                case Effort():
                    self.efforts_told[answer.session_id] = answer
                case Shoe():
                    others = [
                        s for s in self.shoes_worn if (s.runner_name, s.name) != (answer.runner_name, answer.name)
                    ]
                    self.shoes_worn = [*others, answer]

    async def tell(self, *messages: Message) -> None:
        self.ledger += [message for message in messages if message not in self.ledger]

    async def plan_events(self, runner_name: str) -> Sequence[PlanEvent]:
        return tuple(self.planned.get(runner_name, ()))

    async def note_plan(self, runner_name: str, *events: PlanEvent, told: Sequence[Message] = ()) -> None:
        await self.tell(*told)
        own = self.planned.setdefault(runner_name, [])
        for event in events:
            same = (
                number
                for number, one in enumerate(own)
                if session_of(event) and (type(one), session_of(one)) == (type(event), session_of(event))
            )
            number = next(same, len(own))
            own[number : number + 1] = [event]

    async def opening_of(self, runner_name: str, seal: str) -> Opening | None:
        return self.openings.get((runner_name, seal))

    async def note_opening(self, runner_name: str, opening: Opening) -> None:
        self.openings[runner_name, opening.seal] = opening

    async def rename(self, session_id: str, title: str) -> None:
        self.kept[session_id] = replace(self._known(session_id), title=title)

    async def redate(self, session_id: str, started_utc: datetime) -> None:
        self.kept[session_id] = replace(self._known(session_id), started_utc=started_utc)

    async def wore(self, session_id: str, shoe: str) -> None:
        self.kept[session_id] = replace(self._known(session_id), shoe=shoe)

    async def ran(self, session_id: str, runner_name: str) -> None:
        self.kept[session_id] = replace(self._known(session_id), runner_name=" ".join(runner_name.split()))

    async def went(self, session_id: str, distance_m: float | None, source: DistanceSource) -> None:
        if distance_m is None:
            distance_m = next((m.distance_m for m in reversed(self._known(session_id).minutes) if m.distance_m), None)
            source = DistanceSource.SENSORS
        told = None if distance_m is None else source
        self.kept[session_id] = replace(self._known(session_id), distance_m=distance_m, distance_source=told)

    async def discard(self, session_id: str) -> None:
        self.binned[session_id] = self._known(session_id)
        del self.kept[session_id]

    async def bring_back(self, session_id: str) -> None:
        if session_id not in self.binned:
            raise InputError(f"there is no run {session_id!r} in the bin")
        self.kept[session_id] = self.binned.pop(session_id)

    async def empty_bin(self, runner_name: str) -> None:
        self.binned = {id_: run for id_, run in self.binned.items() if run.runner_name != runner_name}

    def _known(self, session_id: str) -> Run:
        if session_id not in self.kept:
            raise InputError(f"there is no run {session_id!r}")
        return self.kept[session_id]


def _newest_first(runs: Iterable[Run]) -> list[Run]:
    dated = [(run.started_utc, run) for run in runs]
    known = sorted(((when, run) for when, run in dated if when is not None), key=lambda pair: pair[0], reverse=True)
    return [run for _, run in known] + [run for when, run in dated if when is None]


def _pain_key(pain: Pain) -> tuple[object, ...]:
    day = None if pain.session_id else pain.noted_utc.date()
    return pain.runner_name, pain.session_id, day, pain.phase, pain.site, pain.side


def _sign_key(note: SignNote) -> tuple[object, ...]:
    return note.runner_name, note.session_id, None if note.session_id else note.noted_utc.date(), note.sign


@dataclass(frozen=True)
class Legs:
    """How a made-up runner lands: each leg's usual impact, and how much the left one rises in a run's last third."""

    left_g: float = 8.2
    right_g: float = 8.0
    left_rises_by: float = 0.0
    cadence_spm: float = 166.0
    contact_time_s: float = 0.252
    angle_deg: float = 18.0
    placement: Placement = Placement.FOOT
    right_clips: bool = False


def a_run(
    session_id: str,
    started_utc: datetime | None,
    distance_km: float,
    *,
    speed_mps: float = 2.9,
    legs: Legs | None = None,
    seed: int = 0,
    runner_name: str = RUNNER,
    shoe: str = "",
    title: str = "",
    is_demo: bool = False,
    pause_at_min: int | None = None,
) -> Run:
    """Make a run of the distance: a minute of walking, slower first minutes, and one pause where asked for."""
    legs = Legs() if legs is None else legs
    dice = random.Random(f"{session_id} {seed}")
    has_lengths = legs.placement is Placement.FOOT
    running = max(3, round(1000.0 * distance_km / speed_mps / MINUTE_S))
    minutes: list[Minute] = []
    way_m, begin_s = 0.0, 0.0

    def add(activity: Activity, speed: float, part: float) -> None:
        nonlocal way_m, begin_s
        way_m += speed * MINUTE_S if activity is Activity.RUN else 0.0
        own = [_leg(side, activity, legs, speed, part, dice, has_lengths=has_lengths) for side in Side]
        minutes.append(Minute(begin_s, begin_s + MINUTE_S, way_m if has_lengths else None, own))
        begin_s += MINUTE_S

    add(Activity.WALK, 1.4, 0.0)
    for number in range(running):
        if number == pause_at_min:
            begin_s += 2.0 * MINUTE_S
        slower = 0.86 if number < 4 or number >= running - 3 else 1.0
        add(Activity.RUN, speed_mps * slower * dice.gauss(1.0, 0.02), number / running)
    add(Activity.WALK, 1.3, 1.0)
    ran_m = way_m if has_lengths else None
    return Run(
        session_id=session_id,
        started_utc=started_utc,
        duration_s=begin_s,
        running_s=running * MINUTE_S,
        walking_s=2.0 * MINUTE_S,
        distance_m=ran_m,
        distance_source=None if ran_m is None else DistanceSource.SENSORS,
        walking_m=162.0 if has_lengths else None,
        runner_name=runner_name,
        shoe=shoe,
        title=title,
        is_demo=is_demo,
        legs=[_whole(side, activity, minutes) for activity in Activity for side in Side],
        minutes=minutes,
    )


def _leg(
    side: Side,
    activity: Activity,
    legs: Legs,
    speed_mps: float,
    part: float,
    dice: random.Random,
    *,
    has_lengths: bool,
) -> LegPart:
    is_run = activity is Activity.RUN
    cadence = (legs.cadence_spm + 6.0 * (speed_mps - 2.9) if is_run else 112.0) * dice.gauss(1.0, 0.006)
    impact = legs.left_g if side is Side.LEFT else legs.right_g
    if is_run and side is Side.LEFT and part > 2.0 / 3.0:
        impact *= 1.0 + legs.left_rises_by * min(1.0, 6.0 * (part - 2.0 / 3.0))
    impact *= (1.0 + 0.22 * (speed_mps - 2.9) if is_run else 0.35) * dice.gauss(1.0, 0.04)
    contact = (legs.contact_time_s - 0.03 * (speed_mps - 2.9) if is_run else 0.68) * dice.gauss(1.0, 0.01)
    strides = round(cadence / 2.0)
    clips = legs.right_clips and side is Side.RIGHT and is_run
    medians = {"stride_time_s": 120.0 / cadence, "cadence_spm": cadence, "contact_time_s": contact}
    if not clips:
        medians["peak_acc_g"] = impact
        if legs.placement is Placement.SHANK:
            medians["peak_tibial_acc_g"] = 0.8 * impact
    if has_lengths:
        medians |= {
            "foot_strike_angle_deg": legs.angle_deg + dice.gauss(0.0, 0.8),
            "stride_length_m": speed_mps * 120.0 / cadence,
            "speed_mps": speed_mps * dice.gauss(1.0, 0.004),
        }
    rear = min(1.0, max(0.0, legs.angle_deg / 20.0))
    strikes = {Strike.REARFOOT: rear, Strike.MIDFOOT: 1.0 - rear} if is_run and has_lengths else {}
    return LegPart(side, legs.placement, activity, strides, strides // 2 if clips else 0, medians, strikes)


def _whole(side: Side, activity: Activity, minutes: Sequence[Minute]) -> LegPart:
    parts = [leg for m in minutes for leg in m.legs if leg.side is side and leg.activity is activity]
    strides = sum(leg.strides for leg in parts)
    names = list(dict.fromkeys(name for leg in parts for name in leg.medians))
    medians = {}
    for name in names:
        own = sorted(leg.medians[name] for leg in parts if name in leg.medians)
        medians[name] = own[len(own) // 2]
    strikes = dict.fromkeys((strike for leg in parts for strike in leg.strikes), 0.0)
    for leg in parts:
        for strike, share in leg.strikes.items():
            strikes[strike] += share * leg.strides / strides
    clipped = sum(leg.clipped_strides for leg in parts)
    return LegPart(side, parts[0].placement, activity, strides, clipped, medians, strikes)


def three_months(now: datetime = NOW, runner_name: str = RUNNER, seed: int = 7) -> ADiary:
    """Three months of one runner: a new pair of shoes, a run that was far too long, a sore knee, softer landings."""
    diary = ADiary()
    dice = random.Random(seed)
    begin = now - timedelta(days=91)
    diary.shoes_worn = [
        Shoe(runner_name, begin - timedelta(days=60), "Blue daily"),
        Shoe(runner_name, begin + timedelta(days=35), "Red light"),
        Shoe(runner_name, begin + timedelta(days=60), "Bare 2", ShoeKind.MINIMAL),
    ]
    for week in range(13):
        for number, day in enumerate((0, 2, 4, 6)):
            when = (begin + timedelta(days=7 * week + day)).replace(hour=17, minute=12 + number)
            if when > now - timedelta(hours=2) or (week == 10 and day in (2, 4)):
                continue
            is_spike = week == 9 and day == 6
            km = DISTANCES_KM[number] * (1.0 + 0.02 * week) * dice.uniform(0.94, 1.05) * (1.5 if is_spike else 1.0)
            softer = 0.82 if week >= 8 else 1.0
            run = a_run(
                f"{when:%Y%m%dT%H%M%SZ}-{week:02d}{day}",
                when,
                km,
                speed_mps=dice.uniform(2.75, 3.05),
                legs=Legs(
                    left_g=8.6 * softer,
                    right_g=8.0 * softer,
                    left_rises_by=0.7 if is_spike or (week == 12 and day == 4) else 0.05,
                    cadence_spm=165.0 + (4.0 if week >= 8 else 0.0),
                    right_clips=week == 3 and day == 2,
                ),
                seed=seed,
                runner_name=runner_name,
                shoe="Red light" if week >= 5 and number % 2 else "Blue daily",
                title=("", "With Mia", "", "Long run")[number],
                pause_at_min=12 if number == 3 else None,
            )
            diary.kept[run.session_id] = run
            diary.efforts_told[run.session_id] = Effort(run.session_id, 4 + number % 4, 4 if week < 9 else 3)
            level = {9: 4 if is_spike else 1, 10: 4, 11: 3, 12: 1}.get(week, 0 if number else 1)
            diary.pains_told += _pains_after(run, when, level)
    for number, days in enumerate((85.0, 30.0)):
        played = a_run(f"demo-{number}", now - timedelta(days=days), 1.2, runner_name=runner_name, is_demo=True)
        diary.kept[played.session_id] = played
    shins = a_run(
        "shins-only",
        now - timedelta(days=16, hours=9),
        6.5,
        legs=Legs(placement=Placement.SHANK),
        runner_name=runner_name,
        title="Treadmill, shins alone",
    )
    diary.kept |= {
        shins.session_id: shins,
        "undated": a_run("undated", None, 4.2, runner_name=runner_name, title="From an old file"),
    }
    diary.binned["binned"] = a_run("binned", now - timedelta(days=50), 0.6, runner_name=runner_name, title="Not me")
    diary.signs_told = [SignNote(runner_name, "", now - timedelta(days=20), Sign.SWELLING)]
    return diary


def _pains_after(run: Run, when: datetime, level: int) -> Iterator[Pain]:
    site, side = (None, None) if level == 0 else (PainSite.KNEE, Side.RIGHT)
    told = [(Phase.DURING, 1.0, level), (Phase.AFTER, 2.0, max(0, level - 1)), (Phase.MORNING, 14.0, level // 2)]
    for phase, after_h, own in told:
        where = (None, None) if own == 0 else (site, side)
        yield Pain(run.runner_name, run.session_id, when + timedelta(hours=after_h), phase, *where, own)


def many_runs(count: int = 1000, now: datetime = NOW, runner_name: str = RUNNER) -> ADiary:
    """Make years of runs: four a week back from now, with pain told after every fifth and a new pair each half year."""
    diary = ADiary()
    for number in range(count):
        when = now - timedelta(days=7.0 * number / 4.0, hours=3.0)
        season = math.sin(number / 40.0)
        run = a_run(
            f"{when:%Y%m%dT%H%M%SZ}-{number:04d}",
            when,
            DISTANCES_KM[number % 4] * (1.0 + 0.15 * season),
            speed_mps=2.9 + 0.1 * season,
            legs=Legs(left_g=8.4 - 0.4 * season),
            runner_name=runner_name,
            shoe=f"Pair {number // 104}",
            title="Long run" if number % 4 == 3 else "",
        )
        diary.kept[run.session_id] = run
        if number % 5 == 0:
            diary.pains_told += _pains_after(run, when, number % 4)
    pairs = count // 104 + 1
    diary.shoes_worn = [
        Shoe(runner_name, now - timedelta(days=182.0 * (number + 1)), f"Pair {number}") for number in range(pairs)
    ]
    return diary


def hostile() -> ADiary:
    """A runner whose every text tries to be more than text."""
    diary = ADiary()
    for number in range(3):
        when = NOW - timedelta(days=2 * number + 1)
        run = a_run(f"hostile-{number}", when, 6.0, title=HOSTILE, shoe=HOSTILE.replace("\u202e", ""))
        diary.kept[run.session_id] = run
    diary.shoes_worn = [Shoe(RUNNER, NOW - timedelta(days=90), HOSTILE.replace("\u202e", ""))]
    return diary
