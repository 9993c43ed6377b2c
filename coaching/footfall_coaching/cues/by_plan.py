"""What a runner's plan asks to be cued: today's session of a programme, and the blocks of a try-out."""

from dataclasses import replace

from footfall_coaching.cues.asked import Asked, OwnValues, by_programme, by_wish
from footfall_coaching.cues.cue import CueKind
from footfall_coaching.plan import Plan
from footfall_coaching.programme.sessions import SESSIONS
from footfall_coaching.try_out.plan import Cue, Kind
from footfall_coaching.try_out.plan import Plan as Test


def by_session(plan: Plan, *, tones: bool = False) -> Asked | None:
    """Return what today's session of a programme asks for; `None` where there is none."""
    if plan.programme is None or plan.session is None:
        return None
    return by_programme(plan.programme, plan.session, tones=tones)


def beside_session(asked: Asked, plan: Plan) -> Asked:
    """Return what the runner asks for, with the remark that today's session is not cued then, where there is one."""
    if plan.programme is None or plan.session is None:
        return asked
    words = (
        f"Session {plan.session.step} of {SESSIONS} of your programme is due today. It is not cued, as you ask for "
        "other cues."
    )
    return replace(asked, why_not=(*asked.why_not, words))


def by_test(test: Test, own: OwnValues, *, tones: bool = False) -> Asked:
    """Return what the cued blocks of a try-out have; nothing where that is nothing to be heard."""
    if test.kind is not Kind.BLOCKS or test.cue is Cue.CONDITION:
        return Asked()
    return by_wish((CueKind(test.cue.value),), {}, own, tones=tones)
