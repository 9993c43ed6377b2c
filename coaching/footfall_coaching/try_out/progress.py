"""Where a test stands, from its events alone: what comes next, what is asked, and why it is over.

The rules are told beforehand (`beforehand`) and none looks at what came out but for what stops the test:

- pain is asked after the warm-up and after every part; red, as the traffic light has it, stops the test, and so does a
  pain that is 3 above that after the warm-up: the light's sharp rise. A test across runs waits for the light to be
  green again (`beforehand`);
- a part that was cut off, or run at another speed than the warm-up, is run again as it was drawn, three goes at most;
- once too many parts are left out for anything to be found, it ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from footfall_coaching.answers import WORST_PAIN, Phase, Sign
from footfall_coaching.light_rule import Colour, Felt, PlacePain
from footfall_coaching.try_out.events import (
    AnyEvent,
    Begun,
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
from footfall_coaching.try_out.orders import MOST_CHANCE, least_chances, orders_of, orders_with
from footfall_coaching.try_out.plan import MOST_GOES, MOST_SPEED_CHANGE, Kind, Plan
from footfall_coaching.try_out.seal import Opening, opens
from footfall_processing.errors import InputError

SHARP_RISE: Final = 3
"""So much more pain than after the warm-up is one that rose sharply."""


class Step(StrEnum):
    """What comes next."""

    WARM_UP = "warm_up"
    ASK_PAIN = "ask_pain"
    BEGIN_PART = "begin_part"
    RUN_PART = "run_part"
    PAUSE = "pause"
    END = "end"
    """It is over, and is to be ended: `Progress.over` says why."""
    OPEN = "open"
    """The seal is to be opened."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is over.

    Parameters
    ----------
    impact_g, cadence_spm, speed_mps
        As in `PartDone`; nothing where it was left out.
    pain
        Of the place in question; `None` where it was left out, or not yet told.
    is_left_out
        Whether it was cut off, or at another speed, in every go.
    """

    is_cued: bool
    impact_g: Mapping[str, float]
    cadence_spm: float | None
    speed_mps: float | None
    pain: int | None
    is_left_out: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a test stands.

    Parameters
    ----------
    plan, seal
        As it was begun.
    is_warm, speed_mps
        Whether the warm-up is over, and how fast it was; of tests across runs there is none.
    warm_pain
        Pain after the warm-up.
    parts
        Those that are over.
    revealed
        Whether the part that is run, or is to be run again, has the cue; `None` before it is revealed.
    is_running, goes, again
        Whether a part is run just now, how many goes at it have failed, and why the last one did.
    is_paused
        Whether the runner pauses.
    stopped_by
        What was told that is red; empty where nothing was.
    ended, opening
        Why it is over, and what the seal was opened with.
    """

    plan: Plan
    seal: str
    is_warm: bool
    speed_mps: float | None = None
    warm_pain: int | None = None
    parts: tuple[Part, ...] = ()
    revealed: bool | None = None
    is_running: bool = False
    goes: int = 0
    again: str = ""
    is_paused: bool = False
    stopped_by: str = ""
    ended: Why | None = None
    opening: Opening | None = None

    @property
    def step(self) -> Step:
        """What comes next."""
        if self.ended is not None:
            return Step.NOTHING if self.opening is not None or self.stays_sealed else Step.OPEN
        if self.over is not None:
            return Step.END
        if self.is_running:
            return Step.RUN_PART
        if self.is_paused:
            return Step.PAUSE
        if not self.is_warm:
            return Step.WARM_UP
        return Step.ASK_PAIN if self.is_asked else Step.BEGIN_PART

    @property
    def stays_sealed(self) -> bool:
        """Whether a try-out was left, whose order then stays sealed: the next one of the same is run in it."""
        return self.ended is Why.LEFT and self.plan.kind is not Kind.RECALL and self.opening is None

    @property
    def is_asked(self) -> bool:
        """Whether the runner is to say what hurt in what was just run."""
        if self.parts and not self.is_running:
            return self.parts[-1].pain is None and not self.parts[-1].is_left_out
        return self.is_warm and self.plan.kind is not Kind.RUNS and self.warm_pain is None and not self.is_running

    @property
    def over(self) -> Why | None:
        """Why nothing more is to be run; `None` while something is."""
        if self.ended is not None:
            return self.ended
        if self.stopped_by:
            return Why.RED
        if not self.can_show_something:
            return Why.TOO_FEW
        return Why.COMPLETE if len(self.parts) == self.plan.parts and not self.is_asked else None

    @property
    def can_show_something(self) -> bool:
        """Whether something can still be found, if all that is to come counts; of a recall check as long as it runs."""
        if self.plan.kind is Kind.RECALL or not any(part.is_left_out for part in self.parts):
            return True
        counted = [not part.is_left_out for part in self.parts] + [True] * (self.plan.parts - len(self.parts))
        known = self.known
        orders = orders_of(self.plan.groups)
        fit = (orders[:, : len(known)] == np.array(known, dtype=np.bool_)).all(axis=1)
        return bool(least_chances(self.plan.groups, tuple(counted))[fit].min() <= MOST_CHANCE)

    @property
    def known(self) -> tuple[bool, ...]:
        """What was revealed so far."""
        return tuple(part.is_cued for part in self.parts) + (() if self.revealed is None else (self.revealed,))

    def cue_of_next(self, opening: Opening) -> bool:
        """Look into the opening for the part that begins now.

        Raises
        ------
        InputError
            Where no part begins now, or the opening is not that of the seal.
        """
        if self.step is not Step.BEGIN_PART:
            raise InputError("no part begins now, so none is revealed")
        if not opens(self.seal, opening, self.known):
            raise InputError("this order is not the one that was sealed")
        return opening.order[len(self.parts)]


