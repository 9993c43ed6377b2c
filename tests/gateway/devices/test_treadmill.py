"""Treadmills: their bytes, records in several notifications, and which fitness machines are none."""

import contextlib
from dataclasses import fields, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall_gateway.ble.scanner import Backends
from footfall_gateway.ble.survey import ask, listen
from footfall_gateway.clock import SystemClock
from footfall_gateway.devices import heart_rate, treadmill
from footfall_gateway.devices.treadmill import TreadmillDecoder, TreadmillMeasurement, decode_measurement
from footfall_gateway.packets import RawPacket, RecordedCompanion
from footfall_gateway.virtual.models.standard import StandardModel, companion_sensor, treadmill_model
from footfall_gateway.virtual.playback import Playback
from footfall_processing.errors import InputError
from gateway.devices.driver_runs import SPEED

ROWER_DATA = "00002ad1-0000-1000-8000-00805f9b34fb"
WHOLE = TreadmillMeasurement(
    speed=1234,
    average_speed=1100,
    distance_m=70_000,
    slope=-15,
    ramp_angle=-9,
    rise_dm=120,
    fall_dm=7,
    pace=2,
    average_pace=1,
    energy_kcal=300,
    energy_kcal_per_h=600,
    energy_kcal_per_min=10,
    heart_rate_bpm=150,
    metabolic_equivalent=98,
    elapsed_s=1800,
    remaining_s=60,
    belt_force_n=-20,
    power_w=250,
)
"""Every field that there is; as bytes by hand below, with the reserved flags set."""
WHOLE_BYTES = bytes.fromhex(
    "fe ff d204 4c04 701101 f1ff f7ff 7800 0700 02 01 2c01 5802 0a 96 62 0807 3c00 ecff fa00 dead".replace(" ", "")
)
GROUPS = (
    ("slope", "ramp_angle"),
    ("rise_dm", "fall_dm"),
    ("energy_kcal", "energy_kcal_per_h", "energy_kcal_per_min"),
    ("belt_force_n", "power_w"),
)
LONGEST = {
    "distance_m": (0, 0xFF_FFFF),
    **dict.fromkeys(("slope", "ramp_angle", "belt_force_n", "power_w"), (-32768, 32767)),
}
BYTES = ("pace", "average_pace", "energy_kcal_per_min", "heart_rate_bpm", "metabolic_equivalent")


def told(*notifications: str) -> list[dict[str, float]]:
    decoder = TreadmillDecoder(RecordedCompanion("belt", treadmill.NAME))
    packets = [RawPacket(1.0, "belt", treadmill.MEASUREMENT, bytes.fromhex(one)) for one in notifications]
    return [dict(reading.values) for packet in packets for reading in decoder.push(packet)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0000 e803", TreadmillMeasurement(speed=1000)),
        # More Data: the speed is not there.
        ("0100", TreadmillMeasurement()),
        ("0500 102700", TreadmillMeasurement(distance_m=10_000)),
        ("0800 e803 0f00 0900", TreadmillMeasurement(speed=1000, slope=15, ramp_angle=9)),
        ("0004 e803 3c00", TreadmillMeasurement(speed=1000, elapsed_s=60)),
        # The beginning of what a treadmill by True sends, https://github.com/TrackMyIndoorWorkout/TrackMyIndoorWorkout/issues/577
        (
            "0e00 3201 3601 320000 3200 0000",
            TreadmillMeasurement(speed=306, average_speed=310, distance_m=50, slope=50, ramp_angle=0),
        ),
    ],
)
def test_treadmill_data_have_the_layout_of_the_specification(data: str, expected: TreadmillMeasurement) -> None:
    assert decode_measurement(bytes.fromhex(data)) == expected


def test_reserved_flags_and_what_follows_the_fields_are_ignored() -> None:
    assert decode_measurement(WHOLE_BYTES) == WHOLE
    assert treadmill.encode_measurement(WHOLE)[2:] == WHOLE_BYTES[2:-2]


def test_what_is_shorter_than_its_flags_say_is_refused() -> None:
    whole = treadmill.encode_measurement(WHOLE)
    for length in range(len(whole)):
        with pytest.raises(InputError, match="no treadmill data"):
            decode_measurement(whole[:length])


@st.composite
def measurements(draw: st.DrawFn) -> TreadmillMeasurement:
    left_out = {name for group in GROUPS if draw(st.booleans()) for name in group}
    values = {}
    for one in fields(TreadmillMeasurement):
        least, most = LONGEST.get(one.name, (0, 0xFF if one.name in BYTES else 0xFFFF))
        number = st.integers(least, most)
        in_group = any(one.name in group for group in GROUPS)
        values[one.name] = None if one.name in left_out else draw(number if in_group else st.none() | number)
    return TreadmillMeasurement(**values)


