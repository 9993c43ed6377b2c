"""What is known of people beyond the data folder: pseudonyms alone, and nothing once they are forgotten."""

import asyncio
import json
import zipfile
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from footfall_coaching.answers import Shoe
from footfall_gateway import cli
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.upkeep import see_to
from footfall_gateway.data_folder import outbox_path
from footfall_gateway.exit_status import ExitStatus
from footfall_gateway.influx.points import called, lines_of_all, runner_tag, shoe_line
from footfall_gateway.influx.runners import InfluxRunners
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.influx.writer import InfluxWriter
from footfall_gateway.mqtt.broker import Arrived, BrokerAddress, Connection, stay_connected
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.mqtt.retained import KEPT
from footfall_gateway.mqtt.topics import ROOT, SessionKey
from footfall_gateway.persons.places import find_person
from footfall_gateway.persons.removal import Outcome, plan, remove_elsewhere
from footfall_gateway.persons.retention import Retention
from footfall_gateway.persons.task import KeptTask, kept_tasks
from gateway.command_line import FEET
from gateway.persons.a_house import ANN, BOB, GATEWAY, a_house, session_of
from gateway.recordings_for_tests import strides
from influx_front import with_deletes
from killing import Footfall, send_what_waits, variables_of
from programs import PATIENCE_S
from servers import Server, free_port
from servers import mosquitto as mosquitto_with
from servers_influx import Influx

ACCESS_LIST: Final = Path(__file__).resolve().parents[3] / "deploy" / "mosquitto" / "acl"
ODD: Final = 'O\'Neil "Quick" \\ Ünlikely'


def points_of(influx: Influx, text: str) -> list[dict[str, Any]]:
    rows = influx.query("SELECT * FROM /.*/")
    return [row for row in rows if any(text in str(value) for value in row.values())]


def write(settings: InfluxSettings, runner: str, tag: str) -> None:
    """Write a session as one of this runner, who is called so."""
    about = called(session_of(runner, 1), lambda _: tag)
    started = about.session.started_utc
    assert started is not None
    with InfluxWriter(settings) as writer:
        assert writer.write([*lines_of_all(strides(30), about), shoe_line(Shoe(tag, started, "Blue"))]) == []


