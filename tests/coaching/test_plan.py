"""The plan of a day, its week, and twelve weeks ahead."""

import dataclasses
from datetime import timedelta
from itertools import pairwise

import msgspec

from coaching.history import DAY, NOW, felt, morning, noted, run
from coaching.programme_history import BASELINE, sensed
from footfall_coaching.answers import Pain, PainSite, Phase, Sign
from footfall_coaching.cards import CARDS
from footfall_coaching.exercises.events import Done, ExercisesBegun, ExercisesDone
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.plan import ItemKind, Plan, plan_of
from footfall_coaching.programme.afterwards import Found, Reminder
from footfall_coaching.programme.events import Begun, Kept, Ran
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.programme.sessions import SESSION_MINUTES, SessionPlan
from footfall_coaching.programme.state import Hold
from footfall_coaching.told import message_of
from footfall_processing.session import Side

BEGUN = Begun(NOW - 2 * DAY, ProgrammeKind.IMPACT, 80.0, BASELINE)
EXERCISES = ExercisesBegun(NOW - 2 * DAY, Track.COMBINED, with_backward_walking=True)
LAST = run(3, 5000.0)
FELT = [felt(LAST, 1)]


def words_of(plan: Plan) -> list[str]:
    return [rule.words for rule in plan.rules]


def test_without_anything_begun_there_is_nothing_to_do() -> None:
    plan = plan_of([], [], [LAST], FELT, [], NOW)
    assert (plan.programme, plan.exercises, plan.session, plan.rules, plan.ahead) == (None, None, None, (), ())
    assert [day.day for day in plan.week] == [NOW.date() + timedelta(days=number) for number in range(7)]


def test_today_week_and_twelve_weeks_are_one_plan() -> None:
    plan = plan_of([BEGUN], [EXERCISES], [LAST], FELT, [], NOW)
    assert isinstance(plan.session, SessionPlan)
    assert (plan.session.step, plan.session.minutes) == (1, 15)
    assert plan.exercise_session is not None
    assert [item.kind for item in plan.week[0].items] == [ItemKind.PROGRAMME, ItemKind.EXERCISES, ItemKind.WALK]
    assert plan.week[1].items == ()
    of_week = [item for day in plan.week for item in day.items]
    assert of_week == [item for item in plan.ahead if item.day < NOW.date() + timedelta(days=7)]
    sessions = [item for item in plan.ahead if item.kind is ItemKind.PROGRAMME]
    assert [item.minutes for item in sessions] == [5 + minutes for minutes in SESSION_MINUTES]
    assert len([item for item in plan.ahead if item.kind is ItemKind.EXERCISES]) == 36
    assert len([item for item in plan.ahead if item.kind is ItemKind.WALK]) == 18
    assert len({item.key for item in plan.ahead}) == len(plan.ahead)
    assert all(item.card in CARDS and item.words and item.minutes > 0 for item in plan.ahead)
    for kind in (ItemKind.PROGRAMME, ItemKind.EXERCISES, ItemKind.WALK):
        assert all((b.day - a.day).days >= 2 for a, b in pairwise(item for item in plan.ahead if item.kind is kind))


def test_a_session_is_no_longer_than_the_ceiling_at_the_usual_speed() -> None:
    for metres in range(1000, 4000, 100):
        plan = plan_of([BEGUN], [], [run(3, float(metres))], [], [], NOW)
        room_m = 1.10 * metres
        assert (plan.session is None) == (room_m < 10 * 60 * BASELINE.speed_mps)
        assert plan.session is None or plan.session.minutes * 60 * BASELINE.speed_mps <= room_m
    short = plan_of([BEGUN], [], [run(3, 2000.0)], [], [], NOW)
    assert short.session is not None
    assert short.session.minutes == 12  # 2.2 km at 3 m/s
    assert "cut short" in words_of(short)[0]
    none = plan_of([BEGUN], [], [run(3, 1500.0)], [], [], NOW)
    assert none.session is None
    assert "ceiling" in words_of(none)[0]
    later = [item.minutes for item in none.ahead if item.day < (NOW + 25 * DAY).date()]
    assert later == []


