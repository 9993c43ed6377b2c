"""What the report has of the plan: how far it was followed, what checks after it found, and what try-outs came to."""

from collections.abc import Sequence
from typing import Final

from footfall_coaching.answers import Pain, SignNote
from footfall_coaching.exercises.adherence import exercise_adherence
from footfall_coaching.exercises.session import NAMES as TRACK_NAMES
from footfall_coaching.exercises.state import WEEKS
from footfall_coaching.exercises.state import State as Exercises
from footfall_coaching.ledger import rule_of
from footfall_coaching.message import Message
from footfall_coaching.plan_events import PlanEvent, exercise_events, programme_events
from footfall_coaching.plan_kept import PLANNED_BY, plan_from, tests_of
from footfall_coaching.programme.events import Begun
from footfall_coaching.programme.kind import ProgrammeKind, target_of
from footfall_coaching.programme.progress import adherence_of, progress_of
from footfall_coaching.programme.rule import NAMES
from footfall_coaching.programme.state import OVER, Hold, State
from footfall_coaching.run import Run
from footfall_coaching.spread import percent, signed
from footfall_coaching.try_out.earlier import EarlierTest
from footfall_coaching.try_out.events import Why
from footfall_coaching.try_out.permutation import Difference
from footfall_coaching.try_out.plan import Cue, Kind, cue_words
from footfall_coaching.try_out.power import LEAST_SCATTER
from footfall_coaching.try_out.progress import Progress
from footfall_coaching.try_out.recall import TITLES, RecallCheck, Wanted
from footfall_coaching.try_out.result import TryOutResult, result_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import text
from footfall_dashboards.runner.trend_charts import Window
from footfall_processing.errors import InputError

MOST_TESTS: Final = 3
"""Of checks and try-outs, so that two pages stay two; how many try-outs of the same there were stands with each."""
OVER_WORDS: Final = {
    Hold.DONE: "all sessions are done",
    Hold.GIVEN_UP: "the runner ended it",
    Hold.LAPSED: "over, after four weeks without a session",
}
ENDED: Final = {
    Why.RED: ", stopped by pain or a sign",
    Why.TOO_FEW: ", ended since too many were left out",
    Why.LEFT: ", left by the runner",
}

Row = tuple[str, str, str]
"""What, how far it was followed, and what was seen."""


async def plan_part(
    diary: Diary, runner: str, runs: Sequence[Run], pains: Sequence[Pain], signs: Sequence[SignNote], window: Window
) -> str:
    """Return the part of the report as HTML; empty where nothing was followed or tried."""
    events = await diary.plan_events(runner)
    if not events:
        return ""
    told = await diary.told(runner, *PLANNED_BY)
    checks = _checks(told, window)
    try_outs = _try_outs(events)[-max(1, MOST_TESTS - len(checks)) :]
    rows = [*_followed(events, runs, pains, signs, told, window), *checks, *try_outs]
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{words}</th>' for words in ("What", "How far", "What was seen"))
    body = "".join(
        f'<tr><th scope="row">{text(what)}</th><td>{text(far)}</td><td>{text(seen)}</td></tr>'
        for what, far, seen in rows
    )
    return (
        f'<section id="plan"><h2>Plan</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        '<p class="hint">Chosen by the runner. In brackets: 95 % intervals. A try-out is judged by an exact '
        "permutation test of its drawn order; the runner knew which was which.</p>"
        "</section>"
    )


def _followed(
    events: Sequence[PlanEvent],
    runs: Sequence[Run],
    pains: Sequence[Pain],
    signs: Sequence[SignNote],
    told: Sequence[Message],
    window: Window,
) -> list[Row]:
    plan = plan_from(events, runs, pains, signs, told, window.now)
    rows, since = [], window.begin.date()
    if plan.programme is not None and plan.programme.last_day >= since:
        begun = sum(isinstance(one, Begun) for one in programme_events(events))
        rows.append(_programme(plan.programme, begun, runs, window))
    if plan.exercises is not None and (plan.exercises.last_day or plan.exercises.begun_on) >= since:
        rows.append(_exercises(plan.exercises, events, window))
    return rows


def _programme(state: State, begun: int, runs: Sequence[Run], window: Window) -> Row:
    done, hold = adherence_of(state), state.hold_on(window.now.date())
    week = (window.now.date() - state.begun_on).days // 7 + 1
    where = OVER_WORDS[hold] if hold in OVER_WORDS and hold in OVER else f"week {week}"
    which = f"; the {begun}th that was begun" if begun > 3 else ("", "", "; the second", "; the third")[begun]
    far = (
        f"Begun {window.spoken.day(state.begun.at_utc)}, {where}{which}. {done.sessions_done} of {done.sessions} "
        f"sessions done whole ({100.0 * done.sessions_done / done.sessions:.0f} %)"
    )
    if done.minutes:
        far += (
            f"; {done.minutes:.0f} of {done.planned_minutes:.0f} min of these run, {done.cued_minutes:.0f} of "
            f"{done.planned_cued_minutes:.0f} min with the sound"
        )
    return f"{NAMES[state.begun.kind]} ({_aim(state)})", f"{far}.", _last_session(state, runs)


def _aim(state: State) -> str:
    target = target_of(state.begun.kind, state.begun.percent)
    name = "impact" if state.begun.kind is ProgrammeKind.IMPACT else "cadence"
    return f"target {target.percent:g} % of own {name}"


