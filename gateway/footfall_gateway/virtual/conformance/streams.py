"""What virtual sensors send in the laws of drivers, and how it arrives: whole, lossy, or hostile."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from footfall_gateway.packets import RawPacket
from footfall_gateway.virtual.conformance.subjects import Subject
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor

IndexArray: TypeAlias = NDArray[np.int64]

MOST_SAMPLES: Final = 4096
"""So many samples are told apart by their acceleration."""
SENT: Final = 1200
"""So many samples are sent where nothing else is said."""
_DIGITS: Final = 16
_OF_RANGE: Final = 0.9


def numbered(sensor: Sensor, n: int, *, first: int = 0, first_s: float = 0.0) -> ImuBlock:
    """Make samples that tell their number: acceleration in three digits, angular rate as a ramp."""
    assert sensor.acc_range_mps2 is not None, "the subject's acceleration range must be known"
    assert first + n <= MOST_SAMPLES
    number = np.arange(first, first + n, dtype=np.int64)
    digits = np.column_stack((number % _DIGITS, number // _DIGITS % _DIGITS, number // _DIGITS**2))
    acc_mps2 = (digits.astype(np.float64) - (_DIGITS - 1) / 2) * _acc_step_mps2(sensor)
    gyr_radps = None
    if sensor.has_gyro:
        gyr_radps = (number[:, None] - MOST_SAMPLES / 2) * _gyr_step_radps(sensor) * np.array([1.0, -1.0, 0.5])
    t_s = first_s + np.arange(n) / sensor.sampling_rate_hz
    return ImuBlock(sensor.id, t_s, acc_mps2, gyr_radps, np.zeros(n, dtype=np.uint8))


def _acc_step_mps2(sensor: Sensor) -> float:
    return _OF_RANGE * (sensor.acc_range_mps2 or math.nan) / (_DIGITS / 2)


def _gyr_step_radps(sensor: Sensor) -> float:
    assert sensor.gyro_range_radps is not None, "the subject's gyroscope range must be known"
    return _OF_RANGE * sensor.gyro_range_radps / (MOST_SAMPLES / 2)


def numbers_of(subject: Subject, blocks: Sequence[ImuBlock]) -> IndexArray:
    """Tell which of the `numbered` samples these are; each must have come through whole."""
    if not blocks:
        return np.empty(0, dtype=np.int64)
    digits = np.concatenate([block.acc_mps2 for block in blocks]) / _acc_step_mps2(subject.sensor) + (_DIGITS - 1) / 2
    whole = np.rint(digits).astype(np.int64)
    apart = np.abs(digits - whole).max()
    known = apart < 0.1 and whole.min() >= 0 and whole.max() < _DIGITS
    assert known, "an acceleration came out that was never sent"
    number: IndexArray = whole @ np.array([1, _DIGITS, _DIGITS**2])
    if subject.sensor.has_gyro:
        gyr_radps = np.concatenate([block.gyr_radps for block in blocks if block.gyr_radps is not None])
        assert len(gyr_radps) == len(number), "angular rates are missing"
        ramp = gyr_radps / _gyr_step_radps(subject.sensor) * np.array([1.0, -1.0, 2.0]) + MOST_SAMPLES / 2
        strays = float(np.abs(ramp - number[:, None]).max())
        assert strays <= subject.gyro_within, f"an angular rate is {strays:.2f} samples from its acceleration"
    return number


def arrivals(
    subject: Subject, timed: Iterable[TimedPacket], random: Random, *, shift_s: float = 0.0
) -> list[RawPacket]:
    """Let packets arrive 5 to 35 ms after they were due, in their order; those due at once arrive at once."""
    arrived: list[RawPacket] = []
    latest_s, due_s, late_s = 0.0, -math.inf, 0.0
    for packet in timed:
        if packet.due_s > due_s:
            due_s, late_s = packet.due_s, random.uniform(0.005, 0.035)
        latest_s = max(latest_s, packet.due_s + shift_s + late_s)
        arrived.append(RawPacket(latest_s, subject.sensor.id, packet.characteristic, packet.data))
    return arrived


def heard(subject: Subject, random: Random, n: int = SENT, *, first_s: float = 0.0) -> tuple[list[RawPacket], int]:
    """Return what arrives of `n` numbered samples, and how many of the packets are the opening."""
    sent = subject.packets(subject.sensor, [numbered(subject.sensor, n, first_s=first_s)])
    opening = arrivals(subject, subject.opening, random)
    return opening + arrivals(subject, sent, random, shift_s=-first_s), len(opening)


def lossy(subject: Subject, random: Random, n: int = SENT) -> list[RawPacket]:
    """Return what arrives over a bad link: packets are lost, a few in a row."""
    packets, opening = heard(subject, random, n)
    begins = [at for at in range(opening, len(packets)) if random.random() < 0.03]
    lost = {at for begin in begins for at in range(begin, begin + random.choice((1, 1, 2, 5)))}
    return [packet for at, packet in enumerate(packets) if at not in lost]


def doubled(packets: Sequence[RawPacket], times: int, *, together: bool) -> list[RawPacket]:
    """Let each packet come so often, or `together` all that arrived at once, a tenth of a millisecond apart."""
    groups: list[list[RawPacket]] = []
    for packet in packets:
        if together and groups and packet.received_s == groups[-1][0].received_s:
            groups[-1].append(packet)
        else:
            groups.append([packet])
    return [
        replace(packet, received_s=packet.received_s + copy * 1e-4)
        for group in groups
        for copy in range(times)
        for packet in group
    ]


def spoilt(packets: Sequence[RawPacket], at: int, random: Random) -> RawPacket:
    """Spoil one of the packets: flip, cut, lengthen, mix, repeat or make up its bytes, or shift its arrival."""
    packet = packets[at]
    data, received_s = bytearray(packet.data), packet.received_s
    match random.randrange(9):
        case 0 | 1:
            for _ in range(random.randint(1, 8)):
                if data:
                    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        case 2:
            del data[random.randint(0, len(data)) :]
        case 3:
            del data[: random.randint(0, len(data))]
        case 4:
            place = random.randint(0, len(data))
            data[place:place] = random.randbytes(random.randint(1, 40))
        case 5:
            other = packets[random.randrange(len(packets))].data
            cut = random.randint(0, min(len(other), len(data)))
            data[cut:] = other[cut:]
        case 6:
            data = bytearray(packets[max(0, at - random.randint(0, 5))].data)
        case 7:
            data = bytearray(random.randbytes(random.randint(0, 250)))
        case _:
            received_s = max(0.0, received_s + random.uniform(-20.0, 20.0))
    return RawPacket(received_s, packet.sensor_id, packet.characteristic, bytes(data))


def hostile(packets: Sequence[RawPacket], random: Random) -> list[RawPacket]:
    """Spoil a share of packets, anything from a few to nearly all; some are lost, some come twice."""
    share, stream = random.choice((0.02, 0.1, 0.5, 0.9)), []
    for at in range(len(packets)):
        packet = spoilt(packets, at, random) if random.random() < share else packets[at]
        stream += [packet] * random.choice((0, 1, 1, 1, 1, 1, 1, 2))
    return stream
