"""The ledger: every message made again to the letter, and what happened after it."""

import dataclasses
import json
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.history import DAY, NOW, felt, morning, noted, run
from coaching.try_outs import EIGHT
from footfall_coaching.answers import PainSite, Phase, Sign
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.exercises.session import ExercisesToday
from footfall_coaching.ledger import RULES, aftermath_of, false_alarms, remake, warns
from footfall_coaching.light_rule import Colour
from footfall_coaching.message import Message
from footfall_coaching.programme.afterwards import Found, Reminder
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.programme.rule import ProgrammeToday
from footfall_coaching.programme.state import Hold
from footfall_coaching.shoes import MinimalShare, ShareOfWeek
from footfall_coaching.today import today_of
from footfall_coaching.told import Rule, message_of
from footfall_coaching.try_out.beforehand import TodaysCondition, beforehand_of
from footfall_coaching.try_out.earlier import EarlierTest
from footfall_coaching.try_out.events import Why
from footfall_coaching.try_out.plan import Cue, Kind
from footfall_coaching.try_out.recall import RecallCheck
from footfall_coaching.try_out.result import TryOutResult, TryOutResultFirst
from footfall_processing.errors import InputError
from footfall_processing.session import Side


def kept(message: Message) -> Message:
    """Return a message as it comes back from where JSON is kept."""
    return dataclasses.replace(message, inputs=json.loads(msgspec.json.encode(message.inputs)))


@given(
    st.lists(st.tuples(st.floats(0.1, 40.0), st.floats(100.0, 40_000.0) | st.none(), st.integers(0, 10)), max_size=8),
    st.sampled_from([*Sign, None]),
    st.sampled_from(Phase),
)
def test_all_that_is_told_of_a_day_is_made_again_to_the_letter(
    found: list[tuple[float, float | None, int]], sign: Sign | None, phase: Phase
) -> None:
    runs = [run(days, metres, f"run-{number}") for number, (days, metres, _) in enumerate(found)]
    pains = [felt(one, level, phase) for one, (_, _, level) in zip(runs, found, strict=True)]
    signs = [] if sign is None else [noted(sign)]
    for message in today_of(runs, [*pains, morning(3, 1)], signs, [], [], NOW).told:
        assert remake(kept(message)) == message.words
        assert kept(message).key == message.key


def test_rules_have_their_own_name_and_version() -> None:
    assert all(key == (rule.NAME, rule.VERSION) for key, rule in RULES.items())
    assert len(set(RULES.values())) == len(RULES)


def test_minimal_shoes_are_made_again_too() -> None:
    rule = MinimalShare([ShareOfWeek(600.0, 6000.0, 20_000.0, False)], ShareOfWeek(0.0, 0.0, 0.0, True), 80.0)
    message = message_of(rule, "Ada", "", NOW)
    assert remake(kept(message)) == rule.words


AGAIN: Final = TryOutResult(
    *(EIGHT.kind, EIGHT.cue, EIGHT.condition, EIGHT.groups, PainSite.KNEE, Side.RIGHT),
    order=(True, False) * 4,
    pains=(1, 3, 2, 3, 1, 4, 2, None),
    impacts_g=(7.0, 9.0) * 4,
    cadences_spm=(168.0,) * 8,
    speeds_mps=(3.0,) * 8,
    ended=Why.COMPLETE,
    earlier=(EarlierTest(Kind.BLOCKS, 8, 5, Why.LEFT),),
)
PLANNED = (
    ProgrammeToday(ProgrammeKind.IMPACT, 80.0, None, 3, 19, Colour.AMBER, is_repeated=True, days_since=2),
    ProgrammeToday(ProgrammeKind.CADENCE, 107.5, Hold.STRIKE, 3, 0, strike_percent=60.0, own_strike_percent=90.0),
    Reminder(ProgrammeKind.IMPACT, Found.RECALLED, None),
    ExercisesToday(Track.HIP, None, 2, 22, ("Bridge (on both legs): 2 × 10",), Colour.GREEN, walk_minutes=5),
    beforehand_of(EIGHT),
    TodaysCondition("tape", 3, 12, None, "Not on red."),
    TryOutResultFirst(*(getattr(AGAIN, field.name) for field in dataclasses.fields(TryOutResultFirst))),
    AGAIN,
    RecallCheck(3, Cue.IMPACT, 10.0, 7.0, 3, 2, (((9.8, 7.1),),), 0.08, 0.043),
)


