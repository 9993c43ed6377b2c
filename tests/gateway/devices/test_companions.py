"""Heart rate straps and foot pods: their bytes and readings; and with a treadmill, a session beside a motion sensor."""

import asyncio
import contextlib
import math
from dataclasses import dataclass
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.ble.link import LinkTiming
from footfall_gateway.ble.scanner import Backends
from footfall_gateway.ble.survey import listen
from footfall_gateway.clock import SystemClock
from footfall_gateway.devices import CompanionWish, Wearing, heart_rate, running_speed, treadmill
from footfall_gateway.devices.heart_rate import HeartRateDecoder, HeartRateMeasurement
from footfall_gateway.devices.running_speed import RunningMeasurement, RunningSpeedDecoder, counts_one_foot
from footfall_gateway.devices.treadmill import TreadmillMeasurement
from footfall_gateway.packets import RawPacket, RecordedCompanion, RecordingHeader
from footfall_gateway.recordings.decoding import decode_packets, decoded_packets
from footfall_gateway.sessions.companions import CompanionReader
from footfall_gateway.virtual.models.base import RefusedError
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.models.standard import (
    companion_sensor,
    foot_pod_model,
    foot_pod_packets,
    heart_rate_model,
    heart_rate_packets,
    treadmill_model,
    treadmill_packets,
)
from footfall_gateway.virtual.playback import Playback
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_gateway.virtual.timed_packets import from_blocks
from footfall_processing.companions import CompanionReading, CompanionTally
from footfall_processing.errors import InputError
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.session import Placement, Sensor, Session, Side
from footfall_processing.state import PlainState
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2
from gateway.devices.driver_runs import PATIENT_S, SPEED, counting_samples

FOOT, STRAP, POD, BELT = (f"C0:00:00:00:00:0{number}" for number in range(1, 5))
SENSOR = Sensor(
    "foot-left",
    Placement.FOOT,
    Side.LEFT,
    100.0,
    acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
    gyro_range_radps=2000 * RADIANS_PER_DEGREE,
)
WISHES = {
    STRAP: CompanionWish("heart-rate", heart_rate.NAME),
    POD: CompanionWish("running-speed", running_speed.NAME),
    BELT: CompanionWish("treadmill", treadmill.NAME),
}


def heart(data: bytes) -> list[CompanionReading]:
    decoder = HeartRateDecoder(RecordedCompanion("strap", heart_rate.NAME))
    return decoder.push(RawPacket(7.0, "strap", heart_rate.MEASUREMENT, data))


def pod(*measurements: RunningMeasurement) -> list[dict[str, float]]:
    decoder = RunningSpeedDecoder(RecordedCompanion("pod", running_speed.NAME))
    packets = foot_pod_packets(measurements)
    found = [decoder.push(RawPacket(p.due_s, "pod", p.characteristic, p.data)) for p in packets]
    return [dict(reading.values) for readings in found for reading in readings]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("00 48", HeartRateMeasurement(72)),
        ("06 48", HeartRateMeasurement(72, contact=True)),
        ("04 48", HeartRateMeasurement(72, contact=False)),
        # Contact is told only where the strap says that it can tell.
        ("02 48", HeartRateMeasurement(72)),
        ("01 48 00", HeartRateMeasurement(72)),
        ("08 48 e8 03", HeartRateMeasurement(72, energy_kj=1000)),
        ("10 48 00 04 00 02", HeartRateMeasurement(72, (1024, 512))),
        ("1f 2c 01 05 00 ff 03", HeartRateMeasurement(300, (1023,), contact=True, energy_kj=5)),
        # Reserved flags are ignored.
        ("e0 48", HeartRateMeasurement(72)),
    ],
)
def test_a_heart_rate_measurement_has_the_layout_of_the_specification(
    data: str, expected: HeartRateMeasurement
) -> None:
    assert heart_rate.decode_measurement(bytes.fromhex(data)) == expected


def test_a_running_measurement_has_the_layout_of_the_specification() -> None:
    expected = RunningMeasurement(3 * 256, 180, stride_length_cm=125, distance_dm=10_000, running=True)
    assert running_speed.decode_measurement(bytes.fromhex("07 0003 b4 7d00 10270000")) == expected
    assert running_speed.decode_measurement(bytes.fromhex("02 0003 b4 10270000")).distance_dm == 10_000
    # A flag that is reserved, and what stands behind it.
    assert running_speed.decode_measurement(bytes.fromhex("08 0003 b4 ffff")) == RunningMeasurement(768, 180)


