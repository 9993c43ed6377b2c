"""The committed recordings are what their generator makes, and their truth lies on their own axis."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from footfall_gateway.devices import footfall
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.recording import Recording

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "recordings"
NAMES = sorted(path.stem for path in FOLDER.glob("*.mcap"))


def truth(name: str) -> dict[str, list[dict[str, Any]]]:
    sensors: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / f"{name}.truth.json").read_text("utf-8"))["sensors"]
    return sensors


def test_there_are_recordings_in_a_few_megabytes() -> None:
    assert 4 <= len(NAMES) <= 6
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 6e6


def test_the_generator_still_makes_the_committed_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import make_recordings

    entry = next(entry for entry in make_recordings.ENTRIES if entry.name == "lossy-link")
    made, made_truth = make_recordings.recorded_packets(entry)
    committed = list(Recording.open(FOLDER / "lossy-link.mcap"))
    assert len(made) == len(committed)
    differing = 0
    for ours, theirs in zip(made, committed, strict=True):
        assert (ours.received_s, ours.sensor_id, ours.characteristic) == pytest.approx(
            (theirs.received_s, theirs.sensor_id, theirs.characteristic)
        )
        # Another processor may round the last bit of a floating-point sum, and so one code, the other way.
        a, b = footfall.decode_samples(ours.data), footfall.decode_samples(theirs.data)
        assert (a.sequence, a.device_time_us, a.interval_ns) == (b.sequence, b.device_time_us, b.interval_ns)
        assert a.gyr is not None
        assert b.gyr is not None
        change = np.abs(np.hstack((a.acc, a.gyr)).astype(int) - np.hstack((b.acc, b.gyr)))
        assert change.max() <= 1
        differing += int(np.count_nonzero(change))
    assert differing < 1e-3 * len(made) * 19 * 6
    assert made_truth == truth("lossy-link")


def test_the_readme_lists_every_recording_with_its_checksum() -> None:
    text = (FOLDER / "README.md").read_text("utf-8")
    for name in NAMES:
        row = next(line for line in text.splitlines() if f"[{name}.mcap]" in line)
        assert hashlib.sha256((FOLDER / f"{name}.mcap").read_bytes()).hexdigest() in row


@pytest.mark.parametrize("name", NAMES)
def test_truth_lies_on_the_axis_of_the_decoded_signal(name: str) -> None:
    recording = Recording.open(FOLDER / f"{name}.mcap")
    assert not recording.truncated
    sensors = truth(name)
    signals: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {sensor_id: [] for sensor_id in sensors}
    for block in decode(recording):
        signals[block.sensor_id].append((block.t_s, np.linalg.norm(block.acc_mps2, axis=1)))
    for sensor_id, strides in sensors.items():
        t = np.concatenate([part for part, _ in signals[sensor_id]])
        norm = np.concatenate([part for _, part in signals[sensor_id]])
        running = [s for s in strides if s["activity"] == "run"]
        assert len(running) > 40
        # The strongest shock of a landing comes within the first 40 ms of the contact that the truth states.
        early = []
        for s in running:
            near = np.abs(t - s["initial_contact_s"]) < 0.06
            if near.sum() > 20 and s["foot_strike_angle_deg"] > 8.0:
                early.append(t[near][norm[near].argmax()] - s["initial_contact_s"])
        if early:
            assert 0.0 < np.median(early) < 0.04
