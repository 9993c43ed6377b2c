"""What comes from outside goes through one door, within bounds."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import footfall_dashboards
import footfall_gateway
from footfall_gateway import cli
from footfall_gateway.ble import paired
from footfall_gateway.devices import samples
from footfall_gateway.devices.samples import Samples
from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.outside import (
    NoSuchFileError,
    check_moment,
    open_file,
    parse_hex,
    parse_json,
    parse_moment,
    parse_msgpack,
    parse_toml,
    read_file,
)
from footfall_gateway.recordings.recording import Recording, RecordingError, RecordingWriter
from footfall_gateway.store.database import Store
from footfall_processing.errors import FootfallError
from footfall_processing.session import Sensor
from gateway.hostile_files import NESTED, chunk, first_chunk, message, recording
from gateway.recordings_for_tests import header

MEET_ALL = """
import re, resource, sys, time
from pathlib import Path
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.recordings.decoding import decode_packets
from footfall_processing.errors import FootfallError
from gateway.hostile_files import write_hostile_files
files = list(write_hostile_files(Path(sys.argv[1])))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
for path, said in files:
    begun_s, heard = time.process_time(), ""
    try:
        opened = open_input([path])
        heard = " ".join(opened.remarks)
        list(decode_packets(opened.header, opened))
        opened.require_whole()
        heard = "nothing"
    except FootfallError as error:
        heard = f"{heard} {error}"
    took_s = time.process_time() - begun_s
    if not re.search(said, heard) or "\\n" in heard or took_s > 20.0:
        print(f"{path.name}: {took_s:.1f} s: {heard}")
