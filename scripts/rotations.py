"""How far turning the sensors moves what is found in recordings: `python scripts/rotations.py [FILE ...]`.

A sensor may sit on shoe or shin in any way, so nothing may follow from how its axes lie: each recording is analysed as
it is and turned, with and without its gyroscope. Without files, all of ../shared/data and ../shared/people.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from footfall_gateway.formats.inputs import open_input
from footfall_gateway.machine_code import keep
from footfall_gateway.recordings.decoding import decode_packets
from footfall_processing.gait import Stride, StrideFlag
from footfall_processing.metrics.catalogue import STRIDE_METRICS, metric_values
from footfall_processing.pipeline import analyze
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor

SHARED: Final = Path(__file__).resolve().parents[2] / "shared"
ANGLES_DEG: Final = ((90.0, 0.0, 0.0), (0.0, 0.0, 180.0), (33.0, -47.0, 120.0), (-110.0, 15.0, 75.0))
MOST_MOVED: Final = 0.01
"""No metric of any stride moves by more than this part of it."""
SAME_CONTACT_S: Final = 0.01
_REACH: Final = 2.0
"""A turned axis can read more than any did before, by the root of 3 at most: beyond its range it would be cut."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A recording's sensors, and what they measured."""

    sensors: tuple[Sensor, ...]
    blocks: tuple[ImuBlock, ...]

    def turned(self, rotation: Rotation) -> "Signal":
        """Turn all sensors in their places."""
        onto = rotation.as_matrix().T
        blocks = (
            replace(
                block,
                acc_mps2=block.acc_mps2 @ onto,
                gyr_radps=None if block.gyr_radps is None else block.gyr_radps @ onto,
            )
            for block in self.blocks
        )
        return replace(self, blocks=tuple(blocks))

    def without_gyroscope(self) -> "Signal":
        """Keep the accelerometer's part."""
        return Signal(
            tuple(replace(sensor, has_gyro=False, gyro_range_radps=None) for sensor in self.sensors),
            tuple(replace(block, gyr_radps=None) for block in self.blocks),
        )

    def strides(self) -> list[Stride]:
        """Find its strides."""
        return analyze(self.sensors, self.blocks)


def read(path: Path) -> Signal:
    """Read a recording or a CSV file, its ranges wide enough for any rotation."""
    opened = open_input([path])
    sensors = (
        replace(
            sensor,
            acc_range_mps2=None if sensor.acc_range_mps2 is None else _REACH * sensor.acc_range_mps2,
            gyro_range_radps=None if sensor.gyro_range_radps is None else _REACH * sensor.gyro_range_radps,
        )
        for sensor in opened.header.session.sensors
    )
    return Signal(tuple(sensors), tuple(decode_packets(opened.header, opened.packets)))


def moved(found: Sequence[Stride], turned: Sequence[Stride]) -> Iterator[str]:
    """Say what differs once the sensors are turned: strides lost or made up, and values beyond `MOST_MOVED`."""
    if len(found) != len(turned):
        yield f"{len(found)} strides are {len(turned)}"
        return
    for one, other in zip(found, turned, strict=True):
        at = f"stride at {one.initial_contact_s:.2f} s"
        if one.sensor_id != other.sensor_id or abs(one.initial_contact_s - other.initial_contact_s) > SAME_CONTACT_S:
            yield f"{at}: is at {other.initial_contact_s:.2f} s of {other.sensor_id}"
        if (one.activity, one.strike) != (other.activity, other.strike):
            yield f"{at}: {one.activity}, {one.strike} is {other.activity}, {other.strike}"
        values = metric_values(other)
        clipped = StrideFlag.ACC_CLIPPED in one.quality
        for name, value in metric_values(one).items():
            now = values[name]
            # how much of a peak is cut off depends on the axis that cuts it
            if clipped and STRIDE_METRICS[name].is_peak:
                continue
            if None in (value, now):
                if value != now:
                    yield f"{at}: {name} {value} is {now}"
            elif not np.isclose(now or 0.0, value or 0.0, rtol=MOST_MOVED, atol=1e-9):
                yield f"{at}: {name} {value} is {now}"


def main() -> int:
    """Turn, compare and tell; return the exit status."""
    keep()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE")
    files = parser.parse_args().files or sorted(SHARED.glob("*/*/*.csv"))
    strides = differences = 0
    for path in files:
        whole = read(path)
        for signal in (whole, whole.without_gyroscope()) if whole.sensors[0].has_gyro else (whole,):
            found = signal.strides()
            for angles_deg in ANGLES_DEG:
                turned = signal.turned(Rotation.from_euler("xyz", angles_deg, degrees=True)).strides()
                strides += len(found)
                for what in moved(found, turned):
                    differences += 1
                    sys.stdout.write(f"{path.name}, turned by {angles_deg}: {what}\n")
    sys.stdout.write(f"{len(files)} recordings, {strides} strides turned: {differences} differences\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
