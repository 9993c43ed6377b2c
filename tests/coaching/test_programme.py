"""A programme's rules: what is asked for, how sessions grow and fade, and what holds them."""

from dataclasses import replace
from datetime import UTC, timedelta
from itertools import pairwise
from random import Random

import pytest

from coaching.history import NOW, felt, morning, noted, run
from coaching.programme_history import (
    BASELINE,
    BEGUN,
    at,
    day_of,
    followed,
    lit,
    planned,
    ran,
    sensed,
    stands,
)
from footfall_coaching.answers import Pain, PainSite, Phase, Sign
from footfall_coaching.light import light_of
from footfall_coaching.light_rule import Colour
from footfall_coaching.programme.afterwards import Check, Found, Reminder, checks_after, months_later, open_check
from footfall_coaching.programme.baseline import Baseline, NoBaseline, baseline_of
from footfall_coaching.programme.beginning import NotYet, beginning_of
from footfall_coaching.programme.events import (
    Begun,
    GivenUp,
    Kept,
    LowerLegTold,
    Ran,
    StrikeSeen,
    event_of,
    kept_as,
)
from footfall_coaching.programme.from_log import JUST_BEFORE, events_of, lights_of
from footfall_coaching.programme.kind import ProgrammeKind, target_of
from footfall_coaching.programme.progress import adherence_of, progress_of
from footfall_coaching.programme.rule import begins, next_days, programme_today
from footfall_coaching.programme.sessions import MOST_GROWTH_MINUTES, SESSION_MINUTES, Part, now_in, session_plan
from footfall_coaching.programme.state import Hold, state_of
from footfall_coaching.run import Run
from footfall_processing.errors import InputError
from footfall_processing.session import Side

OWN = {Side.LEFT: 8.0, Side.RIGHT: 7.0}


def test_targets_have_ends_that_none_goes_beyond() -> None:
    assert target_of(ProgrammeKind.IMPACT).band(10.0) == (0.0, 8.0)
    assert target_of(ProgrammeKind.IMPACT, 50.0).band(10.0)[1] == 5.0
    assert target_of(ProgrammeKind.CADENCE).band(160.0) == pytest.approx((168.0, 176.0))
    assert target_of(ProgrammeKind.CADENCE, 110.0).high_percent == 110.0
    for kind, percent in (
        (ProgrammeKind.IMPACT, 49.0),
        (ProgrammeKind.IMPACT, 90.0),
        (ProgrammeKind.CADENCE, 104.0),
        (ProgrammeKind.CADENCE, 111.0),
    ):
        with pytest.raises(InputError, match="not within"):
            target_of(kind, percent)
        with pytest.raises(InputError):
            Begun(NOW, kind, percent, BASELINE)


def test_a_target_is_for_the_own_speed_alone() -> None:
    target = target_of(ProgrammeKind.CADENCE)
    assert target.applies_at(3.1, 3.0)
    assert not target.applies_at(3.3, 3.0)
    assert not target.applies_at(None, 3.0)


def test_minutes_make_180_and_feedback_fades() -> None:
    assert sum(SESSION_MINUTES) == 180
    assert max(b - a for a, b in pairwise(SESSION_MINUTES)) == MOST_GROWTH_MINUTES
    plans = [session_plan(step) for step in range(1, 9)]
    assert [plan.cued_minutes for plan in plans] == pytest.approx([15, 17, 19, 21, 18, 13, 7, 3])
    last = plans[-1]
    assert [span.begin_s for span in last.cued] == pytest.approx([0, 870, 1740])
    assert [span.end_s for span in last.cued] == pytest.approx([60, 930, 1800])
    assert last.is_cued_at(900.0)
    assert not last.is_cued_at(300.0)
    assert "1 min each at the beginning" in last.words
    assert session_plan(8, 20).cued[-1].end_s == pytest.approx(1200.0)


