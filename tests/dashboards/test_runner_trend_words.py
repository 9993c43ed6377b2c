"""What Trends says of weeks, of shoes and of years."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboards.a_diary import NOW, RUNNER, a_run
from dashboards.asked_pages import ZONE
from footfall_coaching.answers import Shoe
from footfall_coaching.shoes import ShoeUse, use_of
from footfall_dashboards.runner.charts import LEFT, LETTER, RIGHT, WIDTH, apart
from footfall_dashboards.runner.history import sums
from footfall_dashboards.runner.load_chart import load_words
from footfall_dashboards.runner.spoken import Spoken
from footfall_dashboards.runner.trend_charts import Window, notes_of

LOCAL_NOW = NOW.astimezone(ZONE)  # a Friday
SPOKEN = Spoken(ZONE)


def test_the_week_that_goes_on_and_those_before_the_first_run_are_no_part_of_a_mean() -> None:
    runs = [a_run(f"run-{n}", NOW - timedelta(days=7 * n), 10.0) for n in (0, 1, 2, 3)]
    far_m = [run.distance_m or 0.0 for run in runs]
    weeks = sums(runs, LOCAL_NOW - timedelta(days=90), LOCAL_NOW)
    words = load_words(weeks, {}, SPOKEN)
    mean = SPOKEN.distance(sum(far_m[1:]) / 3.0)
    assert f"{SPOKEN.distance(sum(far_m))} in 4 runs, {mean} a week over the 3 weeks before this one; the most" in words
    alone = load_words(sums(runs[:1], LOCAL_NOW - timedelta(days=90), LOCAL_NOW), {}, SPOKEN)
    assert f"{SPOKEN.distance(far_m[0])} in 1 run; the most in one week" in alone


def test_a_pair_that_is_put_on_again_is_not_new_and_is_worn_since_its_first_day() -> None:
    first, again = (Shoe(RUNNER, NOW - timedelta(days=days), "Red") for days in (60, 20))
    window = Window(LOCAL_NOW - timedelta(days=90), LOCAL_NOW, SPOKEN)
    words = [
        note.words for note in notes_of([first, Shoe(RUNNER, NOW - timedelta(days=40), "Blue"), again], [], window)
    ]
    assert words == ["21 Sep: new shoes, Red", "11 Oct: new shoes, Blue", "31 Oct: Red from then on"]
    (use, _) = use_of([first, Shoe(RUNNER, NOW - timedelta(days=40), "Blue"), again], [])
    assert use.since == first.since_utc


def test_days_of_other_years_say_their_year() -> None:
    old = NOW - timedelta(days=400)
    window = Window(LOCAL_NOW - timedelta(days=900), LOCAL_NOW, SPOKEN)
    (note,) = notes_of([Shoe(RUNNER, old, "Red")], [], window)
    assert note.words == "16 Oct 2025: new shoes, Red"
    weeks = sums([a_run("old", old, 12.0)], window.begin, LOCAL_NOW)
    words = load_words(weeks, {old.date(): 5, (old - timedelta(days=1)).date(): 4}, SPOKEN)
    assert ", from 1 Oct 2025." in words
    assert "last on 16 Oct 2025;" in words


@given(st.lists(st.floats(LEFT, WIDTH - RIGHT), max_size=12).map(sorted))
def test_letters_lie_beside_each_other_near_their_place(xs: list[float]) -> None:
    moved = apart(xs)
    assert all(b - a >= LETTER - 1e-9 for a, b in pairwise(moved))
    assert all(LEFT <= x <= WIDTH - RIGHT for x in moved)
    for before, after in zip(xs, moved, strict=True):
        assert abs(after - before) <= LETTER * len(xs)


def test_a_pair_says_of_how_many_runs_nobody_knows_how_far_they_were() -> None:
    shoe = Shoe(RUNNER, NOW, "Blue")
    assert SPOKEN.worn(ShoeUse(shoe, 12_000.0, 3, NOW, 0)) == "12.0 km"
    assert SPOKEN.worn(ShoeUse(shoe, 12_000.0, 3, NOW, 1)) == "12.0 km, and 1 run of unknown length"
    assert SPOKEN.worn(ShoeUse(shoe, 0.0, 2, NOW, 2)) == "unknown"
    assert SPOKEN.worn(ShoeUse(shoe, 0.0, 0, NOW, 0)) == SPOKEN.distance(0.0)
