"""Running strides in a row: where a filter or a low rate has taken the shock, how evenly they follow stands for it.

A leg that runs swings like a pendulum that is driven: stride after stride takes as long, and swings as fast, within a
few per cent. A hand that shakes a sensor may hit on all other signs of a stride now and then, but not on the same
stride again and again.
"""

from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.signal.grid import CELL_S

STRIDES: Final = 4
ALIKE_SHARE: Final = 0.1
"""So many strides, each like the one before within a tenth, tell together that they are running."""

LONGEST_SWING: Final = round(0.4 / CELL_S)

ROW: Final = np.dtype(
    [
        ("strides", np.int64),
        ("begin", np.int64),
        ("contact", np.float64),
        ("period", np.float64),
        ("peak_radps", np.float64),
    ],
    align=True,
)
"""How many there are, the cell before the first one's swing; and of the last one its end, its period and its swing."""


@compiled
def pass_by(row: Record, begun: Record, ended: Record) -> None:
    """Note a stride, between two swings, that has been told before."""
    row.contact = ended.contact
    row.period = ended.contact - begun.contact
    row.peak_radps = ended.peak_radps


@compiled
def runs_on(row: Record, begun: Record, ended: Record, runs: bool) -> bool:
    """Note a stride, and whether it runs as far as the other signs say; True where enough of them run alike."""
    period = ended.contact - begun.contact
    alike = (
        begun.contact == row.contact
        and abs(period - row.period) < ALIKE_SHARE * period
        and abs(ended.peak_radps - row.peak_radps) < ALIKE_SHARE * ended.peak_radps
    )
    pass_by(row, begun, ended)
    if not runs:
        row.strides = 0
    elif alike and row.strides > 0:
        row.strides += 1
    else:
        row.strides = 1
        row.begin = int(begun.contact) - LONGEST_SWING
    return bool(row.strides >= STRIDES)
