"""The course of a try-out as its page runs it: what each touch adds to its events, and how long a block goes on."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Final

from footfall_coaching.answers import Pain, PainSite, Phase, Sign, SignNote
from footfall_coaching.changes import impact_metric
from footfall_coaching.check_kept import is_clear
from footfall_coaching.plan_kept import tests_of
from footfall_coaching.told import message_of
from footfall_coaching.try_out.earlier import sealed_for
from footfall_coaching.try_out.events import (
    AnyEvent,
    Begun,
    ElsewherePain,
    Ended,
    Opened,
    PainTold,
    PartBegun,
    PartCut,
    PartDone,
    Paused,
    Resumed,
    WarmedUp,
    Why,
)
from footfall_coaching.try_out.measured import part_done
from footfall_coaching.try_out.plan import Kind, Plan
from footfall_coaching.try_out.progress import Progress, Step, after, interrupted, signs_of
from footfall_coaching.try_out.recall import RecallCheck
from footfall_coaching.try_out.seal import draw
from footfall_dashboards.runner.answers_sent import number_of, place_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.planning import stands_of
from footfall_dashboards.runner.try_out_check import PAIR, due_check
from footfall_dashboards.runner.try_out_days import GIVEN_UP, ran
from footfall_processing.errors import InputError
from footfall_processing.session import Side

ONE_TEST: Final = timedelta(hours=12)
"""What was told without a run so long before is of another day."""
EARLY_S: Final = 1.0
"""A browser's clock may be so much ahead."""
CUTS: Final = {
    "road": "A road, a light, somebody in the way",
    "sensor": "A sensor fell off or was lost",
    "else": "Something else",
}
"""Why a block was cut off, by what the form says."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The warm-up or the block that is run: when it began here; `None` where another program began it."""

    begun_utc: datetime | None
    length_s: float

    def left_s(self, now: datetime) -> float | None:
        """Return how long it goes on; 0 once it is over, `None` where nobody knows."""
        if self.begun_utc is None:
            return None
        return max(0.0, self.length_s - (now - self.begun_utc).total_seconds())


