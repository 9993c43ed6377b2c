"""Signals for benchmarks: the synthetic runner's, tiled to any length, so that nothing needs to be downloaded."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor, Side
from footfall_processing.synthetic import Runner, RunPlan, SensorSetup, Site, run, simulate, stand, walk, worn_sensor

RATE_HZ: Final = 200.0
KINDS: Final = ("foot", "shank", "accelerometer only")

_PLAN: Final = RunPlan((stand(3.0), walk(12.0, 1.4), run(75.0, 2.6, 4.0), stand(3.0)))


@cache
def tile(kind: str, side: Side = Side.LEFT) -> tuple[Sensor, ImuBlock]:
    """A sensor, and a minute and a half of standing, walking and mostly running as one block."""
    site = Site.DISTAL_SHANK if kind == "shank" else Site.INSTEP
    sensor = worn_sensor(f"{kind} {side}".replace(" ", "-"), site, side, rate_hz=RATE_HZ)
    blocks = simulate(_PLAN, Runner(), [SensorSetup(sensor, site)], seed=11)[sensor.id].blocks()
    has_gyro = kind != "accelerometer only"
    if not has_gyro:
        sensor = replace(sensor, has_gyro=False, gyro_range_radps=None)
    whole = ImuBlock(
        sensor.id,
        np.concatenate([block.t_s for block in blocks]),
        np.concatenate([block.acc_mps2 for block in blocks]),
        np.concatenate([block.gyr_radps for block in blocks if block.gyr_radps is not None]) if has_gyro else None,
        np.concatenate([block.quality for block in blocks]),
    )
    return sensor, whole


def blocks(kind: str, duration_s: float, block_s: float, *, side: Side = Side.LEFT) -> Iterator[ImuBlock]:
    """The tile over and over for `duration_s`, in blocks of `block_s` (shorter where a tile ends)."""
    sensor, whole = tile(kind, side)
    rows = max(1, round(block_s * RATE_HZ))
    left = round(duration_s * RATE_HZ)
    begin_s = 0.0
    while left > 0:
        count = min(left, len(whole))
        for begin in range(0, count, rows):
            part = slice(begin, min(begin + rows, count))
            gyr_radps = None if whole.gyr_radps is None else whole.gyr_radps[part]
            yield ImuBlock(
                sensor.id, begin_s + whole.t_s[part], whole.acc_mps2[part], gyr_radps, whole.quality[part].copy()
            )
        left -= count
        begin_s += float(whole.t_s[-1] - whole.t_s[0]) + 1.0 / RATE_HZ