@given(
    st.builds(
        HeartRateMeasurement,
        st.integers(0, 0xFFFF),
        st.lists(st.integers(0, 0xFFFF), max_size=9).map(tuple),
        st.none() | st.booleans(),
        st.none() | st.integers(0, 0xFFFF),
    )
)
def test_a_heart_rate_measurement_comes_back_as_it_was_sent(measurement: HeartRateMeasurement) -> None:
    assert heart_rate.decode_measurement(heart_rate.encode_measurement(measurement)) == measurement


@given(
    st.builds(
        RunningMeasurement,
        st.integers(0, 0xFFFF),
        st.integers(0, 0xFF),
        st.none() | st.integers(0, 0xFFFF),
        st.none() | st.integers(0, 0xFFFF_FFFF),
        st.booleans(),
    )
)
def test_a_running_measurement_comes_back_as_it_was_sent(measurement: RunningMeasurement) -> None:
    assert running_speed.decode_measurement(running_speed.encode_measurement(measurement)) == measurement


def test_each_interval_between_beats_is_told() -> None:
    readings = heart(bytes.fromhex("10 48 00 04 00 02 80 03"))
    assert [dict(reading.values) for reading in readings] == [
        {"heart_rate_bpm": 72.0, "rr_interval_s": 1.0},
        {"rr_interval_s": 0.5},
        {"rr_interval_s": 0.875},
    ]
    assert {reading.t_s for reading in readings} == {7.0}


@pytest.mark.parametrize("data", ["00 00", "04 48", "01 00 ff", "00 05"])
def test_no_heart_rate_is_told_where_there_is_none(data: str) -> None:
    assert heart(bytes.fromhex(data)) == []


@pytest.mark.parametrize(
    ("speed_mps", "cadence", "one_foot"),
    [
        (1.4, 112, False),
        (1.4, 56, True),
        (2.0, 160, False),
        (2.0, 80, True),
        (3.0, 150, False),
        (3.0, 85, True),
        (5.0, 190, False),
        (5.0, 95, True),
        (9.0, 250, False),
        (9.0, 125, True),
        (0.5, 60, None),
        (3.0, 0, None),
    ],
)
def test_speed_tells_whether_a_pod_counts_one_foot(speed_mps: float, cadence: int, one_foot: bool | None) -> None:
    assert counts_one_foot(speed_mps, cadence) is one_foot


def test_a_pod_that_counts_one_foot_is_understood_and_its_own_count_kept() -> None:
    slow = RunningMeasurement(round(0.5 * 256), 30)
    run = RunningMeasurement(3 * 256, 85, stride_length_cm=212, distance_dm=55)
    odd = RunningMeasurement(3 * 256, 170)
    first, *_, last = pod(slow, run, run, odd, slow)
    assert first == {"pod_speed_mps": 0.5, "pod_cadence_sent_per_min": 30.0}
    assert pod(slow, run)[1] == {
        "pod_speed_mps": 3.0,
        "pod_cadence_sent_per_min": 85.0,
        "pod_cadence_spm": 170.0,
        "pod_stride_length_m": pytest.approx(2.12),
        "pod_distance_m": pytest.approx(5.5),
    }
    assert last["pod_cadence_spm"] == 60.0


def test_a_speed_that_nobody_runs_is_rejected() -> None:
    decoder = RunningSpeedDecoder(RecordedCompanion("pod", running_speed.NAME))
    data = running_speed.encode_measurement(RunningMeasurement(20 * 256, 180))
    assert decoder.push(RawPacket(0.0, "pod", running_speed.MEASUREMENT, data)) == []
    assert decoder.rejected_packets == 1


def test_a_tally_gives_mean_and_greatest() -> None:
    tally = CompanionTally(["strap", "unheard"])
    for rate in (120.0, 150.0, 171.0):
        tally.push(CompanionReading("strap", 0.0, {"heart_rate_bpm": rate, "rr_interval_s": 0.4}))
    strap, unheard = tally.summaries()
    assert dict(strap.values).keys() == {"heart_rate_bpm"}
    found = strap.values["heart_rate_bpm"]
    assert (found.n, found.max) == (3, 171.0)
    assert found.mean == pytest.approx(147.0)
    assert dict(unheard.values) == {}


