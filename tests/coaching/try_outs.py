"""Tests of a cue as they are run, for tests: whatever a runner does."""

from collections.abc import Callable
from random import Random
from typing import Final

from footfall_coaching.answers import PainSite
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
from footfall_coaching.try_out.plan import Cue, Plan, eight_blocks
from footfall_coaching.try_out.progress import Progress, Step, after, begun
from footfall_coaching.try_out.seal import Opening, draw
from footfall_processing.session import Side

EIGHT: Final = eight_blocks(Cue.IMPACT, PainSite.KNEE, Side.RIGHT)
SPEED_MPS: Final = 3.0

Choose = Callable[[Progress, Opening], AnyEvent | None]


def opening_of(plan: Plan = EIGHT, seed: int = 1) -> Opening:
    """Draw a test's order."""
    random = Random(seed)
    return draw(plan, random, random.randbytes(32))


def next_event(progress: Progress, opening: Opening, pain: int = 2, impact_g: float = 9.0) -> AnyEvent:
    """Return what comes next where all goes well; with the cue pain is one less, and impact 20 %."""
    part = len(progress.parts)
    match progress.step:
        case Step.WARM_UP:
            return WarmedUp(SPEED_MPS)
        case Step.ASK_PAIN:
            return PainTold(pain - bool(progress.parts and progress.parts[-1].is_cued))
        case Step.BEGIN_PART:
            return PartBegun(part, progress.cue_of_next(opening))
        case Step.RUN_PART:
            own_g = impact_g * (0.8 if progress.revealed else 1.0) * (1.0 + 0.002 * part)
            return PartDone(part, {"left": own_g, "right": 1.1 * own_g}, 166.0, SPEED_MPS)
        case Step.PAUSE:
            return Resumed()
        case Step.OPEN:
            return Opened(opening.order, opening.nonce)
        case _:
            return Ended(progress.over or Why.LEFT)


def run_on(progress: Progress, opening: Opening, choose: Choose = lambda *_: None) -> tuple[Progress, list[AnyEvent]]:
    """Run a test on until nothing comes next; `choose` may put other events in."""
    events: list[AnyEvent] = []
    while progress.step is not Step.NOTHING:
        event = choose(progress, opening) or next_event(progress, opening)
        progress = after(progress, event)
        events.append(event)
    return progress, events


def run_whole(opening: Opening, choose: Choose = lambda *_: None) -> tuple[Progress, list[AnyEvent]]:
    """Run a test from its beginning."""
    first = Begun(opening.plan, opening.seal)
    progress, events = run_on(begun(first), opening, choose)
    return progress, [first, *events]


def whatever(seed: int) -> Choose:
    """Return a runner to whom anything may happen."""
    random = Random(seed)

    def choose(progress: Progress, _: Opening) -> AnyEvent | None:
        chance, part = random.random(), len(progress.parts)
        if progress.ended is None and progress.over is None and chance < 0.01:
            return Ended(Why.LEFT)
        match progress.step:
            case Step.RUN_PART if chance < 0.25:
                return PartCut(part, "a road")
            case Step.RUN_PART if chance < 0.35:
                return PartDone(part, {}, None, 1.2 * SPEED_MPS)
            case Step.RUN_PART if chance < 0.45:
                return PartDone(part, {"left": 9.0}, None, None)
            case Step.BEGIN_PART | Step.ASK_PAIN | Step.WARM_UP if chance < 0.15:
                return Paused()
            case Step.ASK_PAIN:
                return PainTold(random.choice((0, 1, 2, 2, 3, 3, 4, 6)))
            case _:
                return None

    return choose
