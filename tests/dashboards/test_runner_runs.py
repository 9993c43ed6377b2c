"""The pages of runs, asked as a browser would: what they say, what they find, and who may change what."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean

import pytest

from dashboards.a_diary import HOSTILE, NOW, ADiary, Legs, a_run, hostile, three_months
from dashboards.asked_pages import AShelf, Somebody, get, pages_of, send, send_bare
from footfall_coaching.run import DistanceSource, Run
from footfall_dashboards.runner.accuracy import EXPECTED
from footfall_dashboards.runner.shelf import Owned, Worn
from footfall_processing.gait import Activity
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.metrics.catalogue import SPEED, STRIDE_METRICS
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import STANDARD_GRAVITY_MPS2

LINK = re.compile(r'href="/runs/([^"?/]+)')
DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def diary() -> ADiary:
    """A week of runs, a demo, one without a date, one in the bin."""
    made = ADiary()
    for number, (title, shoe, km) in enumerate(
        [("Long run", "Blue daily", 11.0), ("", "Red light", 6.0), ("With Mia", "Blue daily", 8.2)]
    ):
        when = NOW - timedelta(days=2 * number + 1)
        run = a_run(f"run-{number}", when, km, title=title, shoe=shoe, pause_at_min=12)
        made.kept[run.session_id] = run
    made.kept["old"] = a_run("old", datetime(2025, 3, 2, 9, 0, tzinfo=UTC), 5.0, title="In March")
    made.kept["demo"] = a_run("demo", NOW, 1.0, is_demo=True)
    made.kept["undated"] = a_run("undated", None, 4.0)
    made.binned["binned"] = a_run("binned", NOW - timedelta(days=3), 1.0, title="Not me")
    made.kept["foreign"] = a_run("foreign", NOW - timedelta(days=2), 5.0, runner_name="Zoë")
    return made


def listed(text: str) -> list[str]:
    return list(dict.fromkeys(LINK.findall(text)))


async def test_the_list_has_the_newest_first_with_demo_runs_apart_and_the_bin_at_the_end(diary: ADiary) -> None:
    answer = await get(pages_of(diary), "/runs")
    assert listed(answer.text) == ["run-0", "run-1", "run-2", "old", "undated", "demo", "binned"]
    assert answer.text.index("Demo runs") < answer.text.index('/runs/demo"')
    assert answer.text.index("<summary>Bin, 1 run") < answer.text.index('/runs/binned"')
    assert re.search(r">1\d\.\d km<", answer.text), "one decimal from 10 km on"
    assert re.search(r">5\.\d\d km<", answer.text), "two below"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=mia", ["run-2"]),
        ("q=long+BLUE", ["run-0"]),
        ("q=2025", ["old"]),
        ("shoe=Blue+daily", ["run-0", "run-2"]),
        ("month=2025-03", ["old"]),
        ("shoe=Red+light&month=2026-11", ["run-1"]),
        ("q=nothing+like+it", []),
        ("month=2026-13&page=0", ["run-0", "run-1", "run-2", "old", "undated"]),
        ("page=99999", ["run-0", "run-1", "run-2", "old", "undated"]),
        ("q=" + "x" * 5000, []),
    ],
)
async def test_a_search_finds_by_words_shoe_and_month_and_takes_any_address(
    diary: ADiary, query: str, found: list[str]
) -> None:
    answer = await get(pages_of(diary), f"/runs?{query}")
    assert answer.status == 200
    assert [id for id in listed(answer.text) if id not in ("demo", "binned")] == found


async def test_pages_of_a_search_hold_each_run_once(diary: ADiary) -> None:
    for number in range(45):
        run = a_run(f"many-{number:02d}", NOW - timedelta(days=20 + number), 3.0, title="many")
        diary.kept[run.session_id] = run
    pages = pages_of(diary)
    seen = []
    for number in (1, 2, 3):
        answer = await get(pages, f"/runs?q=many&page={number}")
        seen += [id for id in listed(answer.text) if id.startswith("many")]
        assert ('rel="next"' in answer.text) == (number < 3)
    assert seen == [f"many-{number:02d}" for number in range(45)]
    last = await get(pages, "/runs?q=many&page=2")
    assert "q=many&amp;page=3" in last.text, "the search goes along"


async def test_a_run_says_what_its_numbers_are_and_how_far_they_may_be_off(diary: ADiary) -> None:
    text = (await get(pages_of(diary), "/runs/run-0")).text
    assert "Impact: left" in text
    assert "Pause: 2:00 at" in text
    assert "A runner&#x27;s mean is typically off by 3.6 ms" in text
    assert '<a rel="prev" href="/runs/run-1">' in text
    assert 'rel="next"' not in text.partition("Other runs")[2]


async def test_clipped_landings_and_missing_distance_are_said_where_the_number_would_stand(diary: ADiary) -> None:
    diary.kept["clips"] = a_run("clips", NOW - timedelta(days=9), 5.0, legs=Legs(right_clips=True))
    shins = Legs(placement=Placement.SHANK)
    diary.kept["shins"] = a_run("shins", NOW - timedelta(days=10), 5.0, legs=shins)
    diary.kept["feet"] = replace(a_run("feet", NOW - timedelta(days=11), 5.0), distance_m=None, distance_source=None)
    pages = pages_of(diary)
    feet = (await get(pages, "/runs/feet")).text
    clips, shin = (await get(pages, "/runs/clips")).text, (await get(pages, "/runs/shins")).text
    assert "landings went beyond the sensor&#x27;s range (50 %)" in clips
    assert "Right: no impact for the whole run; most landings went beyond" in clips
    assert "unknown: shins don&#x27;t tell it." in shin
    assert "unknown: too few of its strides have a length." in feet
    assert "By distance" not in shin, "no way to look along"


async def test_walking_backwards_is_told_where_a_sensor_saw_some(diary: ADiary) -> None:
    session_id = next(iter(diary.kept))
    for backward_s, is_told in ((3.0, False), (312.0, True)):
        diary.kept[session_id] = replace(diary.kept[session_id], backward_s=backward_s)
        page = (await get(pages_of(diary), f"/runs/{session_id}")).text
        assert ("<dt>Walked backwards</dt><dd>5:12; seen by the sensors</dd>" in page) == is_told


async def test_a_stretch_of_a_run_is_shown_alone(diary: ADiary) -> None:
    pages = pages_of(diary)
    whole, part = await get(pages, "/runs/run-0"), await get(pages, "/runs/run-0?from=2&to=4")

    def marks(text: str) -> int:
        figure = text.partition('id="impact"')[2].partition("</figure>")[0]
        return figure.partition('class="left dot" d="')[2].partition('"')[0].count("M")

    assert 5 <= marks(part.text) < marks(whole.text)
    for odd in ("from=9&to=1", "from=nan&to=inf", "from=&to=x", "by=time&from=5&to=10", "from=1e9&to=2e9"):
        assert (await get(pages, f"/runs/run-0?{odd}")).status == 200


async def test_a_run_that_is_not_there_and_one_of_somebody_else_are_refused(diary: ADiary) -> None:
    pages = pages_of(diary)
    ann = Somebody("Ann", frozenset({"Ann"}))
    for address in ("/runs/nowhere", "/runs/compare?a=run-0&b=nowhere"):
        assert (await get(pages, address)).status == 404
    for path in ("/runs/foreign", "/runs/foreign/minutes.csv", "/runs/compare?a=foreign&b=foreign"):
        answer = await get(pages, path, ann)
        assert answer.status == 403
        assert "Zoë" not in answer.text
    for path in ("/runs", "/trends", "/report", "/report/page", "/report/runs.csv", "/sensors"):
        assert (await get(pages, f"{path}?runner=Zo%C3%AB", ann)).status == 403


async def test_what_is_said_afterwards_is_kept(diary: ADiary) -> None:
    pages = pages_of(diary)
    for what, fields in {
        "title": {"title": "Evening"},
        "began": {"began": "2026-11-18T07:30"},
        "shoe": {"shoe": "Red light"},
        "distance": {"distance": "11,25"},
    }.items():
        answer = await send(pages, f"/runs/run-0/{what}", "/runs/run-0", fields)
        assert (answer.status, answer.headers["location"]) == (303, "/runs/run-0")
    run = diary.kept["run-0"]
    assert (run.title, run.shoe, run.distance_m) == ("Evening", "Red light", 11250.0)
    assert run.distance_source is DistanceSource.TOLD
    assert run.started_utc == datetime(2026, 11, 18, 6, 30, tzinfo=UTC), "told by the runner's clock"
    await send(pages, "/runs/run-0/distance", "/runs/run-0", {"distance": ""})
    assert diary.kept["run-0"].distance_source is DistanceSource.SENSORS


async def test_a_distance_that_nobody_runs_is_asked_for_again_and_kept_when_sure(diary: ADiary) -> None:
    pages = pages_of(diary)
    before = diary.kept["run-0"]
    answer = await send(pages, "/runs/run-0/distance", "/runs/run-0", {"distance": "82"})
    assert answer.status == 400
    assert "faster than anybody runs" in answer.text
    assert 'name="sure"' in answer.text
    assert 'name="distance" value="82"' in answer.text
    assert diary.kept["run-0"] == before
    await send(pages, "/runs/run-0/distance", "/runs/run-0", {"distance": "82", "sure": "yes"})
    assert diary.kept["run-0"].distance_m == 82_000.0


async def test_a_run_that_is_given_a_name_is_in_the_log_of_that_name_for_whoever_may_see_it(diary: ADiary) -> None:
    pages, ann = pages_of(diary), Somebody("Ann", frozenset({"Ann"}))
    assert 'name="name"' in (await get(pages, "/runs/run-0")).text
    assert (await get(pages, "/runs/run-0", ann)).status == 403
    answer = await send(pages, "/runs/run-0/runner", "/runs/run-0", {"name": " Ann "})
    assert (answer.status, answer.headers["location"]) == (303, "/runs/run-0?runner=Ann")
    assert (await get(pages, "/runs/run-0", ann)).status == 200


@pytest.mark.parametrize("name", ["Zoë", "", "Ann"])
async def test_no_login_gives_a_run_into_another_log(diary: ADiary, name: str) -> None:
    pages, ann = pages_of(diary), Somebody("Ann", frozenset({"Ann"}))
    diary.kept["run-0"] = replace(diary.kept["run-0"], runner_name="Ann")
    shown = (await get(pages, "/runs/run-0", ann)).text
    assert "/runs/run-0/title?" in shown
    assert "/runs/run-0/runner?" not in shown
    answer = await send(pages, "/runs/run-0/runner", "/runs/run-0", {"name": name}, ann)
    assert answer.status == 403
    assert "somebody else" in answer.text
    assert diary.kept["run-0"].runner_name == "Ann"


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("title", {"title": "x" * 101}),
        ("title", {"title": "\x1b[2J"}),
        ("shoe", {"shoe": "\u202egro"}),
        ("began", {"began": "yesterday"}),
        ("began", {"began": "2030-01-01T10:00"}),
        ("began", {"began": "0001-01-01T00:00"}),
        ("distance", {"distance": "-3"}),
        ("distance", {"distance": "nan"}),
        ("distance", {"distance": "1e9"}),
        ("distance", {"distance": "far"}),
    ],
)
async def test_what_makes_no_sense_is_refused_with_words_and_changes_nothing(
    diary: ADiary, what: str, fields: dict[str, str]
) -> None:
    before = dict(diary.kept)
    answer = await send(pages_of(diary), f"/runs/run-0/{what}", "/runs/run-0", fields)
    assert answer.status == 400
    assert "Back to the run" in answer.text
    assert diary.kept == before


async def test_a_run_goes_into_the_bin_comes_back_and_the_bin_is_emptied_only_when_sure(diary: ADiary) -> None:
    pages = pages_of(diary)
    await send(pages, "/runs/run-0/discard", "/runs/run-0", {})
    assert "run-0" not in diary.kept
    assert "lies in the bin" in (await get(pages, "/runs/run-0")).text
    await send(pages, "/runs/run-0/back", "/runs/run-0", {})
    await send(pages, "/runs/bin/back", "/runs", {"run": "binned"})
    assert {"run-0", "binned"} <= diary.kept.keys()
    await send(pages, "/runs/run-0/discard", "/runs/run-0", {})
    await send(pages, "/runs/bin/empty", "/runs", {})
    assert "run-0" in diary.binned
    await send(pages, "/runs/bin/empty", "/runs", {"sure": "yes"})
    assert not diary.binned


@pytest.mark.parametrize("what", ["title", "began", "shoe", "distance", "runner", "discard", "back"])
async def test_nothing_is_changed_without_a_token_or_by_somebody_else(diary: ADiary, what: str) -> None:
    pages = pages_of(diary)
    before = dict(diary.kept)
    coach = Somebody("Cara", frozenset({"Zoë"}))
    assert (await send_bare(pages, f"/runs/run-0/{what}", {"title": "x"})).status == 403
    assert (await get(pages, "/runs/foreign", coach)).status == 200, "who was let may look"
    assert (await send(pages, f"/runs/foreign/{what}", "/runs/foreign", {"title": "x"}, coach)).status == 403
    assert (await send(pages, f"/runs/run-0/{what}", "/runs/run-0", {"title": "x"}, coach)).status == 403
    assert (await send_bare(pages, "/runs/bin/empty", {"sure": "yes"})).status == 403
    assert diary.kept == before
    assert diary.binned


async def test_two_runs_and_a_group_are_told_side_by_side(diary: ADiary) -> None:
    pages = pages_of(diary)
    two = (await get(pages, "/runs/compare?run=run-2&run=run-0")).text
    assert two.index("Long run, Thu 19 Nov 2026") < two.index("With Mia, Sun 15 Nov 2026"), "the newest first"
    assert two.count('<figure class="chart"') == 10
    group = (await get(pages, "/runs/compare?a=run-0&b=run-1&b=run-2")).text
    assert "2 runs, mean" in group
    assert "Mean of 2 runs" in group
    assert "Choose at least two runs" in (await get(pages, "/runs/compare?run=run-0")).text
    many = "&".join(f"run=r{number}" for number in range(21))
    assert (await get(pages, f"/runs/compare?{many}")).status == 400


async def test_minutes_come_as_csv_with_a_line_for_each_leg(diary: ADiary) -> None:
    answer = await get(pages_of(diary), "/runs/run-0/minutes.csv")
    lines = answer.text.splitlines()
    assert len(lines) == 1 + sum(len(minute.legs) for minute in diary.kept["run-0"].minutes)
    assert lines[0].startswith("begin_s,end_s,distance_m,side,placement,activity,strides")
    assert answer.headers["content-disposition"].startswith("attachment")


def with_belt(run: Run, factor: float, *, is_shin: bool, steep_minutes: int = 0) -> Run:
    """Return a run with a treadmill beside it that is faster than the sensors by a factor, its last minutes uphill."""
    running = [n for n, minute in enumerate(run.minutes) if any(leg.activity is Activity.RUN for leg in minute.legs)]
    minutes = list(run.minutes)
    for n in running:
        mps = 2.5 if is_shin else fmean(leg.medians[SPEED.name] for leg in minutes[n].legs)
        slope = 3.0 if n in running[len(running) - steep_minutes :] else 0.5
        minutes[n] = replace(minutes[n], speeds_mps={DistanceSource.TREADMILL: factor * mps}, slope_percent=slope)
    if not is_shin:
        return replace(run, minutes=minutes)
    way_m = factor * 2.5 * run.running_s
    return replace(run, minutes=minutes, distance_m=way_m, distance_source=DistanceSource.TREADMILL)


async def test_a_treadmill_is_named_where_its_speed_counts_and_stands_beside_our_own(diary: ADiary) -> None:
    feet = diary.kept["run-1"] = with_belt(diary.kept["run-1"], 1.04, is_shin=False)
    bare = a_run("shins", NOW - timedelta(hours=5), 5.0, legs=Legs(placement=Placement.SHANK))
    shins = diary.kept["shins"] = with_belt(bare, 1.0, is_shin=True, steep_minutes=4)
    pages = pages_of(diary)
    page = (await get(pages, "/runs/run-1")).text
    assert "4 % faster than your sensors say; how true a belt is, nobody knows" in page
    assert ", by the sensors" in page
    assert "0.5 %" in page
    assert "held against others" not in page
    page = (await get(pages, "/runs/shins")).text
    assert ", by the treadmill, whose error nobody knows" in page
    assert "6:40 min/km" in page
    assert "Pace over the run" in page
    assert page.count("<td>6:40</td>") == sum(bool(minute.speeds_mps) for minute in shins.minutes)
    assert "0.5 to 3.0 %; 4 minutes beyond 1 % are not held against others at the same speed" in page
    rows = [line.split(",") for line in (await get(pages, "/runs/shins/minutes.csv")).text.splitlines()]
    told = {tuple(row[rows[0].index(name)] for name in ("running_mps", "running_mps_source")) for row in rows[1:]}
    assert told == {("", ""), ("2.5", "treadmill")}
    slope = rows[0].index("slope_percent")
    assert {row[slope] for row in rows[1:]} == {"", "0.5", "3"}
    assert feet.distance_source is DistanceSource.SENSORS
    assert shins.distance_m


async def test_texts_from_outside_stay_texts_on_every_page() -> None:
    diary = hostile()
    sensor = Sensor("a", Placement.FOOT, Side.LEFT, 208.0)
    pages = pages_of(diary, AShelf((Owned(HOSTILE, HOSTILE, sensor),), (Worn(sensor, None),)))
    addresses = [
        "/runs",
        "/runs?q=%3Cscript%3Ealert(1)%3C/script%3E&shoe=%22%3E%3Cimg%20src=x%3E",
        "/runs/hostile-0",
        "/runs/compare?run=hostile-0&run=hostile-1",
        "/trends",
        "/sensors",
        "/report/page",
    ]
    for address in addresses:
        answer = await get(pages, address)
        assert answer.status == 200, address
        assert "<script" not in answer.text, address
        assert "<img" not in answer.text, address
        assert "\u202e" not in answer.text, address
        assert " style=" not in answer.text, address
    for address in ("/runs?runner=%3Cscript%3E", "/runs/%3Cscript%3E", "/trends?days=%3Cscript%3E"):
        assert "<script" not in (await get(pages, address)).text


async def test_each_page_says_what_it_is_without_any_run() -> None:
    pages = pages_of(ADiary())
    for address, words in {
        "/runs": "No runs yet.",
        "/trends": "No dated runs yet.",
        "/sensors": "No sensor is paired yet.",
        "/report/page": "weeks of this time and in the last.",
        "/runs/compare": "Choose at least two runs",
    }.items():
        answer = await get(pages, address)
        assert answer.status == 200
        assert words in answer.text


async def test_sensors_are_told_with_battery_fitness_and_what_to_do() -> None:
    foot = Sensor("a", Placement.FOOT, Side.LEFT, 208.0, 16.0 * STANDARD_GRAVITY_MPS2)
    slow = Sensor("b", Placement.SHANK, None, 52.0, 8.0 * STANDARD_GRAVITY_MPS2, has_gyro=False)
    health = SensorHealth("a", 60.0, LinkState.FINISHED, 208.0, 1000, 100, 0, 12)
    shelf = AShelf(
        (
            Owned("Left one", "Model A", foot, NOW - timedelta(days=1), health, NOW - timedelta(days=1), "2.3.1"),
            Owned("Other", "Model B", slow),
            Owned("Belt", "heart rate belt", None),
        ),
        of_others=(Owned("far", "Model C", foot, NOW, health, NOW - timedelta(days=30)),),
    )
    text = (await get(pages_of(ADiary(), shelf), "/sensors")).text
    assert "Charge Left one before the next run." in text
    assert "12 % after its run, yesterday" in text
    assert "9.1 % in that run" in text
    assert "2.3.1" in text
    own, others = text.split("In your runs, and not paired here")
    assert 'class="old"' not in own
    assert '<div class="old"><dt>Battery</dt><dd>12 % after its run, 30 days ago' in others
    assert "! Battery low" in text
    assert "no: 52 Hz is too slow" in text
    assert "no: needs a gyroscope" in text
    assert "shin, side not set" in text
    assert "never in a run" in text
    diary = three_months()
    diary.kept = {id: replace(run, runner_name="Ann") for id, run in diary.kept.items()}
    coach = Somebody("Cara", frozenset({"Ann"}))
    told = (await get(pages_of(diary, shelf), "/sensors?runner=Ann", coach)).text
    assert "Left one" not in told, "whoever looks from elsewhere gets no list of this computer's sensors"


def test_the_errors_that_are_told_are_those_that_were_measured() -> None:
    rows: dict[str, list[str]] = {}
    for line in (DOCS / "validation.md").read_text("utf-8").partition("## Where the figures")[0].splitlines():
        if line.startswith("| "):
            name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            rows[name] = cells
    names = {
        "cadence_spm": "Cadence over 10 s, running [steps/min]",
        "contact_time_s": "Contact time [ms]",
        "foot_strike_angle_deg": "Foot strike angle [°]",
        "stride_length_m": "Stride length [cm]",
        "speed_mps": "Speed [m/s]",
        "peak_acc_g": "Peak acceleration [%], model",
        "peak_tibial_acc_g": "Peak tibial acceleration [%], model",
    }
    for (metric, placement), found in EXPECTED.items():
        assert placement in STRIDE_METRICS[metric].sites
        cell = rows[names[metric]][0 if placement is Placement.FOOT else 1]
        told = [found.typical, *([found.low] if found.low else []), *([found.high] if found.high else [])]
        assert re.findall(r"[−\d.]+", cell) == told, (metric, placement)