def test_a_tally_goes_on_from_its_state() -> None:
    rates = [120.0, 150.1, 171.3, 99.7]
    whole, first, then = (CompanionTally(["strap", "unheard"]) for _ in range(3))
    for tally, some in ((whole, rates), (first, rates[:2])):
        for rate in some:
            tally.push(CompanionReading("strap", 0.0, {"heart_rate_bpm": rate}))
    then.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(first.state())))
    for rate in rates[2:]:
        then.push(CompanionReading("strap", 0.0, {"heart_rate_bpm": rate}))
    assert then.summaries() == whole.summaries()


@pytest.mark.parametrize(
    "values",
    [None, {}, {"strap": {}}, {"strap": {"heart_rate_bpm": [0, 1.0, 1.0]}, "unheard": {}}, {"strap": 1, "unheard": {}}],
)
def test_a_tally_of_other_companions_is_refused(values: PlainState) -> None:
    with pytest.raises(InputError, match="compute the session anew"):
        CompanionTally(["strap", "unheard"]).restore({"kind": "companions' tally 2", "values": values, "belts": {}})


def test_virtual_companions_refuse_what_real_ones_do() -> None:
    model = heart_rate_model()
    with pytest.raises(RefusedError):
        model.write(heart_rate.MEASUREMENT, b"\x01")
    with pytest.raises(RefusedError):
        model.read(heart_rate.MEASUREMENT)
    assert model.read(heart_rate.BODY_LOCATION) == b"\x01"


@dataclass(frozen=True)
class SessionRun:
    header: RecordingHeader
    packets: tuple[RawPacket, ...]
    health: dict[str, SensorHealth]


async def run_session(
    virtual_sensors: list[VirtualSensor], way: str, wishes: dict[str, CompanionWish], expected: int
) -> SessionRun:
    async with contextlib.AsyncExitStack() as stack:
        playback = await stack.enter_async_context(Playback(virtual_sensors, speed=SPEED, clock=SystemClock()))
        backends = playback.radio.backends()
        if way == "bluez":
            # Imported here, as D-Bus is not there on macOS.
            from gateway.fake_bluez import fake_bluez

            await stack.enter_async_context(fake_bluez(virtual_sensors, playback.clock))
            backends = Backends()
        hub = await stack.enter_async_context(
            SensorHub(
                clock=playback.clock,
                backends=backends,
                wearings={FOOT: Wearing(SENSOR.id, SENSOR.placement, SENSOR.side)},
                companions=wishes,
                random=Random(1),
                timing=LinkTiming(silent_s=1.0, give_up_s=2.0),
            )
        )
        sensors = await hub.find(1, timeout_s=PATIENT_S, companions=expected)
        started_utc = hub.start()

        async def end() -> None:
            await playback.finished()
            await hub.stop()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(end())
            packets = [packet async for packet in hub.packets()]
        hub.decode(packets)
        session = Session("s", started_utc, tuple(one.sensor for one in sensors), "footfall")
        header = RecordingHeader(session, sensors, hub.companions())
        return SessionRun(header, tuple(packets), {health.sensor_id: health for health in hub.health()})