def test_red_holds_programme_and_exercises_and_says_why() -> None:
    plan = plan_of([BEGUN], [EXERCISES], [LAST], FELT, [noted(Sign.SWELLING, None, 0.1)], NOW)
    assert (plan.session, plan.exercise_session, plan.ahead) == (None, None, ())
    assert all("red" in words for words in words_of(plan))


def test_a_session_with_green_opens_the_next_and_amber_the_same() -> None:
    first = sensed(2, {Side.LEFT: 6.4, Side.RIGHT: 6.0}, minutes=20)
    assert first.started_utc is not None
    kept: list[Kept] = [
        dataclasses.replace(BEGUN, at_utc=NOW - 4 * DAY),
        Ran(first.started_utc, first.session_id, 15, 15, 15),
    ]
    green = plan_of(kept, [], [first], [felt(first, 1), morning(1, 0)], [], NOW)
    amber = plan_of(kept, [], [first], [felt(first, 4)], [], NOW)
    silent = plan_of(kept, [], [first], [], [], NOW)
    assert [None if one.session is None else one.session.step for one in (green, amber, silent)] == [2, 1, 1]
    assert "amber" in words_of(amber)[0]
    assert "tell how" in words_of(silent)[0]


def test_checks_come_after_the_programme_and_a_reminder_where_it_is_recalled() -> None:
    begun = dataclasses.replace(BEGUN, at_utc=NOW - 60 * DAY)
    runs = [run(58 - 2 * number, 6000.0) for number in range(8)]
    kept: list[Kept] = [begun]
    pains = []
    for number, one in enumerate(runs):
        assert one.started_utc is not None
        kept.append(Ran(one.started_utc, one.session_id, SESSION_MINUTES[number], 30, 10))
        pains.append(felt(one, 0))
    plan = plan_of(kept, [], runs, pains, [], NOW)
    assert plan.programme is not None
    assert plan.programme.over is Hold.DONE
    assert [item.title for item in plan.ahead] == ["Softer landing: check", "Softer landing: check"]
    assert plan.ahead[0].day == NOW.date()  # a month after is within three weeks
    lost = plan_of(kept, [], runs, pains, [], NOW, {1: Found.RECALLED})
    assert isinstance(lost.rules[-1], Reminder)
    assert len(plan_of(kept, [], runs, pains, [], NOW, {1: Found.RECALLED}, NOW.date()).rules) == 1
    assert len(plan_of(kept, [], runs, pains, [], NOW, {1: Found.KEPT}).rules) == 1
    red, amber = [noted(Sign.FEVER, None, 0.1)], [*pains, morning(0, 2)]
    assert len(plan_of(kept, [], runs, pains, red, NOW, {1: Found.RECALLED}).rules) == 1, "nobody is sent to run on red"
    assert len(plan_of(kept, [], runs, amber, [], NOW, {1: Found.RECALLED}).rules) == 1


def test_what_is_told_can_be_told_as_a_message() -> None:
    plan = plan_of([BEGUN], [EXERCISES, ExercisesDone(NOW - DAY, "e", {"squat": Done(True)})], [LAST], FELT, [], NOW)
    for rule in plan.rules:
        message = message_of(rule, "Ada", "", NOW)
        again = msgspec.convert(msgspec.json.decode(msgspec.json.encode(message.inputs)), type(rule))
        assert again.words == message.words != ""


def test_a_session_without_sensors_is_open_until_something_is_told_after_it() -> None:
    """An older green says nothing of a session that is no run of the log."""
    session = Ran(NOW - DAY, "told-20260614", 15.0, 15.0, 15.0)
    before = plan_of([BEGUN, session], [], [LAST], FELT, [], NOW + DAY)
    assert before.session is not None
    assert before.session.step == 1
    assert "tell how the last one felt" in words_of(before)[0]
    of_an_older_run = dataclasses.replace(felt(LAST, 0), noted_utc=NOW - 0.5 * DAY)
    assert plan_of([BEGUN, session], [], [LAST], [*FELT, of_an_older_run], [], NOW + DAY).session == before.session
    after = plan_of([BEGUN, session], [], [LAST], [*FELT, morning(0, 0)], [], NOW + DAY)
    assert after.session is not None
    assert after.session.step == 2


