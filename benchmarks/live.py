"""Live cost: many 200 Hz sensors in one process, each in blocks of 50 ms."""

import resource
import sys
import time
from itertools import islice
from typing import Final

import msgspec
import numpy as np

from footfall_processing.pipeline import SensorPipeline
from footfall_processing.samples import ImuBlock
from measure import Measurement, main
from signals import KINDS, RATE_HZ, blocks, tile

BLOCK_S: Final = 0.05
WARM_UP_S: Final = 10.0
PUSHES: Final = 100_000
"""Blocks pushed for each count of sensors, at least one second of signal for each sensor."""

DAY_S: Final = 24 * 3600.0


def fleet_cost(kind: str, sensors: int) -> tuple[float, list[int]]:
    """Processor seconds a sensor and second of signal, and the wall time of each block in ns, once under way.

    A block counts from its samples in SI units to its events: building and checking it, and the pipeline.
    """
    sensor, _ = tile(kind)
    seconds = max(1.0, PUSHES * BLOCK_S / sensors)
    signal = blocks(kind, WARM_UP_S + seconds, BLOCK_S)
    warm_up = list(islice(signal, round(WARM_UP_S / BLOCK_S)))
    first = _joined(warm_up)
    fleet = [SensorPipeline(sensor) for _ in range(sensors)]
    for pipeline in fleet:
        pipeline.push(first)
    rest = list(signal)
    block_ns: list[int] = []
    begin_s = time.process_time()
    for block in rest:
        for pipeline in fleet:
            before_ns = time.perf_counter_ns()
            pipeline.push(ImuBlock(block.sensor_id, block.t_s, block.acc_mps2, block.gyr_radps, block.quality))
            block_ns.append(time.perf_counter_ns() - before_ns)
    spent_s = time.process_time() - begin_s
    return spent_s / (sensors * sum(len(block) for block in rest) / RATE_HZ), block_ns


def _joined(parts: list[ImuBlock]) -> ImuBlock:
    gyr_radps = [part.gyr_radps for part in parts if part.gyr_radps is not None]
    return ImuBlock(
        parts[0].sensor_id,
        np.concatenate([part.t_s for part in parts]),
        np.concatenate([part.acc_mps2 for part in parts]),
        np.concatenate(gyr_radps) if gyr_radps else None,
        np.concatenate([part.quality for part in parts]),
    )


def growth_over_a_day_kib(kind: str) -> float:
    """How much the process's greatest memory grows from the second hour of signal to the end of the day."""
    sensor, _ = tile(kind)
    pipeline = SensorPipeline(sensor)
    after_an_hour = 0.0
    for block in blocks(kind, DAY_S, 1.0):
        pipeline.push(block)
        if not after_an_hour and block.t_s[0] > 3600.0:
            after_an_hour = _greatest_memory_kib()
    return _greatest_memory_kib() - after_an_hour


def stored_kib(kind: str) -> float:
    """The size of what is stored of a sensor between two batches, in MessagePack."""
    return len(msgspec.msgpack.encode(SensorPipeline(tile(kind)[0]).state())) / 1024


def _greatest_memory_kib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform == "darwin" else peak


def measure() -> list[Measurement]:
    """Memory first: the greatest memory of a process never shrinks again."""
    found = [
        *(Measurement(f"{kind}: stored state of a sensor", stored_kib(kind), "KiB", at_most=64.0) for kind in KINDS),
        Measurement("growth from hour 1 to hour 24 of signal", growth_over_a_day_kib("foot"), "KiB", at_most=1024.0),
    ]
    for kind in KINDS:
        cost, block_ns = fleet_cost(kind, 1000)
        found.append(Measurement(f"{kind}: one of 1,000 sensors", 100 * cost, "% of a core", at_most=0.1))
        p50, p99 = np.percentile(block_ns, (50, 99)) / 1e6
        found.append(Measurement(f"{kind}: computing a block, median", p50, "ms"))
        found.append(Measurement(f"{kind}: computing a block, 99 %", p99, "ms", at_most=1.0))
    alone = fleet_cost("foot", 1)[0]
    for sensors in (1, 10, 100, 1000, 10_000):
        cost = fleet_cost("foot", sensors)[0]
        found.append(Measurement(f"foot: {sensors:,} sensors", 100 * cost, "% of a core each", at_most=0.1))
    found.append(Measurement("foot: cost of one of 10,000 against one alone", cost / alone, "×"))
    return found


if __name__ == "__main__":
    main("Live, 200 Hz, blocks of 50 ms", measure)