def test_where_a_session_is_agrees_with_its_spans() -> None:
    for step in (1, 6, 8):
        plan = session_plan(step)
        parts = [now_in(plan, float(second)) for second in range(60 * (plan.minutes + plan.warm_up_minutes) + 2)]
        assert sum(now.part is Part.CUED for now in parts) == pytest.approx(60 * plan.cued_minutes, abs=2)
        assert sum(now.part is Part.WARM_UP for now in parts) == 300
        assert all(
            (now.part is Part.CUED) == plan.is_cued_at(second - 300.0)
            for second, now in enumerate(parts)
            if second >= 300
        )
        assert (parts[-1].part, parts[-1].words) == (Part.OVER, f"Session {step} of 8: done")
    assert now_in(session_plan(8), 400.0).words == "Session 8 of 8: the same without sound, 12:50 left"


def test_a_baseline_is_of_both_legs_at_the_own_speed() -> None:
    found = baseline_of([sensed(1, OWN), sensed(3, OWN)], ProgrammeKind.IMPACT, NOW)
    assert isinstance(found, Baseline)
    assert (found.runs, found.metric_name) == (2, "peak_tibial_acc_g")
    assert found.speed_mps == pytest.approx(3.0)
    assert [round(leg.value, 1) for leg in found.legs] == [8.0, 7.0]
    assert all(leg.low <= leg.value <= leg.high and leg.strides == 1280 for leg in found.legs)
    assert found.worse.side is Side.LEFT
    assert found.rearfoot_percent == pytest.approx(90.0)


def test_a_baseline_counts_the_strides_that_its_values_are_from() -> None:
    clipped = [replace(leg, clipped_strides=leg.strides) for leg in sensed(3, OWN).minutes[0].legs]
    first, second, *others = sensed(3, OWN).minutes
    left_out = [replace(first, slope_percent=3.0), replace(second, legs=clipped)]
    found = baseline_of([replace(sensed(3, OWN), minutes=[*left_out, *others])], ProgrammeKind.IMPACT, NOW)
    whole = baseline_of([sensed(3, OWN)], ProgrammeKind.IMPACT, NOW)
    assert isinstance(found, Baseline)
    assert isinstance(whole, Baseline)
    assert [two.strides - one.strides for one, two in zip(found.legs, whole.legs, strict=True)] == [160, 160]


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([], "No run in the last four weeks"),
        ([sensed(40, OWN)], "No run in the last four weeks"),
        ([sensed(1, OWN, speed_mps=None)], "usual speed is not known"),
        ([sensed(1, OWN, minutes=2)], "Too little"),
        ([sensed(1, OWN, minutes=8, strides=15)], "Too little"),
    ],
)
def test_too_little_is_no_baseline_and_says_what_to_do(runs: list[Run], said: str) -> None:
    found = baseline_of(runs, ProgrammeKind.IMPACT, NOW)
    assert isinstance(found, NoBaseline)
    assert said in found.words


def test_a_programme_that_is_followed_ends_after_eight_sessions_and_has_checks() -> None:
    state = stands(*followed(8))
    assert [held.step for held in state.sessions] == list(range(1, 9))
    assert [held.planned_minutes for held in state.sessions] == list(SESSION_MINUTES)
    assert (state.over, state.over_on) == (Hold.DONE, day_of(14))
    assert adherence_of(state).words.startswith("8 of 8 sessions done, 180 min run")
    assert state.plan_on(day_of(40)) is Hold.DONE


def test_a_day_of_rest_is_between_sessions() -> None:
    state = stands(*followed(1))
    assert state.plan_on(day_of(1)) is Hold.REST
    assert "a day of rest" in programme_today(state, day_of(1)).words
    assert "done for today" in programme_today(state, day_of(0)).words
    assert planned(state, 2).step == 2
    again = stands(*followed(1), ran(1))
    assert [held.counts for held in again.sessions] == [True, False]
    assert again.plan_on(day_of(2)) is Hold.REST


