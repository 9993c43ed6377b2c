"""The ceiling is one number in the same words wherever a runner meets it: six places, and each run beside it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from attacks.asking import Asked
from footfall_coaching.load import CONTEXT, MOST_RATIO, km
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
LONGEST, TODAY = 3000, 3600
"""Strides of two metres: 6 km, and 7.2 km of 6.6 allowed."""


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
async def test_the_ceiling_is_the_same_in_all_six_places(
    mosquitto: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(store_path(tmp_path)) as store:
        ran(store, 5, LONGEST)
        about, strides = ran(store, 0, TODAY)
        ceiling, stand = ceiling_for(store, about), standing_of(store, about.session.id)
    assert ceiling is not None
    assert stand is not None
    limit_m = MOST_RATIO * 2.0 * LONGEST
    assert ceiling == stand.ceiling
    assert ceiling.limit_m == pytest.approx(limit_m)
    assert km(limit_m) in stand.words
    end = SessionEnd(summarize(strides, about.session.sensors), ())

    # the page, on the morning of the run
    async with diary_of(tmp_path) as diary:
        around = Surroundings(clock=lambda: NOW - timedelta(seconds=1))
        async with PageServer(app(diary, around), Door(port=0)) as pages:
            page = unescape((await Asked(pages.port).ask("/today")).body)
    assert ceiling.words in re.sub(r"<[^>]+>", "", page)

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
    told = json.loads(summary.payload)["load"]
    assert told["words"] == stand.words
    assert told["ceiling_m"] == ceiling.limit_m
    assert told["over_longest_30d"] == stand.ratio

    # InfluxDB
    (line,) = lines_of(stand, about)
    assert f"ceiling_m={ceiling.limit_m!r}" in line
    assert f"over_longest_30d={stand.ratio!r}" in line
    assert stand.words in line

    # Grafana's alert: of that field, at that ratio, in those words
    written = json.loads(json.dumps(alert_rules()))
    rules = {rule["title"]: rule for group in written["groups"] for rule in group["rules"]}
    rule = rules["Single run above its ceiling"]
    models = [part["model"] for part in rule["data"]]
    assert any("over_longest_30d" in model.get("query", "") for model in models)
    (evaluator,) = [c["evaluator"] for model in models for c in model.get("conditions", [])]
    assert evaluator == {"type": "gt", "params": [MOST_RATIO]}
    assert rule["annotations"]["description"] == CONTEXT
    assert CONTEXT in stand.words
