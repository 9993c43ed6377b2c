"""What a user can name on the command line: a recording, or the CSV files of one session."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from footfall_gateway.formats.samples_csv import read_session
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_processing.errors import InputError


@dataclass(frozen=True, slots=True)
class Input:
    """A session to read; packets can be iterated more than once.

    Parameters
    ----------
    name
        How to call it when talking to people.
    header, packets
        Session and sensors, and what they sent in order of arrival.
    duration_s
        Session seconds of the last packet.
    remarks
        What a reader should know of its state, one line each; empty for a whole recording.
    """

    name: str
    header: RecordingHeader
    packets: Iterable[RawPacket]
    duration_s: float
    remarks: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[RawPacket]:
        return iter(self.packets)


def open_input(paths: Sequence[Path]) -> Input:
    """Open one recording, or one or several CSV files.

    Raises
    ------
    FootfallError
        When a file can't be read, or the files don't belong together; the message names the file and the remedy.
    """
    if any(path.suffix.lower() == ".csv" for path in paths):
        return _open_csv(paths)
    if len(paths) > 1:
        raise InputError(f"{paths[1]}: give one recording at a time, or the CSV files of one session")
    recording = Recording.open(paths[0])
    remarks = []
    if recording.truncated:
        remarks.append(f"{recording.path}: has no proper end (the recorder was stopped); all complete packets are used")
    if recording.damaged_chunks:
        remarks.append(f"{recording.path}: {recording.damaged_chunks} damaged parts are left out")
    return Input(recording.path.name, recording.header, recording, recording.duration_s, tuple(remarks))


def _open_csv(paths: Sequence[Path]) -> Input:
    for path in paths:
        if path.suffix.lower() != ".csv":
            raise InputError(f"{path}: is not a CSV; give either one recording or only CSV files")
    remarks: list[str] = []
    header, packets = read_session(paths, remarks.append)
    duration_s = max((packet.received_s for packet in packets), default=0.0)
    return Input(", ".join(path.name for path in paths), header, packets, duration_s, tuple(remarks))
