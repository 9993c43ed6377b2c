"""Commands that are waited for no longer than they may take, and whose complaints are shown."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from image_tests.lacks import LackError


def run(
    command: Sequence[str | Path],
    *,
    patience_s: float,
    environment: Mapping[str, str] | None = None,
    stdin: IO[bytes] | int | None = subprocess.DEVNULL,
    text: str | None = None,
    folder: Path | None = None,
) -> str:
    """Run a command, with `text` as its input, and return what it printed.

    Raises
    ------
    LackError
        It is not there, failed, or took longer than `patience_s`.
    """
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=folder,
            stdin=stdin if text is None else None,
            input=None if text is None else text.encode(),
            capture_output=True,
            check=True,
            timeout=patience_s,
        )
    except FileNotFoundError as error:
        raise LackError(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise LackError(f"{_shown(command)} took longer than {patience_s:g} s") from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr + error.stdout).decode(errors="replace").strip()
        raise LackError(f"{_shown(command)} failed with status {error.returncode}:\n{said[-4000:]}") from error
    return done.stdout.decode(errors="replace")


def _shown(command: Sequence[str | Path]) -> str:
    words = [str(word) for word in command]
    return " ".join(words if len(words) < 12 else [*words[:10], "…"])
