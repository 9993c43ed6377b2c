"""The live commands from end to end: virtual sensors, Bluetooth, gateway, recording, store, page, summary."""

import ast
import heapq
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

import forked
from faults.effort import Tell
from footfall_gateway.data_folder import store_path
from footfall_gateway.devices import heart_rate, running_speed
from footfall_gateway.devices.heart_rate import HeartRateMeasurement
from footfall_gateway.devices.running_speed import RunningMeasurement
from footfall_gateway.packets import RawPacket, RecordedCompanion
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.recording import Recording, RecordingWriter
from footfall_gateway.store.database import Store
from footfall_gateway.virtual.models.standard import foot_pod_packets, heart_rate_packets
from footfall_processing.pipeline import analyze
from gateway.command_line import FEET, RECORDINGS, Demo, environment, footfall
from gateway.troubles import files_limited

LAST_BATCH_S = 0.5
"""What a killed process may lose of its recording."""
PACKET_S = 0.2
"""Longer than a sensor takes to fill a packet."""
SETTLING_S = 5.0
"""So long before a cut no stride is touched by it."""


def without_doing(out: str) -> str:
    """Leave out what a live run alone tells: the lines of what was done from when on."""
    return "".join(line for line in out.splitlines(keepends=True) if not line.startswith('{"type":"doing"'))


def only_recording(data_folder: Path) -> Path:
    (path,) = (data_folder / "recordings").iterdir()
    return path


@pytest.mark.parametrize("name", ["rearfoot-runner", "lossy-link", "shin-pair"])
def test_replay_prints_what_analysis_of_its_recording_prints(tmp_path: Path, name: str) -> None:
    replayed = footfall(
        "replay", RECORDINGS / f"{name}.mcap", "--speed", "max", "--json", "--data-dir", tmp_path, "--duration", "60"
    )
    assert replayed.status == 0, replayed
    analysed = footfall("analyze", only_recording(tmp_path), "--json")
    assert len(replayed.strides) > 20
    assert without_doing(replayed.out) == analysed.out


def test_csv_can_be_replayed_too(tmp_path: Path) -> None:
    exported = footfall("export", FEET, "--out", tmp_path / "csv", "--json").objects[0]["files"]
    replayed = footfall("replay", *exported, "--json", "--data-dir", tmp_path, "--duration", "30")
    assert len(replayed.strides) > 20
    assert without_doing(replayed.out) == footfall("analyze", only_recording(tmp_path), "--json").out


def test_replay_of_a_recording_passes_its_packets_on_unchanged(tmp_path: Path) -> None:
    def sent(path: Path) -> dict[str, list[bytes]]:
        data: dict[str, list[bytes]] = {}
        for packet in Recording.open(path):
            data.setdefault(packet.sensor_id, []).append(packet.data)
        return data

    assert footfall("replay", FEET, "--data-dir", tmp_path).status == 0
    assert sent(only_recording(tmp_path)) == sent(FEET)


def with_companions(path: Path) -> Path:
    """Write the feet's recording anew, with a strap and a pod that went along."""
    feet = Recording.open(FEET)
    companions = (RecordedCompanion("strap", heart_rate.NAME), RecordedCompanion("pod", running_speed.NAME))
    beats = [HeartRateMeasurement(120 + n % 40) for n in range(60)]
    steps = [RunningMeasurement(3 * 256, 85) for _ in range(60)]
    sent = [
        RawPacket(packet.due_s, companion.id, packet.characteristic, packet.data)
        for companion, timed in zip(companions, (heart_rate_packets(beats), foot_pod_packets(steps)), strict=True)
        for packet in timed
    ]
    with RecordingWriter(path, replace(feet.header, companions=companions)) as writer:
        for packet in heapq.merge(feet, sorted(sent, key=_received_s), key=_received_s):
            writer.write(packet)
    return path


def _received_s(packet: RawPacket) -> float:
    return packet.received_s


def test_heart_rate_and_foot_pod_go_along_in_replay_analysis_and_store(tmp_path: Path) -> None:
    source = with_companions(tmp_path / "with.mcap")
    replayed = footfall("replay", source, "--speed", "max", "--json", "--data-dir", tmp_path)
    assert replayed.status == 0, replayed
    summary = replayed.objects[-1]
    heart = summary["companions"]["strap"]["heart_rate_bpm"]
    assert (heart["n"], heart["max"]) == (60, 159.0)
    assert heart["mean"] == pytest.approx(sum(120 + n % 40 for n in range(60)) / 60)
    assert summary["companions"]["pod"]["pod_cadence_spm"]["mean"] == 170.0
    assert {one["id"] for one in replayed.objects[0]["companions"]} == {"strap", "pod"}
    assert without_doing(replayed.out) == footfall("analyze", only_recording(tmp_path), "--json").out
    shown = footfall("sessions", "show", replayed.objects[0]["session_id"], "--data-dir", tmp_path)
    for out in (footfall("analyze", source).out, shown.out):
        assert "Heart rate: mean 13" in out
        assert "Cadence by the foot pod: mean 170" in out
    # No stride depends on them.
    assert footfall("analyze", source, "--json").strides == footfall("analyze", FEET, "--json").strides
    assert footfall("export", source, "--out", tmp_path / "csv").status == 0