def test_amber_repeats_and_a_second_amber_shortens() -> None:
    once = stands(*followed(3), ran(6), lit(6, Colour.AMBER))
    assert (planned(once, 8).step, planned(once, 8).minutes) == (4, 21)
    twice = stands(*followed(3), ran(6), lit(6, Colour.AMBER), ran(8), lit(8, Colour.AMBER))
    assert (planned(twice, 10).step, planned(twice, 10).minutes) == (4, 15)
    assert "amber" in programme_today(twice, day_of(10)).words
    green = stands(*followed(3), ran(6), lit(6, Colour.AMBER), lit(7, Colour.GREEN))
    assert planned(green, 8).step == 4  # to be done once more, on green
    on = stands(*followed(3), ran(6), lit(6, Colour.AMBER), ran(8), lit(8, Colour.GREEN))
    assert planned(on, 10).step == 5


def test_without_an_answer_the_session_comes_again() -> None:
    state = stands(*followed(2), ran(4))
    assert planned(state, 6).step == 3
    assert "tell how the last one felt" in programme_today(state, day_of(6)).words


def test_red_stops_until_two_green_days_and_goes_a_step_back() -> None:
    red = [*followed(3), ran(6), lit(6, Colour.RED)]
    assert stands(*red).plan_on(day_of(8)) is Hold.RED
    one_day = [*red, lit(8, Colour.GREEN), lit(8, Colour.GREEN, 6.0)]
    assert stands(*one_day).plan_on(day_of(9)) is Hold.RED
    assert stands(*one_day, lit(9, Colour.AMBER), lit(10, Colour.GREEN)).plan_on(day_of(10)) is Hold.RED
    assert planned(stands(*one_day, lit(9, Colour.GREEN)), 9).step == 3
    assert "stopped" in programme_today(stands(*red), day_of(8)).words


def test_new_pain_of_the_lower_leg_holds_until_it_is_gone_on_another_day() -> None:
    hurt = [*followed(2), LowerLegTold(at(3), "left calf, 3 of 10")]
    assert stands(*hurt).plan_on(day_of(4)) is Hold.LOWER_LEG
    assert "left calf, 3 of 10" in programme_today(stands(*hurt), day_of(4)).words
    assert stands(*hurt, LowerLegTold(at(3, 2.0), "")).plan_on(day_of(4)) is Hold.LOWER_LEG
    gone = stands(*hurt, LowerLegTold(at(4), ""))
    assert planned(gone, 4).step == 2  # the same one again


def test_a_move_to_the_forefoot_that_nobody_asked_for_holds() -> None:
    moved = [*followed(2), StrikeSeen(at(2, 5.0), 65.0)]
    assert stands(*moved).plan_on(day_of(4)) is Hold.STRIKE
    words = programme_today(stands(*moved), day_of(4)).words
    assert "65 % instead of 90 %" in words
    assert stands(*followed(2), StrikeSeen(at(2, 5.0), 71.0)).strike_percent is None
    assert planned(stands(*moved, StrikeSeen(at(3), 85.0)), 4).step == 2


def test_missed_sessions_shift_repeat_and_end() -> None:
    state = stands(*followed(3))
    assert planned(state, 10).step == 4
    assert planned(state, 12).step == 3
    assert "8 days ago" in programme_today(state, day_of(12)).words
    assert state.plan_on(day_of(4 + 29)) is Hold.LAPSED
    late = stands(*followed(3), ran(40))
    assert (late.over, len(late.sessions)) == (Hold.LAPSED, 3)
    assert stands(GivenUp(at(1))).plan_on(day_of(2)) is Hold.GIVEN_UP


def test_the_ceiling_cuts_a_session_or_leaves_none() -> None:
    state = stands(*followed(4))
    assert planned(state, 8, 16.7).minutes == 16
    assert state.plan_on(day_of(8), 9.9) is Hold.CEILING
    assert "cut short" in programme_today(state, day_of(8), 16.7).words
    assert "ceiling" in programme_today(state, day_of(8), 5.0).words


