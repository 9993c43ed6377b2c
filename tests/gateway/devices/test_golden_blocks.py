"""Decoding a recording again gives what it gave before, to the last bit, whatever version of Footfall it was made with.

The packets are those of virtual sensors, as they are sent, with losses, and after a restart; each digest is of all that
the decoder makes of them. A digest may only change together with a line under "Changed results" in the changelog.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import astuple
from random import Random

import numpy as np
import pytest

from footfall_gateway.devices import samples
from footfall_gateway.packets import RawPacket
from footfall_gateway.virtual.conformance import Subject
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor
from gateway.devices.driver_runs import WEARING
from gateway.devices.subjects import SUBJECTS

DURATION_S = 12.0


def shaken(sensor: Sensor, first_s: float, seed: int) -> list[ImuBlock]:
    """Make samples all over the range, some of them beyond it."""
    n = round(DURATION_S * sensor.sampling_rate_hz)
    values = np.random.default_rng(seed).uniform(-1.02, 1.02, (n, 6))
    assert sensor.acc_range_mps2 is not None
    gyr_radps = None if sensor.gyro_range_radps is None else values[:, 3:] * sensor.gyro_range_radps
    t_s = first_s + np.arange(n) / sensor.sampling_rate_hz
    acc_mps2 = np.clip(values[:, :3], -1.0, 1.0) * sensor.acc_range_mps2
    return [ImuBlock(sensor.id, t_s, acc_mps2, gyr_radps, np.zeros(n, dtype=np.uint8))]


def arrivals(timed: Iterable[TimedPacket], random: Random, shift_s: float = 0.0) -> list[RawPacket]:
    """Let packets arrive 5 to 35 ms late, in their order."""
    received, last_s = [], 0.0
    for packet in timed:
        last_s = max(last_s, packet.due_s + shift_s + random.uniform(0.005, 0.035))
        received.append(RawPacket(last_s, WEARING.sensor_id, packet.characteristic, packet.data))
    return received


def packets_of(subject: Subject, first_s: float, seed: int) -> list[TimedPacket]:
    """Return what a virtual sensor sends."""
    return [*subject.opening, *subject.packets(subject.sensor, shaken(subject.sensor, first_s, seed))]


def stream_of(subject: Subject, way: str) -> list[RawPacket]:
    """Return what arrived: as it was sent, with bursts of loss, or with a restart after which the clock begins anew."""
    random = Random(f"{subject.name} {way}")
    if way == "restarted":
        before = packets_of(subject, 500.0, 1)
        # Imported samples have no clock that could begin anew: their file goes on.
        again_s = 520.0 if subject.profile.name == samples.NAME else 30.0
        after = packets_of(subject, again_s, 2)
        return arrivals(before, random, -500.0) + arrivals(after, random, 20.0 - again_s)
    received = arrivals(packets_of(subject, 0.0, 3), random)
    if way == "lossy":
        begins = [index for index in range(10, len(received)) if random.random() < 0.03]
        lost = {index for begin in begins for index in range(begin, begin + random.choice((1, 1, 2, 5)))}
        received = [packet for index, packet in enumerate(received) if index not in lost]
    return received


def digest_of(subject: Subject, way: str) -> str:
    decoder = subject.decoder()
    blocks = [block for packet in stream_of(subject, way) for block in decoder.push([packet])]
    digest = hashlib.sha256()
    for block in blocks:
        for column in (block.t_s, block.acc_mps2, block.gyr_radps, block.quality):
            digest.update(b"" if column is None else column.tobytes())
    digest.update(repr(astuple(decoder.counts)).encode())
    return digest.hexdigest()[:16]


DIGESTS = {
    "footfall, acceleration": ("3e55944b0b6d2c97", "a819d4815bf100e1", "916ed1cf1b1b0b08"),
    "footfall": ("e48ddda371e6559d", "5448bc11103d992c", "286e8ec2ec73c623"),
    "samples": ("1b8b5f9bd3ed3d2f", "daae188dc1eada07", "bd0e58543554ed99"),
    "capture2go": ("3c2ff06722e1b23a", "c2e7b03a395fae12", "b6023a1c77193de6"),
    "capture2go, straddling": ("5e22bf882cfe24e8", "6f95727a47ead227", "5274c0b357c6e608"),
    "movella-dot": ("46d069be5ff8f0ab", "45d30c88c89d5c65", "be2d172ab869bb83"),
    "witmotion": ("d9aa6bca264a77e7", "dfb763b47eafa163", "08cb566eb5f9d69c"),
    "polar, Verity Sense": ("c82e0769b0302819", "51ee0ec77b2a775b", "b4e45d82898954fd"),
    "polar, H10": ("df2a010e7fa86d75", "07db78cbb5ac9ff2", "de7de7686f304f0c"),
    "metamotion, BMI160": ("56df204e77d8f110", "d28ecac262c16624", "e67057ff0c39f498"),
    "metamotion, BMI270": ("07a57dc0aa8e53a5", "cf9b329fcc03a083", "01605611cd71cf27"),
    "movesense, two streams": ("a511ebf561d9b586", "e6b33ca466121ad5", "59dc98bdc0c30539"),
    "movesense, together": ("95bea953cf47abe4", "dbdd8cc7472e962e", "c84929713fc045de"),
    "movesense, acceleration": ("2065e9dcfb3feb39", "53b7cca7baeb6a28", "d83092176b18f258"),
}


@pytest.mark.parametrize("way", ["whole", "lossy", "restarted"])
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.name)
def test_packets_decode_to_what_they_did(subject: Subject, way: str) -> None:
    assert digest_of(subject, way) == DIGESTS[subject.name][("whole", "lossy", "restarted").index(way)]
