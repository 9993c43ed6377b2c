"""Footfall as its container runs it: without capabilities, and able to write to two folders alone.

No engine runs here; Linux' namespaces, of which engines are made, do the same, where they are allowed.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from deploy.compose_file import REPOSITORY, SERVICES
from footfall_gateway.machine_code import kernel_folder, make_ready
from forked import COMMAND
from gateway.command_line import FEET
from programs import PATIENCE_S, Program
from servers import Server

ROOMS: Final = ("processing", "coaching", "gateway", "dashboards")
ASK_HEALTH: Final = ("footfall", "health")
SHUT_IN: Final = """
for kept in "$FOOTFALL_DATA_DIR" "$TMPDIR"; do mount --bind "$kept" "$kept"; done
mount -o remount,bind,ro /
exec setpriv --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
"""
pytestmark = pytest.mark.namespaces
UNSHARE: Final = ("unshare", "--map-root-user", "--mount", "sh", "-c", SHUT_IN, "sh")


@dataclass(frozen=True)
class Container:
    """What a container of Footfall's image sees.

    Parameters
    ----------
    data
        Its /data.
    own
        Its /tmp.
    compiled
        What the image has compiled.
    programs
        Where `footfall` is.
    """

    data: Path
    own: Path
    compiled: Path
    programs: Path

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.pathsep.join((str(self.programs), os.defpath)),
            "PYTHONPATH": os.pathsep.join(
                str(REPOSITORY / part) for part in ("processing", "coaching", "gateway", "dashboards")
            ),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "HOME": "/nonexistent",
            "TMPDIR": str(self.own),
            "XDG_CACHE_HOME": str(self.compiled),
            "FOOTFALL_DATA_DIR": str(self.data),
            **more,
        }

    def run(self, *command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*UNSHARE, *command], env=self.environment(**more), cwd="/", capture_output=True, text=True
        )

    def program(self, *command: str, environment: Mapping[str, str]) -> Program:
        variables = [f"{name}={value}" for name, value in self.environment(**environment).items()]
        return Program(["env", "--ignore-environment", "--chdir=/", *variables, *UNSHARE, "footfall", *command])


@pytest.fixture
def container() -> Iterator[Container]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = Container(folder / "data", folder / "own", folder / "compiled", folder / "bin")
        for own in (made.data, made.own):
            own.mkdir()
        made.programs.mkdir()
        footfall = made.programs / "footfall"
        footfall.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
        footfall.chmod(0o755)
        make_ready()
        shutil.copytree(kernel_folder(), made.compiled / "footfall" / kernel_folder().name)
        yield made


def until(condition: Callable[[], bool]) -> None:
    """Return when this holds; asking takes its time."""
    begun_s = time.monotonic()
    while not condition():
        assert time.monotonic() - begun_s < PATIENCE_S


ASK: Final = "from footfall_gateway.commands.preparation import wait_ahead; print(wait_ahead())"


def test_nothing_but_two_folders_can_be_written(container: Container) -> None:
    tried = container.run("touch", container.own / "a", container.data / "b", container.compiled / "c", "/d")
    assert tried.stderr.count("Read-only file system") == 2
    assert (container.own / "a").exists()
    assert (container.data / "b").exists()


def test_a_start_does_not_compile_anew(container: Container) -> None:
    assert container.run(sys.executable, "-c", ASK).stdout == "None\n"
    elsewhere = container.run(sys.executable, "-c", ASK, XDG_CACHE_HOME="/nonexistent")
    assert "at each start" in elsewhere.stdout


@pytest.mark.broker
def test_a_run_goes_through_containers_that_can_write_to_nothing_else(container: Container, mosquitto: Server) -> None:
    at = {"FOOTFALL_BROKER": f"mqtt://127.0.0.1:{mosquitto.port}", "FOOTFALL_GATEWAY": "demo"}

    def is_healthy() -> bool:
        return container.run(*ASK_HEALTH).returncode == 0

    assert SERVICES["processor"]["healthcheck"]["test"] == ["CMD", *ASK_HEALTH]
    assert not is_healthy()
    processor = container.program("process", environment=at)
    replay = ("gateway", "--replay", str(FEET), "--speed", "20", "--duration", "10", "--runner", "Demo")
    gateway = container.program(*replay, environment=at)
    try:
        processor.start()
        mosquitto.wait_for("as footfall-process")
        until(is_healthy)
        gateway.start()
        assert gateway.wait() == 0, gateway.said()
        processor.wait_for("is complete")
        mosquitto.kill()
        processor.wait_for("can't be reached")
        assert not is_healthy()
    finally:
        gateway.kill()
        processor.kill()
    assert "compiling" not in processor.said()