"""


def test_no_file_takes_more_than_a_little_memory_and_time_or_ends_in_a_traceback(tmp_path: Path) -> None:
    """In a process that may not have 1 GiB: some of these unpack to more, and others are longer."""
    met = subprocess.run(
        [sys.executable, "-c", MEET_ALL, tmp_path],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (met.returncode, met.stdout, met.stderr) == (0, "", "")


@given(st.binary(max_size=200), st.sampled_from([b"", first_chunk()[33:]]))
def test_whatever_a_chunk_holds_is_taken_or_counted(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, more: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "chunk.mcap"
    path.write_bytes(recording(first_chunk(), chunk(more + content)))
    opened = Recording.open(path)
    list(opened)
    list(opened.events())
    assert not opened.truncated


def test_only_regular_files_are_opened_and_none_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mcap")
    (tmp_path / "pipe.csv").symlink_to(tmp_path / "pipe.mcap")
    for path, why in {
        tmp_path: "is a folder, not a file; give a file",
        tmp_path / "pipe.mcap": "is a pipe",
        tmp_path / "pipe.csv": "is a pipe",
        Path("/dev/zero"): "is a device",
        Path("a\0b"): "is no file name",
    }.items():
        for read in (open_file, read_file, lambda path: open_input([path])):
            with pytest.raises(FootfallError, match=why):
                read(path)
    for load in (paired.load, Store.open, Outbox):
        with pytest.raises(GatewayError, match=r"pipe\.mcap: is "):
            load(tmp_path / "pipe.mcap")
    with pytest.raises(NoSuchFileError, match="No such file"):
        read_file(tmp_path / "missing")
    (tmp_path / "long").write_bytes(bytes(1025))
    with pytest.raises(OutsideError, match=r"long: has more than the 1 KiB that it may have"):
        read_file(tmp_path / "long", 1024)


@given(st.binary(max_size=60) | st.text(alphabet='[]{}"\\:,.=a1eé\ud800\n', max_size=40))
def test_whatever_is_parsed_gives_a_value_or_one_error(given_text: bytes | str) -> None:
    data = given_text if isinstance(given_text, bytes) else given_text.encode("utf-8", "surrogatepass")
    kind: type[Any]
    for kind in (object, dict[str, object], Sensor, list[float]):
        with suppress(OutsideError):
            parse_json(given_text, kind, "it")
        with suppress(OutsideError):
            parse_msgpack(data, kind, "it")
    for kind in (dict[str, object], Sensor):
        with suppress(OutsideError):
            parse_toml(data, kind, "it")
    if isinstance(given_text, str):
        with suppress(OutsideError):
            parse_moment(given_text, "it")
        with suppress(OutsideError):
            parse_hex(given_text, "it", 10)


@pytest.mark.parametrize(
    ("parse", "text", "why"),
    [
        (parse_json, NESTED, "nested more than 64 deep"),
        (parse_json, b"[" * 65 + b"]" * 65, "nested more than 64 deep"),
        (parse_json, b"1" * (4 << 20) + b"1", "more than the 4 MiB"),
        (parse_msgpack, b"\x91" * 5000 + b"\x90", "nested"),
        (parse_msgpack, b"\xdd\xff\xff\xff\xff", "truncated"),
        (parse_toml, b"a = 1 # \xff", r"is no text in UTF-8 \(byte 8\)"),
        (parse_json, b'{"a": "\xff"}', "is no text in UTF-8"),
        (parse_toml, b"a" + b".a" * 33 + b" = 1", "line 1: has more than 32 dots"),
        (parse_toml, b"a = " + b"[" * 5000, "nested"),
        (parse_toml, b"a = " + b"{a = " * 5000, "nested"),
        (parse_toml, b"a = " + b"9" * 5000, "digits"),
        (parse_toml, b"#" * 65_537, "more than the 64 KiB"),
    ],
)
def test_what_breaks_a_bound_is_refused_with_the_bound(parse: Any, text: bytes, why: str) -> None:  # noqa: ANN401
    with pytest.raises(OutsideError, match=f"^it: .*{why}"):
        parse(text, object, "it")


def test_nesting_is_not_brackets_in_texts() -> None:
    names = ["[" * 100, '\\"[{' * 30]
    assert parse_json(msgspec.json.encode(names), list[str], "it") == names


def test_moments_are_of_a_time_zone_and_of_our_times() -> None:
    assert parse_moment("2026-05-03T08:15:00Z", "it") == datetime(2026, 5, 3, 8, 15, tzinfo=UTC)
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z"):
        with pytest.raises(OutsideError, match="not between 1970 and 2200"):
            check_moment(datetime.fromisoformat(moment), "it")
    with pytest.raises(OutsideError, match="no time zone"):
        parse_moment("2026-05-03T08:15:00", "it")


def test_one_session_that_can_t_be_read_does_not_hide_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Store.open(tmp_path / "footfall.sqlite") as store:
        for name in ("good", "bad", "fine"):
            store.add_session(header(name))
        store._connection.execute("UPDATE session SET header = ? WHERE session_id = 'bad'", (NESTED.decode(),))
        assert {session.header.session.id for session in store.sessions()} == {"good", "fine"}
        assert "nested more than 64 deep" in caplog.text
        with pytest.raises(GatewayError, match="nested more than 64 deep"):
            store.session("bad")
        assert store.log.runs("") == []


def test_what_is_lost_of_a_recording_is_told_in_words_and_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    t_s = np.arange(20) / 200.0
    packet = samples.encode(Samples(t_s, np.tile([0.0, 0.0, 1.0], (20, 1)), np.zeros((20, 3))))
    path = tmp_path / "run.mcap"
    path.write_bytes(recording(first_chunk(), chunk(message(2, 10**9, packet)), chunk(b"\x05\x01\x02")))
    assert cli.run(["export", str(path)]) == cli.EXIT_ERROR
    printed = capsys.readouterr()
    assert printed.out == f"{tmp_path}/run/a.csv\n"
    assert (tmp_path / "run" / "a.csv").read_bytes().count(b"\n") == 21
    assert "1 damaged part is left out (a record in it is not whole)" in printed.err
    assert "is not whole" in printed.err.splitlines()[-1]


def test_a_header_that_nobody_could_read_is_not_written(tmp_path: Path) -> None:
    named = replace(header(), session=replace(header().session, shoe="x" * 600))
    with pytest.raises(RecordingError, match="length <= 512"):
        RecordingWriter(tmp_path / "run.mcap", named)
    assert list(tmp_path.iterdir()) == []


# ---- The door

FORBIDDEN = frozenset(
    {"read_text", "read_bytes", "fromisoformat", "fromhex", "strptime", "loads", "Decoder", "convert", "genfromtxt"}
)
"""Calls by which files and texts are taken, whatever they are called on."""
OF_MODULES = {
    "decode": {f"msgspec.{kind}.decode" for kind in ("json", "msgpack", "toml", "yaml")},
    "load": {"json.load", "np.load", "pickle.load"},
}
LIBRARIES = {"zipfile", "tarfile", "tomllib", "csv", "json", "pickle", "lz4", "zstandard", "msgpack", "yaml", "sqlite3"}
"""What reads by itself: who imports one stands below."""
KNOWN = {
    "footfall_gateway/outside.py": "the door",
    "footfall_gateway/archives.py": "the door for archives",
    "footfall_gateway/outside_yaml.py": "the door for YAML",
    "footfall_gateway/own_files.py": "makes files, and opens none that is there",
    "footfall_gateway/recordings/scan.py": "unpacks chunks, each bounded before it is",
    "footfall_gateway/sessions/checkpoints.py": "unpacks checkpoints, each bounded before it is",
    "footfall_gateway/recordings/recording.py": "opens a folder to sync it",
    "footfall_gateway/store": "SQLite, which bounds what it reads; the texts in it go through the door",
    "footfall_gateway/influx/outbox.py": "the same",
    "footfall_gateway/machine_code.py": "takes what it wrote itself and digested, of a folder that is the user's alone",
    "footfall_gateway/sources.py": "reads this package",
    "footfall_gateway/cli.py": "opens /dev/null",
    "footfall_gateway/sessions/sinks/cues.py": "opens a loudspeaker",
    "footfall_gateway/mqtt/intake.py": "uses the connection of the inbox",
    "footfall_gateway/commands/kept_files.py": "looks into the inbox without changing it",
    "footfall_gateway/backup/making.py": "copies databases by SQLite itself",
    "footfall_gateway/settings.py": "gives a type to what the door has read",
    "footfall_gateway/service/signs.py": "asks whether databases can be written, without changing them",
    "footfall_gateway/service/log.py": "writes JSON, and reads none",
    "footfall_gateway/persons/databases.py": "uses connections of the store's",
    "footfall_gateway/persons/search.py": "looks for bytes in databases without changing them",
    "footfall_gateway/persons/tables.py": "writes CSV, and reads none",
    "footfall_gateway/formats/stride_tables.py": "writes CSV, and reads none",
    "footfall_gateway/virtual": "takes what it made itself",
    "footfall_dashboards/runner/days.py": "reads a day that a browser sent, and refuses what is none",
    "footfall_dashboards/runner/run_forms.py": "the same of a moment",
    "footfall_dashboards/runner/runs_page.py": "the same of a month",
    "footfall_dashboards/runner/report.py": "reads this package's own styles",
    "footfall_dashboards/runner/style.py": "the same",
    "footfall_dashboards/runner/report_extra.py": "the same",
    "footfall_dashboards/runner/pictures.py": "reads this package's own drawings",
    "footfall_dashboards/runner/scripts.py": "reads this package's own scripts",
    "footfall_dashboards/runner/raw_data.py": "writes CSV, and reads none",
    "footfall_dashboards/terminal.py": "takes what the view beside it made",
    "footfall_dashboards/grafana": "writes dashboards, ahead of all",
}


def forbidden(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from (name for name in names if name.partition(".")[0] in LIBRARIES)
        elif isinstance(node, ast.Call):
            called = node.func.value if isinstance(node.func, ast.Subscript) else node.func
            last = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if last in FORBIDDEN:
                yield ast.unparse(called)
            elif last == "open":
                modes = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                reads = not node.args or any("r" in mode for mode in modes)
                if reads or isinstance(called, ast.Name) or ast.unparse(called) == "os.open":
                    yield ast.unparse(called)
            elif last in OF_MODULES and ast.unparse(called) in OF_MODULES[last]:
                yield ast.unparse(called)


def test_nothing_from_outside_goes_past_the_door() -> None:
    past, words = list[str](), re.compile(rf"\b({'|'.join((*FORBIDDEN, *LIBRARIES, *OF_MODULES, 'open'))})\b")
    for package in (footfall_gateway, footfall_dashboards):
        folder = Path(package.__path__[0])
        for path in folder.rglob("*.py"):
            name = f"{package.__name__}/{path.relative_to(folder)}"
            content = path.read_text(encoding="utf-8")
            if not any(name == known or name.startswith(f"{known}/") for known in KNOWN) and words.search(content):
                past += [f"{name}: {called}" for called in forbidden(ast.parse(content))]
    assert past == []
    calls = ["path.read_text()", "path.open()", "open(path)", "msgspec.json.Decoder[int](int)", "os.open(path, 0)"]
    assert all(list(forbidden(ast.parse(call))) for call in (*calls, "import tomllib", "from csv import reader"))
