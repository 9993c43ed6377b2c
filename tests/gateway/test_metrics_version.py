"""Results that move get a new version of the metrics, so that nobody takes old ones for new."""

import hashlib
from dataclasses import replace
from typing import Final

import footfall
from footfall_gateway import wire
from footfall_processing.metrics.version import METRICS_VERSION
from gateway.command_line import RECORDINGS

HELD: Final = (
    1,
    {
        "forefoot-runner": "78837b2309b0625a",
        "lossy-link": "4d69d7d1dc5d7c75",
        "rearfoot-runner": "9fd2777dd1b1fad1",
        "shin-pair": "06cc6b78e9f153a0",
        "tired-runner": "bc5b25cccd03bd40",
        "walk-run-intervals": "93c4715add5fa422",
        "shin-pair without gyroscopes": "81b7dbe0f4e8dc58",
    },
)
"""A version, and a digest of what it makes of each recording of the project."""


def rounded(value: object) -> object:
    """A result as another processor has it too, which rounds the last digits otherwise."""
    if isinstance(value, float):
        return f"{round(value, 9) + 0.0:.5g}"
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items() if key != "metrics_version"}
    return [rounded(one) for one in value] if isinstance(value, list | tuple) else value


def digest(analysis: footfall.Analysis) -> str:
    windows = [wire.window_object(window) for window in analysis.windows("1min")]
    told = [wire.summary_object(analysis.summary), *windows, *map(wire.stride_object, analysis.strides)]
    return hashlib.sha256(repr(rounded(told)).encode()).hexdigest()[:16]


def test_results_that_move_have_another_version() -> None:
    recordings = {path.stem: footfall.read(path) for path in sorted(RECORDINGS.glob("*.mcap"))}
    pair = recordings["shin-pair"]
    shins = [replace(pair.samples(one.id), gyro_dps=None, gyro_range_dps=None) for one in pair.sensors]
    recordings["shin-pair without gyroscopes"] = footfall.from_arrays(*shins, name="shins")
    found = {name: digest(footfall.analyze(recording)) for name, recording in recordings.items()}
    now = (METRICS_VERSION, found)
    assert now == HELD, (
        "Results have moved, or METRICS_VERSION has. If they were meant to, raise METRICS_VERSION by one (once for all "
        f"that is merged together), write what moved under Changed results in CHANGELOG.md, and hold here: {now}"
    )
