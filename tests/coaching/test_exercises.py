"""Exercises: which, how much, when harder and easier, and the time of holds."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Final

import pytest

from footfall_coaching.exercises.backward import WEEK_MINUTES, backward_minutes, walk_minutes_on
from footfall_coaching.exercises.catalogue import CATALOGUE, IN_TURN, LATE, TRACKS, WARM_UP, exercise_of
from footfall_coaching.exercises.cues import CueKind, cues_of
from footfall_coaching.exercises.dose import STEPS, Place, dose_of
from footfall_coaching.exercises.events import (
    Done,
    Event,
    ExercisesBegun,
    ExercisesDone,
    ExercisesGivenUp,
    WalkedBackwards,
    event_of,
    kept_as,
)
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.exercises.session import Session, exercises_today, next_sessions, session_on
from footfall_coaching.exercises.state import Hold, State, after, state_of
from footfall_coaching.light_rule import Colour
from footfall_coaching.programme.events import LightTold
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.session import Side

START: Final = datetime(2026, 6, 1, 9, tzinfo=UTC)
BEGUN: Final = ExercisesBegun(START, Track.COMBINED, with_backward_walking=True, with_knees_over_toes=True)
EASY: Final = Done(whole=True, pain=1, in_reserve=3)


def at(days: float) -> datetime:
    return START + timedelta(days=days, minutes=1)


def day_of(days: int) -> date:
    return (START + timedelta(days=days)).date()


def lit(days: float, colour: Colour) -> LightTold:
    return LightTold(at(days), colour)


def did(days: int, done: Done = EASY, *keys: str) -> ExercisesDone:
    return ExercisesDone(at(days + 0.1), f"e{days}", dict.fromkeys(keys or ("squat", "bridge"), done))


def stands(*events: Event) -> State:
    state = state_of([BEGUN, *events], UTC)
    assert state is not None
    return state


GREEN_WEEK: Final = (lit(0, Colour.GREEN), did(0), did(2), did(4))


def test_words_and_pictures_of_the_catalogue() -> None:
    for key, exercise in CATALOGUE.items():
        assert key == exercise.key
        assert exercise.levels
        for level in exercise.levels:
            assert 2 <= len(re.findall(r"[.;](?: |$)", level.how)) <= 5, level
            assert re.fullmatch(r"[a-z-]+", level.picture)
            assert "before" not in level.how, "each level is read alone"
            assert level.each_side or "one leg" not in level.name.lower()
    used = {
        *WARM_UP,
        LATE,
        "backward-walking",
        *(key for keys in (*TRACKS.values(), *IN_TURN.values()) for key in keys),
    }
    assert used == set(CATALOGUE)
    with pytest.raises(InputError, match="no exercise"):
        exercise_of("handstand")


@pytest.mark.parametrize("track", Track)
def test_sessions_take_20_to_30_minutes_for_twelve_weeks(track: Track) -> None:
    state = state_of([replace(BEGUN, track=track), lit(0, Colour.GREEN)], UTC)
    held = 0
    for number in range(100):
        assert state is not None
        session = session_on(state, day_of(number))
        if isinstance(session, Session):
            held += 1
            assert 20 <= session.minutes <= 30
            keys = [item.exercise.key for item in session.items]
            assert len(keys) == len(set(keys)) >= 5
            assert (LATE in keys) == state.may_go_late(day_of(number))
            assert number >= 14 or LATE not in keys
            state = after(state, did(number, EASY, *keys), UTC)
    assert held == 36
    assert state is not None
    assert session_on(state, day_of(84)) is Hold.DONE


def test_harder_after_two_sessions_as_planned_and_not_before() -> None:
    assert stands(*GREEN_WEEK[:2]).own["squat"].place == Place(0, 0)
    assert stands(*GREEN_WEEK[:3]).own["squat"].place == Place(0, 1)
    six: list[Event] = [lit(0, Colour.GREEN), *(did(day) for day in (0, 2, 4, 7, 9, 11))]
    assert stands(*six).own["squat"].place == Place(1, 0)
    assert dose_of(CATALOGUE["squat"], Place(0, 2)).words == "3 × 12"
    for done in (Done(True, 3, 3), Done(True, 1, 1), Done(False, 0, 3)):
        assert stands(*GREEN_WEEK[:2], did(2, done)).own["squat"].place == Place(0, 0)
    assert stands(did(0), did(2)).own["squat"].place == Place(0, 0)  # the light is unknown


def test_amber_takes_one_step_back_once() -> None:
    amber: list[Event] = [*GREEN_WEEK[:3], lit(3, Colour.AMBER)]
    assert stands(*amber).place_on("squat", day_of(4)) == Place(0, 0)
    higher: list[Event] = [lit(0, Colour.GREEN), *(did(day) for day in (0, 2, 4, 7)), lit(8, Colour.AMBER)]
    assert stands(*higher).own["squat"].place == Place(0, 2)
    once = stands(*higher, did(9))
    assert once.own["squat"].place == Place(0, 1)
    assert stands(*higher, did(9), did(11)).own["squat"].place == Place(0, 1)
    assert "One step easier" in exercises_today(stands(*higher), day_of(9)).words


def test_red_stops_until_two_green_days() -> None:
    red: list[Event] = [*GREEN_WEEK, lit(5, Colour.RED)]
    assert session_on(stands(*red), day_of(8)) is Hold.RED
    assert walk_minutes_on(stands(*red), day_of(8)) is None
    assert session_on(stands(*red, lit(8, Colour.GREEN)), day_of(8)) is Hold.RED
    again = stands(*red, lit(8, Colour.GREEN), lit(9, Colour.GREEN))
    assert isinstance(session_on(again, day_of(9)), Session)
    assert again.own["squat"].place == Place(0, 0)


def test_pain_in_an_exercise_takes_that_one_back() -> None:
    higher: list[Event] = [lit(0, Colour.GREEN), *(did(day) for day in (0, 2, 4, 7))]
    hurt = stands(*higher, ExercisesDone(at(9), "e9", {"squat": Done(True, 4), "bridge": EASY}))
    assert (hurt.own["squat"].place, hurt.own["bridge"].place) == (Place(0, 1), Place(0, 2))
    much = stands(*higher, ExercisesDone(at(9), "e9", {"squat": Done(True, 6)}))
    assert much.own["squat"].place == Place(0, 0)
    assert much.hold_on(day_of(12)) is Hold.RED, "as after a red light"
    green = stands(
        *higher, ExercisesDone(at(9), "e9", {"squat": Done(True, 6)}), lit(10, Colour.GREEN), lit(11, Colour.GREEN)
    )
    assert green.hold_on(day_of(12)) is None
    corrected = stands(*higher, ExercisesDone(at(9), "e9", {"squat": Done(True, 1)}))
    assert corrected.hold_on(day_of(12)) is None


def test_knees_go_over_toes_only_after_two_green_weeks() -> None:
    green: list[Event] = [lit(0, Colour.GREEN), *(did(day) for day in (0, 2, 4, 7, 9, 11))]
    assert not stands(*green).may_go_late(day_of(13))
    assert stands(*green).may_go_late(day_of(14))
    assert not stands(*green, lit(12, Colour.AMBER), lit(13, Colour.GREEN)).may_go_late(day_of(16))
    assert not stands(*green, lit(12, Colour.UNKNOWN), lit(13, Colour.GREEN)).may_go_late(day_of(16)), "nor silence"
    assert not stands(*green[:3]).may_go_late(day_of(16))
    early = stands(*green[:2], did(2, EASY, LATE, "squat"))
    assert early.own["squat"].place == Place(0, 1)
    assert LATE not in early.own
    session = session_on(stands(*green), day_of(14))
    assert isinstance(session, Session)
    late = next(item for item in session.items if item.exercise.key == LATE)
    assert late.level.name == "Shallow"
    unasked = state_of([replace(BEGUN, with_knees_over_toes=False), *green], UTC)
    assert unasked is not None
    assert not unasked.may_go_late(day_of(14))


def test_rest_pauses_and_the_end() -> None:
    assert session_on(stands(*GREEN_WEEK), day_of(5)) is Hold.REST
    assert session_on(stands(*GREEN_WEEK), day_of(6)) is Hold.ENOUGH
    assert "done for today" in exercises_today(stands(*GREEN_WEEK), day_of(4)).words
    assert "that is enough" in exercises_today(stands(*GREEN_WEEK), day_of(6)).words
    assert stands(*GREEN_WEEK).place_on("squat", day_of(18)) == Place(0, 1)
    assert stands(*GREEN_WEEK).place_on("squat", day_of(19)) == Place(0, 0)
    assert session_on(stands(ExercisesGivenUp(at(1))), day_of(2)) is Hold.GIVEN_UP
    ahead = [day for day, _ in next_sessions(stands(), day_of(0), day_of(13))]
    assert ahead == [day_of(number) for number in (0, 2, 4, 7, 9, 11)]


def test_a_session_that_is_told_again_is_one() -> None:
    part = ExercisesDone(at(2), "e2", {"squat": EASY})
    whole = ExercisesDone(at(2) + timedelta(minutes=9), "e2", {"squat": EASY, "bridge": EASY})
    assert stands(*GREEN_WEEK[:2], part, whole) == stands(*GREEN_WEEK[:2], replace(part, done=whole.done))
    events: list[Event] = [BEGUN, *GREEN_WEEK, WalkedBackwards(at(1), 5.0), ExercisesGivenUp(at(9))]
    assert state_of([event_of(*kept_as(event)) for event in events], UTC) == state_of(events, UTC)
    with pytest.raises(InputError, match="newer"):
        event_of("else", {})
    with pytest.raises(InputError, match="no exercise"):
        ExercisesDone(at(0), "x", {"handstand": EASY})


def test_cues_of_a_hold_are_get_ready_hold_half_way_bell_rest() -> None:
    cues = cues_of(CATALOGUE["side-plank"], Place(0, 1))
    kinds = [cue.kind for cue in cues]
    assert kinds[:6] == [
        CueKind.GET_READY,
        CueKind.HOLD,
        CueKind.HALF_WAY,
        CueKind.BELL,
        CueKind.CHANGE_SIDES,
        CueKind.GET_READY,
    ]
    assert kinds.count(CueKind.BELL) == 6
    assert (kinds.count(CueKind.REST), kinds[-1]) == (2, CueKind.END)
    assert all(a.at_s <= b.at_s for a, b in pairwise(cues))
    assert [cue.at_s for cue in cues[:4]] == [0.0, 5.0, 15.0, 25.0]
    assert cues_of(CATALOGUE["squat"], Place()) == ()


def stride(sensor_id: str, begin_s: float, quality: tuple[StrideFlag, ...]) -> Stride:
    """Return a walking stride of a second."""
    return Stride(sensor_id, Side.LEFT, Activity.WALK, begin_s, None, begin_s + 1.0, quality=quality)


def test_walking_backwards_counts_itself_and_grows() -> None:
    back: tuple[StrideFlag, ...] = (StrideFlag.BACKWARD,)
    strides = [stride("a", number, back if number < 300 else ()) for number in range(400)]
    assert backward_minutes([*strides, *(stride("b", number, back) for number in range(120))]) == pytest.approx(5.0)
    assert backward_minutes([]) == 0.0
    walks = [WalkedBackwards(at(7 * week + day), WEEK_MINUTES[week]) for week in range(6) for day in (0, 2, 4)]
    assert walk_minutes_on(stands(), day_of(0)) == 5
    assert walk_minutes_on(stands(walks[0]), day_of(1)) is None
    assert walk_minutes_on(stands(*walks[:3]), day_of(6)) is None
    assert walk_minutes_on(stands(*walks[:3]), day_of(7)) == 6
    assert walk_minutes_on(stands(*walks[:1]), day_of(7)) == 5  # too few to go on
    assert walk_minutes_on(stands(*walks), day_of(43)) is None
    assert walk_minutes_on(stands(*walks[:-1]), day_of(39)) == 10


def test_no_way_leads_on_over_amber_or_red() -> None:
    for seed in range(12):
        luck, state, colour = Random(seed), stands(), Colour.UNKNOWN
        for number in range(84):
            if luck.random() < 0.4:
                colour = luck.choices([Colour.GREEN, Colour.AMBER, Colour.RED], [8, 3, 1])[0]
                after_light = after(state, lit(number, colour), UTC)
                assert after_light is not None
                assert all(one.place.number <= state.own[key].place.number for key, one in after_light.own.items())
                state = after_light
            session = session_on(state, day_of(number))
            keys = [item.exercise.key for item in session.items] if isinstance(session, Session) else ["squat"]
            done = Done(luck.random() < 0.9, luck.choice([0, 1, 2, 2, 4, 7]), luck.choice([None, 1, 3, 3]))
            later = after(state, did(number, done, *keys), UTC)
            assert later is not None
            for key in keys:
                before, now = state.own.get(key), later.own.get(key)
                rise = 0 if now is None else now.place.number - (0 if before is None else before.place.number)
                assert rise <= 1
                if rise == 1:
                    assert state.colour is Colour.GREEN
                    assert state.stop is None
                    assert isinstance(session, Session)
                    assert done.pain <= 2
                    assert done.whole
            assert len(later.sessions) - len(state.sessions) == isinstance(session, Session)
            state = later
        assert all((b - a).days >= 2 for (a, _), (b, _) in pairwise(state.sessions))
    assert STEPS == 3