async def test_companions_go_along_through_a_dropped_link(way: str) -> None:
    beats = [HeartRateMeasurement(100 + n, (600, 610), contact=True) for n in range(24)]
    steps = [RunningMeasurement(700 + n, 84, 200, 30 * n, running=True) for n in range(24)]
    foot = footfall_sensor(SENSOR, from_blocks(SENSOR, [counting_samples(SENSOR, 2400)]), address=FOOT)
    strap = companion_sensor(
        heart_rate_model(),
        heart_rate_packets(beats),
        address=STRAP,
        name="Strap",
        faults=Faults(drops_s=(8.0,), battery_percent=64.0),
    )
    foot_pod = companion_sensor(foot_pod_model(), foot_pod_packets(steps), address=POD, name="Pod")
    # records in two notifications: the slope, then the speed
    firmware, going = (
        treadmill_model(),
        [TreadmillMeasurement(slope=10, ramp_angle=6), TreadmillMeasurement(speed=1080)],
    )
    belt = companion_sensor(firmware, treadmill_packets(going * 24, every_s=0.5), address=BELT, name="Belt")
    result = await run_session([foot, strap, foot_pod, belt], way, WISHES, 3)

    by_id = {companion.id: companion for companion in result.header.companions}
    assert by_id["heart-rate"].address == STRAP
    assert dict(by_id["running-speed"].settings) == {"manufacturer": "Virtual", "model": "running-speed"}
    readings = list(CompanionReader(result.header).push(result.packets))
    rates = [r.values["heart_rate_bpm"] for r in readings if "heart_rate_bpm" in r.values]
    assert len(rates) == strap.sent_packets < len(beats)
    assert len(set(rates)) == len(rates)
    assert rates[-1] == 123.0
    speeds = [r.values["pod_speed_mps"] for r in readings if r.companion_id == "running-speed"]
    assert speeds == [step.speed / 256 for step in steps]
    assert {r.values["pod_cadence_spm"] for r in readings if r.companion_id == "running-speed"} == {168.0}
    belted = [dict(reading.values) for reading in readings if reading.companion_id == "treadmill"]
    assert belted == [{"treadmill_slope_percent": 1.0}, {"treadmill_speed_mps": pytest.approx(3.0)}] * 24
    assert (firmware.written, belt.commands) == ([], []), "something was written to the treadmill"
    strap_health = result.health["heart-rate"]
    assert (strap_health.battery_percent, strap_health.received_samples) == (64, strap.sent_packets)
    assert strap_health.state is LinkState.FINISHED
    # The motion sensor's samples are all there, and no companion's packet is taken for one.
    assert sum(len(block) for block in decode_packets(result.header, result.packets)) == 2400
    assert sum(len(block) for _, blocks in decoded_packets(result.header, result.packets) for block in blocks) == 2400


async def test_companions_that_were_not_asked_for_are_left_alone() -> None:
    foot = footfall_sensor(SENSOR, from_blocks(SENSOR, [counting_samples(SENSOR, 200)]), address=FOOT)
    strap = companion_sensor(heart_rate_model(), [], address=STRAP, name="Strap")
    async with (
        Playback([foot, strap], speed=math.inf, clock=SystemClock()) as playback,
        SensorHub(clock=playback.clock, backends=playback.radio.backends()) as hub,
    ):
        await hub.find(1, timeout_s=PATIENT_S)
        assert hub.companions() == ()
        assert strap.advertising


async def test_a_companion_that_does_not_come_holds_nobody_up_for_ever() -> None:
    foot = footfall_sensor(SENSOR, from_blocks(SENSOR, [counting_samples(SENSOR, 200)]), address=FOOT)
    async with (
        Playback([foot], speed=math.inf, clock=SystemClock()) as playback,
        SensorHub(clock=playback.clock, backends=playback.radio.backends(), companions=WISHES) as hub,
    ):
        (found,) = await hub.find(1, timeout_s=20.0, companions=2)
        assert found.sensor.id
        assert hub.companions() == ()


async def test_a_polar_sensor_is_no_heart_rate_strap_unless_it_was_paired_as_one() -> None:
    # An H10 offers the heart rate service beside its motion data, and is told by its name.
    foot = footfall_sensor(SENSOR, from_blocks(SENSOR, [counting_samples(SENSOR, 200)]), address=FOOT)
    h10 = companion_sensor(heart_rate_model(), [], address=STRAP, name="Polar H10 8C4F1A2B")
    async with Playback([foot, h10], speed=math.inf, clock=SystemClock()) as playback:
        backends = playback.radio.backends()
        heard = {
            near.found.address: near.found for near in await listen(playback.clock, seconds=2.0, backends=backends)
        }
        assert heard[STRAP].profile.name == "polar-pmd"
        assert heard[STRAP].companion is heart_rate.PROFILE
        assert heard[FOOT].companion is None
        wishes = {STRAP: WISHES[STRAP]}
        async with SensorHub(clock=playback.clock, backends=backends, companions=wishes) as hub:
            await hub.find(1, timeout_s=PATIENT_S, companions=1)
            (companion,) = hub.companions()
            assert (companion.profile, companion.name) == ("heart-rate", "Polar H10 8C4F1A2B")
