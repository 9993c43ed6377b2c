"""A session that waits in batches, as a recording in an archive."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from footfall_gateway.archives import ArchiveWriter
from footfall_gateway.mqtt.payloads import decode_batch
from footfall_gateway.persons.tables import session_folder
from footfall_gateway.recordings.header import decode_header
from footfall_gateway.recordings.recording import RecordingWriter
from footfall_processing.errors import FootfallError

WORK: Final = ".export-"
"""How the folders are called that recordings are made in."""


def add_waiting(
    archive: ArchiveWriter, folder: Path, session_id: str, header: bytes, payloads: Iterable[bytes]
) -> None:
    """Add a session's batches as a recording; what can't be read is added as it came.

    Parameters
    ----------
    folder
        Where the recording is made before it is in the archive.
    """
    into = session_folder(session_id)
    with tempfile.TemporaryDirectory(dir=folder, prefix=WORK) as work:
        path = Path(work) / "recording.mcap"
        unread: list[bytes] = []
        try:
            with RecordingWriter(path, decode_header(header)) as writer:
                for payload in payloads:
                    try:
                        for packet in decode_batch(payload).packets:
                            writer.write(packet)
                    except FootfallError:
                        unread.append(payload)
        except FootfallError:  # the header itself
            path.unlink(missing_ok=True)
            archive.add(f"{into}/waiting-header.json", header)
            unread += payloads
        if path.exists():
            archive.add_file(f"{into}/waiting.mcap", path)
        for number, payload in enumerate(unread, start=1):
            archive.add(f"{into}/waiting-batch-{number}.msgpack", payload)
