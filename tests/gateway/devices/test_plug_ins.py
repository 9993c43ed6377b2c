"""Drivers that installed packages bring: a real one from wheel to strides, and those that can't be taken."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

import pytest

from footfall_gateway.checkup import State, drivers
from footfall_gateway.clock import SystemClock
from footfall_gateway.devices import COMPANION_PROFILES, PROFILES
from footfall_gateway.devices.registry import GROUP, PlugIns, load
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.virtual.playback import Playback
from footfall_pebble.virtual import packets, pebble_sensor
from footfall_processing.samples import ImuBlock
from forked import COMMAND
from gateway.command_line import RECORDINGS
from gateway.recorded_so_far import until_recorded

EXAMPLE = Path(__file__).parent / "example_driver"
ADDRESS = "C0:00:00:00:00:01"
PATIENT_S = 600.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the example's wheel with its own build system, and unpack it as an installer does."""
    folder = tmp_path_factory.mktemp("pebble")
    shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    build = "from hatchling.build import build_wheel; print(build_wheel('..'))"
    command = [sys.executable, "-c", build]
    built = subprocess.run(command, cwd=folder / "source", capture_output=True, text=True, check=True)
    with zipfile.ZipFile(folder / built.stdout.split()[-1]) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def package(folder: Path, name: str, entry_points: str, **modules: str) -> Path:
    """Install a package of a few lines."""
    information = folder / f"{name.replace('-', '_')}-2.1.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.1\n")
    (information / "entry_points.txt").write_text(f"[{GROUP}]\n{entry_points}\n")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)
    return folder


def profile(further: str = "", *, kind: str = "DeviceProfile", product: str = "'Brick'", decoder: str = "print") -> str:
    """Return a module of one profile."""
    imported = f"from footfall_gateway.devices.kit.base import {kind}"
    return f"{imported}\nPROFILE = {kind}('brick', {product}, {decoder}, {further})"


def offered_by(*folders: Path) -> list[EntryPoint]:
    found = distributions(path=[str(folder) for folder in folders])
    return [entry for one in found for entry in one.entry_points if entry.group == GROUP]


def loaded(*folders: Path) -> PlugIns:
    return load(offered_by(*folders), {*PROFILES.built_in, *COMPANION_PROFILES.built_in})


def test_a_driver_is_found_with_its_package(site: Path) -> None:
    found = loaded(site)
    assert [(one.profile.name, one.package) for one in found.taken] == [("pebble", "footfall-pebble 1.0")]
    assert found.troubles == ()
    assert drivers(found).text == "11 of Footfall, pebble (package footfall-pebble 1.0)"


@pytest.mark.parametrize(
    ("module", "trouble"),
    [
        ("import no_such_module_anywhere", "No module named 'no_such_module_anywhere'"),
        ("raise SystemExit('not on\\nthis computer')", "not on this computer"),
        ("def (", "invalid syntax"),
        ("PROFILE = 3", "is no DeviceProfile or CompanionProfile"),
        ("from footfall_gateway.devices.polar import PROFILE", "is called 'polar-pmd'; the entry point must be"),
        ("", "has no attribute 'PROFILE'"),
        ("raise GeneratorExit", "can't be used: GeneratorExit"),
        ("class Mute(BaseException):\n    def __str__(self): raise SystemExit(1)\nraise Mute", "can't be used: Mute"),
        (profile("name_prefixes=['Brick']"), "name_prefixes of broken_driver:PROFILE is ['Brick']; it must be a tuple"),
        (profile("name_prefixes='Brick'"), "name_prefixes of broken_driver:PROFILE is 'Brick'; it must be a tuple"),
        (profile("name_prefixes=('',)"), "name_prefixes of broken_driver:PROFILE is ('',); it must be a tuple"),
        (profile("services=5"), "services of broken_driver:PROFILE is 5; it must be a tuple"),
        (profile("services=(b'fe',)"), "services of broken_driver:PROFILE is (b'fe',); it must be a tuple"),
        (profile("services=('0000FE00',)"), "write them in lower case"),
        (profile("notifications=[]"), "notifications of broken_driver:PROFILE is []; it must be a tuple"),
        (profile("start=True"), "start of broken_driver:PROFILE is True; it must be a function"),
        (profile(decoder="None"), "decoder of broken_driver:PROFILE is None; it must be a function"),
        (profile(product="7"), "product of broken_driver:PROFILE is 7; it must be a text"),
        (profile("packet_s=-1"), "packet_s of broken_driver:PROFILE is -1; it must be seconds, from 0 to 10"),
        (profile("services=(), notifications=(), describe=None", kind="CompanionProfile"), "it must be a function"),
    ],
)
def test_a_broken_driver_is_named_with_its_package_and_stops_no_other(
    site: Path, module: str, trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "broken_driver", raising=False)
    package(tmp_path, "footfall-broken", "brick = broken_driver:PROFILE", broken_driver=module)
    found = loaded(tmp_path, site)
    assert [one.profile.name for one in found.taken] == ["pebble"]
    (line,) = found.troubles
    assert line.startswith("package footfall-broken 2.1: its driver 'brick' can't be used: ")
    assert trouble in line
    assert "\n" not in line
    assert drivers(found).state is State.DOUBTFUL
    assert line in drivers(found).text


