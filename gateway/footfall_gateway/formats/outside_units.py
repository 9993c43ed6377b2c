"""Samples of a recording in g and degrees a second, such that reading them again gives the very same blocks."""

from collections.abc import Iterator

import numpy as np

from footfall_gateway.devices import samples
from footfall_gateway.devices.samples import Samples
from footfall_gateway.packets import PacketSource
from footfall_gateway.recordings.decoding import decoded_packets
from footfall_processing.samples import FloatArray
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2


def samples_by_sensor(recording: PacketSource) -> Iterator[tuple[str, Samples]]:
    """Yield the samples of each packet in order of arrival, with the id of the sensor.

    Imported samples come out as the numbers that were imported; others are converted with `in_unit`.
    """
    for packet, blocks in decoded_packets(recording.header, recording):
        if packet.characteristic == samples.NAME and blocks:
            yield packet.sensor_id, samples.decode(packet.data)
            continue
        for block in blocks:
            gyro_dps = None if block.gyr_radps is None else in_unit(block.gyr_radps, RADIANS_PER_DEGREE)
            yield block.sensor_id, Samples(block.t_s, in_unit(block.acc_mps2, STANDARD_GRAVITY_MPS2), gyro_dps)


def in_unit(si_values: FloatArray, factor: float) -> FloatArray:
    """Return values whose product with `factor` is, to the last bit, `si_values`; short decimals where there are some.

    Values that no double multiplies to (none come from a device whose codes are scaled before they are converted) are
    returned as the nearest.
    """
    quotient = si_values / factor
    values = quotient.copy()
    candidates = [np.nextafter(quotient, np.inf), np.nextafter(quotient, -np.inf), quotient]
    candidates += [np.round(quotient, decimals) for decimals in (15, 12, 9, 6, 3)]
    for candidate in candidates:
        exact = candidate * factor == si_values
        values[exact] = candidate[exact]
    return values


def scalar_in_unit(si_value: float | None, factor: float) -> float | None:
    """Return `in_unit` of a single number."""
    return None if si_value is None else float(in_unit(np.array([si_value]), factor)[0])
