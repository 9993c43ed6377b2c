"""A whole day of one session: what 24 hours of strides cost in time and memory, and how large the stored state gets."""

import random
import resource
import sys
import time
from collections.abc import Iterator
from typing import Final

import msgspec

from footfall_processing.gait import Activity, Stride, Strike
from footfall_processing.results.running import MOST_STATE_BYTES, RunningResults
from footfall_processing.session import Placement, Sensor, Side
from measure import Measurement, main

FEET: Final = (
    Sensor("foot-left", Placement.FOOT, Side.LEFT, 200.0),
    Sensor("foot-right", Placement.FOOT, Side.RIGHT, 200.0),
)
HOURS: Final = 24
STATE_EVERY_S: Final = 600.0
MIB: Final = 1024.0 * 1024.0


def strides(sensor: Sensor, hours: int) -> Iterator[Stride]:
    """Make a foot's strides: every hour half an hour of walking, then one of running, each a little different."""
    chance = random.Random(sensor.id)
    begin_s = 0.0 if sensor.side is Side.LEFT else 0.35
    while begin_s < 3600.0 * hours:
        running = begin_s % 3600.0 >= 1800.0
        stride_s = chance.gauss(0.7, 0.02) if running else chance.gauss(1.1, 0.04)
        yield Stride(
            sensor_id=sensor.id,
            side=sensor.side,
            activity=Activity.RUN if running else Activity.WALK,
            initial_contact_s=begin_s,
            toe_off_s=begin_s + chance.gauss(0.35 if running else 0.62, 0.015) * stride_s,
            next_contact_s=begin_s + stride_s,
            peak_acc_mps2=chance.gauss(60.0, 8.0),
            foot_strike_angle_rad=chance.gauss(0.2, 0.05),
            strike=chance.choice((Strike.REARFOOT, Strike.MIDFOOT)),
            strike_confidence=0.9,
            stride_length_m=chance.gauss(2.1 if running else 1.4, 0.1),
            pronation_excursion_rad=chance.gauss(0.15, 0.03),
            peak_eversion_rate_radps=chance.gauss(5.0, 1.0),
            stance_roll_rad=chance.gauss(0.3, 0.1),
            vertical_stiffness_npm=chance.gauss(25_000.0, 1000.0) if running else None,
            leg_stiffness_npm=chance.gauss(9000.0, 500.0) if running else None,
        )
        begin_s += stride_s


def both_feet(hours: int) -> Iterator[Stride]:
    """Let the feet alternate, left first."""
    legs = [strides(sensor, hours) for sensor in FEET]
    for pair in zip(*legs, strict=False):
        yield from pair


def resident_mib() -> float:
    """Return the most memory that this process has had so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (MIB if sys.platform == "darwin" else 1024.0)


def measure() -> list[Measurement]:
    """Push a day of strides through windows of all kinds and the summary; store the state now and then."""
    results = RunningResults(FEET)
    windows = pushed = largest = states = 0
    pushing_s = storing_s = first_mib = 0.0
    next_state_s = STATE_EVERY_S
    for stride in both_feet(HOURS):
        begin_s = time.process_time()
        windows += len(results.push(stride))
        pushing_s += time.process_time() - begin_s
        pushed += 1
        if stride.initial_contact_s >= next_state_s:
            begin_s = time.process_time()
            largest = max(largest, len(msgspec.msgpack.encode(results.state())))
            storing_s += time.process_time() - begin_s
            states += 1
            if next_state_s == 3600.0:
                first_mib = resident_mib()
            next_state_s += STATE_EVERY_S
    begin_s = time.process_time()
    summary = results.summary()
    summary_s = time.process_time() - begin_s
    return [
        Measurement("strides of both feet", pushed, "strides"),
        Measurement("windows that they ended", windows, "windows"),
        Measurement(
            "strides in the summary", sum(part.strides for part in summary.sensors), "strides", at_least=pushed
        ),
        Measurement("memory after 1 h", first_mib, "MiB"),
        Measurement(f"what {HOURS} h take more", resident_mib() - first_mib, "MiB", at_most=4.0),
        Measurement(
            "largest state of a sensor", largest / len(FEET) / 1024.0, "KiB", at_most=MOST_STATE_BYTES / 1024.0
        ),
        Measurement("storing the state", 1e3 * storing_s / states, "ms"),
        Measurement("summary of the day", 1e3 * summary_s, "ms"),
        Measurement("a stride through all windows and the summary", 1e6 * pushing_s / pushed, "µs"),
    ]


if __name__ == "__main__":
    main("A day of strides through windows and summary", measure)
