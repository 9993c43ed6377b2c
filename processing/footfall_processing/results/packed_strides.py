"""Strides as plain data: what results need of them, in columns."""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final

import numpy as np

from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.session import Sensor
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

_TIMES: Final = ("initial_contact_s", "next_contact_s")
_NUMBERS: Final = tuple(
    field.name
    for field in fields(Stride)
    if field.type == float | None and field.name not in (*_TIMES, "strike_confidence")
)
"""Fields that a stride may lack, `NaN` in their column; no result reads a confidence."""
_COLUMNS: Final = (*_TIMES, *_NUMBERS)
_in_columns: Final = attrgetter(*_COLUMNS)
_LEAST_S: Final = 1e-6
"""No stride is shorter, so that what is worked out from its times stays finite."""
_ACTIVITIES: Final = tuple(Activity)
_STRIKES: Final = (None, *Strike)
_FLAGS: Final = tuple(StrideFlag)
_LEGEND: Final = " ".join(str(one) for one in (*_ACTIVITIES, *_STRIKES, *_FLAGS))
"""What the numbers in the columns of kinds mean."""


def pack(strides: Sequence[Stride]) -> PlainState:
    """Turn one sensor's strides into columns; those that no stride fills are left out."""
    rows = np.array([_in_columns(stride) for stride in strides], "<f8").reshape(-1, len(_COLUMNS))  # None becomes NaN
    columns: dict[str, PlainState] = {
        name: column.tobytes()
        for name, column, empty in zip(_COLUMNS, rows.T, np.isnan(rows).all(axis=0), strict=True)
        if name in _TIMES or not empty
    }
    return {
        "legend": _LEGEND,
        "columns": columns,
        "activity": bytes(_ACTIVITIES.index(stride.activity) for stride in strides),
        "strike": bytes(_STRIKES.index(stride.strike) for stride in strides),
        "quality": np.array(
            [sum(1 << _FLAGS.index(flag) for flag in stride.quality) for stride in strides], "<u2"
        ).tobytes(),
    }


def unpack(state: PlainState, sensor: Sensor, most: int) -> list[Stride]:
    """Return at most so many strides of a sensor as results see them: without confidences.

    Raises
    ------
    InputError
        When the state is not of strides, or was stored with other fields.
    """
    stored = Stored(state, f"sensor {sensor.id!r}, strides")
    columns = Stored(stored.part("columns"), f"sensor {sensor.id!r}, strides")
    stored.check(stored.text("legend") == _LEGEND and columns.names() <= {*_TIMES, *_NUMBERS})
    times_s = [columns.measured(name, columns=1, most=most)[:, 0] for name in _TIMES]
    count = len(times_s[0])
    numbers = {
        name: columns.measured(name, columns=1, most=most, gaps=True)[:, 0] for name in columns.names() - {*_TIMES}
    }
    stored.check(all(len(column) == count for column in (*times_s, *numbers.values())))
    stored.check(bool((times_s[1] - times_s[0] > _LEAST_S).all()))
    activity, strike, quality = (stored.data(name, most=2 * most) for name in ("activity", "strike", "quality"))
    stored.check(len(activity) == len(strike) == count and len(quality) == 2 * count)
    flags = np.frombuffer(quality, "<u2").tolist()
    stored.check(max(activity, default=0) < len(_ACTIVITIES) and max(strike, default=0) < len(_STRIKES))
    stored.check(max(flags, default=0) < 1 << len(_FLAGS))
    measured = {name: [None if x != x else x for x in column.tolist()] for name, column in numbers.items()}
    rows = [dict(zip(measured, row, strict=True)) for row in zip(*measured.values(), strict=True)] or [{}] * count
    return [
        Stride(
            sensor_id=sensor.id,
            side=sensor.side,
            activity=_ACTIVITIES[activity[k]],
            initial_contact_s=float(times_s[0][k]),
            next_contact_s=float(times_s[1][k]),
            strike=_STRIKES[strike[k]],
            quality=tuple(flag for bit, flag in enumerate(_FLAGS) if flags[k] >> bit & 1),
            **{"toe_off_s": None, **rows[k]},
        )
        for k in range(count)
    ]