@pytest.mark.influx
def test_influxdb_forgets_who_is_forgotten_under_name_and_pseudonym_and_nobody_else(
    influxdb: Influx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = a_house(tmp_path / "data")
    pseudonym = Pseudonyms.of(folder)
    with with_deletes(influxdb) as settings:
        for runner, tag in ((ANN, ANN), (ANN, pseudonym(ANN)), (BOB, pseudonym(BOB)), (ODD, ODD)):
            write(settings, runner, tag)
        for name, value in variables_of(settings).items():
            monkeypatch.setenv(name, value)
        of_bob = points_of(influxdb, pseudonym(BOB))
        assert of_bob
        with InfluxRunners(settings) as runners:
            assert (runners.points(runner_tag(ODD)) or 0) > 30
            runners.remove(runner_tag(ODD))
            assert runners.points(runner_tag(ODD)) == 0
            assert (runners.points(pseudonym(ANN)) or 0) > 30
        assert points_of(influxdb, "Neil") == []

        out = tmp_path / "ann.zip"
        assert cli.run(["person", "export", ANN, "--data-dir", str(folder), "--out", str(out)]) == 0
        with zipfile.ZipFile(out) as archive:
            for name in ("influxdb/stride.csv", "influxdb/stride-1.csv"):
                assert len(archive.read(name).splitlines()) == 31
            assert "influxdb/shoe.csv" in archive.namelist()

        monkeypatch.setenv("FOOTFALL_INFLUX_URL", f"http://127.0.0.1:{free_port()}")
        capsys.readouterr()
        assert cli.run(["person", "forget", ANN, "--yes", "--data-dir", str(folder)]) == cli.EXIT_ERROR
        said = capsys.readouterr()
        assert "none is left" in said.out
        assert "not all could be reached" in said.err
        assert "InfluxDB can't be reached" in said.err
        assert points_of(influxdb, pseudonym(ANN))
        (task,) = kept_tasks(folder)
        assert task.task.influx_tags == sorted((ANN, pseudonym(ANN)))

        monkeypatch.setenv("FOOTFALL_INFLUX_URL", settings.url)
        assert cli.run(["person", "forget", "Nobody", "--yes", "--data-dir", str(folder)]) == cli.EXIT_ERROR
        assert "it is finished first" in capsys.readouterr().err
    (task,) = kept_tasks(folder)
    assert task.task.influx_tags == []  # the broker alone is left
    assert points_of(influxdb, ANN) == points_of(influxdb, pseudonym(ANN)) == []
    assert points_of(influxdb, pseudonym(BOB)) == of_bob


class Retained:
    """What a broker keeps."""

    def __init__(self, port: int) -> None:
        self.address = BrokerAddress.parse(f"mqtt://127.0.0.1:{port}")

    async def do(self, keys: list[SessionKey], content: bytes) -> list[Arrived]:
        """Publish, retained, what is not empty; return all that the broker keeps."""
        found: list[Arrived] = []

        async def work(connection: Connection) -> None:
            for key in keys if content else []:
                for kind in KEPT:
                    await connection.publish(key.topic(kind), content, retain=True)
            await connection.subscribe(f"{ROOT}/#")
            await connection.publish(f"{ROOT}/mark/status", b"here", retain=False)
            async for several in connection.messages():
                found.extend(several)
                # what is retained comes before what is published after it was asked for
                if any(arrived.topic.endswith("mark/status") for arrived in several):
                    return

        await asyncio.wait_for(
            stay_connected(
                self.address, work, client_id="test", clock=SystemClock(), random=Random(1), say=print, meanwhile=""
            ),
            PATIENCE_S,
        )
        return [arrived for arrived in found if arrived.retained and arrived.payload]


@pytest.mark.broker
def test_the_broker_keeps_nothing_of_who_is_forgotten(
    mosquitto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FOOTFALL_INFLUX_URL", raising=False)
    monkeypatch.setenv("FOOTFALL_GATEWAY", "box")
    folder = a_house(tmp_path / "data")
    outbox_path(folder).unlink()  # as where nothing goes to InfluxDB
    pseudonym = Pseudonyms.of(folder)
    keys = {
        runner: [
            SessionKey(GATEWAY, pseudonym(runner), session_of(runner, 2).session.id),
            SessionKey("box", pseudonym(runner), session_of(runner, 3).session.id),
        ]
        for runner in (ANN, BOB)
    }
    kept = Retained(mosquitto.port)
    assert len(asyncio.run(kept.do([*keys[ANN], *keys[BOB]], b"{}"))) == 12
    nobody = f"mqtt://127.0.0.1:{free_port()}"
    monkeypatch.setattr("footfall_gateway.mqtt.retained.PATIENCE_S", -3.0)
    assert cli.run(["person", "forget", ANN, "--yes", "--data-dir", str(folder), "--broker", nobody]) == cli.EXIT_ERROR
    assert "can't be reached" in capsys.readouterr().err
    (task,) = kept_tasks(folder)
    assert len(task.task.topics) == 2
    monkeypatch.setattr("footfall_gateway.mqtt.retained.PATIENCE_S", PATIENCE_S)

    async def until_done() -> None:
        said = asyncio.Queue[str]()
        seeing = asyncio.create_task(see_to(folder, None, kept.address, Retention(), SystemClock(), said.put_nowait))
        while kept_tasks(folder):
            await asyncio.wait({seeing}, timeout=0.05)
            assert not seeing.done()
        seeing.cancel()

    asyncio.run(asyncio.wait_for(until_done(), PATIENCE_S))
    left = asyncio.run(kept.do([], b""))
    assert {arrived.topic for arrived in left} == {str(key.topic(kind)) for key in keys[BOB] for kind in KEPT}


@pytest.mark.broker
def test_what_our_access_list_lets_nobody_clear_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_GATEWAY", "test")
    folder = a_house(tmp_path / "data")
    kept = KeptTask.begin(folder, plan(folder, find_person(folder, ANN), None))
    outcome = Outcome()
    with mosquitto_with(tmp_path, settings=("allow_anonymous true", f"acl_file {ACCESS_LIST}")) as broker:
        address = BrokerAddress.parse(f"mqtt://127.0.0.1:{broker.port}", user="processor")
        kept.task.influx_tags = []
        remove_elsewhere(kept, None, address, outcome)
    assert outcome.later == []
    (remark,) = outcome.remarks
    assert "lets this user clear no end and no session" in remark
    assert f"removed at its gateway too (test, {GATEWAY})" in remark
    assert kept.task.topics == []


@pytest.mark.broker
@pytest.mark.influx
def test_nothing_that_leaves_the_store_tells_a_runner_s_name(
    mosquitto: Server, influxdb: Influx, tmp_path: Path
) -> None:
    name = "Zyxomma Quillfeather"
    at = ("--broker", f"mqtt://127.0.0.1:{mosquitto.port}")
    there, here = tmp_path / "there", tmp_path / "here"
    to_influx = variables_of(influxdb.settings) | {"FOOTFALL_INFLUX_RUNNERS": ""}
    topics: list[str] = []

    async def listen(connection: Connection) -> None:
        await connection.subscribe(f"{ROOT}/#")
        heard.set()
        async for several in connection.messages():
            topics.extend(arrived.topic for arrived in several)
            if any(arrived.topic.endswith("/summary") for arrived in several):
                return

    heard = asyncio.Event()

    async def run() -> tuple[str, str]:
        gateway = Footfall(
            "gateway", *at, "--data-dir", str(there), "--name", "track", "--runner", name,
            "--replay", str(FEET), "--speed", "max", "--duration", "20",
        )  # fmt: skip
        processor = Footfall("process", *at, "--data-dir", str(here), environment=to_influx)
        listening = asyncio.create_task(
            stay_connected(
                Retained(mosquitto.port).address,
                listen,
                client_id="test",
                clock=SystemClock(),
                random=Random(1),
                say=print,
                meanwhile="",
            )
        )
        try:
            await heard.wait()
            processor.start()
            gateway.start()
            await asyncio.to_thread(processor.wait_for, "is complete")
            assert await asyncio.to_thread(gateway.wait) == 0
            await listening
            await asyncio.to_thread(processor.interrupt)
            return gateway.said(), processor.said()
        finally:
            gateway.kill()
            processor.kill()

    said = asyncio.run(asyncio.wait_for(run(), 2 * PATIENCE_S))
    send_what_waits(here, influxdb.settings)
    words = name.split()
    assert len(topics) > 20
    assert [topic for topic in topics if any(word in topic for word in words)] == []
    assert [line for text in said for line in text.splitlines() if any(word in line for word in words)] == []
    names = [str(path) for folder in (there, here) for path in folder.rglob("*")]
    assert [path for path in names if any(word in path for word in words)] == []
    assert [row for word in words for row in points_of(influxdb, word)] == []
    assert points_of(influxdb, Pseudonyms.of(here)(name))
    outbox = outbox_path(here).read_bytes()
    assert not any(word.encode() in outbox for word in words)


@pytest.mark.influx
def test_a_push_calls_runners_by_pseudonym_and_removes_their_names_where_that_is_wished(
    influxdb: Influx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = a_house(tmp_path / "data")
    with with_deletes(influxdb) as settings:
        for name, value in variables_of(settings).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("FOOTFALL_INFLUX_RUNNERS", "names")
        assert cli.run(["push", "--data-dir", str(folder)]) == 0
        assert len(points_of(influxdb, ANN)) > 40
        assert cli.run(["push", "--drop-names", "--data-dir", str(folder)]) == cli.EXIT_ERROR
        monkeypatch.setenv("FOOTFALL_INFLUX_RUNNERS", "initials")
        assert cli.run(["push", "--data-dir", str(folder)]) == ExitStatus.SETTINGS
        assert "'initials': give one of pseudonyms, names" in capsys.readouterr().err
        monkeypatch.delenv("FOOTFALL_INFLUX_RUNNERS")
        assert cli.run(["push", "--drop-names", "--data-dir", str(folder), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["points"] > 80
    assert points_of(influxdb, ANN) == []
    assert len(points_of(influxdb, Pseudonyms.of(folder)(ANN))) > 40
