"""`footfall scan`, `footfall pair` and `footfall doctor`, over bleak's own BlueZ code."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import forked
from footfall_gateway.clock import SystemClock
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.models.standard import companion_sensor, heart_rate_model, treadmill_model
from footfall_gateway.virtual.sensor import Faults
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2
from forked import COMMAND

pytestmark = pytest.mark.bluez

LISTEN_S = "5"
"""Long enough to hear what is near on a computer that is full of other work."""
LEFT, RIGHT = "C0:00:00:00:00:01", "C0:00:00:00:00:02"
STRAP, H10, BELT = (f"C0:00:00:00:00:0{number}" for number in (3, 4, 5))


def sensor(sensor_id: str, rate_hz: float, acc_range_g: float) -> Sensor:
    return Sensor(
        id=sensor_id,
        placement=Placement.FOOT,
        side=Side.LEFT,
        sampling_rate_hz=rate_hz,
        acc_range_mps2=acc_range_g * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=2000 * RADIANS_PER_DEGREE,
    )


@pytest.fixture
async def two_near() -> AsyncIterator[None]:
    from gateway.fake_bluez import fake_bluez

    clock = SystemClock()
    sensors = [
        footfall_sensor(sensor("a", 200.0, 16), [], address=LEFT, faults=Faults(battery_percent=71.0)),
        footfall_sensor(sensor("b", 60.0, 8), [], address=RIGHT),
    ]
    async with fake_bluez(sensors, clock):
        yield


async def footfall(*arguments: str) -> tuple[int, str, str]:
    environment = {**os.environ, "COLUMNS": "200"}
    ended = await asyncio.to_thread(forked.run, [*COMMAND, *arguments], env=environment, text=True)
    return ended.returncode, ended.stdout, ended.stderr


async def test_scan_tells_what_each_sensor_is_fit_for(two_near: None, tmp_path: Path) -> None:
    file = str(tmp_path / "sensors.toml")
    code, out, err = await footfall("scan", "--seconds", LISTEN_S, "--json", "--sensors-file", file)
    assert (code, err) == (0, "")
    found = {line["address"]: line for line in map(json.loads, out.splitlines())}
    assert [found[LEFT]["impacts"], found[RIGHT]["impacts"]] == ["good", "no: 60 Hz is too slow"]
    assert (found[LEFT]["battery_percent"], found[LEFT]["model"]) == (71, "footfall")
    assert found[LEFT]["sensor"]["acc_range_g"] == 16.0
    assert found[LEFT]["paired_as"] is None


async def test_a_paired_sensor_is_known_by_its_name_until_it_is_forgotten(two_near: None, tmp_path: Path) -> None:
    file = str(tmp_path / "sensors.toml")
    code, out, _ = await footfall("pair", LEFT.lower(), "foot", "left", "--sensors-file", file)
    assert (code, out) == (0, "foot-left is paired. Watch it live: footfall live\n")
    code, out, _ = await footfall("scan", "--seconds", LISTEN_S, "--no-ask", "--sensors-file", file)
    assert code == 0
    assert "left foot, as foot-left" in out
    code, _, err = await footfall("pair", RIGHT, "foot", "left", "--sensors-file", file)
    assert code == 2
    assert "another sensor is called foot-left" in err
    assert (await footfall("pair", LEFT, "--forget", "--sensors-file", file))[0] == 0
    assert "No sensors paired yet" in (await footfall("pair", "--sensors-file", file))[1]


async def test_a_hostile_name_is_shown_as_text(tmp_path: Path) -> None:
    from gateway.fake_bluez import fake_bluez

    hostile = footfall_sensor(sensor("a", 200.0, 16), [], address=LEFT)
    hostile.name = "Footfall \x1b[2J\u202e[red]x[/]\r\nfootfall: all is well"
    file = str(tmp_path / "sensors.toml")
    listening = ("--seconds", LISTEN_S, "--no-ask", "--sensors-file", file)
    async with fake_bluez([hostile], SystemClock()):
        told = [await footfall("scan", *listening), await footfall("scan", "--json", *listening)]
        told.append(await footfall("pair", LEFT, "foot", "--name", "\x1b]0;x\x07", "--sensors-file", file))
    told.append(await footfall("pair", "--sensors-file", file))
    for code, out, err in told:
        assert (code, err) == (0, "")
        assert all(line.isprintable() for line in out.split("\n")), out
        assert not any(line.startswith("footfall: all is well") for line in out.splitlines())
    assert r"\x1b[2J\u202e[red]x[/]\r\nfootfall: all is well" in told[0][1]
    assert json.loads(told[1][1])["name"] == hostile.name
    assert r"\x1b]0;x\x07" in told[3][1]


@pytest.fixture
async def straps_near() -> AsyncIterator[None]:
    from gateway.fake_bluez import fake_bluez

    strap = companion_sensor(heart_rate_model(), [], address=STRAP, name="Strap", faults=Faults(battery_percent=55.0))
    h10 = companion_sensor(heart_rate_model(), [], address=H10, name="Polar H10 8C4F1A2B")
    belt = companion_sensor(treadmill_model(), [], address=BELT, name="Belt")
    async with fake_bluez([strap, h10, belt], SystemClock()):
        yield


async def test_a_heart_rate_strap_is_seen_and_paired_without_a_place(straps_near: None, tmp_path: Path) -> None:
    file = str(tmp_path / "sensors.toml")
    code, out, err = await footfall("scan", "--seconds", LISTEN_S, "--json", "--sensors-file", file)
    assert (code, err) == (0, "")
    found = {line["address"]: line for line in map(json.loads, out.splitlines())}
    strap = found[STRAP]
    assert (strap["impacts"], strap["model"], strap["battery_percent"]) == ("no: no motion sensor", "heart-rate", 55)
    assert (strap["product"], strap["sensor"]) == ("Heart rate", None)
    assert (found[BELT]["product"], found[BELT]["model"], found[BELT]["trouble"]) == ("Treadmill", "treadmill", None)

    code, _, err = await footfall("pair", STRAP, "foot", "--sensors-file", file)
    assert (code, "has no motion sensor" in err) == (2, True)
    code, out, _ = await footfall("pair", STRAP, "--sensors-file", file)
    assert (code, out) == (0, "heart-rate is paired. Watch it live: footfall live\n")
    # A Polar H10 is a motion sensor, and a strap only where its owner says so.
    code, out, _ = await footfall("pair", H10, "--name", "chest", "--sensors-file", file)
    assert (code, out) == (0, "chest is paired. Watch it live: footfall live\n")
    code, out, _ = await footfall("pair", "--sensors-file", file)
    assert [line.count("heart-rate") for line in out.splitlines() if "C0:" in line] == [2, 1]
    code, _, err = await footfall("live", "--no-browser", "--sensors-file", file, "--data-dir", str(tmp_path))
    assert (code, "no sensors are paired yet" in err) == (2, True)


async def test_a_sensor_is_not_paired_as_a_companion(two_near: None, tmp_path: Path) -> None:
    file = tmp_path / "sensors.toml"
    code, _, err = await footfall("pair", LEFT, "--sensors-file", str(file))
    assert (code, f"say where {LEFT} is worn" in err) == (2, True)
    assert not file.exists()


async def test_a_sensor_out_of_reach_is_not_paired(two_near: None, tmp_path: Path) -> None:
    file = tmp_path / "sensors.toml"
    code, _, err = await footfall("pair", "C0:00:00:00:00:99", "foot", "--seconds", "1", "--sensors-file", str(file))
    assert code == 2
    assert "C0:00:00:00:00:99 was not heard within 1 s" in err
    assert not file.exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[sensor]]\naddress = 1\n", "Expected `str`"),
        ('[[sensor]]\naddress = "A"\nmodel = "none"\nname = "x"\nplacement = "foot"\n', "there is no model 'none'"),
        ('[[companion]]\naddress = "A"\nmodel = "footfall"\nname = "x"\n', "there is no model 'footfall'"),
        ("[[sensor]\n", "sensors.toml"),
    ],
)
async def test_a_sensors_file_that_makes_no_sense_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "sensors.toml"
    file.write_text(text)
    code, _, err = await footfall("pair", "--sensors-file", str(file))
    assert code == 2
    assert complaint in err
    assert len(err.splitlines()) == 1


async def test_the_doctor_finds_bluetooth_and_sensors(two_near: None, tmp_path: Path) -> None:
    places = ("--data-dir", str(tmp_path / "data"), "--sensors-file", str(tmp_path / "sensors.toml"))
    code, out, err = await footfall("doctor", "--json", *places)
    assert (code, err) == (0, "")
    findings = {line["subject"]: line for line in map(json.loads, out.splitlines())}
    assert findings["Bluetooth"]["state"] == "good"
    assert "2 sensors heard" in findings["Bluetooth"]["text"]
    assert findings["Disk"]["state"] in ("good", "doubtful"), "a disk that is full of other work is slow"
    assert (findings["Sensors"]["state"], findings["Sensors"]["advice"]) == (
        "doubtful",
        "see what is near: footfall scan",
    )


@pytest.mark.parametrize(
    ("powered", "advice"), [(None, "sudo systemctl start bluetooth"), (False, "bluetoothctl power on")]
)
async def test_the_doctor_says_what_to_do_about_bluetooth(powered: bool | None, advice: str, tmp_path: Path) -> None:
    from gateway.fake_bluez import fake_bluez, private_system_bus

    clock = SystemClock()
    async with private_system_bus() if powered is None else fake_bluez([], clock, powered=powered):
        code, out, err = await footfall("doctor", "--data-dir", str(tmp_path), "--sensors-file", str(tmp_path / "none"))
    assert code == 2
    assert "not ready: Bluetooth" in err
    assert "✗ Bluetooth: " in out
    assert advice in out.split("BlueZ: version")[0]


async def test_the_doctor_names_a_folder_that_can_t_be_written(two_near: None, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    code, out, err = await footfall("doctor", "--data-dir", str(blocked / "data"), "--sensors-file", str(blocked))
    assert code == 2
    assert "✗ Disk: " in out
    assert "--data-dir" in out
    assert "not ready: Disk, Sensors" in err
