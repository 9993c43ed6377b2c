"""However a sensor is turned in its place, no stride is lost and no metric moves by more than 1 %."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from footfall_processing.gait import Stride
from rotations import Signal, moved, read

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"
OF_EACH_FOLDER = 3

rotations = st.integers(0, 2**32 - 1).map(lambda seed: Rotation.random(rng=np.random.default_rng(seed)))
upside_down = st.just(Rotation.from_euler("y", 180.0, degrees=True))


@cache
def analysed(name: str, *, gyroscope: bool) -> tuple[Signal, list[Stride]]:
    whole = read(RECORDINGS / f"{name}.mcap")
    signal = whole if gyroscope else whole.without_gyroscope()
    return signal, signal.strides()


@pytest.mark.parametrize("gyroscope", [True, False])
@pytest.mark.parametrize(
    "name", ["rearfoot-runner", "forefoot-runner", "shin-pair", "walk-run-intervals", "lossy-link"]
)
@settings(max_examples=3)
@given(rotation=rotations | upside_down)
def test_turning_the_sensors_changes_nothing(name: str, *, gyroscope: bool, rotation: Rotation) -> None:
    signal, found = analysed(name, gyroscope=gyroscope)
    assert len(found) > 50
    assert not list(moved(found, signal.turned(rotation).strides()))


@pytest.mark.shared
def test_turning_real_sensors_changes_nothing(shared_data: Path) -> None:
    """`scripts/rotations.py` does it with all of them."""
    rotation = Rotation.from_euler("xyz", (33.0, -47.0, 120.0), degrees=True)
    folders = [folder for shared in (shared_data, shared_data.parent / "people") for folder in shared.glob("*/")]
    for folder in folders:
        files = sorted(folder.glob("*.csv"))
        for path in files[:: max(1, len(files) // OF_EACH_FOLDER)]:
            whole = read(path)
            for one in (whole, whole.without_gyroscope()):
                assert not list(moved(one.strides(), one.turned(rotation).strides())), path