def test_a_session_that_goes_on_after_a_restart_is_one() -> None:
    part, whole = (Ran(at(0, 1.0), "a", 15.0, minutes, minutes) for minutes in (6.0, 14.0))
    assert not stands(part).may_step
    assert stands(part, whole, part, lit(0, Colour.GREEN)) == stands(whole, lit(0, Colour.GREEN))
    assert planned(stands(part, whole, lit(0, Colour.GREEN)), 2).step == 2
    hurt_between = stands(part, lit(0, Colour.AMBER, 1.2), whole, lit(0, Colour.GREEN))
    assert planned(hurt_between, 2).step == 1
    held = [event_of(*kept_as(one)) for one in (BEGUN, *followed(3), GivenUp(at(9)))]
    assert state_of(held, UTC) == stands(*followed(3), GivenUp(at(9)))


def test_what_is_kept_must_be_whole() -> None:
    with pytest.raises(InputError, match="newer Footfall"):
        event_of("else", {})
    with pytest.raises(InputError, match="can't"):
        event_of("ran", {"at_utc": "yesterday"})


def test_events_follow_from_the_log() -> None:
    old, first = run(20), sensed(1.0, OWN, heel=0.5)
    begun = Begun(NOW - timedelta(days=2), ProgrammeKind.IMPACT, 80.0, BASELINE)
    calf = Pain("Ada", first.session_id, NOW - timedelta(hours=20), Phase.AFTER, PainSite.CALF, Side.LEFT, 2)
    was = Pain("Ada", old.session_id, NOW - timedelta(days=19), Phase.AFTER, PainSite.CALF, Side.LEFT, 2)
    pains = [felt(old, 0), felt(first, 4), calf]
    events = events_of([begun], [old, first], pains, [], NOW)
    assert isinstance(events[0], Begun)
    state = state_of(events, UTC)
    assert state is not None
    assert state.colour is Colour.AMBER
    assert state.new_pain == "left calf, 2 of 10"
    assert state.strike_percent == pytest.approx(50.0)
    known = state_of(events_of([begun], [old, first], [was, *pains], [], NOW), UTC)
    assert known is not None
    assert known.new_pain == ""
    assert events_of([], [old], pains, [], NOW) == []


def test_lights_on_the_way_are_those_of_their_moments() -> None:
    luck = Random(1)
    runs = [run(luck.choice([1.0, 2.0, 3.0, 16.0]) + 4.0 * number) for number in range(30)]
    told = [one for one in runs if luck.random() < 0.7]
    pains = [felt(one, luck.choice([0, 1, 2, 3, 6]), hours_after=luck.uniform(0.5, 30.0)) for one in told]
    pains += [morning(number, luck.choice([0, 0, 1, 2])) for number in range(0, 120, 5)]
    signs = [noted(Sign.LIMP, runs[4]), noted(Sign.NIGHT_PAIN, None, 9.0)]
    lights = lights_of(NOW - timedelta(days=60), runs, pains, signs, NOW)
    assert len(lights) > 30
    assert [one.colour for one in lights] == [light_of(runs, pains, signs, one.at_utc).colour for one in lights]
    before_runs = {one.started_utc - JUST_BEFORE for one in runs if one.started_utc is not None}
    assert all(one.is_answered == (one.at_utc not in {*before_runs, NOW - timedelta(days=60), NOW}) for one in lights)


def test_another_place_told_the_same_day_does_not_lift_the_hold() -> None:
    begun = Begun(NOW - timedelta(days=5), ProgrammeKind.IMPACT, 80.0, BASELINE)
    foot = Pain("Ada", "", NOW - timedelta(days=1, hours=8), Phase.MORNING, PainSite.FOOT, Side.LEFT, 1)
    knee = Pain("Ada", "", NOW - timedelta(days=1, hours=7), Phase.MORNING, PainSite.KNEE, Side.LEFT, 1)
    state = state_of(events_of([begun], [], [foot, knee], [], NOW), UTC)
    assert state is not None
    assert state.new_pain == "left foot, 1 of 10"
    gone = state_of(events_of([begun], [], [foot, knee, morning(0.0, 0)], [], NOW), UTC)
    assert gone is not None
    assert gone.new_pain == ""


