"""Recordings that are being written: which they are, and how much of one is whole."""

import fcntl
from pathlib import Path

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import open_file
from footfall_gateway.recordings.scan import end_of_whole_records


def is_being_written(path: Path) -> bool:
    """Tell whether a running program writes this recording; nobody is known to write one that can't be read."""
    try:
        with open_file(path) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    except (OutsideError, OSError):
        pass
    return False


def whole_bytes(path: Path) -> int:
    """Return how many bytes from its beginning are whole records; what follows is not written to its end yet.

    Raises
    ------
    OutsideError
        When the file can't be read.
    """
    with open_file(path) as file:
        return end_of_whole_records(file)
