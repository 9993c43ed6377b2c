"""What a runner's plan asks to be cued on a day: the session of a programme."""

from dataclasses import replace

from footfall_coaching.cues.asked import Asked, by_programme
from footfall_coaching.plan import Plan
from footfall_coaching.programme.sessions import SESSIONS


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