def test_progress_is_held_against_the_baseline_at_the_same_speed() -> None:
    before = [sensed(10, OWN), sensed(12, OWN)]
    own = baseline_of(before, ProgrammeKind.IMPACT, NOW - timedelta(days=9))
    assert isinstance(own, Baseline)
    session = sensed(1, {Side.LEFT: 6.0, Side.RIGHT: 6.9})
    begun = Begun(NOW - timedelta(days=9), ProgrammeKind.IMPACT, 80.0, own)
    assert session.started_utc is not None
    kept: list[Kept] = [begun, Ran(session.started_utc, session.session_id, 15.0, 15.0, 15.0)]
    state = state_of(events_of(kept, [*before, session], [], [], NOW), UTC)
    assert state is not None
    left, right = sorted(progress_of(state, [*before, session]), key=lambda leg: str(leg.side))
    assert left.change_percent == pytest.approx(-25.0, abs=0.5)
    assert right.change_percent == pytest.approx(-1.4, abs=0.5)
    assert [left.reaches_target, right.reaches_target] == [True, False]
    assert left.low_percent < left.change_percent < left.high_percent
    assert left.words.startswith("session 1, left leg: -25 %")


def test_cadence_has_its_own_baseline_and_progress() -> None:
    own, higher = {Side.LEFT: 160.0, Side.RIGHT: 160.0}, {Side.LEFT: 170.0, Side.RIGHT: 165.0}
    before = [sensed(8, own, metric="cadence_spm", minutes=14), sensed(10, own, metric="cadence_spm", minutes=14)]
    begun = beginning_of(ProgrammeKind.CADENCE, before, [], [], NOW - timedelta(days=7))
    assert isinstance(begun, Begun)
    assert begun.baseline.worse.value == pytest.approx(160.0, rel=0.01)
    session = sensed(2, higher, metric="cadence_spm", minutes=15)
    assert session.started_utc is not None
    kept: list[Kept] = [begun, Ran(session.started_utc, session.session_id, 15.0, 15.0, 15.0)]
    state = state_of(events_of(kept, [*before, session], [], [], NOW), UTC)
    assert state is not None
    found = {
        leg.side: (round(leg.change_percent), leg.reaches_target) for leg in progress_of(state, [*before, session])
    }
    assert found == {Side.LEFT: (6, True), Side.RIGHT: (3, False)}


def test_the_first_session_waits_for_green_and_what_is_run_on_amber_is_none_of_it() -> None:
    amber = stands(lit(0, Colour.AMBER))
    assert amber.plan_on(day_of(0)) is Hold.AMBER
    assert "waits for a green day" in programme_today(amber, day_of(0)).words
    assert [plan.step for _, plan in next_days(amber, day_of(0), day_of(1))] == [1]
    assert next_days(amber, day_of(0), day_of(1))[0][0] == day_of(1)
    run_on_amber = stands(lit(0, Colour.AMBER), ran(1))
    assert (run_on_amber.counted, run_on_amber.plan_on(day_of(3))) == ((), Hold.AMBER)
    assert planned(stands(lit(0, Colour.AMBER), lit(1, Colour.GREEN)), 1).step == 1


def test_next_days_are_a_calendar_of_what_may_come() -> None:
    ahead = next_days(stands(*followed(2)), day_of(3), day_of(60))
    assert [plan.step for _, plan in ahead] == [3, 4, 5, 6, 7, 8]
    assert [day for day, _ in ahead][:2] == [day_of(4), day_of(6)]
    assert next_days(stands(lit(0, Colour.RED)), day_of(1), day_of(60)) == []
    assert begins(BEGUN, Colour.GREEN).endswith("your own impact, or less.")
    assert "from 15 to 30 min" in begins(BEGUN, Colour.AMBER)
    assert begins(BEGUN, Colour.AMBER).endswith("its first session comes on the first green day.")