def begun(event: Begun) -> Progress:
    """Return where a test stands that has just begun."""
    return Progress(event.plan, event.seal, is_warm=event.plan.kind is Kind.RUNS)


def progress_of(events: Iterable[AnyEvent]) -> Progress:
    """Return where a test stands.

    Raises
    ------
    InputError
        For events that don't begin with `Begun`, or don't follow from one another.
    """
    first, *others = (*events, None)
    if not isinstance(first, Begun):
        raise InputError("a test's events begin with the seal of its order")
    progress = begun(first)
    for event in others:
        progress = progress if event is None else after(progress, event)
    return progress


def kept_progress(events: Sequence[AnyEvent]) -> Progress:
    """Return where a test stands by what is kept of it, whatever happened to that.

    What two programs told at once counts once. Where an event is missing, as it can't be read, nobody knows how the
    test went: it is over (`Why.LOST`), and another one can be begun.

    Raises
    ------
    InputError
        For events that don't begin with `Begun`.
    """
    first, *others = events
    progress = progress_of([first])
    for event in others:
        try:
            progress = after(progress, event)
        except InputError:
            if not _is_told_twice(progress, event):
                return replace(progress, ended=Why.LOST, is_running=False, is_paused=False)
    return progress


def _is_told_twice(progress: Progress, event: AnyEvent) -> bool:
    match event:
        case WarmedUp():
            return progress.is_warm
        case PartBegun():
            return event.part < len(progress.parts) + progress.is_running
        case PartDone():
            return event.part < len(progress.parts)
        case PartCut():
            return event.part < len(progress.parts) + (progress.goes > 0)
        case Resumed():
            return not progress.is_paused
        case Paused() | PainTold():
            return True  # of a missing part the next one tells
        case _:
            return progress.ended is not None


def interrupted(progress: Progress) -> Sequence[AnyEvent]:
    """Return what is to be kept when a test is taken up again: that the part which was being run was cut off."""
    return (PartCut(len(progress.parts), "the program ended"),) if progress.is_running else ()


