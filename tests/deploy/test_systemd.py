"""The units: systemd takes them, they are shut in, and the real services keep their side of the protocol."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from deploy.compose_file import REPOSITORY
from footfall_gateway.exit_status import ExitStatus
from footfall_gateway.service.vitals import BEAT_S, OFTEN_ENOUGH, OVERDUE_S
from footfall_gateway.settings import load
from killing import Footfall
from programs import PATIENCE_S
from servers import Server

UNITS: Final = REPOSITORY / "packaging" / "systemd"
OF_THE_SYSTEM: Final = ("footfall-process.service", "footfall-gateway.service")
OF_A_USER: Final = "footfall-record.service"
SECONDS: Final = {"": 1, "s": 1, "min": 60}


def read(name: str) -> dict[str, list[str]]:
    """What a unit says in [Service], by name: some names stand there more than once."""
    found: dict[str, list[str]] = {}
    section = (UNITS / name).read_text().split("[Service]")[1].split("[Install]")[0]
    for key, value in re.findall(r"^(\w+)=(.*)$", section, re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def seconds(text: str) -> int:
    match = re.fullmatch(r"(\d+)(s|min|)", text)
    assert match is not None
    return int(match[1]) * SECONDS[match[2]]


@pytest.mark.systemd
@pytest.mark.parametrize("name", [*OF_THE_SYSTEM, OF_A_USER])
def test_systemd_takes_the_unit(name: str, tmp_path: Path) -> None:
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (UNITS / name).read_text(), flags=re.MULTILINE)
    (tmp_path / name).write_text(text)
    checked = subprocess.run(["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.systemd
@pytest.mark.parametrize("name", OF_THE_SYSTEM)
def test_a_service_of_the_system_is_shut_in(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(UNITS / name)]
    checked = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"})
    assert checked.returncode == 0, checked.stdout


@pytest.mark.systemd
def test_systemd_makes_the_user_that_the_services_run_as() -> None:
    made = subprocess.run(
        ["systemd-sysusers", "--dry-run", UNITS / "footfall.sysusers"], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    (user,) = {name for unit in OF_THE_SYSTEM for name in read(unit)["User"]}
    assert f"user '{user}'" in made.stderr + made.stdout or f"{user}:" in Path("/etc/passwd").read_text()


@pytest.mark.parametrize("name", [*OF_THE_SYSTEM, OF_A_USER])
def test_a_unit_fits_what_the_services_do(name: str) -> None:
    unit = read(name)
    assert (unit["Type"], unit["Restart"], unit["UMask"]) == (["notify"], ["on-failure"], ["0077"])
    # a ping is not missed because a loop had nothing to do, nor sent for one that is stuck
    assert seconds(unit["WatchdogSec"][0]) * (0.5 - OFTEN_ENOUGH) > BEAT_S
    assert seconds(unit["WatchdogSec"][0]) > OVERDUE_S
    assert unit["RestartPreventExitStatus"] == [str(ExitStatus.SETTINGS.value)]
    assert unit["KillSignal"] == ["SIGINT"]
    environment = dict(pair.split("=", 1) for line in unit.get("Environment", []) for pair in line.split())
    environment.pop("FOOTFALL_CONFIG", None)
    assert load(environment).settings.health_port in (0, 8421, 8422)


def test_no_two_services_of_one_computer_share_a_port_or_a_folder() -> None:
    for key in ("FOOTFALL_HEALTH_PORT=", "FOOTFALL_DATA_DIR="):
        found = [line for name in OF_THE_SYSTEM for line in (UNITS / name).read_text().split() if key in line]
        assert len(set(found)) == len(found) == len(OF_THE_SYSTEM)


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Be systemd to the programs that are started: watch them, and hear what they say."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "200000")
        yield listening


def until(heard: socket.socket, wanted: str) -> list[str]:
    words: list[str] = []
    while wanted not in words:
        words.append(heard.recv(4096).decode())
    return words


@pytest.mark.broker
def test_a_service_says_that_it_is_ready_and_at_work_how_it_is_and_that_it_ends(
    heard: socket.socket, mosquitto: Server, tmp_path: Path
) -> None:
    processor = Footfall(
        "process", "--broker", f"mqtt://127.0.0.1:{mosquitto.port}", "--data-dir", str(tmp_path / "data")
    )
    try:
        processor.start()
        before = until(heard, "READY=1")
        assert not any(word.startswith("STOPPING") for word in before)
        until(heard, "STATUS=ready")
        until(heard, "WATCHDOG=1")
        until(heard, "WATCHDOG=1")
        assert processor.stop(signal.SIGINT) == 0
        assert until(heard, "STOPPING=1")
    finally:
        processor.kill()
