"""Measure how often a sensor's side is told rightly: `python scripts/sides.py [FOLDER]`.

Takes every CSV below FOLDER (default: ../shared/data) whose sidecar names a side and which has a gyroscope, tells the
side from its movement alone, and compares; the recordings of `recordings/` follow.
"""

import math
import sys
from pathlib import Path
from statistics import median

from footfall_gateway.formats.inputs import Input, open_input
from footfall_gateway.machine_code import keep
from footfall_gateway.recordings.decoding import decode_packets
from footfall_processing.pipeline import analyze
from footfall_processing.results.sides import MIN_SIDE_STRIDES
from footfall_processing.results.summary import stance_rolls_rad, summarize

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Print a line for each sensor, and how many were told, and told rightly."""
    keep()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    paths = [*sorted(folder.glob("**/*.csv")), *sorted((ROOT / "recordings").glob("*.mcap"))]
    tallies: dict[tuple[str, str], list[int]] = {}
    for path in paths:
        for placement, outcome in compare(path, open_input([path])):
            kind = "synthetic" if path.suffix == ".mcap" else "real"
            tally = tallies.setdefault((kind, placement), [0, 0, 0])
            tally[outcome] += 1
    for (kind, placement), (wrong, right, untold) in sorted(tallies.items()):
        print(f"{kind} {placement}: {right} as labelled, {wrong} otherwise, {untold} not told")


def compare(path: Path, opened: Input) -> list[tuple[str, int]]:
    """Compare each sensor's side with its label: 1 the same, 0 the other, 2 not told."""
    sensors = opened.header.session.sensors
    strides = analyze(sensors, decode_packets(opened.header, opened.packets))
    guesses = summarize(strides, sensors).side_guesses
    outcomes = []
    for sensor in sensors:
        rolls_rad = stance_rolls_rad(stride for stride in strides if stride.sensor_id == sensor.id)
        if sensor.side is None or not sensor.has_gyro or len(rolls_rad) < MIN_SIDE_STRIDES:
            continue
        guess = guesses.get(sensor.id)
        told = "not told" if guess is None else f"{guess.side.value} ({guess.confidence:.2f})"
        roll_deg = math.degrees(median(rolls_rad))
        print(f"{path.stem}, {sensor.id}: {roll_deg:+.0f}°, {told}, labelled {sensor.side.value}")
        outcomes.append((sensor.placement.value, 2 if guess is None else int(guess.side is sensor.side)))
    return outcomes


if __name__ == "__main__":
    main()