def test_what_the_user_stops_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    package(tmp_path, "footfall-slow", "slow = slow_driver:PROFILE", slow_driver="raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        loaded(tmp_path)


def test_a_profile_of_few_words_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    package(tmp_path, "footfall-short", "brick = short_driver:PROFILE", short_driver=profile())
    assert [one.profile.name for one in loaded(tmp_path).taken] == ["brick"]


def test_a_driver_can_not_take_the_name_of_one_of_footfalls(tmp_path: Path) -> None:
    found = loaded(package(tmp_path, "footfall-fake", "heart-rate = never_imported:PROFILE"))
    assert found.taken == ()
    (line,) = found.troubles
    assert line.startswith("package footfall-fake 2.1: its driver 'heart-rate' can't be used: ")
    assert "a driver of Footfall has this name" in line


def test_of_two_packages_with_one_name_neither_is_taken(site: Path, tmp_path: Path) -> None:
    found = loaded(site, package(tmp_path, "footfall-rival", "pebble = footfall_pebble.driver:PROFILE"))
    assert found.taken == ()
    assert found.troubles == (
        "packages footfall-pebble 1.0 and footfall-rival 2.1 both bring a driver 'pebble': remove all but one",
    )


def test_footfalls_own_drivers_are_there_without_a_search_for_others() -> None:
    code = (
        "from footfall_gateway.devices import COMPANION_PROFILES, PROFILES, plug_ins;"
        "PROFILES['footfall'], COMPANION_PROFILES['heart-rate'];"
        "assert plug_ins.cache_info().misses == 0;"
        "assert 'nobody' not in PROFILES;"
        "assert plug_ins.cache_info().misses == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_broken_package_does_not_stop_a_command(tmp_path: Path) -> None:
    package(tmp_path, "footfall-broken", "brick = broken_driver:PROFILE", broken_driver="raise ValueError('too old')")
    code = "from footfall_gateway.devices import PROFILES; print(sorted(PROFILES))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=with_path(tmp_path))
    assert "'footfall'" in ended.stdout
    assert ended.stderr == "footfall: package footfall-broken 2.1: its driver 'brick' can't be used: too old\n"


def with_path(*folders: Path) -> dict[str, str]:
    path = os.pathsep.join([*map(str, folders), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}


async def footfall(*arguments: str, site: Path | None) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=with_path(*([site] if site else [])),
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENT_S)
    return process.returncode, out.decode(), err.decode()


def over_and_over(blocks: Sequence[ImuBlock], interval_s: float) -> Iterator[ImuBlock]:
    """Repeat a run, so that the sensor outlasts any start of a program."""
    period_s = float(blocks[-1].t_s[-1] - blocks[0].t_s[0]) + interval_s
    for count in range(20):
        for block in blocks:
            yield replace(block, t_s=block.t_s + count * period_s)


@pytest.mark.bluez
@pytest.mark.timeout(900)
async def test_a_sensor_of_another_package_is_found_paired_recorded_and_analysed(site: Path, tmp_path: Path) -> None:
    from gateway.fake_bluez import fake_bluez

    recording = Recording.open(RECORDINGS / "shin-pair.mcap")
    described = recording.header.recorded_sensors[0].sensor
    run = [block for block in decode(recording) if block.sensor_id == described.id]
    sent = packets(described, over_and_over(run, 1.0 / described.sampling_rate_hz))
    pebble = pebble_sensor(sent, address=ADDRESS)
    places = ("--sensors-file", str(tmp_path / "sensors.toml"))
    async with Playback([pebble], speed=2.0, clock=SystemClock()) as playback, fake_bluez([pebble], playback.clock):
        code, out, err = await footfall("scan", "--seconds", "5", "--json", *places, site=site)
        assert (code, err) == (0, "")
        (seen,) = map(json.loads, out.splitlines())
        assert (seen["address"], seen["model"], seen["impacts"]) == (ADDRESS, "pebble", "good")

        code, out, err = await footfall("pair", ADDRESS, "shank", "left", *places, site=site)
        assert (code, err) == (0, "")

        code, out, _ = await footfall("doctor", "--json", "--data-dir", str(tmp_path), *places, site=site)
        findings = {line["subject"]: line for line in map(json.loads, out.splitlines())}
        assert findings["Drivers"]["text"] == "11 of Footfall, pebble (package footfall-pebble 1.0)"

        record = await asyncio.create_subprocess_exec(
            *COMMAND, "record", "--data-dir", str(tmp_path), *places, env=with_path(site), stdout=subprocess.DEVNULL
        )
        await until_recorded(tmp_path, [pebble], {"shank-left": 200})
        record.send_signal(signal.SIGINT)
        assert await record.wait() == 0

    (path,) = (tmp_path / "recordings").iterdir()
    (recorded,) = Recording.open(path).header.recorded_sensors
    assert (recorded.profile, recorded.sensor.id) == ("pebble", "shank-left")

    code, out, err = await footfall("analyze", str(path), "--json", "--data-dir", str(tmp_path / "none"), site=site)
    assert code == 0, err
    strides = [line for line in map(json.loads, out.splitlines()) if line["type"] == "stride"]
    assert len(strides) >= 5
    assert {stride["sensor_id"] for stride in strides} == {"shank-left"}

    code, out, err = await footfall("analyze", str(path), "--data-dir", str(tmp_path / "none"), site=None)
    assert (code, out) == (2, "")
    assert "'pebble', which this Footfall does not know" in err


def test_the_guide_shows_the_example_as_it_is() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "new-driver.md").read_text(encoding="utf-8")
    shown = re.findall(r"```(?:python|toml) (\S+)\n(.*?)```", guide, re.DOTALL)
    assert {name for name, _ in shown} == {"driver.py", "virtual.py", "test_pebble.py", "pyproject.toml"}
    for name, text in shown:
        (file,) = (path for path in EXAMPLE.rglob(name))
        assert unindented(text) in unindented(file.read_text(encoding="utf-8"))


def unindented(text: str) -> str:
    """Leave out blank lines, and how far lines are indented: a guide shows methods by themselves."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
