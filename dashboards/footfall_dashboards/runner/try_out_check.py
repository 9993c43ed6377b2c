"""The check after a programme, as the page of the try-out runs it: what is due, what is told of it, what it found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request

from footfall_coaching.check_kept import CUES, check_due, check_of, learned_of
from footfall_coaching.ledger import rule_of
from footfall_coaching.message import Message
from footfall_coaching.plan_events import programme_events
from footfall_coaching.plan_kept import checks_found, programme_from
from footfall_coaching.programme.events import Ran
from footfall_coaching.programme.kind import SAME_SPEED
from footfall_coaching.programme.sessions import SESSIONS
from footfall_coaching.programme.state import State
from footfall_coaching.run import Run
from footfall_coaching.try_out.plan import Plan, recall_check
from footfall_coaching.try_out.progress import Progress
from footfall_coaching.try_out.recall import BEFOREHAND, RecallCheck
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.fields import hidden
from footfall_dashboards.runner.html import link, said, section, text
from footfall_dashboards.runner.plan_words import held_part, why_link
from footfall_dashboards.runner.spoken import Spoken
from footfall_dashboards.runner.token import token_field
from footfall_processing.errors import InputError

PAIR: Final = 2
ANOTHER_DAY: Final = "This check was run today, and another pair on another day tells more. Come back then."


@dataclass(frozen=True, slots=True)
class Due:
    """A check that is due, with what it is judged by.

    Parameters
    ----------
    state
        The programme's.
    month
        Which check it is.
    runs, told
        The runner's runs and ledger.
    """

    state: State
    month: int
    runs: Sequence[Run]
    told: Sequence[Message]

    @property
    def plan(self) -> Plan:
        """Its blocks."""
        return recall_check(CUES[self.state.begun.kind])

    def rule(self, progress: Progress) -> RecallCheck | None:
        """Return what the blocks so far say; `None` before the first pair."""
        if len(progress.parts) < PAIR:
            return None
        return check_of(progress, self.state, self.month, self.runs, self.told)

    def why_not(self, now: datetime) -> str:
        """Say why it can't be done now; empty where it can."""
        last = last_check(self.told)
        if last is not None and last[0].astimezone(now.tzinfo).date() == now.date() and last[1].month == self.month:
            return ANOTHER_DAY
        try:
            learned_of(self.state, self.runs)
        except InputError as error:
            return f"It can't be told: {error}."
        return ""

    def off_by(self, speed_mps: float | None) -> float:
        """Return how much faster a speed is than the programme's, as a share; 0 where it is near, or not known."""
        share = 0.0 if speed_mps is None else speed_mps / self.state.begun.baseline.speed_mps - 1.0
        return share if abs(share) > SAME_SPEED else 0.0


async def due_check(diary: Diary, runner: str, now: datetime) -> Due | None:
    """Return the check that is due; `None` where none is."""
    events = await diary.plan_events(runner)
    if sum(isinstance(event, Ran) for event in programme_events(events)) < SESSIONS:
        return None
    runs, pains, signs = await diary.runs(runner), await diary.pains(runner), await diary.signs(runner)
    state, told = programme_from(events, runs, pains, signs, now), await diary.told(runner, RecallCheck.NAME)
    check = None if state is None else check_due(state, checks_found(told, state.begun.at_utc), now)
    return None if state is None or check is None else Due(state, check.months, runs, told)


def last_check(told: Sequence[Message]) -> tuple[datetime, RecallCheck] | None:
    """Return what a check told last, and when."""
    for message in reversed(told):
        if message.rule == RecallCheck.NAME:
            try:
                rule = rule_of(message)
            except InputError:
                continue  # the page of what was told says so
            if isinstance(rule, RecallCheck):
                return message.told_utc, rule
    return None


def check_beforehand(request: Request, runner: str, due: Due, spoken: Spoken, why_not: str) -> str:
    """Return what a check will be, and the button that draws its order; or why it can't begin today."""
    pace = spoken.pace(due.state.begun.baseline.speed_mps)
    start = (
        held_part(why_not, runner)
        if why_not
        else f'<form method="post" action="{link("/plan/try-out", runner)}">{token_field(request)}'
        f"{hidden('do', 'check')}<button>Draw the order, and begin the warm-up</button></form>"
    )
    return section(
        "The check",
        f'<div class="beforehand"><p>{text(BEFOREHAND)}</p>'
        f"<p>{text(f'Run at the pace that the programme is held against, {pace}.')} "
        "It is measured where footfall live or footfall record keeps the run.</p></div>",
        start,
        why_link("recall", runner),
        id="check",
    )


def check_result(told: Sequence[Message], runner: str) -> str:
    """Return what the last check found; empty where none was told."""
    last = last_check(told)
    return (
        ""
        if last is None
        else section("The check", said(last[1].words, "lead"), why_link("recall", runner), id="result")
    )
