"""Batch throughput: raw samples of one sensor to final strides with all metrics, against one plain filter pass."""

from functools import partial
from typing import Final

import numpy as np
from scipy.signal import butter, sosfilt

from footfall_processing.pipeline import analyze
from measure import Measurement, least_cpu_s, main
from signals import KINDS, RATE_HZ, blocks, tile

ROWS: Final = 200_000
BLOCK_S: Final = 60.0
FILTER_PASSES: Final = 10.0


def measure() -> list[Measurement]:
    """Rows a second of each kind of sensor, and the ratios."""
    six_channels = np.random.default_rng(0).standard_normal((ROWS, 6))
    sections = butter(2, 30.0, fs=RATE_HZ, output="sos")
    found = []
    for kind in KINDS:
        sensor, _ = tile(kind)
        signal = list(blocks(kind, ROWS / RATE_HZ, BLOCK_S))
        analysis_s, filter_s = least_cpu_s(
            partial(analyze, [sensor], signal),
            partial(sosfilt, sections, six_channels, axis=0),
        )
        found += [
            Measurement(f"{kind}: throughput", ROWS / analysis_s, "rows/s"),
            Measurement(f"{kind}: in filter passes", analysis_s / filter_s, "passes", at_most=FILTER_PASSES),
        ]
    found.append(Measurement("the filter pass itself", ROWS / filter_s, "rows/s"))
    return found


if __name__ == "__main__":
    main("Batch throughput, 200 Hz, one core", measure)