@pytest.mark.parametrize("rule", PLANNED, ids=lambda rule: type(rule).__name__)
def test_what_a_plan_tells_is_made_again_to_the_letter(rule: Rule) -> None:
    message = message_of(rule, "Ada", "", NOW)
    assert len(message.words) > 20
    assert remake(kept(message)) == message.words
    assert not warns(message)


@pytest.mark.parametrize(
    ("rule", "damaged"),
    [
        (PLANNED[-1], {"before": 0.0}),
        (PLANNED[-1], {"days": [[[9.8, 7.1]], []], "before_runs": 0}),
        (PLANNED[-2], {"groups": [1_000_000_000]}),
        (PLANNED[-2], {"order": [True]}),
        (PLANNED[4], {"groups": [40, 40]}),
        (PLANNED[0], {"step": 99}),
        (PLANNED[0], {"percent": 200.0}),
    ],
)
def test_what_was_damaged_of_it_is_told_and_takes_no_time(rule: Rule, damaged: dict[str, object]) -> None:
    message = message_of(rule, "Ada", "", NOW)
    with pytest.raises(InputError, match=f"{message.rule!r}"):
        remake(dataclasses.replace(message, inputs={**message.inputs, **damaged}))


def test_a_message_of_a_rule_that_is_not_known_says_so() -> None:
    message = Message("light", 99, "Ada", "", NOW, "", {})
    with pytest.raises(InputError, match="'light' of version 99"):
        remake(message)
    with pytest.raises(InputError, match="not its own"):
        remake(dataclasses.replace(message, version=1, inputs={"felt": 3}))


def test_what_happened_after_a_warning() -> None:
    runs = [run(40, 10_000.0), run(20, 16_000.0), run(15, 8000.0), run(1, 8000.0)]
    then = NOW - 19.9 * DAY
    (message,) = today_of(runs[:2], [], [], [], [], then).messages
    assert warns(message)
    quiet, bad = felt(runs[2], 1), felt(runs[2], 6)
    after = aftermath_of(message, runs, [quiet], is_over=True)
    assert after.words == "In the 14 days after: 1 run, 8.00 km; pain, 1 of 10 at the worst."
    assert [one for one, _ in false_alarms([message], runs, [quiet], NOW)] == [message]
    assert false_alarms([message], runs, [bad], NOW) == []
    assert false_alarms([message], runs, [], NOW) == []  # nobody told
    assert false_alarms([message], runs, [quiet], then + DAY) == []  # not over
    unknown = dataclasses.replace(runs[2], distance_m=None)
    assert "1 run, how far is not known;" in aftermath_of(message, [*runs[:2], unknown], [quiet], is_over=True).words
    both = [*runs[:2], unknown, run(14, 8000.0)]
    assert "2 runs, at least 8.00 km;" in aftermath_of(message, both, [quiet], is_over=True).words
    assert "much pain, 6 of 10" in aftermath_of(message, runs, [bad], is_over=False).words


def test_a_green_light_and_a_ceiling_are_no_warnings() -> None:
    last = run(1)
    told = today_of([last], [felt(last, 0)], [], [], [], NOW).told
    assert [(message.rule, warns(message)) for message in told] == [("light", False), ("ceiling", False)]
    told = today_of([last], [felt(last, 4)], [], [], [], NOW).told
    assert [(message.rule, warns(message)) for message in told] == [("light", True), ("ceiling", False)]
