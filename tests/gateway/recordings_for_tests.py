"""Small sessions that the tests of storage share."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from types import MappingProxyType

from footfall_gateway.packets import RawPacket, RecordedSensor, RecordingHeader
from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.session import Placement, Sensor, Session, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

LEFT = Sensor(
    id="foot-left",
    placement=Placement.FOOT,
    side=Side.LEFT,
    sampling_rate_hz=200.0,
    acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
    gyro_range_radps=2000 * RADIANS_PER_DEGREE,
)
SHIN = Sensor(
    id="shank-right", placement=Placement.SHANK, side=None, sampling_rate_hz=104.5, has_gyro=False, acc_range_mps2=None
)


def header(session_id: str = "20261121T081500Z-run") -> RecordingHeader:
    return RecordingHeader(
        session=Session(
            id=session_id,
            started_utc=datetime(2026, 11, 21, 8, 15, 0, 123456, tzinfo=UTC),
            sensors=(LEFT, SHIN),
            software="footfall 0.1.0",
        ),
        recorded_sensors=(
            RecordedSensor(
                LEFT,
                profile="footfall",
                address="AA:BB:CC:DD:EE:01",
                name="Footfall é",
                settings=MappingProxyType({"acc_range_g": 16, "firmware": "1.2", "scale": 0.5, "led": True, "x": None}),
            ),
            RecordedSensor(SHIN, profile="footfall-samples"),
        ),
    )


def packets(count: int, *, interval_s: float = 0.04) -> Iterator[RawPacket]:
    """Packets whose content is their number, so that loss, repetition and order all show."""
    for number in range(count):
        sensor = (LEFT, SHIN)[number % 2]
        yield RawPacket(
            received_s=number * interval_s,
            sensor_id=sensor.id,
            characteristic=f"0000000{number % 2}-0000-1000-8000-00805f9b34fb",
            data=struct.pack("<I", number) + number.to_bytes(8, "big") * (number % 30),
        )


def strides(count: int) -> Iterator[Stride]:
    """Strides whose numbers tell which one it is, with every field present in some."""
    for number in range(count):
        contact_s = 0.1 + 0.35 * number
        left = number % 2 == 0
        yield Stride(
            sensor_id=LEFT.id if left else SHIN.id,
            side=Side.LEFT if left else None,
            activity=Activity.RUN if number % 3 else Activity.WALK,
            initial_contact_s=contact_s,
            toe_off_s=contact_s + 0.21 if left else None,
            next_contact_s=contact_s + 0.7 + number * 1e-7,
            peak_acc_mps2=100.0 / 3.0,
            peak_tibial_acc_mps2=None if left else 70.1,
            foot_strike_angle_rad=0.1 * (number % 5) if left else None,
            strike=Strike.MIDFOOT if left else None,
            strike_confidence=0.5 if left else None,
            stride_length_m=2.1 if left else None,
            confidence=0.9,
            quality=(StrideFlag.ACC_CLIPPED, StrideFlag.SAMPLES_LOST) if number % 4 == 0 else (),
        )
