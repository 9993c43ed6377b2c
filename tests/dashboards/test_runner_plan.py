"""The page Plan, exercises and cards: what is told in each state, what forms keep, and what is refused."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from xml.etree import ElementTree

import pytest

from dashboards.a_diary import HOSTILE, NOW, RUNNER, ADiary
from dashboards.a_plan import about_to_begin, done, held_by_amber, in_week_two, stopped_by_red
from dashboards.asked_pages import ZONE, Somebody, get, pages_of, send, send_bare
from footfall_coaching.answers import Pain, PainSite, Phase
from footfall_coaching.cards import CARDS, GRADE_WORDS
from footfall_coaching.exercises.catalogue import CATALOGUE
from footfall_coaching.exercises.events import ExercisesBegun, ExercisesDone, ExercisesGivenUp, WalkedBackwards
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.programme.events import Begun, GivenUp, Ran
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_dashboards.runner.html import text
from footfall_dashboards.runner.server import Surroundings, app
from footfall_processing.session import Side

EMPTY = pages_of(ADiary())
OF_DAY = re.compile(r'href="/plan/session\?at=([a-z-]+)"')
PICTURE = re.compile(r'<svg class="exercise".*?</svg>')


async def test_a_programme_may_be_begun_on_amber_and_waits_for_green() -> None:
    diary = about_to_begin()
    last = max(run.started_utc for run in diary.kept.values() if run.started_utc is not None)
    run_id = next(run.session_id for run in diary.kept.values() if run.started_utc == last)
    diary.pains_told.append(Pain(RUNNER, run_id, NOW - timedelta(hours=1), Phase.DURING, PainSite.KNEE, Side.LEFT, 4))
    pages = pages_of(diary)
    assert "The light is amber: it may be begun" in (await get(pages, "/plan")).text
    assert (await send(pages, "/plan", "/plan", {"do": "begin-impact", "percent": "80"})).status == 303
    page = (await get(pages, "/plan")).text
    assert "the first session waits for a green day, since the light is amber" in page
    assert "At your usual pace" not in page, "no session is told yet"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            in_week_two,
            (
                "session 5 of 8",
                " g, or less. ",
                "4 of 8 sessions done",
                "Tell that you ran a session",
                "Do the exercises",
            ),
        ),
        (held_by_amber, ("The same session again, since the light is amber", "One step easier")),
        (stopped_by_red, ("stopped, since the light was red", "stopped by red", "4 of 8 sessions done")),
        (done, ("all 8 sessions are done", "Check after one month", "Quicker steps", "8 of 8 sessions done")),
    ],
)
async def test_each_state_says_what_is_next_and_why(state: Callable[[], ADiary], words: tuple[str, ...]) -> None:
    diary = state()
    page = await get(pages_of(diary), "/plan")
    assert page.status == 200
    for one in words:
        assert one in page.text
    cards = set(re.findall(r'href="/plan/cards/([^"?]+)', page.text))
    assert cards
    assert cards <= set(CARDS)
    told = {message.rule: message for message in diary.ledger}
    assert {"programme", "exercises"} <= set(told), "it is in the ledger as it was told"
    assert text(told["programme"].words) in page.text


async def test_only_who_may_run_today_is_given_a_session() -> None:
    red = (await get(pages_of(stopped_by_red()), "/plan")).text
    assert 'id="week"' not in red
    assert "/plan/session" not in red
    assert red.index("Have it looked at") < red.index("The programme today")


async def test_today_tells_its_part_of_the_plan() -> None:
    page = (await get(pages_of(in_week_two(sessions=2)), "/today")).text
    assert "Today’s part of the plan" in page
    assert "Softer landing: session" in page
    assert "stopped, since the light was red" in (await get(pages_of(stopped_by_red()), "/today")).text
    assert "part of the plan" not in (await get(pages_of(about_to_begin()), "/today")).text


async def test_nothing_followed_offers_the_test_before_the_training_each_with_its_card() -> None:
    page = (await get(pages_of(about_to_begin()), "/plan")).text
    places = [page.index(f"<h3>{title}</h3>") for title in ("Test before you train", "Softer landing", "Quicker steps")]
    assert places == sorted(places)
    for key in ("try-out", "impact-feedback", "cadence", "hip-and-knee"):
        assert f'href="/plan/cards/{key}"' in page
        assert text(CARDS[key].says) in page


async def test_what_keeps_a_programme_from_beginning_is_said_and_holds() -> None:
    diary = ADiary()
    page = (await get(pages_of(diary), "/plan")).text
    assert page.count("Not yet: No run in the last four weeks.") == 2
    answer = await send(pages_of(diary), "/plan", "/plan", {"do": "begin-impact", "percent": "80"})
    assert (answer.status, diary.planned) == (400, {})
    assert "No run in the last four weeks" in answer.text


async def test_programme_and_exercises_are_begun_and_stopped() -> None:
    diary, moments = about_to_begin(), count()
    pages = app(diary, Surroundings(zone=ZONE, clock=lambda: NOW + timedelta(seconds=next(moments))))
    for do, fields, kind in (
        ("begin-cadence", {"percent": "105"}, Begun),
        ("begin-exercises", {"track": "hip", "walking": "yes"}, ExercisesBegun),
        ("stop-programme", {}, GivenUp),
        ("stop-exercises", {}, ExercisesGivenUp),
    ):
        answer = await send(pages, "/plan", "/plan", {"do": do, **fields})
        assert (answer.status, answer.headers["location"]) == (303, f"/plan?done={do}")
        assert isinstance(diary.planned[RUNNER][-1], kind)
        assert 'role="status"' in (await get(pages, answer.headers["location"])).text
        assert (await send(pages, "/plan", "/plan", {"do": do, **fields})).status == 400, "not twice"
    begun, exercises = diary.planned[RUNNER][:2]
    assert isinstance(begun, Begun)
    assert isinstance(exercises, ExercisesBegun)
    assert (begun.kind, begun.percent) == (ProgrammeKind.CADENCE, 105.0)
    assert (exercises.track, exercises.with_backward_walking, exercises.with_knees_over_toes) == (
        Track.HIP,
        True,
        False,
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "begin-impact", "percent": "20"},
        {"do": "begin-impact"},
        {"do": "begin-exercises", "track": "<b>"},
        {"do": "ran", "run": "none", "minutes": "10", "cued": "3"},
        {"do": "walked", "minutes": "5"},
    ],
)
async def test_what_is_no_choice_is_refused_in_words(fields: dict[str, str]) -> None:
    diary = about_to_begin()
    answer = await send(pages_of(diary), "/plan", "/plan", fields)
    assert (answer.status, diary.planned) == (400, {})
    assert 'class="trouble"' in answer.text


async def test_a_session_is_told_by_hand_of_a_run_or_without_one() -> None:
    diary = in_week_two()
    last = max(diary.kept)
    pages = pages_of(diary)
    fields = {"do": "ran", "run": "none", "minutes": "24", "cued": "18"}
    assert (await send(pages, "/plan", "/plan", fields)).status == 303
    assert diary.planned[RUNNER][-1] == Ran(NOW, "told-20261120", 24.0, 24.0, 18.0)
    assert "session 5 of 8" not in (await get(pages, "/plan")).text
    for wrong in ({"minutes": "x"}, {"cued": "25"}, {"run": last[:-1]}):
        assert (await send(pages, "/plan", "/plan", fields | wrong)).status == 400, wrong
    early = in_week_two(sessions=4)
    run = early.kept[max(early.kept)]
    assert run.started_utc is not None
    moved = NOW - timedelta(hours=3)
    early.kept[run.session_id] = replace(run, started_utc=moved)
    answer = await send(pages_of(early), "/plan", "/plan", fields | {"run": run.session_id})
    assert answer.status == 303
    told = [one for one in early.planned[RUNNER] if isinstance(one, Ran) and one.session_id == run.session_id]
    assert [one.at_utc for one in told] == [moved], "told again of the same run, when it began"


@pytest.mark.parametrize("times", [1, 2])
async def test_a_session_cut_short_stays_so_however_often_it_is_told(times: int) -> None:
    diary = in_week_two(sessions=5)
    ran = diary.planned[RUNNER]
    last = next(one for one in reversed(ran) if isinstance(one, Ran))
    run = diary.kept[last.session_id]
    diary.planned[RUNNER] = [one for one in ran if one is not last]
    at_utc = NOW - timedelta(hours=3)
    diary.kept[run.session_id] = replace(run, started_utc=at_utc)
    for _ in range(times):
        fields = {"do": "ran", "run": run.session_id, "minutes": "12", "cued": "9"}
        assert (await send(pages_of(diary), "/plan", "/plan", fields)).status == 303
    told = diary.planned[RUNNER][-1]
    assert told == Ran(at_utc, run.session_id, last.planned_minutes, 12.0, 9.0)


async def test_a_walk_is_told_and_a_coach_only_reads() -> None:
    diary = in_week_two()
    assert (await send(pages_of(diary), "/plan", "/plan", {"do": "walked", "minutes": "6"})).status == 303
    assert diary.planned[RUNNER][-1] == WalkedBackwards(NOW, 6.0)
    coach = Somebody("Cleo", frozenset({""}))
    for path in ("/plan", "/plan/session", "/plan/try-out"):
        page = await get(pages_of(diary), f"{path}?runner=", coach)
        assert page.status == 200
        assert f'method="post" action="{path}' not in page.text
        assert (
            await send(pages_of(diary), f"{path}?runner=", "/plan?runner=", {"do": "stop-programme"}, coach)
        ).status == 403


async def test_forms_from_elsewhere_are_refused() -> None:
    diary = in_week_two()
    kept = list(diary.planned[RUNNER])
    for path in ("/plan", "/plan/session", "/plan/try-out"):
        assert (await send_bare(pages_of(diary), path, {"do": "stop-programme"})).status == 403
    assert (await send(pages_of(diary), "/plan", "/plan", {"do": "erase"})).status == 400
    assert diary.planned[RUNNER] == kept


async def test_exercises_come_one_after_the_other_and_each_is_kept_at_once() -> None:
    diary = in_week_two(sessions=2)
    pages = pages_of(diary)
    page = await get(pages, "/plan/session")
    assert "Warm up first" in page.text
    keys = OF_DAY.findall(page.text.partition("Today’s exercises")[2])
    assert len(keys) == 5
    for number, key in enumerate(keys):
        assert f"{number + 1} of {len(keys)}: {CATALOGUE[key].name}" in page.text
        answer = await send(
            pages,
            "/plan/session",
            "/plan/session",
            {"do": key, "whole": "yes", "reserve": "3", "level": str(number % 3)},
        )
        assert answer.status == 303
        page = await get(pages, "/plan/session")
        if number == 1:
            for where in ("/plan", "/today"):
                assert "2 of 5 exercises are told of today." in (await get(pages, where)).text
    assert "All of today’s exercises are told." in page.text
    told = [one for one in diary.planned[RUNNER] if isinstance(one, ExercisesDone) and one.at_utc == NOW]
    assert [len(one.done) for one in told] == [5], "one session, told again as it goes on"
    assert told[0].session_id == "exercises-20261120"
    plan = await get(pages, "/plan")
    assert "done for today" in plan.text
    assert "Look at what you told of them" in plan.text
    again = {"do": "squat", "whole": "no", "level": "4"}
    assert (await send(pages, "/plan/session", "/plan/session?at=squat", again)).status == 303
    last = diary.planned[RUNNER][-1]
    assert isinstance(last, ExercisesDone)
    assert (last.done["squat"].pain, last.done["squat"].whole, len(last.done)) == (4, False, 5)
    for wrong in ({"level": ""}, {"level": "11"}, {"whole": "perhaps"}):
        answer = await send(pages, "/plan/session", "/plan/session", again | wrong)
        assert answer.status == 400
        assert 'class="trouble"' in answer.text
    assert (await send(pages, "/plan/session", "/plan/session", again | {"do": "flying"})).status == 400


@pytest.mark.parametrize("key", sorted(CATALOGUE))
async def test_an_exercise_has_its_pictures_in_the_page_and_times_without_script(key: str) -> None:
    exercise = CATALOGUE[key]
    page = (await get(EMPTY, f"/plan/exercises/{key}")).text
    pictures = PICTURE.findall(page)
    assert len(pictures) == len(exercise.levels)
    ids = [found for picture in pictures for found in re.findall(r' id="([^"]+)"', picture)]
    assert len(set(ids)) == len(ids) == 2 * len(pictures)
    for drawn in pictures:
        assert ElementTree.fromstring(drawn).get("stroke") == "currentColor"
    assert text(exercise.levels[0].how) in page
    is_held = exercise.measure == "holds"
    assert ('data-kind="bell"' in page) == is_held
    assert ("holds-" in page) == is_held
    assert "<script>" not in page


@pytest.mark.parametrize("key", sorted(CARDS))
async def test_a_card_says_how_well_it_is_known_and_by_whom(key: str) -> None:
    card = CARDS[key]
    page = (await get(EMPTY, f"/plan/cards/{key}")).text
    for words in (card.says, card.dose, card.contradicted, GRADE_WORDS[card.grade], *(s.name for s in card.sources)):
        assert text(words) in page
    assert page.count("https://doi.org/") == sum(bool(source.doi) for source in card.sources)
    assert f'href="/plan/cards/{key}"' in (await get(EMPTY, "/plan/cards")).text


async def test_nothing_that_is_not_there_is_shown() -> None:
    pages = pages_of(ADiary())
    for path in ("/plan/cards/none", "/plan/exercises/none", f"/plan/cards/{HOSTILE[:8]}", "/plan/try-out/sealed.txt"):
        assert (await get(pages, path)).status == 404
    assert "No exercises are followed" in (await get(pages, "/plan/session")).text


async def test_who_has_no_run_begins_with_exercises_and_is_told_what_a_programme_needs() -> None:
    page = (await get(EMPTY, "/plan")).text
    places = [page.index(f"<h3>{title}</h3>") for title in ("Exercises for hip and knee", "Softer landing")]
    assert places == sorted(places), "what can be begun comes first"
    assert "Run twice as you usually do" in page
    assert "The week behind" not in page


async def test_a_session_s_pace_and_what_a_programme_begins_from_are_told_in_miles_to_who_likes_them() -> None:
    pages = pages_of(in_week_two())
    assert "At your usual pace, 5:4" in (await get(pages, "/plan")).text
    assert re.search(
        r"At your usual pace, 9:\d\d min/mile: ", (await get(pages, "/plan", cookie="footfall-unit=mile")).text
    )
    offered = (await get(pages_of(about_to_begin()), "/plan", cookie="footfall-unit=mile")).text
    assert re.search(r"at your usual pace of 9:\d\d min/mile: left \d\.\d g, right \d\.\d g, from \d runs", offered)
