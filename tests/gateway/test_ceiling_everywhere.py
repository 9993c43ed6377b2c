"""The ceiling is one number in the same words wherever a runner meets it, under any light, and each run beside it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from icalendar import Calendar

from attacks.asking import Asked
from footfall_coaching.answers import Pain, PainSite, Phase
from footfall_coaching.light_rule import Colour
from footfall_coaching.load import CEILING, CONTEXT, MOST_RATIO, km
from footfall_dashboards.access import Door, PageServer
from footfall_dashboards.grafana.alerts import alert_rules
from footfall_dashboards.live import LiveView
from footfall_dashboards.runner.server import Surroundings, app
from footfall_gateway import wire
from footfall_gateway.commands.kept_runs import show_end
from footfall_gateway.data_folder import store_path
from footfall_gateway.influx.points import lines_of
from footfall_gateway.mqtt.broker import BrokerAddress
from footfall_gateway.mqtt.listeners import told_listeners
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.persons.bin import diary_of
from footfall_gateway.sessions.kept_run import KeptRun
from footfall_gateway.sessions.sinks.base import SessionEnd
from footfall_gateway.sessions.sinks.store import SharedStore
from footfall_gateway.store.database import Store
from footfall_gateway.store.standing import ceiling_for, standing_of
from footfall_processing.gait import Activity, Stride
from footfall_processing.results.summary import summarize
from gateway.mqtt.ends import listening
from gateway.recordings_for_tests import LEFT, header
from servers import Server

NOW = datetime(2026, 11, 21, 8, 15, tzinfo=UTC)
LONGEST, LAST, TODAY = 300, 200, 360
"""Strides of two metres: 600 m, 400 m, and 720 m of 660 allowed, or of 400 on amber."""


def ran(store: Store, days_ago: float, count: int) -> tuple[RecordingHeader, list[Stride]]:
    """Keep a run; return its description and strides."""
    one = header(f"run-{days_ago}")
    session = replace(one.session, started_utc=NOW - timedelta(days=days_ago))
    described = replace(one, session=session)
    taken = [
        Stride(LEFT.id, LEFT.side, Activity.RUN, 0.7 * n, None, 0.7 * n + 0.7, stride_length_m=2.0, confidence=0.9)
        for n in range(count)
    ]
    store.add_session(described)
    store.add_strides(session.id, taken)
    store.finish_session(session.id, wire.summary_object(summarize(taken, session.sensors)))
    return described, taken


@pytest.mark.broker
@pytest.mark.parametrize(
    ("level", "light", "limit_m", "number"),
    [
        (None, Colour.UNKNOWN, MOST_RATIO * 2.0 * LONGEST, "0.66 km"),
        (4, Colour.AMBER, 2.0 * LAST, "0.40 km"),
        (7, Colour.RED, 0.0, "No run"),
    ],
)
async def test_the_ceiling_is_the_same_in_all_places(
    mosquitto: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    level: int | None,
    light: Colour,
    limit_m: float,
    number: str,
) -> None:
    with Store.open(store_path(tmp_path)) as store:
        ran(store, 5, LONGEST)
        before, _ = ran(store, 2, LAST)
        if level is not None:
            told = NOW - timedelta(days=1), Phase.DURING, PainSite.KNEE, LEFT.side, level
            store.answers.note(Pain(before.session.runner_name, before.session.id, *told))
        about, strides = ran(store, 0, TODAY)
        ceiling, stand = ceiling_for(store, about), standing_of(store, about.session.id)
    assert ceiling is not None
    assert stand is not None
    assert ceiling == stand.ceiling
    assert ceiling.light is light
    assert ceiling.limit_m == pytest.approx(limit_m)
    assert stand.is_above
    assert (km(limit_m) in stand.words) is (light is not Colour.RED)
    assert (CONTEXT in stand.words) is (light is Colour.UNKNOWN)
    end = SessionEnd(summarize(strides, about.session.sensors), ())

    # the pages and the calendar, on the morning of the run
    async with diary_of(tmp_path) as diary:
        around = Surroundings(clock=lambda: NOW - timedelta(seconds=1))
        async with PageServer(app(diary, around), Door(port=0)) as pages:
            for path in ("/today", "/plan"):
                page = unescape((await Asked(pages.port).ask(path)).body)
                assert ceiling.words in re.sub(r"<[^>]+>", "", page)
                (large,) = re.findall(r'<p class="number[^>]*>([^<]*)<', page)
                assert large == number
            ahead = Calendar.from_ical((await Asked(pages.port).ask("/calendar.ics")).body).events
    assert ahead[0]["description"] == ceiling.words
    assert number in str(ahead[0]["summary"])
    assert all("green" in str(event["summary"]) for event in ahead[1:] if "ceiling" in str(event["uid"]))

    # the live page: before the first stride, and where the run stands after the last
    view = LiveView(about.session.sensors, ceiling=ceiling)
    assert view._stand() == ceiling.words
    for stride in strides:
        view.write(stride)
    view.finish(end.summary)
    assert view._stand() == stand.words

    # the terminal
    show_end(KeptRun(about, end, tmp_path / "run.mcap", ()), tmp_path)
    assert stand.words in capsys.readouterr().out

    # MQTT
    broker = BrokerAddress.parse(f"mqtt://127.0.0.1:{mosquitto.port}")
    async with (
        listening(mosquitto, "footfall/1/#", "listener") as heard,
        SharedStore(store_path(tmp_path), print) as shared,
        told_listeners(broker, tmp_path, print, shared) as sink,
    ):
        await sink.open(about, None)
        await sink.finish(end)
        summary = await heard.until(lambda message: "/summary" in message.topic)
    told_over_mqtt = json.loads(summary.payload)["load"]
    assert told_over_mqtt["words"] == stand.words
    assert told_over_mqtt["ceiling_m"] == ceiling.limit_m
    assert told_over_mqtt["over_longest_30d"] == stand.ratio
    assert told_over_mqtt["is_above"] is True

    # InfluxDB
    (line,) = lines_of(stand, about)
    assert f"ceiling_m={ceiling.limit_m!r}" in line
    assert f"over_longest_30d={stand.ratio!r}" in line
    assert "above_ceiling=1i" in line
    assert stand.words in line

    # Grafana's alert: of that field, at that ratio, in those words
    written = json.loads(json.dumps(alert_rules()))
    rules = {rule["title"]: rule for group in written["groups"] for rule in group["rules"]}
    rule = rules["Single run above its ceiling"]
    models = [part["model"] for part in rule["data"]]
    assert any("above_ceiling" in model.get("query", "") for model in models)
    (evaluator,) = [c["evaluator"] for model in models for c in model.get("conditions", [])]
    assert evaluator == {"type": "gt", "params": [0.5]}
    assert rule["annotations"]["description"] == f"{CEILING} {CONTEXT}"
