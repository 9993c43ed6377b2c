"""What people read is text: names from outside are shown escaped, and no password is told."""

import io
import logging
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

import footfall_dashboards
import footfall_gateway
from footfall_gateway import cli, console, wire
from footfall_gateway.exit_status import ExitStatus
from footfall_gateway.outside import (
    escaped_json,
    shown,
    told,
    without_secrets,
)
from footfall_gateway.plain_console import PlainConsole
from footfall_gateway.recordings.recording import RecordingError, RecordingWriter
from footfall_gateway.say import PlainFormatter
from footfall_gateway.store.database import Store
from footfall_processing.session import Sensor
from footfall_processing.short_names import short_names
from gateway.recordings_for_tests import header

NAMES = ("[/]", "\x1b[31mred", "left\u202etfel", "two\nlines", "\x9b1m", "[bold]", ":boom:")
"""Of sensors, as nobody honest names them."""
UNSEEN = "\x1b\x9b\u202e\x07"


def named_session() -> Iterator[Sensor]:
    for name in NAMES:
        yield replace(header().session.sensors[0], id=name)


def test_names_are_shown_as_text_in_every_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    sensors = tuple(named_session())
    whole = header()
    recorded = tuple(replace(whole.recorded_sensors[0], sensor=sensor) for sensor in sensors)
    named = replace(
        whole, session=replace(whole.session, id=f"id{UNSEEN}[/]", sensors=sensors), recorded_sensors=recorded
    )
    with Store.open(tmp_path / "footfall.sqlite") as store:
        store.add_session(named, tmp_path / f"{UNSEEN}[/].mcap")
    for command in (["sessions", "list"], ["sessions", "show"], ["sessions", "show", "--json"]):
        assert cli.run([*command, "--data-dir", str(tmp_path)]) == 0
        printed = capsys.readouterr()
        assert "[/]" in printed.out
        assert all(line.isprintable() for line in (printed.out + printed.err).splitlines())
    assert cli.run(["analyze", str(tmp_path / f"{UNSEEN}[/].mcap")]) == cli.EXIT_ERROR
    console.remark(f"{UNSEEN}[/]\nfootfall: all is well")
    with console.progress(f"{UNSEEN}[/]"):
        pass
    logged = logging.LogRecord("x", logging.WARNING, "x", 1, "%s", (f"{UNSEEN}\nfootfall: well",), None)
    lines = [*capsys.readouterr().err.splitlines(), PlainFormatter().format(logged)]
    assert all(line.isprintable() for line in lines)
    assert len(lines) == 3


def test_what_is_drawn_holds_no_more_than_it_should() -> None:
    out = PlainConsole(file=io.StringIO(), width=100)
    with out.capture() as capture:
        for name in NAMES:
            out.print(name)
            out.print(Text(name, style="bold"))
    assert all(line.isprintable() for line in capture.get().splitlines())
    for name in NAMES:
        assert shown(name) in capture.get()
    line = wire.json_line({"name": "".join(NAMES)})
    assert line.isprintable()
    assert msgspec.json.decode(line) == {"name": "".join(NAMES)}


@given(st.lists(st.text(max_size=40), max_size=5))
def test_shown_names_are_distinct_and_printable(names: list[str]) -> None:
    short = short_names(names)
    assert len(set(short.values())) == len(set(names))
    joiners = str.maketrans("", "", "\u200c\u200d")
    assert shown("".join(short.values())) == "".join(short.values()), "nothing is left to escape"
    assert not set("".join(short.values()).translate(joiners)) & set(UNSEEN)


@given(st.text(max_size=20))
def test_escaped_json_says_the_same(name: str) -> None:
    line = escaped_json(msgspec.json.encode([name]).decode())
    assert msgspec.json.decode(line) == [name]
    assert shown(line) == line


def test_what_people_read_is_written_in_two_places_alone() -> None:
    """With a `PlainConsole`, by `console` with `shown`, and by what logs with `told`; Ruff sees that nobody prints."""
    writers = set()
    for package in (footfall_gateway, footfall_dashboards):
        for path in Path(package.__path__[0]).rglob("*.py"):
            if re.search(r"(?<!Plain)Console\(|std(out|err)\.write", path.read_text(encoding="utf-8")):
                writers.add(path.name)
    assert writers == {"console.py", "machine_code.py"}, "the last one tells its parent that it is done"


@pytest.mark.parametrize(
    "address",
    [
        "mqtt://me:s3cret@box/x",
        "mqtt://me:s3cret@box:port",
        "me:s3cret@box",
        "mqtt://me:s3/cr@s3cret@box",
        "mqtt://me:s3 cret@box",
    ],
)
def test_a_password_in_an_address_is_told_nowhere(
    address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (["gateway", "--broker", address], ["gateway", address], ["process", "--broker", address]):
        assert cli.run(command) == cli.EXIT_ERROR
    printed = capsys.readouterr()
    assert "cret" not in printed.out + printed.err
    assert printed.err.count("\n") == 3
    monkeypatch.setenv("FOOTFALL_BROKER", address)
    assert (cli.run(["gateway"]), cli.run(["gateway", "--help"])) == (ExitStatus.SETTINGS, 0)
    printed = capsys.readouterr()
    assert "cret" not in printed.out + printed.err
    assert without_secrets("at 12:30, ask coach@club") == "at 12:30, ask coach@club"
    assert told(f"can't reach {address}").count("cret") == 0


def test_no_text_takes_long_to_be_told() -> None:
    began_s = time.process_time()
    for part in ("a", ":", "a:", "a://b:c ", "/:", "a://", "@", "a:@", "a://b:c d@"):
        told(part * 2000 + " @")
    assert time.process_time() - began_s < 2.0, "it took seconds for a thousand characters"


@pytest.mark.parametrize("name", ["x\udcff", "x\udcff.mcap"])
def test_a_name_that_is_no_text_is_refused_before_anything_is_done(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (["import", "a.csv", "--runner", name], ["analyze", name], ["sessions", "list", "--data-dir", name]):
        assert cli.run(command) == cli.EXIT_ERROR
        assert capsys.readouterr().err.startswith(
            f"footfall: x\\udcff{name[2:]}: is no text, as its bytes are not UTF-8"
        )
    monkeypatch.setenv("FOOTFALL_DATA_DIR", str(tmp_path / name))
    assert cli.run(["sessions", "list"]) == cli.EXIT_ERROR
    assert capsys.readouterr().err.startswith("footfall: FOOTFALL_DATA_DIR: is no text")
    named = replace(header(), session=replace(header().session, runner_name=name))
    with pytest.raises(RecordingError, match="can't be written"):
        RecordingWriter(tmp_path / "run.mcap", named)
