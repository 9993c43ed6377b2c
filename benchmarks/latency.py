"""Latency in signal time: how long after an instant the sample comes that makes its event final.

Samples are pushed one by one, so nothing is added by blocks; live, the radio adds up to a packet.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from footfall_gateway.recordings.decoding import decode_packets
from footfall_gateway.recordings.recording import Recording
from footfall_processing.gait import Impact, StrideFlag
from footfall_processing.pipeline import GaitPipeline
from footfall_processing.samples import ImuBlock
from measure import Measurement, main

RECORDINGS: Final = Path(__file__).parent.parent / "recordings"
SITES: Final = {
    "foot": "rearfoot-runner.mcap",
    "shank": "shin-pair.mcap",
    "accelerometer only": "rearfoot-runner.mcap",
}


def latencies_ms(recording: Recording, has_gyro: bool) -> tuple[list[float], list[float]]:
    """From impact to its report, and from a stride's closing contact to the stride, for all of a recording."""
    sensors = recording.header.session.sensors
    if not has_gyro:
        sensors = tuple(replace(sensor, has_gyro=False, gyro_range_radps=None) for sensor in sensors)
    pipeline = GaitPipeline(sensors)
    impacts, strides = [], []
    for sample in _one_by_one(decode_packets(recording.header, recording), has_gyro):
        now_s = float(sample.t_s[0])
        for event in pipeline.push(sample):
            if isinstance(event, Impact):
                impacts.append(1e3 * (now_s - event.t_s))
            elif StrideFlag.ALIGNED_LATER not in event.quality:
                # strides found looking back, once mounting or period were learnt, are late by nature and say so
                strides.append(1e3 * (now_s - event.next_contact_s))
    return impacts, strides


def _one_by_one(blocks: Iterator[ImuBlock], has_gyro: bool) -> Iterator[ImuBlock]:
    for block in blocks:
        for k in range(len(block)):
            gyr_radps = block.gyr_radps[k : k + 1] if has_gyro and block.gyr_radps is not None else None
            part = slice(k, k + 1)
            yield ImuBlock(block.sensor_id, block.t_s[part], block.acc_mps2[part], gyr_radps, block.quality[part])


def measure() -> list[Measurement]:
    """Medians and 99 % of each site, and of a foot sensor's accelerometer alone."""
    found = []
    for site, name in SITES.items():
        impacts, strides = latencies_ms(Recording.open(RECORDINGS / name), site != "accelerometer only")
        for what, values, bound in (("impact", impacts, 20.0), ("stride", strides, 250.0)):
            p50, p99 = np.percentile(values, (50, 99))
            found.append(Measurement(f"{site}: {what}, median", float(p50), "ms of signal"))
            found.append(Measurement(f"{site}: {what}, 99 %", float(p99), "ms of signal", at_most=bound))
    return found


if __name__ == "__main__":
    main("Latency: impact peak to its report, closing contact to the final stride", measure)
