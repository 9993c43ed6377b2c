"""Where a user's recordings and store lie, unless told otherwise."""

from pathlib import Path

import platformdirs

from footfall_gateway.errors import GatewayError


def default_data_folder() -> Path:
    """Return the system's place for a user's data."""
    return platformdirs.user_data_path("footfall")


def recordings_folder(folder: Path) -> Path:
    """Return where recordings lie."""
    return folder / "recordings"


def recording_path(folder: Path, session_id: str) -> Path:
    """Return where a session's recording goes."""
    return recordings_folder(folder) / f"{session_id}.mcap"


def store_path(folder: Path) -> Path:
    """Return where the store lies."""
    return folder / "footfall.sqlite"


def make_folders(folder: Path) -> None:
    """Make the data folder and what it holds.

    Raises
    ------
    GatewayError
        When it can't be made.
    """
    try:
        recordings_folder(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GatewayError(
            f"{error.filename or folder}: can't be made ({error.strerror}); choose another folder with --data-dir"
        ) from error
