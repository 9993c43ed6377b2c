"""Decoding a recording again gives what it gave before, to the last bit, whatever version of Footfall it was made with.

The packets are those of virtual sensors, as they are sent, with losses, and after a restart; each digest is of all that
the decoder makes of them. A digest may only change together with a line under "Changed results" in the changelog.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from random import Random
from types import MappingProxyType

import numpy as np
import pytest

from footfall_gateway.devices import (
    PROFILES,
    capture2go,
    footfall,
    metamotion,
    movella_dot,
    movesense,
    polar,
    samples,
    witmotion,
)
from footfall_gateway.devices.protocols.polar import Measurement, SettingId, encode_settings, factor_setting
from footfall_gateway.recordings.packets import RawPacket, RecordedSensor, Setting
from footfall_gateway.virtual.models import capture2go as virtual_capture2go
from footfall_gateway.virtual.models import metamotion as virtual_metamotion
from footfall_gateway.virtual.models import movella_dot as virtual_movella_dot
from footfall_gateway.virtual.models import movesense as virtual_movesense
from footfall_gateway.virtual.models import polar as virtual_polar
from footfall_gateway.virtual.models import witmotion as virtual_witmotion
from footfall_gateway.virtual.timed_packets import TimedPacket, from_blocks
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2
from gateway.devices.driver_runs import WEARING, worn_imu

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


def chunks(blocks: Iterable[ImuBlock]) -> Iterator[TimedPacket]:
    """Make chunks of an imported file, 50 samples each."""
    for block in blocks:
        assert block.gyr_radps is not None
        for begin in range(0, len(block), 50):
            part = slice(begin, begin + 50)
            gyro_dps = block.gyr_radps[part] / RADIANS_PER_DEGREE
            chunk = samples.Samples(block.t_s[part], block.acc_mps2[part] / STANDARD_GRAVITY_MPS2, gyro_dps)
            yield TimedPacket(float(chunk.t_s[-1]), samples.NAME, samples.encode(chunk))


def polar_answers() -> Iterator[TimedPacket]:
    """Answer to the starts of both streams, which the decoder must have heard."""
    for measurement, full_scale in ((Measurement.ACC, 16), (Measurement.GYRO, 2000)):
        factor = factor_setting(virtual_polar.factor_of(measurement, full_scale))
        answer = bytes([0xF0, 2, measurement, 0, 0]) + encode_settings({SettingId.FACTOR: factor})
        yield TimedPacket(0.0, polar.CONTROL, answer)


def packets_of(name: str, first_s: float, seed: int) -> tuple[RecordedSensor, list[TimedPacket]]:
    """Make a sensor of each model, and what it sends."""
    imu, verity, dot = worn_imu(200.0), worn_imu(208.0), worn_imu(60.0)
    h10 = worn_imu(200.0, acc_range_mps2=8 * STANDARD_GRAVITY_MPS2, has_gyro=False)

    def recorded(sensor: Sensor, profile: str, **settings: Setting) -> RecordedSensor:
        return RecordedSensor(sensor, profile, settings=MappingProxyType(settings))

    def movesense_of(plan: movesense.Plan) -> tuple[RecordedSensor, list[TimedPacket]]:
        sensor = worn_imu(float(plan.rate_hz), acc_range_mps2=8 * STANDARD_GRAVITY_MPS2, has_gyro=plan.has_gyro)
        sent = virtual_movesense.packets(sensor, shaken(sensor, first_s, seed), plan=plan)
        return recorded(sensor, movesense.NAME, resources=" ".join(plan.resources.values())), list(sent)

    def metamotion_of(chip: metamotion.Chip) -> tuple[RecordedSensor, list[TimedPacket]]:
        sent = virtual_metamotion.packets(imu, shaken(imu, first_s, seed), chip)
        return recorded(imu, metamotion.NAME, chip=chip.name), list(sent)

    match name:
        case "footfall":
            return recorded(imu, footfall.NAME), list(from_blocks(imu, shaken(imu, first_s, seed)))
        case "samples":
            return recorded(imu, samples.NAME), list(chunks(shaken(imu, first_s, seed)))
        case "capture2go":
            sent = virtual_capture2go.packets(imu, shaken(imu, first_s, seed))
            return recorded(imu, capture2go.NAME), list(sent)
        case "capture2go, straddling":
            sent = virtual_capture2go.straddling_packets(imu, shaken(imu, first_s, seed))
            return recorded(imu, capture2go.NAME), list(sent)
        case "movella-dot":
            return recorded(dot, movella_dot.NAME), list(virtual_movella_dot.packets(dot, shaken(dot, first_s, seed)))
        case "witmotion":
            return recorded(imu, witmotion.NAME), list(virtual_witmotion.packets(imu, shaken(imu, first_s, seed)))
        case "polar, Verity Sense":
            sent = virtual_polar.packets(verity, shaken(verity, first_s, seed))
            return recorded(verity, polar.NAME), [*polar_answers(), *sent]
        case "polar, H10":
            return recorded(h10, polar.NAME), list(virtual_polar.packets(h10, shaken(h10, first_s, seed)))
        case "metamotion, BMI160":
            return metamotion_of(metamotion.CHIPS["BMI160"])
        case "metamotion, BMI270":
            return metamotion_of(metamotion.CHIPS["BMI270"])
        case "movesense, two streams":
            return movesense_of(movesense.PLANS[0])
        case "movesense, together":
            return movesense_of(movesense.PLANS[1])
        case _:
            return movesense_of(movesense.PLANS[2])


MODELS = (
    *("footfall", "samples", "capture2go", "capture2go, straddling", "movella-dot", "witmotion"),
    *("polar, Verity Sense", "polar, H10", "metamotion, BMI160", "metamotion, BMI270"),
    *("movesense, two streams", "movesense, together", "movesense, acceleration"),
)


def arrivals(timed: Iterable[TimedPacket], random: Random, shift_s: float = 0.0) -> list[RawPacket]:
    """Let packets arrive 5 to 35 ms late, in their order."""
    received, last_s = [], 0.0
    for packet in timed:
        last_s = max(last_s, packet.due_s + shift_s + random.uniform(0.005, 0.035))
        received.append(RawPacket(last_s, WEARING.sensor_id, packet.characteristic, packet.data))
    return received


def stream_of(name: str, way: str) -> tuple[RecordedSensor, list[RawPacket]]:
    """Return what arrived: as it was sent, with bursts of loss, or with a restart after which the clock begins anew."""
    random = Random(f"{name} {way}")
    if way == "restarted":
        recorded, before = packets_of(name, 500.0, 1)
        # Imported samples have no clock that could begin anew: their file goes on.
        again_s = 520.0 if name == "samples" else 30.0
        _, after = packets_of(name, again_s, 2)
        return recorded, arrivals(before, random, -500.0) + arrivals(after, random, 20.0 - again_s)
    recorded, sent = packets_of(name, 0.0, 3)
    received = arrivals(sent, random)
    if way == "lossy":
        begins = [index for index in range(10, len(received)) if random.random() < 0.03]
        lost = {index for begin in begins for index in range(begin, begin + random.choice((1, 1, 2, 5)))}
        received = [packet for index, packet in enumerate(received) if index not in lost]
    return recorded, received


def digest_of(name: str, way: str) -> str:
    recorded, received = stream_of(name, way)
    decoder = PROFILES[recorded.profile].decoder(recorded)
    blocks = [block for packet in received for block in decoder.push([packet])]
    digest = hashlib.sha256()
    for block in blocks:
        for column in (block.t_s, block.acc_mps2, block.gyr_radps, block.quality):
            digest.update(b"" if column is None else column.tobytes())
    digest.update(repr(astuple(decoder.counts)).encode())
    return digest.hexdigest()[:16]


DIGESTS = {
    "footfall": ("e48ddda371e6559d", "5448bc11103d992c", "286e8ec2ec73c623"),
    "samples": ("1b8b5f9bd3ed3d2f", "daae188dc1eada07", "bd0e58543554ed99"),
    "capture2go": ("f6a2aa2b380a1e2e", "cf55d1d05ca7c60a", "3783ffebf1dec3fb"),
    "capture2go, straddling": ("e11bc68e85676a71", "da38de385def3e72", "970bd08ed0f9133c"),
    "movella-dot": ("46d069be5ff8f0ab", "45d30c88c89d5c65", "be2d172ab869bb83"),
    "witmotion": ("8580bff59c342e37", "d1afed50349bfb00", "603577784e240e5b"),
    "polar, Verity Sense": ("c82e0769b0302819", "51ee0ec77b2a775b", "b4e45d82898954fd"),
    "polar, H10": ("df2a010e7fa86d75", "07db78cbb5ac9ff2", "de7de7686f304f0c"),
    "metamotion, BMI160": ("cb9f9b153ee19b5d", "011985ee43fe1ae4", "1497b765754caed2"),
    "metamotion, BMI270": ("935de4c2a545b0b6", "0114baeb9119c207", "2bd2d4413fc1b119"),
    "movesense, two streams": ("a511ebf561d9b586", "f56f7e97f8c1cf7c", "59dc98bdc0c30539"),
    "movesense, together": ("95bea953cf47abe4", "dbdd8cc7472e962e", "c84929713fc045de"),
    "movesense, acceleration": ("2065e9dcfb3feb39", "53b7cca7baeb6a28", "d83092176b18f258"),
}


@pytest.mark.parametrize("way", ["whole", "lossy", "restarted"])
@pytest.mark.parametrize("name", MODELS)
def test_packets_decode_to_what_they_did(name: str, way: str) -> None:
    assert digest_of(name, way) == DIGESTS[name][("whole", "lossy", "restarted").index(way)]