class Course:
    """Takes each step of the runners' try-outs, one after the other, so that no touch counts twice.

    Parameters
    ----------
    now
        Gives the moment.
    """

    def __init__(self, diary: Diary, now: Callable[[], datetime]) -> None:
        self._diary = diary
        self._now = now
        self._turn = asyncio.Lock()
        self._begun_utc: dict[tuple[str, str, int], datetime] = {}
        """When the warm-up (−1) or a part of a test was begun, by runner and seal; a program that ends cuts it off."""

    async def stands(self, runner: str) -> Progress | None:
        """Return where the runner's latest try-out stands; `None` where none was begun."""
        return stands_of(await self._diary.plan_events(runner))

    def stretch(self, runner: str, progress: Progress) -> Stretch | None:
        """Return what is run just now; `None` where nothing is."""
        plan = progress.plan
        if progress.step is Step.WARM_UP:
            return Stretch(self._begun_utc.get((runner, progress.seal, -1)), plan.warm_up_s)
        if progress.step is Step.RUN_PART:
            return Stretch(self._begun_utc.get((runner, progress.seal, len(progress.parts))), plan.part_s)
        return None

    async def begin(self, runner: str, plan: Plan) -> None:
        """Draw and seal the order of a test, and begin it; `InputError` where one goes on.

        One that was left before is begun again in its own order, which is still sealed.
        """
        async with self._turn:
            tests = tests_of(await self._diary.plan_events(runner))
            if tests and tests[-1].ended is None:
                raise InputError("a test goes on already, and two at once disturb each other: leave that one first")
            left = sealed_for(tests, plan)
            opening = None if left is None else await self._diary.opening_of(runner, left.seal)
            if opening is None:
                opening = draw(plan, SystemRandom(), secrets.token_bytes(32))
                await self._diary.note_opening(runner, opening)
            await self._diary.note_plan(runner, Begun(opening.plan, opening.seal))
            self._begun_utc[(runner, opening.seal, -1)] = self._now()

    async def take(self, runner: str, do: str, fields: Mapping[str, str]) -> None:
        """Take a step.

        Raises
        ------
        InputError
            Where it can't come now, or says nothing that can be kept; in words for the runner.
        """
        async with self._turn:
            progress = await self.stands(runner)
            if progress is None or progress.ended is not None:
                raise InputError("no try-out goes on here")
            if fields.get("at") != place_in(progress):
                raise InputError("this was told already; the page shows what comes now")
            events, pains = await self._events(runner, do, fields, progress)
            for event in events:
                progress = after(progress, event)
            rule = await self._found(runner, progress)
            if progress.step is Step.BEGIN_PART and is_clear(rule):
                events.append(Ended(Why.SURE))
                progress = after(progress, events[-1])
            if progress.step is Step.END and progress.over is not None:
                events.append(Ended(progress.over))
                progress = after(progress, events[-1])
            if progress.step is Step.OPEN:
                opening = await self._diary.opening_of(runner, progress.seal)
                if opening is not None:
                    events.append(Opened(opening.order, opening.nonce))
                    after(progress, events[-1])
            await self._diary.note(*pains)  # first: what stops a test must never be lost to the light by a crash
            found = [] if rule is None or progress.ended is None else [message_of(rule, runner, "", self._now())]
            await self._diary.note_plan(runner, *events, told=found)

    async def _found(self, runner: str, progress: Progress) -> RecallCheck | None:
        """Return what a check has found after a pair, or at its end; `None` in between, and of other tests."""
        is_pair = progress.step is Step.BEGIN_PART and not len(progress.parts) % PAIR and progress.revealed is None
        is_over = progress.over is not None
        if progress.plan.kind is not Kind.RECALL or len(progress.parts) < PAIR or not (is_pair or is_over):
            return None
        due = await due_check(self._diary, runner, self._now())
        return None if due is None else due.rule(progress)

    async def _events(
        self, runner: str, do: str, fields: Mapping[str, str], progress: Progress
    ) -> tuple[list[AnyEvent], Sequence[Pain | SignNote]]:
        """Return what a step adds to a test, and what of it goes into the log."""
        if progress.plan.kind is Kind.RUNS:
            match do:
                case "ran":
                    return ran(runner, fields, progress, await self._diary.runs(runner), self._now())
                case "cut":
                    return [PartCut(len(progress.parts), GIVEN_UP)], []
        event = await self._event(runner, do, fields, progress)
        return [event], await self._of_the_run(runner, event, progress) if isinstance(event, PainTold) else []

    async def _of_the_run(self, runner: str, told: PainTold, progress: Progress) -> list[Pain | SignNote]:
        """Return what was told in a test as told of the run that goes on: the worst of each place.

        Where no run is kept it is told of the day, so that the light has it all the same.
        """
        now, plan = self._now(), progress.plan
        held = await self._diary.strides_from(runner, now - timedelta(seconds=plan.part_s))
        session_id = "" if held is None else held[0]
        since = now - ONE_TEST if held is None else None
        levels = {(one.site, one.side): one.level for one in told.elsewhere}
        if plan.site is not None and plan.side is not None:
            levels[(plan.site, plan.side)] = told.level
        for pain in await self._diary.pains(runner):
            place, is_earlier = (pain.site, pain.side), since is not None and pain.noted_utc < since
            if pain.session_id == session_id and pain.phase is Phase.DURING and place in levels and not is_earlier:
                levels[place] = max(levels[place], pain.level)
        pains = [Pain(runner, session_id, now, Phase.DURING, *place, level) for place, level in levels.items()]
        return [*pains, *(SignNote(runner, session_id, now, sign) for sign in signs_of(progress, told))]

    async def _event(self, runner: str, do: str, fields: Mapping[str, str], progress: Progress) -> AnyEvent:
        match do:
            case "warm":
                return await self._warmed_up(runner, progress)
            case "part":
                return await self._part_begun(runner, progress)
            case "over":
                return await self._part_done(runner, progress)
            case "cut":
                lost = interrupted(progress)
                if self._started(runner, progress) is None and lost:
                    return lost[0]
                return PartCut(len(progress.parts), CUTS.get(fields.get("why", ""), CUTS["else"]).lower())
            case "pain":
                return _pain_told(fields)
            case "pause":
                return Paused()
            case "resume":
                return Resumed()
            case "leave":
                return Ended(Why.LEFT if progress.over is None else progress.over)
        raise InputError("this is no step of a try-out")

    def _started(self, runner: str, progress: Progress) -> datetime | None:
        stretch = self.stretch(runner, progress)
        return None if stretch is None else stretch.begun_utc

    async def _part_begun(self, runner: str, progress: Progress) -> PartBegun:
        opening = await self._diary.opening_of(runner, progress.seal)
        if opening is None:
            raise InputError("what the seal is opened with is not kept here any more: leave this test")
        is_cued = progress.cue_of_next(opening)
        self._begun_utc[(runner, progress.seal, len(progress.parts))] = self._now()
        return PartBegun(len(progress.parts), is_cued)

    async def _part_done(self, runner: str, progress: Progress) -> PartDone:
        stretch, now, part = self.stretch(runner, progress), self._now(), len(progress.parts)
        left_s = None if stretch is None else stretch.left_s(now)
        if stretch is None or stretch.begun_utc is None or left_s is None:
            raise InputError("nobody knows here when this block began: run it again")
        if left_s > EARLY_S:
            raise InputError(f"the block goes on for {left_s:.0f} s: run on, or say that it was cut off")
        held = await self._diary.strides_from(runner, stretch.begun_utc)
        if held is None:
            return PartDone(part, {}, None, None)
        metric = impact_metric(await self._diary.runs(runner))
        return part_done(part, progress.plan, held[2], held[1], metric)

    async def _warmed_up(self, runner: str, progress: Progress) -> WarmedUp:
        speed_mps = await self._warm_speed_mps(runner, progress)
        due = await due_check(self._diary, runner, self._now()) if progress.plan.kind is Kind.RECALL else None
        off_by = 0.0 if due is None else due.off_by(speed_mps)
        if off_by:
            how = "faster" if off_by > 0.0 else "slower"
            raise InputError(
                f"you ran {100.0 * abs(off_by):.0f} % {how} than the pace that the programme is held against: run on "
                "at that pace for some minutes, and say so again"
            )
        return WarmedUp(speed_mps)

    async def _warm_speed_mps(self, runner: str, progress: Progress) -> float | None:
        """Return the speed of the last minutes of the warm-up, half as many as it has, when it has settled."""
        begun_utc = self._started(runner, progress)
        held = None if begun_utc is None else await self._diary.strides_from(runner, begun_utc)
        if begun_utc is None or held is None:
            return None
        plan = progress.plan
        run_s = max(plan.warm_up_s, (self._now() - begun_utc).total_seconds())
        half = replace(plan, part_s=run_s, settle_s=run_s - plan.warm_up_s / 2.0)
        return part_done(0, half, held[2], held[1], impact_metric([])).speed_mps


def place_in(progress: Progress) -> str:
    """Return where a test stands as a form carries it: one that was shown before is not taken again."""
    return f"{progress.step.value}-{len(progress.parts)}-{progress.goes}"


def _pain_told(fields: Mapping[str, str]) -> PainTold:
    level = number_of(fields, "level", "how much it hurts")
    if level is None:
        raise InputError("choose how much it hurts, from 0 to 10")
    place, other = place_of(fields), number_of(fields, "other", "how much the other place hurts")
    elsewhere: tuple[ElsewherePain, ...] = ()
    if place is not None and other is not None:
        elsewhere = (ElsewherePain(PainSite(place[0]), Side(place[1]), other),)
    elif other:
        raise InputError("choose where else it hurts")
    return PainTold(level, elsewhere, tuple(sign for sign in Sign if fields.get(sign.value)))
