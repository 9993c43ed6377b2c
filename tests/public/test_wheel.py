"""What is installed is whole: a built wheel alone, in an empty folder, plays the demo and analyses."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conftest import REPOSITORY

PACKAGES = ("footfall", "footfall_coaching", "footfall_dashboards", "footfall_gateway", "footfall_processing")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(installed: Path, cwd: Path, *arguments: str) -> str:
    """Run Python with the unpacked wheel before anything else that is installed.

    Machine code is kept by the place of its source: the signal processing is taken from the repository, where it is
    byte for byte the same, so that it need not be compiled again.
    """
    path = os.pathsep.join((str(REPOSITORY / "processing"), str(installed)))
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "100"}
    ended = subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended
    return ended.stdout


def test_it_holds_the_packages_byte_for_byte_and_nothing_else(installed: Path) -> None:
    rooms = [REPOSITORY / room for room in ("processing", "coaching", "gateway", "dashboards")]
    sources = {
        path.relative_to(room).as_posix(): path.read_bytes()
        for room in rooms
        for path in room.glob("footfall*/**/*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    wheel = {
        path.relative_to(installed).as_posix(): path.read_bytes()
        for path in installed.rglob("*")
        if path.is_file() and not path.is_relative_to(*installed.glob("footfall-*.dist-info"))
    }
    assert wheel.keys() == sources.keys()
    assert wheel == sources
    assert {name.partition("/")[0] for name in wheel} == set(PACKAGES)
    assert {f"{package}/py.typed" for package in PACKAGES} <= wheel.keys()
    assert "footfall_dashboards/live/static/index.html" in wheel


def test_it_holds_the_recording_itself(installed: Path) -> None:
    shipped = installed / "footfall_gateway" / "recordings" / "rearfoot-runner.mcap"
    assert not shipped.is_symlink()
    assert shipped.read_bytes() == (REPOSITORY / "recordings" / "rearfoot-runner.mcap").read_bytes()


def test_the_demo_plays_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    options = ("--no-browser", "--duration", "25", "--speed", "max", "--port", "0", "--data-dir", "data")
    out = run(installed, tmp_path, "-c", "from footfall_gateway.cli import main; main()", "demo", *options)
    assert "Playing rearfoot-runner.mcap" in out
    assert "Walking" in out or "walk" in out
    (recording,) = (tmp_path / "data").rglob("*.mcap")
    assert recording.stat().st_size > 10_000


def test_the_library_analyses_what_comes_with_it(installed: Path, tmp_path: Path) -> None:
    code = """
import footfall
recording = footfall.read(footfall.example_recording())
print(footfall.__file__, len(footfall.analyze(recording).strides))
"""
    where, strides = run(installed, tmp_path, "-c", code).split()
    assert Path(where).is_relative_to(installed)
    assert int(strides) == 282
    assert list(tmp_path.iterdir()) == []
