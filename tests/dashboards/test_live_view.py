"""What browsers are told: a full snapshot first, then what changed, never a queue."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import msgspec

from dashboards.made_up_run import FEET, lost, run_of, streaming, stride_at
from footfall_coaching.cues.board import Board
from footfall_dashboards.live.cues import quiet_words
from footfall_dashboards.live.sensors import SensorWatch
from footfall_dashboards.live.told import Ways
from footfall_dashboards.live.view import MAX_WINDOW_STRIDES, SWAPPED, LiveView
from footfall_processing.companions import Companion, CompanionReading
from footfall_processing.gait import Activity, Doing, Impact, NowDoing, Stride, StrideFlag
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.results.summary import summarize
from footfall_processing.results.windows import WINDOW_KINDS, WindowStage
from footfall_processing.session import Sensor

LEFT, RIGHT = FEET


async def _next(updates: AsyncIterator[bytes | None]) -> dict[str, Any]:
    update = await anext(updates)
    assert update is not None
    return msgspec.json.decode(update, type=dict[str, Any])


async def _first(view: LiveView) -> dict[str, Any]:
    return await _next(view.updates(60.0))


async def test_a_late_browser_sees_what_an_early_one_put_together() -> None:
    view = LiveView(FEET)
    early = view.updates(60.0)
    points: list[Any] = []
    for item in run_of(FEET, 80.0):
        view.write(item)
        told = await _next(early)
        points = (told["points"] if told["heading"] else points + told["points"])[-400:]
    late = await _first(view)
    assert {key: told[key] for key in told if key not in ("heading", "points")} == {
        key: late[key] for key in late if key not in ("heading", "points")
    }
    assert points[-len(late["points"]) :] == late["points"]
    assert 165 < len(late["points"]) < 175
    assert view.skipped_strides == 0


async def test_heart_rate_foot_pod_and_treadmill_stand_beside_our_own_numbers() -> None:
    companions = (Companion("strap", "Heart rate"), Companion("pod", "Foot pod"), Companion("belt", "Treadmill"))
    view = LiveView(FEET, companions=companions)
    assert (await _first(view))["beside"] == []
    for item in run_of(FEET, 20.0):
        view.write(item)
    pod = {"pod_speed_mps": 3.214, "pod_cadence_spm": 171.0, "pod_distance_m": 12.0}
    for t_s, rate in ((18.0, 151.0), (19.5, 153.0)):
        view.write(CompanionReading("strap", t_s, {"heart_rate_bpm": rate, "rr_interval_s": 0.39}))
        view.write(CompanionReading("pod", t_s, pod))
        belt = {"treadmill_speed_mps": 2.5, "treadmill_slope_percent": -1.5, "treadmill_distance_m": 50.0}
        view.write(CompanionReading("belt", t_s, belt))
    view.write(SensorHealth("strap", 20.0, LinkState.STREAMING, None, 2, 0, 0, 15))
    told = await _first(view)
    shown = {one["key"]: (one["label"], one["text"], one["unit"], one["note"]) for one in told["beside"]}
    assert shown["strap/heart_rate_bpm"] == ("Heart rate", "153", "/min", "")
    assert shown["pod/pod_speed_mps"] == ("Foot pod, pace", "5:11", "min/km", "")
    ours = told["cells"]["left"]["cadence"]["text"]
    assert shown["pod/pod_cadence_spm"] == ("Foot pod, cadence", "171", "steps/min", f"Footfall {ours}")
    assert shown["belt/treadmill_speed_mps"] == ("Treadmill, pace", "6:40", "min/km", "")
    assert shown["belt/treadmill_slope_percent"] == ("Treadmill, slope", "-1.5", "%", "")
    assert len(shown) == 5
    strap = next(card for card in told["sensors"] if card["id"] == "strap")
    assert (strap["name"], strap["state"], strap["battery"]) == ("Heart rate", "Receiving, battery low", "15 %")
    assert (strap["rate"], strap["loss"], strap["clipping"]) == ("–", "–", "–")
    assert "Battery low" in strap["advice"]

    view.write(SensorHealth(LEFT.id, 40.0, LinkState.STREAMING, 200.0, 8000, 0, 0, None))
    assert {one["text"] for one in (await _first(view))["beside"]} == {"–"}, "old values are not shown"
    view.finish(summarize([], FEET))
    closed = {one["key"]: (one["text"], one["note"]) for one in (await _first(view))["beside"]}
    assert closed["strap/heart_rate_bpm"] == ("152", "mean; greatest 153")
    assert closed["belt/treadmill_speed_mps"] == ("6:40", "mean; fastest 6:40")


async def test_a_slow_browser_gets_the_newest_state_and_the_skipped_strides_are_counted() -> None:
    view = LiveView(FEET)
    slow = view.updates(60.0)
    await _next(slow)
    strides = [item for item in run_of(FEET, 200.0) if isinstance(item, Stride)]
    for stride in strides:
        view.write(stride)
    told = await _next(slow)
    assert told["heading"] is not None
    assert told["points"] == (await _first(view))["points"]
    assert view.skipped_strides == len(strides) - len(told["points"])


async def test_memory_is_bounded_however_many_strides_fall_into_a_minute() -> None:
    view = LiveView(FEET)
    for i in range(3 * MAX_WINDOW_STRIDES):
        view.write(stride_at(LEFT, 0.01 * i))
    assert len((await _first(view))["points"]) == MAX_WINDOW_STRIDES


async def test_news_wakes_a_waiting_browser_and_silence_gives_a_heartbeat() -> None:
    view = LiveView(FEET)
    updates = view.updates(0.001)
    await _next(updates)
    assert await anext(updates) is None
    patient = view.updates(60.0)
    await _next(patient)
    waiting = asyncio.create_task(_next(patient))
    view.write(stride_at(LEFT, 1.0))
    assert (await waiting)["strides"] == {"left": 1, "right": 0}


async def test_the_stream_ends_after_the_last_state() -> None:
    view = LiveView(FEET)
    updates = view.updates(60.0)
    await _next(updates)
    view.finish(summarize([], FEET), "here.mcap")
    view.end()
    assert (await _next(updates))["closing"]["recording"] == "here.mcap"
    assert [update async for update in updates] == []


async def test_running_walking_standing_and_no_data() -> None:
    view = LiveView(FEET)
    assert (await _first(view))["state"] == "Waiting"
    view.write(streaming(LEFT, 0.5))
    assert (await _first(view))["state"] == "Standing"
    view.write(stride_at(LEFT, 1.0))
    assert (await _first(view))["state"] == "Running"
    view.write(stride_at(RIGHT, 2.0, stride_time_s=1.1, activity=Activity.WALK))
    assert (await _first(view))["state"] == "Walking"
    view.write(streaming(LEFT, 6.2))
    standing = await _first(view)
    assert (standing["state"], standing["elapsed"]) == ("Standing", "0:06")
    assert standing["notes"]["left"] == {"text": "0:04 ago", "attention": False}
    view.write(lost(LEFT, 9.0))
    gone = await _first(view)
    assert gone["state"] == "No data"
    assert gone["notes"]["left"] == {"text": "link lost", "attention": True}
    assert gone["cells"]["left"]["impact"]["text"] == "–", "one stride is no average"


async def test_an_impact_moves_the_clock_and_unusual_strides_stay_off_the_chart() -> None:
    view = LiveView(FEET)
    view.write(stride_at(LEFT, 1.0, quality=(StrideFlag.LOW_CONFIDENCE,)))
    view.write(Impact(LEFT.id, LEFT.side, 65.0, 80.0, clipped=False))
    view.write(Impact("nobody's", None, 99.0, 80.0, clipped=False))
    told = await _first(view)
    assert (told["elapsed"], told["points"]) == ("1:05", [])


def _health(t_s: float, **changes: Any) -> SensorHealth:
    return dataclasses.replace(streaming(LEFT, t_s), **changes)


def test_old_trouble_is_counted_but_only_recent_trouble_asks_for_attention() -> None:
    watch = SensorWatch(LEFT, "Left foot")
    watch.push(_health(1.0, received_samples=200, lost_samples=0))
    watch.push(_health(2.0, received_samples=350, lost_samples=50))
    card = watch.card()
    assert (card.level, card.loss, card.advice) == (
        "attention",
        "12.5 %",
        "25 % lost just now: bring the receiver nearer.",
    )
    for t_s in (5.0, 10.0, 15.5):
        watch.push(_health(t_s, received_samples=int(350 + 200 * (t_s - 2.0)), lost_samples=50))
    assert (watch.card().level, watch.card().loss) == ("good", "1.6 %")


def test_each_kind_of_trouble_is_said_in_a_runners_words() -> None:
    for changes, state, advice in (
        (
            {"clipped_samples": 3},
            "Receiving, over its range",
            "Landings go beyond its range: the true peaks are higher.",
        ),
        (
            {"axes_disagree": "one axis is negated"},
            "Receiving, axes disagree",
            "Gyroscope and accelerometer disagree: one axis is negated. Angles and lengths are left out.",
        ),
        (
            {"held_samples": 4},
            "Receiving, samples repeated",
            "It sends each sample 4 times: it measures more slowly than it says.",
        ),
        ({"rejected_packets": 2}, "Receiving, part of it nonsense", "2 of its packets make no sense and are left out."),
        ({"battery_percent": 20}, "Receiving, battery low", "Battery low: charge it after this run."),
        ({"rate_hz": 170.0}, "Receiving, too slowly", "Slower than its 200 Hz: peaks may read low."),
        ({"state": LinkState.SILENT}, "Connected, but no data", "If it stays so, switch the sensor off and on."),
        ({"state": LinkState.LOST}, "Connection lost", "It reconnects by itself; keep the sensor near."),
    ):
        watch = SensorWatch(LEFT, "Left foot")
        watch.push(_health(0.0, lost_samples=0))
        watch.push(_health(1.0, lost_samples=0, **changes))
        card = watch.card()
        assert (card.level, card.state, card.advice) == ("attention", state, advice)
        watch.push(
            _health(
                2.0,
                lost_samples=0,
                **{"state": LinkState.FINISHED, **{k: v for k, v in changes.items() if k != "state"}},
            )
        )
        lasting = bool({"axes_disagree", "held_samples"} & changes.keys())
        card = watch.card()
        assert (card.level, card.advice) == (("attention", advice) if lasting else ("good", ""))


async def test_the_state_is_what_the_wearer_does() -> None:
    view = LiveView(FEET)
    for sensor in FEET:
        view.write(streaming(sensor, 1.0))
    assert (await _first(view))["state"] == "Standing"
    for doing, word in (
        (Doing.WALKING, "Walking"),
        (Doing.RUNNING, "Running"),
        (Doing.STAIRS, "Stairs"),
        (Doing.OTHER, "Other movement"),
        (Doing.STANDING, "Standing"),
    ):
        view.write(NowDoing(LEFT.id, 2.0, doing))
        assert (await _first(view))["state"] == word


async def test_one_leg_in_gait_says_more_than_the_other_at_rest_unless_its_link_is_lost() -> None:
    view = LiveView(FEET)
    for sensor in FEET:
        view.write(streaming(sensor, 1.0))
    view.write(NowDoing(LEFT.id, 2.0, Doing.RUNNING))
    view.write(NowDoing(RIGHT.id, 3.0, Doing.OTHER))
    assert (await _first(view))["state"] == "Running"
    view.write(lost(LEFT, 4.0))
    assert (await _first(view))["state"] == "Other movement"


def _rolling(sensors: Iterable[Sensor], roll_rad: float) -> Iterator[Stride]:
    """Strides that roll as right legs do, where the id says right, and as left legs otherwise; and the reverse."""
    for item in run_of(tuple(sensors), 20.0):
        if isinstance(item, Stride):
            sign = 1.0 if item.sensor_id.endswith("right") else -1.0
            yield dataclasses.replace(item, stance_roll_rad=sign * roll_rad)


async def test_sensors_without_a_side_have_a_column_each_and_are_told_by_their_movement() -> None:
    unsaid = tuple(dataclasses.replace(sensor, side=None) for sensor in FEET)
    view = LiveView(unsaid)
    told = await _first(view)
    assert [(leg["key"], leg["title"]) for leg in told["heading"]["legs"]] == [
        ("unknown-1", "foot-left"),
        ("unknown-2", "foot-right"),
    ]
    assert told["sides"] == {}
    for stride in _rolling(unsaid, 0.4):
        view.write(stride)
    told = await _first(view)
    assert told["sides"] == {"unknown-1": "probably left (0.90)", "unknown-2": "probably right (0.90)"}
    assert told["strides"]["unknown-1"] > 20
    assert told["advice"] == ""


async def test_swapped_sides_are_said_and_nothing_is_relabelled() -> None:
    for roll_rad, said in ((0.4, ""), (-0.4, SWAPPED)):
        view = LiveView(FEET)
        for stride in _rolling(FEET, roll_rad):
            view.write(stride)
        told = await _first(view)
        assert told["advice"] == said
        assert [leg["title"] for leg in told["heading"]["legs"]] == ["Left", "Right"]
        assert told["sides"] == {}


async def test_minutes_and_kilometres_are_shown_newest_first_and_whole_at_the_end() -> None:
    view = LiveView(FEET)
    stages = [WindowStage(FEET, kind) for kind in WINDOW_KINDS.values()]
    strides = []
    for item in run_of(FEET, 600.0, start_s=0.0):
        if isinstance(item, Stride):
            strides.append(dataclasses.replace(item, stride_length_m=2.1))
            for stage in stages:
                for window in stage.push(strides[-1]):
                    view.write(window)
    kilometre, minute = (await _first(view))["splits"]
    assert [row["label"] for row in minute["rows"]] == ["9", "8", "7", "6", "5"]
    assert [row["label"] for row in kilometre["rows"]] == ["1"]
    assert [column["label"] for column in minute["columns"]] == ["Pace", "Cadence", "Contact time", "Impact"]
    assert kilometre["rows"][0]["cells"][0] == "5:33"
    assert (await _next(view.updates(60.0, miles=True)))["splits"][0]["rows"][0]["cells"][0] == "8:56"
    for stage in stages:
        for window in stage.flush():
            view.write(window)
    view.finish(summarize(strides, FEET))
    kilometre, minute = (await _first(view))["splits"]
    assert [row["label"] for row in minute["rows"]] == [str(n) for n in range(1, 11)]
    assert [row["label"] for row in kilometre["rows"]] == ["1", "rest"]


async def test_what_the_end_cut_short_is_no_kilometre() -> None:
    view = LiveView(FEET)
    stage = WindowStage(FEET, WINDOW_KINDS["1km"])
    strides = [
        dataclasses.replace(item, stride_length_m=2.1) for item in run_of(FEET, 60.0) if isinstance(item, Stride)
    ]
    for stride in strides:
        stage.push(stride)
    for window in stage.flush():
        view.write(window)
    view.finish(summarize(strides, FEET))
    assert (await _first(view))["splits"] == []


async def test_numbers_of_walking_stand_back_and_the_end_leads_to_the_runs_page() -> None:
    view = LiveView(FEET, ways=Ways("/today", "/runs/one"))
    told = await _first(view)
    assert (told["slow"], told["heading"]["today"], view.is_over) == (False, "/today", False)
    view.write(stride_at(LEFT, 1.0, stride_time_s=1.1, activity=Activity.WALK))
    assert (await _first(view))["slow"]
    view.write(stride_at(RIGHT, 3.0))
    assert not (await _first(view))["slow"]
    view.finish(summarize([], FEET))
    assert (await _first(view))["closing"]["page"] == "/runs/one"
    assert view.is_over


def test_a_quiet_cue_says_at_which_pace_its_target_holds() -> None:
    board = Board(quiet="faster than the target is for", for_speed_mps=2.8)
    assert quiet_words(board, miles=False) == "faster than the target is for (5:57 min/km)"
    assert quiet_words(board, miles=True) == "faster than the target is for (9:35 min/mile)"
    assert quiet_words(Board(quiet="muted"), miles=False) == "muted"
