"""Runs that are told to listeners without a processor, and a processor's live page."""

import asyncio
import json
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from footfall_gateway.mqtt.broker import Arrived
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.mqtt.topics import Kind, parse
from gateway.command_line import FEET, footfall, next_update
from gateway.mqtt.ends import listening
from killing import Footfall
from servers import Server, free_port

pytestmark = pytest.mark.broker


async def test_a_run_is_told_to_listeners_as_it_comes_without_a_processor(mosquitto: Server, tmp_path: Path) -> None:
    async with listening(mosquitto, "footfall/1/#", "listener") as heard:
        replayed = await asyncio.to_thread(
            footfall,
            *("replay", FEET, "--duration", "40", "--json", "--runner", "Ann", "--data-dir", tmp_path),
            *("--listeners", f"mqtt://127.0.0.1:{mosquitto.port}"),
            *("--cue", "impact", "--cue", "cadence", "--target", "impact=1", "--tones", "--quiet"),
        )
        assert replayed.status == 0, replayed
        await heard.until(lambda message: "/summary" in message.topic)
    told = [item for item in heard.all if isinstance(item, Arrived)]
    topics = [topic for message in told if (topic := parse(message.topic)) is not None]
    assert {topic.runner for topic in topics} == {Pseudonyms.of(tmp_path)("Ann")}
    assert {topic.kind for topic in topics} == {Kind.NEWS, Kind.STRIDE, Kind.CUE, Kind.WINDOW, Kind.SUMMARY, Kind.SOUND}
    sounds = [json.loads(message.payload) for message in told if message.topic.endswith("/sound")]
    assert {(sound["kind"], sound["sound"]) for sound in sounds} == {("impact", "tone")}
    assert {sound["side"] for sound in sounds} == {"left", "right"}
    assert "Cadence is not cued. No run in the last four weeks." in replayed.err
    strides = sorted(message.payload.decode() for message in told if "/stride/" in message.topic)
    assert strides == sorted(replayed.strides)
    assert json.loads(told[-1].payload) == {**replayed.objects[-1], "load": None}, "nobody ran it"


def test_a_run_goes_on_without_the_listeners_broker(tmp_path: Path) -> None:
    replayed = footfall(
        *("replay", FEET, "--duration", "20", "--json", "--data-dir", tmp_path),
        *("--listeners", f"mqtt://127.0.0.1:{free_port()}"),
    )
    assert len(replayed.strides) > 5
    assert "nobody who listens there is told" in replayed.err
    started_utc = datetime.fromisoformat(replayed.objects[0]["started_utc"])
    assert started_utc <= datetime.now(UTC), "the session's clock must not run while the broker is looked for"


def test_a_processor_shows_the_pages_of_a_chosen_runner(mosquitto: Server, tmp_path: Path) -> None:
    broker = ("--broker", f"mqtt://127.0.0.1:{mosquitto.port}")
    shown = ("--show", "Ann", "--port", "0", "--log", "text")
    processor = Footfall("process", *broker, *shown, "--data-dir", str(tmp_path / "there"))
    processor.start()
    try:
        processor.wait_for("Waiting for gateways")
        page = next(word for word in processor.said().split() if word.startswith("http://"))
        waiting = next_update(page)
        assert waiting is not None
        assert isinstance(waiting["heading"], dict)
        assert waiting["heading"]["title"] == "Waiting for Ann"
        for runner, duration in (("Bea", "20"), ("Ann", "40"), ("Bea", "20")):
            sent = footfall(
                *("gateway", *broker, "--replay", FEET, "--speed", "max", "--duration", duration),
                *("--runner", runner, "--data-dir", tmp_path / runner),
            )
            assert sent.status == 0, sent
        processor.wait_until(lambda: processor.said().count("is complete") == 3, "three sessions")
        update = next_update(page)
        assert update is not None
        assert isinstance(update["closing"], dict)
        with closing(HTTPConnection(urlsplit(page).netloc, timeout=60)) as connection:
            connection.request("GET", update["closing"]["page"])
            answer = connection.getresponse()
            assert (answer.status, b"Ann" in answer.read()) == (200, True), "the run has its own page there"
    finally:
        processor.kill()
    assert update is not None
    assert isinstance(update["heading"], dict)
    assert update["heading"]["title"] == "Ann"
    assert update["state"] == "Finished"
    assert isinstance(update["strides"], dict)
    assert min(update["strides"].values()) > 15
