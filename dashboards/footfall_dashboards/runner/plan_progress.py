"""How a programme goes, on the page of the plan: what was done, and how near the target each session came."""

from collections.abc import Sequence
from typing import Final

from footfall_coaching.course import Courses
from footfall_coaching.exercises.state import State as Exercises
from footfall_coaching.message import Message
from footfall_coaching.plan import Plan
from footfall_coaching.programme.kind import ProgrammeKind, target_of
from footfall_coaching.programme.progress import SAME_LEG_SPEED, LegProgress, adherence_of, progress_of
from footfall_coaching.programme.sessions import SESSIONS
from footfall_coaching.programme.state import State
from footfall_coaching.run import Run
from footfall_coaching.spread import signed
from footfall_coaching.try_out.recall import RecallCheck
from footfall_dashboards.runner.axes import Axis, numbers
from footfall_dashboards.runner.charts import Line, Picture, Point, line_chart
from footfall_dashboards.runner.html import said, section, text
from footfall_processing.session import Side

LEAST_SPAN: Final = 20.0
"""Percent."""
NAMES: Final = {ProgrammeKind.IMPACT: "Impact", ProgrammeKind.CADENCE: "Steps a minute"}


def progress(plan: Plan, runs: Sequence[Run], checks: Sequence[str] = (), known: Courses | None = None) -> str:
    """Return what was done of programme and exercises, and each session against the runner's own value before it.

    Parameters
    ----------
    checks
        What each check after the programme found.
    known
        Where courses are kept that are asked for again.
    """
    parts = [] if plan.programme is None else _of_programme(plan.programme, runs, known)
    parts += [said(words, "") for words in checks]
    if plan.exercises is not None and (plan.exercises.sessions or plan.exercises.walks):
        parts.append(said(_exercise_words(plan.exercises), "lead"))
    return section("How it goes", *parts, id="progress") if parts else ""


def checks_told(told: Sequence[Message], plan: Plan) -> list[str]:
    """Return what each check after the latest programme found, as its rule says it; of one told again the latest."""
    if plan.programme is None:
        return []
    since = plan.programme.begun.at_utc
    own = [message for message in told if message.rule == RecallCheck.NAME and message.told_utc >= since]
    found = {message.inputs.get("month"): message.words for message in own}
    return [f"{words[:1].upper()}{words[1:]}" for words in found.values()]


def _of_programme(state: State, runs: Sequence[Run], known: Courses | None) -> list[str]:
    told, found = said(adherence_of(state).words, "lead"), progress_of(state, runs, known)
    if not found:
        without = "No session had minutes enough at your usual speed, with sensors on, to be held against your own."
        return [told, said(without)] if state.counted else [told]
    listed = "".join(f"<li>{text(one.words)}</li>" for one in found)
    return [
        told,
        _chart(state, found),
        f'<details><summary>Each session in numbers</summary><ul class="lines">{listed}</ul></details>',
    ]


def _exercise_words(state: Exercises) -> str:
    sessions, walks = len(state.sessions), len(state.walks)
    walked = f", {walks} walk{'s' * (walks > 1)} backwards" if walks else ""
    return f"Exercises: {sessions} session{'s' * (sessions != 1)} done{walked}."


def _chart(state: State, found: Sequence[LegProgress]) -> str:
    kind = state.begun.kind
    change = target_of(kind, state.begun.percent).percent - 100.0
    sides = [side for side in (Side.LEFT, Side.RIGHT, None) if any(one.side is side for one in found)]
    lines = [
        Line(
            "both" if side is None else side.value,
            "Both legs" if side is None else f"{side.value.capitalize()} leg",
            [
                Point(one.step, one.change_percent, one.low_percent, one.high_percent)
                for one in sorted(found, key=lambda one: one.step)
                if one.side is side
            ],
        )
        for side in sides
    ]
    x = Axis("session", 0.5, SESSIONS + 0.5, [(float(step), str(step)) for step in range(1, SESSIONS + 1)])
    ends = [value for one in found for value in (one.low_percent, one.high_percent)]
    y = numbers("% against before", [0.0, change, *ends], least_span=LEAST_SPAN)
    name = NAMES[kind]
    picture = Picture("towards", f"{name} of each session against before", _sentence(name, found))
    return line_chart(picture, lines, x, y, height=170.0, level=(change, f"Target, {signed(change)} %"))


def _sentence(name: str, found: Sequence[LegProgress]) -> str:
    last = max(one.step for one in found)
    own = [one for one in found if one.step == last]
    legs = ", ".join(
        f"{'' if one.side is None else f'{one.side.value} leg '}{signed(one.change_percent)} % "
        f"({signed(one.low_percent)} to {signed(one.high_percent)})"
        for one in own
    )
    there = [one.reaches_target for one in own]
    reached = "at the target" if all(there) else "one leg at the target" if any(there) else "not yet at the target"
    return (
        f"{name} {SAME_LEG_SPEED} in session {last}: {legs}, {reached}. In brackets and shaded: 95 % intervals. "
        "Sessions with too little at that speed are left out."
    )
