"""How commands end: each exit status once, as a script sees it, and as the help and the document list them."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

import forked
from conftest import REPOSITORY
from footfall_gateway import cli
from footfall_gateway.exit_status import MEANINGS, ExitStatus
from forked import COMMAND
from gateway.command_line import FEET, environment, footfall
from programs import PATIENCE_S


def test_done() -> None:
    assert footfall("--version").status == ExitStatus.DONE


def test_a_fault_of_ours(tmp_path: Path) -> None:
    broken = "import footfall_gateway.cli as cli\ncli.build_app = lambda _: 1 / 0\ncli.main()"
    ended = subprocess.run([COMMAND[0], "-c", broken], capture_output=True, text=True, env=environment())
    assert ended.returncode == ExitStatus.FAULT
    assert "ZeroDivisionError" in ended.stderr


@pytest.mark.parametrize("arguments", [("analyse",), ("analyze", "--nonsense", "x"), ("analyze", "no-such-file.mcap")])
def test_wrong_options_and_input(arguments: tuple[str, ...]) -> None:
    assert cli.run(arguments) == ExitStatus.NOT_DONE


def test_damaged_input_is_told_though_the_rest_was_done(tmp_path: Path) -> None:
    damaged = tmp_path / "cut.mcap"
    content = FEET.read_bytes()
    damaged.write_bytes(content[: len(content) // 4])
    ended = footfall("analyze", damaged, "--data-dir", tmp_path, "--json")
    assert ended.status == ExitStatus.NOT_DONE
    assert json.loads(ended.out.splitlines()[-1])["type"] == "summary"


def test_not_now(tmp_path: Path) -> None:
    assert cli.run(["health", "--data-dir", str(tmp_path)]) == ExitStatus.NOT_NOW


def test_settings_that_make_no_sense(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FOOTFALL_PAGE_PORT", "http")
    assert cli.run(["sessions", "list"]) == ExitStatus.SETTINGS
    monkeypatch.delenv("FOOTFALL_PAGE_PORT")
    of_commands = {"KEEP_SESSIONS": "soon", "BROKER": "http://box", "GATEWAY": "a/b", "HEALTH_PORT": "70000"}
    for name, value in of_commands.items():
        with monkeypatch.context() as patched:
            patched.setenv(f"FOOTFALL_{name}", value)
            command = "gateway" if name == "GATEWAY" else "process"
            assert cli.run([command, "--data-dir", str(tmp_path)]) == ExitStatus.SETTINGS, name
    assert cli.run(["gateway", "--name", "a/b"]) == cli.run(["process", "--health-port", "-1"]) == ExitStatus.NOT_DONE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_service_that_is_asked_to_end_is_done(tmp_path: Path, number: signal.Signals) -> None:
    command = [*COMMAND, "process", "--broker", "mqtt://127.0.0.1:1", "--data-dir", str(tmp_path), "--log", "text"]
    process = forked.popen(command, stderr=subprocess.PIPE, text=True, env=environment())
    assert process.stderr is not None
    while "Waiting for gateways" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(number)
    _, rest = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, "Traceback" in rest) == (ExitStatus.DONE, False)


def test_ctrl_c() -> None:
    assert interrupted() == ExitStatus.INTERRUPTED


def interrupted() -> int:
    def build_app(_: object) -> object:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cli, "build_app", build_app)
        return cli.run([])


def test_nobody_reads() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as out:
        ended = subprocess.run([*COMMAND, "--help"], stdout=out, stderr=subprocess.PIPE, env=environment())
    assert (ended.returncode, ended.stderr) == (ExitStatus.NOBODY_READS, b"")


def test_help_and_document_list_them() -> None:
    told = " ".join(footfall("--help").out.split())
    for status, text in MEANINGS.items():
        assert f"{status.value} {text}" in told
    document = (REPOSITORY / "docs" / "operations.md").read_text()
    rows = dict(re.findall(r"^\| (\d+) \| (.+?) \|$", document, re.MULTILINE))
    assert rows == {str(status.value): text for status, text in MEANINGS.items()}
    assert set(MEANINGS) == set(ExitStatus)
