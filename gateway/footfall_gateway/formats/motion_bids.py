"""Export as a Motion-BIDS data set: one subject, one task, a tracking system a sensor (each has its own clock).

Follows the Brain Imaging Data Structure 1.10, "Motion" (Jeung et al. 2024, doi:10.1038/s41597-024-03559-8).
Values are SI. Time stands in a LATENCY channel, counted from the start of the session (`acq_time` of the scans
file), so that the sensors share one axis; where samples were lost rows are missing, none are made up.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import IO, Final, TypeAlias

import msgspec
import numpy as np

from footfall_gateway.formats.export_files import ExportError, create, file_stems, rows_of_text, write_new, writing
from footfall_gateway.packets import PacketSource, RecordedSensor
from footfall_gateway.recordings.decoding import decode_packets
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor

BIDS_VERSION: Final = "1.10.0"
_Json: TypeAlias = dict[str, object]
_REFERENCE_FRAME: Final[_Json] = {
    "reference_frame": {
        "Levels": {
            "sensor": {
                "RotationRule": "right-hand",
                "Description": "The sensor's own axes, as it was strapped on; acceleration is specific force: "
                "gravity is included, a resting sensor measures 1 g upwards.",
            }
        }
    }
}


@dataclass(slots=True)
class _Track:
    """One sensor's motion file while it is written."""

    stem: str
    file: IO[bytes]
    rows: int = 0
    first_s: float = 0.0
    last_s: float = 0.0


def export_motion_bids(
    recording: PacketSource, folder: Path, *, subject: str = "01", task: str = "running"
) -> list[Path]:
    """Write a data set with this recording.

    Parameters
    ----------
    folder
        The data set's root; it must be new or empty.
    subject, task
        Labels, letters and digits only.

    Returns
    -------
    list of Path
        The motion files.

    Raises
    ------
    ExportError
        When a label has other characters, or a file exists already or can't be written.
    """
    for name, label in (("subject", subject), ("task", task)):
        if not (label.isascii() and label.isalnum()):
            raise ExportError(f"{name} label {label!r}: Motion-BIDS allows letters and digits only")
    session = recording.header.session
    sensors = {recorded.sensor.id: recorded for recorded in recording.header.recorded_sensors}
    systems = file_stems(session.sensors, ascii_only=True)
    motion = folder / f"sub-{subject}" / "motion"
    with writing(motion), ExitStack() as stack:
        _write_data_set(folder, subject, session.software)
        tracks: dict[str, _Track] = {}
        for block in decode_packets(recording.header, recording):
            track = tracks.get(block.sensor_id)
            if track is None:
                stem = f"sub-{subject}_task-{task}_tracksys-{systems[block.sensor_id]}"
                file = stack.enter_context(create(motion / f"{stem}_motion.tsv"))
                track = tracks[block.sensor_id] = _Track(stem, file, first_s=float(block.t_s[0]))
            _write_block(track, block)
        for sensor_id, track in tracks.items():
            _describe(motion, track, sensors[sensor_id], task)
        started = "n/a"
        if session.started_utc is not None:
            started = session.started_utc.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        scans = [f"motion/{track.stem}_motion.tsv\t{started}" for track in tracks.values()]
        _write_lines(folder / f"sub-{subject}" / f"sub-{subject}_scans.tsv", ["filename\tacq_time", *scans])
    return [motion / f"{track.stem}_motion.tsv" for track in tracks.values()]


def _write_data_set(folder: Path, subject: str, software: str) -> None:
    name, _, version = software.partition(" ")
    _write_json(
        folder / "dataset_description.json",
        {
            "Name": "Gait recorded with Footfall",
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "raw",
            "GeneratedBy": [{"Name": name or "footfall", "Version": version or "n/a"}],
        },
    )
    _write_lines(
        folder / "README.md",
        [
            "# Gait recorded with Footfall",
            "",
            "Raw samples of inertial sensors worn on feet or shins, one tracking system a sensor.",
            "Angular rate is in rad/s and acceleration in m/s², both in the sensor's own axes.",
        ],
    )
    _write_lines(folder / "participants.tsv", ["participant_id", f"sub-{subject}"])


def _write_block(track: _Track, block: ImuBlock) -> None:
    columns = [block.t_s[:, np.newaxis], block.acc_mps2]
    if block.gyr_radps is not None:
        columns.append(block.gyr_radps)
    track.file.write(rows_of_text(np.hstack(columns), b"\t"))
    track.rows += len(block)
    track.last_s = float(block.t_s[-1])


def _describe(motion: Path, track: _Track, recorded: RecordedSensor, task: str) -> None:
    sensor = recorded.sensor
    axes = 3 if sensor.has_gyro else 0
    length_s = track.last_s - track.first_s
    fields: _Json = {
        "TaskName": task,
        "TrackingSystemName": sensor.id,
        "SamplingFrequency": sensor.sampling_rate_hz,
        "SamplingFrequencyEffective": (track.rows - 1) / length_s if length_s > 0.0 else "n/a",
        "RecordingDuration": length_s,
        "MotionChannelCount": 4 + axes,
        "ACCELChannelCount": 3,
        "GYROChannelCount": axes,
        "LATENCYChannelCount": 1,
        "TrackedPointsCount": 1,
        "DeviceSerialNumber": recorded.address or "n/a",
        "ManufacturersModelName": recorded.name or "n/a",
    }
    _write_json(motion / f"{track.stem}_motion.json", fields)
    _write_json(motion / f"{track.stem}_channels.json", _REFERENCE_FRAME)
    point = _tracked_point(sensor)
    lines = ["name\tcomponent\ttype\ttracked_point\tunits\treference_frame", "latency\tn/a\tLATENCY\tn/a\ts\tn/a"]
    kinds = [("acc", "ACCEL", "m/s^2"), ("gyro", "GYRO", "rad/s")][: 1 + sensor.has_gyro]
    lines += [f"{name}_{axis}\t{axis}\t{kind}\t{point}\t{unit}\tsensor" for name, kind, unit in kinds for axis in "xyz"]
    _write_lines(motion / f"{track.stem}_channels.tsv", lines)


def _tracked_point(sensor: Sensor) -> str:
    return sensor.placement.value if sensor.side is None else f"{sensor.side.value} {sensor.placement.value}"


def _write_lines(path: Path, lines: list[str]) -> None:
    write_new(path, "".join(f"{line}\n" for line in lines).encode())


def _write_json(path: Path, fields: _Json) -> None:
    write_new(path, msgspec.json.format(msgspec.json.encode(fields), indent=2) + b"\n")
