"""Sessions that were removed for good: a gateway that sends one once more is refused.

Only digests of their ids are kept, one a line: nothing of what was removed is in them.
"""

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import NoSuchFileError, read_file
from footfall_gateway.own_files import touch_own

FILE: Final = "removed-sessions.txt"
MOST_BYTES: Final = 64 << 20
WHY_REFUSED: Final = (
    "its runner had it removed, and it is not taken again: have it removed at its gateway too, with "
    "`footfall person forget`"
)


def digest_of_id(session_id: str) -> str:
    """Return what is kept of a session's id."""
    return sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()


def removed_sessions(folder: Path) -> frozenset[str]:
    """Return the digests of the sessions that were removed from a data folder.

    Raises
    ------
    OutsideError
        When the file can't be read.
    """
    try:
        return frozenset(read_file(folder / FILE, MOST_BYTES).decode("ascii", "replace").split())
    except NoSuchFileError:
        return frozenset()


def note_removed(folder: Path, session_ids: Iterable[str]) -> None:
    """Note that sessions were removed; on return it is on the disk.

    Raises
    ------
    OutsideError
        When the file can't be read or written.
    """
    fresh = {digest_of_id(session_id) for session_id in session_ids} - removed_sessions(folder)
    path = folder / FILE
    try:
        touch_own(path)
        with path.open("ab") as file:
            # a line that a power cut left half stands by itself
            file.write("".join(f"\n{digest}" for digest in sorted(fresh)).encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutsideError(f"{path}: can't be written ({error.strerror}); check the folder and the disk") from error
