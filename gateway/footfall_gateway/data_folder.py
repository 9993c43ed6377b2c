"""What lies where in a data folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from footfall_gateway.errors import GatewayError, TemporaryError
from footfall_gateway.own_files import make_own_folder, touch_own

TLS: Final = "tls"


def recordings_folder(folder: Path) -> Path:
    """Return where recordings lie."""
    return folder / "recordings"


def recording_path(folder: Path, session_id: str) -> Path:
    """Return where a session's recording goes.

    Raises
    ------
    GatewayError
        When its id can't be the name of a file in that folder.
    """
    if session_id in ("", ".", "..") or not {"/", "\0"}.isdisjoint(session_id):
        raise GatewayError(f"session {session_id!r}: can't be recorded: its id is not the name of a file")
    return recordings_folder(folder) / f"{session_id}.mcap"


def store_path(folder: Path) -> Path:
    """Return where the store lies."""
    return folder / "footfall.sqlite"


def spool_path(folder: Path) -> Path:
    """Return where a gateway keeps what the processor has not got yet."""
    return folder / "spool.sqlite"


def inbox_path(folder: Path) -> Path:
    """Return where the processor keeps what it has not computed yet."""
    return folder / "inbox.sqlite"


def outbox_path(folder: Path) -> Path:
    """Return where the processor keeps what InfluxDB has not got yet."""
    return folder / "outbox.sqlite"


def accounts_path(folder: Path) -> Path:
    """Return where accounts for the pages lie."""
    return folder / "accounts.json"


def tls_folder(folder: Path) -> Path:
    """Return where the pages' own certificate lies, and the authority that signed it; both are this computer's."""
    return folder / TLS


def exports_folder(folder: Path) -> Path:
    """Return where archives of people's data go, unless told otherwise."""
    return folder / "exports"


def demo_folder(folder: Path) -> Path:
    """Return the data folder that a demo has for itself."""
    return folder / "demo"


def make_folders(folder: Path) -> None:
    """Make the data folder and what it holds.

    Raises
    ------
    GatewayError
        When it can't be made.
    """
    try:
        make_own_folder(recordings_folder(folder))
    except OSError as error:
        raise GatewayError(
            f"{error.filename or folder}: can't be made ({error.strerror}); choose another folder with --data-dir"
        ) from error


@contextmanager
def held_alone(folder: Path, purpose: str) -> Iterator[None]:
    """Be the only process that uses a data folder for a purpose, such as "gateway".

    Raises
    ------
    TemporaryError
        When another process does.
    """
    path = folder / f"{purpose}.lock"
    touch_own(path)
    with path.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TemporaryError(
                f"{folder}: another footfall {purpose} uses this folder; choose another one with --data-dir"
            ) from error
        yield
