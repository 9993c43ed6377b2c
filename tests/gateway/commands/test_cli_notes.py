"""What runners note: pain and shoes, from the command to the store."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from footfall_coaching.answers import PainSite, Phase
from footfall_gateway import cli
from footfall_gateway.store.database import Store
from footfall_processing.session import Side
from gateway.recordings_for_tests import header

SESSION = header().session.id


@pytest.fixture
def store_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FOOTFALL_DATA_DIR", str(tmp_path))
    path = tmp_path / "footfall.sqlite"
    with Store.open(path) as store:
        store.add_session(header())
    return path


@pytest.mark.parametrize("session", [SESSION, "last"])
def test_a_pain_is_noted_for_a_session(store_path: Path, session: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["note", "pain", session, "--knee", "left", "--shin", "right", "--level", "3"]) == 0
    assert f"Session {SESSION}: left knee, 3 of 10" in capsys.readouterr().out
    with Store.open(store_path) as store:
        noted = store.answers.pains_of(SESSION)
    assert [(pain.phase, pain.site, pain.side, pain.level) for pain in noted] == [
        (Phase.DURING, PainSite.KNEE, Side.LEFT, 3),
        (Phase.DURING, PainSite.SHIN, Side.RIGHT, 3),
    ]


def test_sessions_get_a_runner_s_name(
    store_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["sessions", "runner", SESSION, "last", " Anna "]) == 0
    assert capsys.readouterr() == (f"Session {SESSION}: of Anna\n" * 2, "")
    monkeypatch.setenv("FOOTFALL_INFLUX_URL", "http://127.0.0.1:1")
    assert cli.run(["sessions", "runner", "last", ""]) == 0
    told = capsys.readouterr()
    assert "of nobody who has a name" in told.out
    assert f"(Anna). footfall push {SESSION} writes them under the new one" in " ".join(told.err.split())
    for words, complaint in (([SESSION], "and then who ran"), ([SESSION, SESSION], "who ran comes last")):
        assert cli.run(["sessions", "runner", *words]) == cli.EXIT_ERROR
        assert complaint in " ".join(capsys.readouterr().err.split())


def test_that_nothing_hurts_needs_no_place(store_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["note", "pain", SESSION, "--level", "0"]) == 0
    assert f"Session {SESSION}: nothing hurts" in capsys.readouterr().out
    with Store.open(store_path) as store:
        (noted,) = store.answers.pains_of(SESSION)
    assert (noted.site, noted.side, noted.level) == (None, None, 0)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["pain", "last", "--knee", "left", "--level", "11"], "not within 0 (none) to 10"),
        (["pain", "last", "--level", "3"], "say where it hurt, such as --knee left"),
        (["pain", "nothing", "--knee", "left", "--level", "3"], "has no session 'nothing'"),
        (["shoe", " "], "a shoe needs a name"),
    ],
)
def test_a_note_that_makes_no_sense_is_refused(
    store_path: Path, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["note", *arguments]) == cli.EXIT_ERROR
    assert complaint in capsys.readouterr().err


def test_nothing_is_noted_of_a_demo_or_of_what_lies_in_the_bin(
    store_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = header("demo")
    sensors = (replace(demo.recorded_sensors[0], address="F0:07:FA:11:00:01"), *demo.recorded_sensors[1:])
    with Store.open(store_path) as store:
        store.add_session(replace(demo, recorded_sensors=sensors))
        store.log.discard(SESSION, datetime.now(UTC))
    for session, complaint in ((demo.session.id, "is a demo"), (SESSION, "lies in the bin")):
        assert cli.run(["note", "pain", session, "--knee", "left", "--level", "3"]) == cli.EXIT_ERROR
        assert complaint in capsys.readouterr().err
    with Store.open(store_path) as store:
        assert store.answers.pains("", with_bin=True) == []


def test_a_shoe_is_worn_from_now_on(store_path: Path) -> None:
    before = datetime.now(UTC)
    assert cli.run(["note", "shoe", "Blue daily", "--runner", "anna"]) == 0
    with Store.open(store_path) as store:
        (noted,) = store.answers.shoes()
    assert (noted.runner_name, noted.name) == ("anna", "Blue daily")
    assert before <= noted.since_utc <= datetime.now(UTC)