def _last_session(state: State, runs: Sequence[Run]) -> str:
    found = progress_of(state, runs)
    if not found:
        return "No session had minutes enough at the usual speed, with sensors on." if state.counted else "–"
    last = max(one.step for one in found)
    legs = ", ".join(
        f"{'' if one.side is None else f'{one.side.value} leg '}{signed(one.change_percent)} % "
        f"({signed(one.low_percent)} to {signed(one.high_percent)})"
        for one in found
        if one.step == last
    )
    return f"Session {last}, against before at the usual speed: {legs}."


def _exercises(state: Exercises, events: Sequence[PlanEvent], window: Window) -> Row:
    done = exercise_adherence(state, exercise_events(events), window.now)
    where = "ended by the runner" if state.over is not None else f"week {done.week} of {WEEKS}"
    share = f" ({100.0 * done.sessions_done / done.sessions_asked:.0f} %)" if done.sessions_asked else ""
    far = (
        f"Begun {window.spoken.day(state.begun.at_utc)}, {where}. {done.sessions_done} of {done.sessions_asked} "
        f"sessions done, at three in seven days{share}"
    )
    if done.told:
        far += f"; in them {done.whole} of {done.told} exercises done whole"
    seen = "–" if done.worst_pain is None else f"Pain in them {done.worst_pain} of 10 at the most."
    return TRACK_NAMES[state.begun.track], f"{far}.", seen


def _checks(told: Sequence[Message], window: Window) -> list[Row]:
    """Return the checks after programmes, of each the latest that was told."""
    rows: dict[tuple[object, ...], Row] = {}
    for message in told:
        if message.rule != RecallCheck.NAME or not window.begin <= message.told_utc <= window.now:
            continue
        try:
            rule = rule_of(message)
            if isinstance(rule, RecallCheck):
                key = rule.month, rule.cue, rule.before, rule.after
                rows[key] = _check(rule, f"{window.spoken.day(message.told_utc)}")
        except (InputError, ArithmeticError, ValueError):
            continue  # the page of what was told says so
    return list(rows.values())


def _check(rule: RecallCheck, day: str) -> Row:
    pairs = sum(len(one) for one in rule.days)
    what = f"Check {rule.month} month{'s' * (rule.month > 1)} after the programme"
    far = f"{day}: {pairs} pair{'s' * (pairs != 1)} of blocks on {len(rule.days)} day{'s' * (len(rule.days) != 1)}."
    if not pairs:
        return what, far, "Nothing was measured."
    now, recalled = (signed(percent(change)) for change in rule.changes)
    name = "Impact" if rule.cue is Cue.IMPACT else "Cadence"
    seen = (
        f"{name} against before: as run now {now} %, as at the programme's end {recalled} %; at its end "
        f"{signed(percent(rule.learned))} %."
    )
    verdict = rule.verdict
    if verdict is None or rule.wanted is not Wanted.NOTHING:
        return what, far, f"{seen} Not clear which of kept, recalled or lost it is."
    return what, far, f"{seen} {TITLES[verdict].capitalize()}: {100.0 * rule.probabilities[verdict]:.0f} of 100."


def _try_outs(events: Sequence[PlanEvent]) -> list[Row]:
    tests = tests_of(events)
    return [_try_out(test, tests[:number]) for number, test in enumerate(tests) if test.plan.kind is not Kind.RECALL]


def _try_out(test: Progress, before: Sequence[Progress]) -> Row:
    plan = test.plan
    assert plan.site is not None
    assert plan.side is not None
    what = f"Try-out of {cue_words(plan.cue, plan.condition)}: {plan.side.value} {plan.site.words}"
    name = "runs" if plan.kind is Kind.RUNS else "blocks"
    far = f"{len(test.parts)} of {plan.parts} {name}"
    if test.ended is None:
        return what, f"{far}, goes on.", "Nothing is told before its end."
    try:
        result = result_of(test, before)
    except InputError:
        return what, f"{far}.", "It can't be read any more."
    return what, f"{far}{ENDED.get(test.ended, '')}.{_which(result.earlier)}", _result(result)


def _which(earlier: Sequence[EarlierTest]) -> str:
    if not earlier:
        return " The first of this."
    return f" Number {len(earlier) + 1} of this; before: {'; '.join(_how_far(one) for one in earlier)}."


def _how_far(one: EarlierTest) -> str:
    name = "runs" if one.kind is Kind.RUNS else "blocks"
    return f"{one.run} of {one.parts} {name}{ENDED.get(one.ended, '')}"


def _result(result: TryOutResult) -> str:
    is_whole = result.ended is not Why.LEFT
    seen = [_difference("Pain", result.pain, is_ratio=False, is_whole=is_whole)]
    seen += [
        _difference(name, found, is_ratio=True, is_whole=is_whole)
        for name, found in (("impact", result.impact), ("cadence", result.cadence))
        if found is not None
    ]
    return f"{'; '.join(seen)}.{'' if is_whole else ' Left early: no finding.'}"


def _difference(name: str, found: Difference | None, *, is_ratio: bool, is_whole: bool) -> str:
    if found is None or (is_whole and not found.could_be_found):
        return f"{name}: too few to tell"
    low, high = found.low, found.high
    has_interval = is_whole and found.is_found and found.scatter >= LEAST_SCATTER
    if is_ratio:
        told = f"{name} {signed(percent(found.mean))} %"
        between = f" ({signed(percent(low))} to {signed(percent(high))})" if has_interval else ""
    else:
        told = f"{name} {found.mean:+.1f} of 10".replace("-", "−")
        between = f" ({low:+.1f} to {high:+.1f})".replace("-", "−") if has_interval else ""
    chance = f", chance makes as much in {100.0 * found.chance:.0f} of 100" if is_whole else ""
    return f"{told}{between}{chance}"