def test_new_pain_of_a_calf_is_taken_back_by_nothing_that_was_felt_before_it_and_by_no_demo() -> None:
    session = dataclasses.replace(run(1.2, 4000.0), duration_s=900.0, running_s=900.0)
    demo = run(0.5, 4000.0, "demo", is_demo=True)
    ran = Ran(session.started_utc or NOW, session.session_id, 15.0, 15.0, 15.0)
    calf = dataclasses.replace(felt(session, 2), site=PainSite.CALF, side=Side.LEFT)
    runs, pains, tomorrow = [LAST, session, demo], [*FELT, calf], NOW + DAY

    def hold(*more: Pain) -> Hold | None:
        state = plan_of([BEGUN, ran], [], runs, [*pains, *more], [], tomorrow).programme
        assert state is not None
        return state.hold_on(tomorrow.date())

    late = dataclasses.replace(felt(LAST, 0, Phase.AFTER), noted_utc=NOW)
    assert hold() is Hold.LOWER_LEG
    assert hold(late) is Hold.LOWER_LEG, "told today, of the day before the calf hurt"
    assert hold(felt(demo, 0)) is Hold.LOWER_LEG, "a demo's answers count nowhere"
    assert hold(morning(0, 0)) is None, "nothing hurt this morning"


def test_what_is_told_of_a_demo_opens_no_step() -> None:
    session = dataclasses.replace(run(1.2, 4000.0), duration_s=900.0, running_s=900.0)
    demo = run(0.5, 4000.0, "demo", is_demo=True)
    ran = Ran(session.started_utc or NOW, session.session_id, 15.0, 15.0, 15.0)
    plan = plan_of([BEGUN, ran], [], [LAST, session, demo], [*FELT, felt(demo, 0)], [], NOW + DAY)
    assert plan.session is not None
    assert plan.session.step == 1


def test_exercises_begun_anew_wait_as_long_after_red_as_those_that_went_on() -> None:
    red, quiet = noted(Sign.SWELLING, None, 4.0), [*FELT, morning(3, 0)]
    begun = dataclasses.replace(EXERCISES, at_utc=NOW - DAY)
    assert plan_of([], [begun], [LAST], FELT, [], NOW).exercise_session is not None
    again = plan_of([], [begun], [LAST], quiet, [red], NOW)
    assert again.exercise_session is None
    assert "red" in words_of(again)[0]
    assert plan_of([], [begun], [LAST], [*quiet, morning(0, 0)], [red], NOW).exercise_session is None, "one green day"
    two = [*quiet, morning(1, 0), morning(0, 0)]
    later = plan_of([], [dataclasses.replace(begun, at_utc=NOW - 2 * DAY)], [LAST], two, [red], NOW)
    assert later.exercise_session is not None


def test_exercises_take_no_step_after_a_run_of_which_nothing_was_told_yet() -> None:
    begun = dataclasses.replace(EXERCISES, at_utc=NOW - 9 * DAY)
    easy = Done(whole=True, pain=0, in_reserve=3)
    done = [ExercisesDone(NOW - days * DAY, f"e{days}", {"bridge": easy}) for days in (6, 4, 2)]
    before = run(8.0)
    silent = [run(days + 0.1, name=f"run-{days}") for days in (6, 4, 2)]

    def step(*more: Pain) -> int:
        plan = plan_of([], [begun, *done], [before, *silent], [felt(before, 0), *more], [], NOW)
        assert plan.exercises is not None
        return plan.exercises.own["bridge"].place.number

    assert step() == 0, "the light was unknown each time"
    assert step(*(felt(one, 0, hours_after=9.0) for one in silent)) == 0, "told after the exercises each time"
    assert step(*(felt(one, 0, hours_after=0.1) for one in silent)) == 1