def test_checks_are_due_after_one_three_and_six_months() -> None:
    done = day_of(14)
    first, *_ = checks = checks_after(done)
    assert [check.due for check in checks] == [months_later(done, months) for months in (1, 3, 6)]
    assert open_check(done, {}, first.due) == first
    assert open_check(done, {1: Found.KEPT}, first.due) is None
    assert open_check(done, {}, first.until + timedelta(days=1)) is None
    assert months_later(done.replace(month=1, day=31), 1).day == 28
    assert isinstance(first, Check)
    assert "twice three minutes" in first.words


def test_a_reminder_comes_weekly_while_it_is_recalled_and_not_kept() -> None:
    assert "as softly as then" in Reminder(ProgrammeKind.IMPACT, Found.RECALLED, None).words
    assert Reminder(ProgrammeKind.CADENCE, Found.RECALLED, 7).words
    assert not Reminder(ProgrammeKind.CADENCE, Found.RECALLED, 6).words
    assert not Reminder(ProgrammeKind.IMPACT, Found.KEPT, None).words
    assert not Reminder(ProgrammeKind.IMPACT, Found.LOST, None).words


def test_a_programme_begins_unless_something_speaks_against_it() -> None:
    runs = [sensed(1, OWN, minutes=14), sensed(3, OWN, minutes=14)]
    quiet = [felt(runs[0], 1)]
    begun = beginning_of(ProgrammeKind.IMPACT, runs, quiet, [], NOW)
    assert isinstance(begun, Begun)
    assert (begun.percent, begun.at_utc) == (80.0, NOW)
    calf = Pain("Ada", "", NOW - timedelta(days=9), Phase.MORNING, PainSite.CALF, Side.LEFT, 3)
    for not_yet, said in (
        (beginning_of(ProgrammeKind.IMPACT, runs, [felt(runs[0], 7)], [], NOW), "red"),
        (beginning_of(ProgrammeKind.IMPACT, runs, [*quiet, calf], [], NOW), "Calf"),
        (beginning_of(ProgrammeKind.CADENCE, runs, quiet, [], NOW), "Too little"),  # no cadence in these
        (beginning_of(ProgrammeKind.IMPACT, [sensed(1, OWN, minutes=5)], quiet, [], NOW), "ceiling"),
    ):
        assert isinstance(not_yet, NotYet)
        assert said in not_yet.words
    with pytest.raises(InputError, match="not within"):
        beginning_of(ProgrammeKind.IMPACT, runs, quiet, [], NOW, 40.0)


def test_a_programme_begun_anew_waits_as_long_after_red_as_one_that_goes_on() -> None:
    runs = [sensed(5.6, OWN, minutes=14), sensed(9, OWN, minutes=14)]
    red = noted(Sign.SWELLING, None, 4.0)
    quiet = [morning(2, 0)]  # one green day, if at all
    not_yet = beginning_of(ProgrammeKind.IMPACT, runs, quiet, [red], NOW)
    assert isinstance(not_yet, NotYet)
    assert "green on two days" in not_yet.words
    later = [sensed(2, OWN, minutes=14), sensed(1, OWN, minutes=14)]
    told = [felt(one, 0) for one in later]
    assert isinstance(beginning_of(ProgrammeKind.IMPACT, [*later, *runs], told, [red], NOW), Begun)


def test_a_session_that_was_begun_before_the_first_step_is_not_taken_for_green() -> None:
    before, session = run(4.0), run(1.0)
    assert session.started_utc is not None
    kept: list[Kept] = [
        Begun(NOW - timedelta(days=3), ProgrammeKind.IMPACT, 80.0, BASELINE),
        Ran(session.started_utc - timedelta(minutes=5), session.session_id, 15.0, 15.0, 15.0),
    ]
    state = state_of(events_of(kept, [before, session], [felt(before, 0)], [], NOW), UTC)
    assert state is not None
    assert (state.may_step, state.colour) == (True, Colour.UNKNOWN)
    assert state.step_on(NOW.date() + timedelta(days=1)) == 1
