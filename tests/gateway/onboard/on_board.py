"""Sensors that recorded a run by themselves, for the tests of fetching."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from footfall_gateway.ble.paired import PairedSensor
from footfall_gateway.devices import Wearing, footfall
from footfall_gateway.devices.protocols.footfall_log import VERSION, Layout, Op, Start, encode_command
from footfall_gateway.packets import RecordedSensor
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.virtual.models.footfall_log import FlashLog, LogFaults
from footfall_gateway.virtual.timed_packets import TimedPacket, from_blocks
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

RECORDINGS = Path(__file__).resolve().parents[3] / "recordings"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = 0x0123_4567_89AB_CDEF
ADDRESSES = ("C0:00:00:00:00:01", "C0:00:00:00:00:02")
SMALL = Layout(VERSION, page_bytes=512, pages=4096)
PACKET_US = 95_000


def sensor(side: Side) -> Sensor:
    return Sensor(
        id=f"foot-{side}",
        placement=Placement.FOOT,
        side=side,
        sampling_rate_hz=200.0,
        acc_range_mps2=16 * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=2000 * RADIANS_PER_DEGREE,
    )


def paired(side: Side) -> PairedSensor:
    address = ADDRESSES[list(Side).index(side)]
    return PairedSensor(address, footfall.NAME, Wearing(f"foot-{side}", Placement.FOOT, side))


def recorded(side: Side) -> RecordedSensor:
    return RecordedSensor(sensor(side), footfall.NAME, paired(side).address, f"Footfall foot-{side}")


def counting(count: int, *, begin_us: int = 0, salt: int = 0, samples: int = 19) -> Iterator[tuple[int, bytes]]:
    """Packets that all differ, with the sensor's clock at their end."""
    codes = Random(salt).randint(-9000, 9000) + np.arange(3 * samples, dtype=np.int16).reshape(samples, 3)
    for index in range(count):
        at_us = begin_us + index * samples * 5000
        packet = footfall.SamplesPacket(
            index & 0xFFFF, at_us & 0xFFFF_FFFF, 5_000_000, 16, 2000, codes, (codes + index % 999).astype(np.int16)
        )
        yield at_us + samples * 5000, footfall.encode_samples(packet)


class OwnClock:
    """A sensor's clock that the test moves."""

    def __init__(self, now_us: int = 0) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us


def start(log: FlashLog, key: int = KEY, utc_ns: int = 0) -> None:
    log.command(encode_command(Op.START, 1, Start(key, utc_ns)))


def stop(log: FlashLog) -> None:
    log.command(encode_command(Op.STOP, 2))


def filled(
    packets: Iterable[tuple[int, bytes]],
    clock: OwnClock,
    *,
    layout: Layout = SMALL,
    key: int = KEY,
    utc_ns: int = 0,
    faults: LogFaults | None = None,
    random: Random | None = None,
) -> FlashLog:
    """A memory that recorded these packets, and records still."""
    log = FlashLog(clock, layout=layout, faults=faults, random=random)
    start(log, key, utc_ns)
    for at_us, packet in packets:
        clock.now_us = at_us
        log.record(packet)
    return log


@cache
def played() -> tuple[tuple[RecordedSensor, tuple[TimedPacket, ...]], ...]:
    """What the two sensors of a recorded run made, as sensors with the Footfall profile make it."""
    recording = Recording.open(RECORDINGS / "rearfoot-runner.mcap")
    blocks = list(decode(recording))
    return tuple(
        (one, tuple(from_blocks(one.sensor, [block for block in blocks if block.sensor_id == one.sensor.id])))
        for one in recording.header.recorded_sensors
    )


def records_of(log: FlashLog) -> list[bytes]:
    """All packets in a memory, in order."""
    from footfall_gateway.devices.protocols.footfall_log import decode_page

    return [packet for pages in log.sessions().values() for page in pages for packet in decode_page(page).packets]


Kill = Callable[[str], None]
Packets = Sequence[tuple[int, bytes]]
