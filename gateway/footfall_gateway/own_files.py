"""Files and folders that Footfall makes for its own user: nobody else reads what they say of people.

Whatever the umask is, a file is made with mode 0600 and a folder with 0700. One that is there already keeps its mode:
who shares it on purpose goes on sharing it.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from footfall_gateway.errors import GatewayError

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700


class NotOursError(GatewayError):
    """What stands where a file of Footfall's belongs is none; the message says what it is."""


def make_own_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing; `OSError` when the system refuses."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(FOLDER_MODE, exist_ok=True)
    folder.mkdir(FOLDER_MODE, exist_ok=True)  # says so when it is no folder


def create_own(path: Path) -> IO[bytes]:
    """Make a new file and open it for writing; its descriptor can be read from, too.

    Raises `FileExistsError` when there is one, `OSError` when the system refuses.
    """
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE), "wb")


def only_ours_to_write(path: Path) -> bool:
    """Whether nobody but us and root can have written a file or folder; not so when the system won't tell."""
    try:
        status = path.stat()
    except OSError:
        return False
    return status.st_uid in {0, os.geteuid()} and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def touch_own(path: Path) -> None:
    """Make an empty file unless there is one; what keeps it from being made is said by whoever opens it next.

    Raises
    ------
    NotOursError
        When something else than a file is there, such as a pipe.
    """
    with suppress(OSError):
        if path.exists() and not path.is_file():
            raise NotOursError(f"{path}: is not a file; remove it, or choose another folder with --data-dir")
        create_own(path).close()
