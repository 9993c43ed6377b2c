"""What a user can name on the command line: a recording, or the CSV files of one session."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from footfall_gateway.errors import GatewayError
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
    whole
        Whether nothing is lost of what was recorded.
    """

    name: str
    header: RecordingHeader
    packets: Iterable[RawPacket]
    duration_s: float
    remarks: tuple[str, ...] = ()
    whole: bool = True

    def require_whole(self) -> None:
        """Have the exit status tell, after all that could be done, that it was not done with the whole session.

        Raises
        ------
        GatewayError
            When something is lost.
        """
        if not self.whole:
            raise GatewayError(f"{self.name}: is not whole: what is lost of it is not in the results")

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
    losses = recording.losses()
    return Input(recording.path.name, recording.header, recording, recording.duration_s, losses, whole=not losses)


def _open_csv(paths: Sequence[Path]) -> Input:
    for path in paths:
        if path.suffix.lower() != ".csv":
            raise InputError(f"{path}: is not a CSV; give either one recording or only CSV files")
    remarks: list[str] = []
    header, packets = read_session(paths, remarks.append)
    duration_s = max((packet.received_s for packet in packets), default=0.0)
    return Input(", ".join(path.name for path in paths), header, packets, duration_s, tuple(remarks))