@settings(max_examples=25)
@given(measurements())
def test_treadmill_data_come_back_as_they_were_sent(measurement: TreadmillMeasurement) -> None:
    assert decode_measurement(treadmill.encode_measurement(measurement)) == measurement


def test_a_record_in_two_notifications_is_told_whole() -> None:
    # first distance and slope, then, as the last one, the speed
    first, last = told("0d00 102700 1400 0b00", "0000 100e")
    assert first == {"treadmill_distance_m": 10_000.0, "treadmill_slope_percent": 2.0}
    assert last == {"treadmill_speed_mps": pytest.approx(10.0)}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0800 100e ff7f ff7f", {"treadmill_speed_mps": pytest.approx(10.0)}),  # "data not available"
        ("0800 100e 3403 0000", {"treadmill_speed_mps": pytest.approx(10.0)}),  # 82 %, as some tell for ever
        ("0900 0a00 0600", {"treadmill_slope_percent": 1.0}),
        ("0104 3c00", None),
    ],
)
def test_a_slope_that_no_treadmill_has_is_left_out(data: str, expected: dict[str, float] | None) -> None:
    assert told(data) == ([] if expected is None else [expected])


def test_a_belt_faster_than_anybody_runs_is_not_believed() -> None:
    decoder = TreadmillDecoder(RecordedCompanion("belt", treadmill.NAME))
    for speed in (4501, 5000, 0xFFFF):  # 0.01 km/h: 12.5 m/s is 45 km/h
        packet = treadmill.encode_measurement(TreadmillMeasurement(speed=speed))
        assert decoder.push(RawPacket(0.0, "belt", treadmill.MEASUREMENT, packet)) == []
    assert decoder.rejected_packets == 3
    packet = treadmill.encode_measurement(TreadmillMeasurement(speed=4500))
    assert len(decoder.push(RawPacket(0.0, "belt", treadmill.MEASUREMENT, packet))) == 1


def test_a_thousand_packets_of_noise_raise_nothing() -> None:
    random, decoder = Random(1), TreadmillDecoder(RecordedCompanion("belt", treadmill.NAME))
    for _ in range(1000):
        packet = RawPacket(0.0, "belt", treadmill.MEASUREMENT, random.randbytes(random.randint(0, 40)))
        for reading in decoder.push(packet):
            assert 0.0 <= reading.values.get("treadmill_speed_mps", 0.0) <= 12.5
            assert abs(reading.values.get("treadmill_slope_percent", 0.0)) <= 50.0
    assert decoder.rejected_packets > 100


@pytest.mark.parametrize(
    ("said", "is_treadmill"),
    [("010100", True), ("012000", False), ("012100", True), ("010000", True), ("01", True), ("", True)],
)
def test_what_advertises_itself_as_another_machine_is_no_treadmill(said: str, is_treadmill: bool) -> None:
    data = {treadmill.SERVICE: bytes.fromhex(said)}
    assert treadmill.PROFILE.matches(None, (treadmill.SERVICE,), data) is is_treadmill
    assert not treadmill.PROFILE.matches(None, (heart_rate.SERVICE,), data)


async def test_a_scan_tells_treadmills_from_other_machines(way: str) -> None:
    bike = StandardModel(treadmill.PROFILE, {}, (), {treadmill.SERVICE: b"\x01\x20\x00"})
    # says nothing of what it is before it is asked
    rower = StandardModel(replace(treadmill.PROFILE, notifications=(ROWER_DATA,)), {})
    models = {"Belt": treadmill_model(), "Bike": bike, "Rower": rower}
    sensors = [
        companion_sensor(model, [], address=f"C0:00:00:00:00:0{number}", name=name)
        for number, (name, model) in enumerate(models.items())
    ]
    async with contextlib.AsyncExitStack() as stack:
        playback = await stack.enter_async_context(Playback(sensors, speed=SPEED, clock=SystemClock()))
        backends = playback.radio.backends()
        if way == "bluez":
            from gateway.fake_bluez import fake_bluez

            await stack.enter_async_context(fake_bluez(sensors, playback.clock))
            backends = Backends()
        heard = {near.found.name: near for near in await listen(playback.clock, seconds=2.0, backends=backends)}
        assert set(heard) == {"Belt", "Rower"}
        assert heard["Belt"].found.profile is treadmill.PROFILE
        belt, none = [await ask(heard[name], playback.clock, backends=backends) for name in ("Belt", "Rower")]
    assert (belt.trouble, belt.described is not None) == ("", True)
    assert none.trouble == "Rower is a fitness machine, but no treadmill"
    assert [model.written for model in models.values()] == [[], [], []]