def after(progress: Progress, event: AnyEvent) -> Progress:
    """Return where a test stands after an event.

    Raises
    ------
    InputError
        For an event that can't come now.
    """
    step = progress.step
    match event:
        case WarmedUp() if step is Step.WARM_UP:
            return replace(progress, is_warm=True, speed_mps=event.speed_mps)
        case PainTold() if step in (Step.ASK_PAIN, Step.BEGIN_PART, Step.PAUSE):
            return _told(progress, event)
        case PartBegun() if step is Step.BEGIN_PART and event.part == len(progress.parts):
            return _part_begun(progress, event)
        case PartCut() if step is Step.RUN_PART and event.part == len(progress.parts):
            return _failed(progress, event.why)
        case PartDone() if step is Step.RUN_PART and event.part == len(progress.parts):
            return _part_done(progress, event)
        case Paused() if step in (Step.WARM_UP, Step.ASK_PAIN, Step.BEGIN_PART):
            return replace(progress, is_paused=True)
        case Resumed() if step is Step.PAUSE:
            return replace(progress, is_paused=False)
        case Ended() if progress.ended is None and event.why in _whys(progress):
            return replace(progress, ended=event.why, is_running=False, is_paused=False)
        case Opened() if progress.ended is not None and progress.opening is None:
            opening = Opening(progress.plan, event.order, event.nonce)
            if not opens(progress.seal, opening, progress.known):
                raise InputError("this opening is not that of the seal: the order was changed, or another one was run")
            return replace(progress, opening=opening)
    raise InputError(f"'{type(event).__name__}' can't come now: the test is at '{step}', part {len(progress.parts)}")


def _whys(progress: Progress) -> set[Why]:
    whys = {Why.LEFT} if progress.over is None else {progress.over}
    return whys | ({Why.SURE} if progress.plan.kind is Kind.RECALL and progress.over is None else set())


def _part_begun(progress: Progress, event: PartBegun) -> Progress:
    if progress.revealed not in (None, event.is_cued):
        raise InputError(f"part {event.part} is run again as it was drawn, not the other way")
    known = (*(part.is_cued for part in progress.parts), event.is_cued)
    if not len(orders_with(progress.plan.groups, known)):
        raise InputError(f"part {event.part} can't be so: its group has as many parts with the cue as without")
    return replace(progress, revealed=event.is_cued, is_running=True)


def _part_done(progress: Progress, event: PartDone) -> Progress:
    assert progress.revealed is not None
    speed, own = event.speed_mps, progress.speed_mps
    if speed is not None and own and abs(speed / own - 1.0) > MOST_SPEED_CHANGE:
        return _failed(progress, f"speed was {100.0 * (speed / own - 1.0):+.0f} % off the warm-up's")
    part = Part(progress.revealed, dict(event.impact_g), event.cadence_spm, speed, None)
    return replace(progress, parts=(*progress.parts, part), revealed=None, is_running=False, goes=0, again="")


def _failed(progress: Progress, why: str) -> Progress:
    assert progress.revealed is not None
    if progress.goes + 1 < MOST_GOES:
        return replace(progress, is_running=False, goes=progress.goes + 1, again=why)
    part = Part(progress.revealed, {}, None, None, None, is_left_out=True)
    return replace(progress, parts=(*progress.parts, part), revealed=None, is_running=False, goes=0, again="")


def signs_of(progress: Progress, told: PainTold) -> tuple[Sign, ...]:
    """Return the signs that were told, and a sharp rise of pain, which follows from the levels."""
    is_sharp = progress.warm_pain is not None and told.level >= progress.warm_pain + SHARP_RISE
    return (*told.signs, Sign.RISING) if is_sharp and Sign.RISING not in told.signs else told.signs


def _told(progress: Progress, event: PainTold) -> Progress:
    plan = progress.plan
    levels = [(plan.site, plan.side, event.level), *((one.site, one.side, one.level) for one in event.elsewhere)]
    if any(not 0 <= level <= WORST_PAIN for *_, level in levels):
        raise InputError(f"pain is told from 0 (none) to {WORST_PAIN} (the worst thinkable)")
    if plan.site is None and event.level:
        raise InputError("this check is of no place: say of each pain where it is")
    felt = Felt(0, True, tuple(PlacePain(Phase.DURING, *one) for one in levels), signs_of(progress, event))
    stops = felt.colour is Colour.RED and plan.kind is not Kind.RUNS
    stopped_by = felt.reason if stops else progress.stopped_by
    if not progress.is_asked:
        return replace(progress, stopped_by=stopped_by)
    if progress.parts:
        parts = (*progress.parts[:-1], replace(progress.parts[-1], pain=event.level))
        return replace(progress, parts=parts, stopped_by=stopped_by)
    return replace(progress, warm_pain=event.level, stopped_by=stopped_by)
