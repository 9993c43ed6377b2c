"""Every driver of Footfall, with its virtual sensor: what the laws of drivers are tried on."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Final

from footfall_gateway.devices import (
    COMPANION_PROFILES,
    capture2go,
    footfall,
    heart_rate,
    metamotion,
    movella_dot,
    movesense,
    polar,
    running_speed,
    samples,
    treadmill,
    witmotion,
)
from footfall_gateway.devices.heart_rate import HeartRateMeasurement
from footfall_gateway.devices.protocols.movesense import SLOWEST_HZ
from footfall_gateway.devices.protocols.polar import (
    RESPONSE,
    Command,
    Measurement,
    SettingId,
    encode_settings,
    factor_setting,
)
from footfall_gateway.devices.running_speed import RunningMeasurement
from footfall_gateway.devices.treadmill import TreadmillMeasurement
from footfall_gateway.packets import RawPacket, RecordedCompanion, RecordedSensor, Setting
from footfall_gateway.virtual.conformance import CompanionSubject, Subject
from footfall_gateway.virtual.models import capture2go as virtual_capture2go
from footfall_gateway.virtual.models import metamotion as virtual_metamotion
from footfall_gateway.virtual.models import movella_dot as virtual_movella_dot
from footfall_gateway.virtual.models import movesense as virtual_movesense
from footfall_gateway.virtual.models import polar as virtual_polar
from footfall_gateway.virtual.models import witmotion as virtual_witmotion
from footfall_gateway.virtual.models.standard import foot_pod_packets, heart_rate_packets, treadmill_packets
from footfall_gateway.virtual.timed_packets import TimedPacket, from_blocks
from footfall_processing.companions import (
    HEART_RATE,
    POD_CADENCE,
    POD_CADENCE_SENT,
    POD_DISTANCE,
    POD_SPEED,
    POD_STRIDE_LENGTH,
    RR_INTERVAL,
    TREADMILL_DISTANCE,
    TREADMILL_SLOPE,
    TREADMILL_SPEED,
)
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2
from gateway.devices.driver_runs import worn_imu

_IMU: Final = worn_imu(200.0)
_CAPTURE2GO: Final = worn_imu(200.0, acc_range_mps2=16 * 9.81)
_VERITY: Final = worn_imu(208.0)
_H10: Final = worn_imu(200.0, acc_range_mps2=8 * STANDARD_GRAVITY_MPS2, has_gyro=False)
_DOT: Final = worn_imu(60.0)


def recorded(sensor: Sensor, profile: str, **settings: Setting) -> RecordedSensor:
    """Describe a sensor as its driver would."""
    return RecordedSensor(sensor, profile, settings=MappingProxyType(settings))


def chunks(_: Sensor, blocks: Iterable[ImuBlock], rows: int = 50) -> Iterator[TimedPacket]:
    """Make chunks of an imported file, of so many samples each."""
    for block in blocks:
        for begin in range(0, len(block), rows):
            part = slice(begin, begin + rows)
            gyro_dps = None if block.gyr_radps is None else block.gyr_radps[part] / RADIANS_PER_DEGREE
            chunk = samples.Samples(block.t_s[part], block.acc_mps2[part] / STANDARD_GRAVITY_MPS2, gyro_dps)
            yield TimedPacket(float(chunk.t_s[-1]), samples.NAME, samples.encode(chunk))


def _sizes(most: int, random: Random) -> int:
    """Choose how many go into one: few or many, and often one."""
    return random.choice((1, 2, random.randint(1, most), most))


def _footfall_packed(sensor: Sensor, blocks: Iterable[ImuBlock], random: Random) -> Iterator[TimedPacket]:
    most = footfall.samples_per_packet(has_gyro=sensor.has_gyro)
    return from_blocks(sensor, blocks, per_packet=_sizes(most, random))


def _witmotion_packed(sensor: Sensor, blocks: Iterable[ImuBlock], random: Random) -> Iterator[TimedPacket]:
    if random.random() < 0.5:
        return virtual_witmotion.cut_packets(sensor, blocks, random.randint(witmotion.FRAME_BYTES, 244))
    return virtual_witmotion.packets(sensor, blocks, per_notification=_sizes(12, random))


def _polar_answers() -> Iterator[TimedPacket]:
    """Answer to the starts of both streams, which the decoder must have heard."""
    for measurement, full_scale in ((Measurement.ACC, 16), (Measurement.GYRO, 2000)):
        factor = factor_setting(virtual_polar.factor_of(measurement, full_scale))
        answer = bytes([RESPONSE, Command.START, measurement, 0, 0]) + encode_settings({SettingId.FACTOR: factor})
        yield TimedPacket(0.0, polar.CONTROL, answer)


def _polar_packed(sensor: Sensor, blocks: Sequence[ImuBlock], random: Random) -> Iterator[TimedPacket]:
    return virtual_polar.packets(sensor, blocks, per_frame=_sizes(36, random))


_COUNTED: Final = MappingProxyType(
    {
        "losses_are_marked_and_counted": "samples have neither count nor time: what is missing shows in arrivals only",
        "late_packets_do_no_harm": "frames have neither count nor time: their order is that of their arrivals",
    }
)


def _metamotion(chip: metamotion.Chip) -> Subject:
    return Subject(
        f"metamotion, {chip.name}",
        metamotion.PROFILE,
        recorded(_IMU, metamotion.NAME, chip=chip.name),
        lambda sensor, blocks: virtual_metamotion.packets(sensor, blocks, chip),
        # Only arrivals tell which samples of the two streams belong together.
        gyro_within=1.1,
        excuses=_COUNTED,
    )


def _movesense(name: str, plan: movesense.Plan) -> Subject:
    sensor = worn_imu(float(plan.rate_hz), acc_range_mps2=8 * STANDARD_GRAVITY_MPS2, has_gyro=plan.has_gyro)
    return Subject(
        f"movesense, {name}",
        movesense.PROFILE,
        recorded(sensor, movesense.NAME, resources=" ".join(plan.resources.values())),
        lambda sensor, blocks: virtual_movesense.packets(sensor, blocks, plan=plan),
        packed=lambda sensor, blocks, random: virtual_movesense.packets(
            sensor, blocks, plan=plan, per_block=_sizes(20, random)
        ),
        clock_period_s=2**32 * 1e-3,
        clock_at_zero_s=virtual_movesense.UPTIME_MS * 1e-3,
        # A block whose parts came apart is believed when the next one begins.
        held_back=plan.rate_hz // SLOWEST_HZ,
        # Stamps are whole milliseconds: until some have come, they blur a longer gap.
        lost_within=1,
        # Each stream's are smoothed by themselves.
        gyro_within=0.3,
        # The range is believed to be 8 g, and may be twice that.
        reach=2.0 * 1.25,
    )


_WRAP_US_S: Final = 2**32 * 1e-6

SUBJECTS: Final[tuple[Subject, ...]] = (
    Subject(
        "footfall",
        footfall.PROFILE,
        recorded(_IMU, footfall.NAME),
        from_blocks,
        clock_period_s=_WRAP_US_S,
        packed=_footfall_packed,
    ),
    Subject(
        "footfall, acceleration",
        footfall.PROFILE,
        recorded(_H10, footfall.NAME),
        from_blocks,
        clock_period_s=_WRAP_US_S,
        packed=_footfall_packed,
    ),
    Subject(
        "samples",
        samples.PROFILE,
        recorded(_IMU, samples.NAME),
        chunks,
        packed=lambda sensor, blocks, random: chunks(sensor, blocks, _sizes(60, random)),
        # Any number may stand in a file.
        reach=math.inf,
        excuses=MappingProxyType({"a_restart_is_survived": "a file has one axis of time, which does not begin anew"}),
    ),
    Subject(
        "capture2go",
        capture2go.PROFILE,
        recorded(_CAPTURE2GO, capture2go.NAME),
        virtual_capture2go.packets,
        packed=lambda sensor, blocks, random: virtual_capture2go.straddling_packets(
            sensor, blocks, size=random.randint(20, 244)
        ),
        checked=True,
    ),
    Subject(
        "capture2go, straddling",
        capture2go.PROFILE,
        recorded(_CAPTURE2GO, capture2go.NAME),
        virtual_capture2go.straddling_packets,
        checked=True,
    ),
    Subject(
        "movella-dot",
        movella_dot.PROFILE,
        recorded(_DOT, movella_dot.NAME),
        virtual_movella_dot.packets,
        clock_period_s=_WRAP_US_S,
    ),
    Subject(
        "witmotion",
        witmotion.PROFILE,
        recorded(_IMU, witmotion.NAME),
        virtual_witmotion.packets,
        packed=_witmotion_packed,
        excuses=_COUNTED,
    ),
    Subject(
        "polar, Verity Sense",
        polar.PROFILE,
        recorded(_VERITY, polar.NAME),
        virtual_polar.packets,
        packed=_polar_packed,
        opening=tuple(_polar_answers()),
    ),
    Subject("polar, H10", polar.PROFILE, recorded(_H10, polar.NAME), virtual_polar.packets, packed=_polar_packed),
    *(_metamotion(chip) for chip in metamotion.CHIPS.values()),
    _movesense("two streams", movesense.PLANS[0]),
    _movesense("together", movesense.PLANS[1]),
    _movesense("acceleration", movesense.PLANS[2]),
)
"""Every profile, in every way that its sensors send."""


def _beats() -> Iterator[TimedPacket]:
    """Make what a strap sends: every field of its packets, and every kind of value."""
    random = Random(1)
    measurements = [
        HeartRateMeasurement(
            random.choice((random.randint(30, 220), random.randint(0, 0xFFFF))),
            tuple(random.randint(0, 2000) for _ in range(random.randint(0, 3))),
            random.choice((None, True, True, False)),
            random.choice((None, random.randint(0, 3000))),
        )
        for _ in range(300)
    ]
    return heart_rate_packets(measurements)


def _paces() -> Iterator[TimedPacket]:
    """Make what a pod sends: every field of its packets, and every kind of value."""
    random = Random(1)
    measurements = [
        RunningMeasurement(
            random.randint(0, 1800),
            random.randint(0, 255),
            random.choice((None, random.randint(50, 300))),
            random.choice((None, random.randint(0, 100_000))),
            running=True,
        )
        for _ in range(300)
    ]
    return foot_pod_packets(measurements)


def _belts() -> Iterator[TimedPacket]:
    """Make what a treadmill sends: every field of its packets, records in one notification and in two."""
    random = Random(1)

    def pair(first: str, second: str, least: int, most: int) -> dict[str, int]:
        there = random.random() < 0.5
        return {first: random.randint(least, most), second: random.randint(least, most)} if there else {}

    def one(name: str, most: int) -> dict[str, int]:
        return {name: random.randint(0, most)} if random.random() < 0.5 else {}

    measurements = []
    for _ in range(150):
        first = TreadmillMeasurement(
            **one("average_speed", 0xFFFF),
            **one("distance_m", 0xFF_FFFF),
            **pair("slope", "ramp_angle", -150, 400),
            **pair("rise_dm", "fall_dm", 0, 0xFFFF),
            **one("pace", 0xFF),
            **one("average_pace", 0xFF),
        )
        last = TreadmillMeasurement(
            speed=random.randint(0, 2500),
            **one("heart_rate_bpm", 0xFF),
            **one("metabolic_equivalent", 0xFF),
            **one("elapsed_s", 0xFFFF),
            **one("remaining_s", 0xFFFF),
            **pair("belt_force_n", "power_w", -0x8000, 0x7FFF),
        )
        measurements += random.choice(([first, last], [replace(first, speed=last.speed)], [last]))
    return treadmill_packets(measurements)


def _companion(name: str, timed: Iterable[TimedPacket], reach: Mapping[str, tuple[float, float]]) -> CompanionSubject:
    packets = [RawPacket(packet.due_s, name, packet.characteristic, packet.data) for packet in timed]
    return CompanionSubject(name, COMPANION_PROFILES[name], RecordedCompanion(name, name), packets, reach)


COMPANION_SUBJECTS: Final[tuple[CompanionSubject, ...]] = (
    _companion(heart_rate.NAME, _beats(), {HEART_RATE: (20.0, 260.0), RR_INTERVAL: (0.2, 3.0)}),
    _companion(
        running_speed.NAME,
        _paces(),
        # Lengths and distances have no bound but their field's.
        {
            POD_SPEED: (0.0, 15.0),
            POD_CADENCE: (0.0, 2.0 * 0xFF),
            POD_CADENCE_SENT: (0.0, float(0xFF)),
            POD_STRIDE_LENGTH: (0.0, 0.01 * 0xFFFF),
            POD_DISTANCE: (0.0, 0.1 * 0xFFFF_FFFF),
        },
    ),
    _companion(
        treadmill.NAME,
        _belts(),
        {TREADMILL_SPEED: (0.0, 15.0), TREADMILL_SLOPE: (-50.0, 50.0), TREADMILL_DISTANCE: (0.0, float(0xFF_FFFF))},
    ),
)
"""Every kind of companion."""
