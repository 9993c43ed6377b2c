"""What lies where in a data folder."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

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


def studies_folder(folder: Path) -> Path:
    """Return where what is kept of studies lies, a file each."""
    return folder / "studies"


def onboard_folder(folder: Path) -> Path:
    """Return where lies what is known of runs that sensors record by themselves, until their recordings are made."""
    return folder / "onboard"


def exports_folder(folder: Path) -> Path:
    """Return where archives of people's data go, unless told otherwise."""
    return folder / "exports"


def demo_folder(folder: Path) -> Path:
    """Return the data folder that a demo has for itself."""
    return folder / "demo"


def all_files(folder: Path, *, enters: Callable[[str], bool] = lambda _: True) -> Iterator[Path]:
    """Yield the regular files of a folder, and of those below it that `enters` takes by their names, in order.

    Links are followed, as recordings may lie on another disk; a folder that was come by before is not entered again.

    Raises
    ------
    GatewayError
        When a folder can't be read, or a link leads nowhere: what is there would be left out without a word.
    """

    def refused(error: OSError) -> NoReturn:
        raise GatewayError(f"{error.filename}: can't be read ({error.strerror}); make it readable") from error

    seen = {os.path.realpath(folder)}
    for root, folders, names in os.walk(folder, onerror=refused, followlinks=True):
        folders[:] = sorted(name for name in folders if enters(name) and not _was_seen(Path(root, name), seen))
        for path in (Path(root, name) for name in sorted(names)):
            if path.is_symlink() and not path.exists() and not path.name.startswith("."):
                raise GatewayError(f"{path}: is a link to what is not there; bring its disk back, or remove the link")
            if path.is_file():
                yield path


def _was_seen(folder: Path, seen: set[str]) -> bool:
    real = os.path.realpath(folder)
    if real in seen:
        return True
    seen.add(real)
    return False


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