def test_demo_shows_a_summary_and_keeps_recording_and_strides(tmp_path: Path) -> None:
    ended = footfall(
        "demo", FEET, "--speed", "max", "--no-browser", "--port", "0", "--duration", "40", "--data-dir", tmp_path
    )
    assert (ended.status, ended.err) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["demo"], "the owner's log is left alone"
    recording = Recording.open(only_recording(tmp_path / "demo"))
    assert not recording.truncated
    assert 40.0 - PACKET_S < max(packet.received_s for packet in recording) < 40.0
    for expected in ("http://127.0.0.1:", "Running", "Cadence", str(recording.path)):
        assert expected in ended.out
    with Store.open(store_path(tmp_path / "demo")) as store:
        session = store.session(recording.header.session.id)
        assert session.header == recording.header
        assert session.recording == recording.path
        assert session.summary is not None
        strides = store.strides(session.header.session.id)
    assert strides == analyze(recording.header.session.sensors, decode(recording))
    assert len(strides) > 30


def test_sessions_show_what_was_replayed(tmp_path: Path) -> None:
    replayed = footfall("replay", FEET, "--json", "--data-dir", tmp_path, "--duration", "40")
    (listed,) = footfall("sessions", "list", "--json", "--data-dir", tmp_path).objects
    assert listed["session_id"] == replayed.objects[0]["session_id"]
    assert listed["strides"] == len(replayed.strides)
    assert listed["session_id"] in footfall("sessions", "list", "--data-dir", tmp_path).out
    shown = footfall("sessions", "show", listed["session_id"], "--json", "--data-dir", tmp_path)
    assert shown.out.splitlines()[1:] == without_doing(replayed.out).splitlines()[1:]
    doing = [line["doing"] for line in replayed.objects if line["type"] == "doing" and line["sensor_id"] == "foot-left"]
    assert [now for now in doing if now != "other"] == ["standing", "walking", "running"]
    cut = footfall("sessions", "show", "--json", "--windows", "10s", "--data-dir", tmp_path)
    analysed = footfall("analyze", only_recording(tmp_path), "--json", "--windows", "10s")
    windows = [sorted(line for line in ended.out.splitlines() if '"window"' in line) for ended in (cut, analysed)]
    assert windows[0] == windows[1]
    assert len(windows[0]) > 6
    assert "From–to" in footfall("sessions", "show", "--windows", "10s", "--data-dir", tmp_path).out
    assert "Running" in footfall("sessions", "show", "--data-dir", tmp_path).out
    assert "no-such-run" in footfall("sessions", "show", "no-such-run", "--data-dir", tmp_path).complaint


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_the_demo_ends_it_with_the_summary(tmp_path: Path, number: signal.Signals) -> None:
    with Demo(FEET, "--speed", "20", "--data-dir", tmp_path) as demo:
        while (update := demo.next_update()) is not None and sum(update["strides"].values()) < 6:
            pass
        demo.process.send_signal(number)
        while update is not None and update["closing"] is None:
            update = demo.next_update()
        assert update is not None, "the page shows the summary too"
        ended = demo.end()
    assert (ended.status, ended.err) == (0, "")
    recording = Recording.open(only_recording(tmp_path / "demo"))
    assert not recording.truncated
    assert "Strides" in ended.out
    assert str(recording.path) in ended.out
    assert update["closing"]["recording"] == str(recording.path)


TELLING_DEMO = """
import sys
from footfall_gateway import cli
from footfall_gateway.recordings import recorder

class TellingWriter(recorder.RecordingWriter):
    def write(self, packet):
        super().write(packet)
        print(repr((packet.received_s, packet.sensor_id, packet.data)), file=sys.__stderr__, flush=True)

recorder.RecordingWriter = TellingWriter
cli.main()
"""
"""The demo itself, which also tells each packet that its recorder was given."""


@pytest.mark.parametrize("seed", range(20))
def test_killing_a_demo_or_replay_loses_at_most_the_last_batch(
    tmp_path: Path, seed: int, record_property: Tell
) -> None:
    random = Random(seed)
    speed, told_before = random.choice(["max", "20"]), random.randrange(1200)
    with_page = ["demo", "--no-browser", "--port", "0"]
    command = random.choice([with_page, ["replay"]])
    folder = tmp_path / "demo" if command is with_page else tmp_path
    arguments = [*command, str(FEET), "--speed", speed, "--data-dir", str(tmp_path)]
    with forked.popen(
        [sys.executable, "-c", TELLING_DEMO, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as demo:
        assert demo.stderr is not None
        told = [demo.stderr.readline() for _ in range(told_before + 1)]
        demo.kill()
        told += demo.stderr.readlines()
    given = [ast.literal_eval(line) for line in told if line.endswith(")\n")]

    recording = Recording.open(only_recording(folder))
    recorded = [(packet.received_s, packet.sensor_id, packet.data) for packet in recording]
    assert recording.truncated
    assert recording.damaged_chunks == 0
    assert given[: len(recorded)] == recorded[: len(given)]
    lost = given[len(recorded) :]
    assert not lost or lost[-1][0] - lost[0][0] < LAST_BATCH_S

    check = sqlite3.connect(store_path(folder))
    assert check.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    check.close()
    with Store.open(store_path(folder)) as store:
        stored = [stride for session in store.sessions() for stride in store.strides(session.header.session.id)]
    again = analyze(recording.header.session.sensors, decode(recording))
    # The store may know of strides from the lost batch, and the recording's end cuts those before it short.
    settled_s = recording.duration_s - SETTLING_S
    assert all(stride in again for stride in stored if stride.next_contact_s < settled_s)
    record_property("items", len(recorded) + len(stored))


def test_a_full_disk_is_said_at_once_and_the_run_goes_on(tmp_path: Path) -> None:
    with files_limited(150_000):
        ended = footfall("replay", FEET, "--data-dir", tmp_path)
    assert ended.status == 2
    assert ended.err.count("RECORDING STOPPED: ") == 1
    assert ended.err.splitlines()[-1].startswith("footfall: the run is not kept whole: ")
    assert "Running" in ended.out, "the summary of the whole run is shown all the same"
    assert Recording.open(only_recording(tmp_path)).truncated
