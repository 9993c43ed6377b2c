"""What strides carry is the catalogue's to say: each metric by its own row."""

from dataclasses import fields
from itertools import product
from typing import Final

import numpy as np
import pytest

from footfall_processing.estimators.event_reader import EventReader
from footfall_processing.estimators.outbox import EVENT, STRIDE
from footfall_processing.gait import Stride, StrideFlag
from footfall_processing.metrics.catalogue import STRIDE_METRICS, STRIDE_TIME, STRIKE_RATE_HZ, metric_values
from footfall_processing.metrics.support import why_unsupported
from footfall_processing.session import Placement, Runner, Sensor, Side

RATES_HZ: Final = sorted({rate for metric in STRIDE_METRICS.values() for rate in (metric.min_rate_hz, 500.0)})
SENSORS: Final = [
    Sensor("one", placement, side, rate_hz, has_gyro=has_gyro)
    for placement, side, rate_hz, has_gyro in product(
        Placement, (Side.LEFT, Side.RIGHT, None), [rate - 1.0 for rate in RATES_HZ] + RATES_HZ, (True, False)
    )
    # a stride is the time from contact to contact: there is none without it
    if rate_hz >= STRIDE_TIME.min_rate_hz
]
RUNNER: Final = Runner(mass_kg=70.0, height_m=1.75)


def known_event() -> tuple[object, ...]:
    """Make a record in which the estimators tell everything."""
    event = np.zeros((), EVENT)
    for name in EVENT.names or ():
        event[name] = 1
    event["kind"] = STRIDE
    for flag in ("backward", "stairs", "axis_moved", "aligned_later", "axes_disagree", "sample_quality"):
        event[flag] = 0
    event["initial_contact_s"], event["toe_off_s"], event["next_contact_s"] = 10.0, 10.25, 10.7
    row = event.item()
    assert isinstance(row, tuple)
    return row


@pytest.mark.parametrize("sensor", SENSORS, ids=str)
@pytest.mark.parametrize("runner", [None, RUNNER], ids=["nobody", "runner"])
def test_a_stride_has_exactly_the_metrics_whose_rows_its_sensor_meets(sensor: Sensor, runner: Runner | None) -> None:
    stride = EventReader(sensor, runner).read(known_event())
    assert isinstance(stride, Stride)
    carried = {name for name, value in metric_values(stride).items() if value is not None}
    assert carried == {
        name
        for name, metric in STRIDE_METRICS.items()
        if why_unsupported(metric, sensor) is None and (runner is not None or not metric.needs_runner)
    }
    assert (stride.strike is None) == (sensor.sampling_rate_hz < STRIKE_RATE_HZ)


@pytest.mark.parametrize(
    ("placement", "rate_hz", "flags"),
    [
        (Placement.FOOT, 100.0, ()),
        (Placement.FOOT, 99.0, (StrideFlag.RATE_LOW_FOR_PEAKS,)),
        (Placement.FOOT, 49.0, (StrideFlag.RATE_LOW_FOR_PEAKS, StrideFlag.RATE_LOW_FOR_EVENTS)),
        (Placement.SHANK, 190.0, ()),
        (Placement.SHANK, 189.0, (StrideFlag.RATE_LOW_FOR_PEAKS,)),
    ],
)
def test_flags_tell_which_metrics_are_missing_for_the_rate(
    placement: Placement, rate_hz: float, flags: tuple[StrideFlag, ...]
) -> None:
    stride = EventReader(Sensor("one", placement, Side.LEFT, rate_hz)).read(known_event())
    assert isinstance(stride, Stride)
    assert stride.quality == flags


def test_every_measured_metric_has_its_fields() -> None:
    carried = {field.name for field in fields(Stride)}
    for metric in STRIDE_METRICS.values():
        if metric.measured is not None:
            assert metric.measured.carried in carried
            for inwards in ("left", "right"):
                assert metric.measured.recorded.format(inwards=inwards) in (EVENT.names or ())
