"""What runs in the image: each command that somebody starts in a container, shut in as the compose file shuts it in."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from image_tests.engine import Engine
from image_tests.lacks import LackError

RECORDING: Final = "/opt/footfall/recordings/rearfoot-runner.mcap"
SHUT_IN: Final = (
    *("--read-only", "--tmpfs", "/tmp:size=64m,mode=1777", "--tmpfs", "/data:uid=10001,mode=0700"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--network", "none", "--memory", "1g"),
)
ANSWER_S: Final = 180.0
RUN_S: Final = 300.0
WARM: Final = Path(__file__).resolve().parents[1] / "warm_image.py"

_FETCH: Final = """
import sys, urllib.request as web
for wanted in sys.argv[1:]:
    path, least = wanted.rsplit(" ", 1)
    url = "http://127.0.0.1:8420" + path
    with web.urlopen(url, timeout=10) as answer:
        found = len(answer.read())
        print(answer.status, found, path)
        if answer.url != url or found < int(least):
            sys.exit(f"{path}: {found} bytes from {answer.url}, where {least} or more are to be")
"""


def strides_analyzed(engine: Engine, image: str) -> list[dict[str, Any]]:
    """Return the strides that `footfall analyze` finds in the image."""
    said = engine.docker("run", "--rm", *SHUT_IN, image, "analyze", RECORDING, "--json", patience_s=RUN_S)
    return [line for line in map(json.loads, said.splitlines()) if line.get("type") == "stride"]


def modules_imported(engine: Engine, image: str) -> int:
    """Import all of Footfall in the image, and what is loaded late; return how many modules that loads."""
    command = ("--entrypoint", "python", image, "-c", WARM.read_text(), RECORDING)
    return int(engine.docker("run", "--rm", *SHUT_IN, *command, patience_s=RUN_S))


def pages_served(engine: Engine, image: str, *command: str, wanted: Mapping[str, int]) -> str:
    """Start a command that serves pages; return what each path answered, once all do with so many bytes at least.

    A page that leads on to another does not count: so does a live page before its run has begun.
    """
    container = engine.docker("run", "--detach", *SHUT_IN, image, *command).strip()
    asked = [f"{path} {least}" for path, least in wanted.items()]
    try:
        return answered(lambda: engine.docker("exec", container, "python", "-c", _FETCH, *asked), ANSWER_S)
    except LackError as error:
        said = engine.docker("logs", container)
        raise LackError(f"footfall {' '.join(command)}: {error}\n{said[-3000:]}") from error
    finally:
        engine.docker("rm", "--force", "--volumes", container)


def answered(ask: Callable[[], str], patience_s: float) -> str:
    """Ask again until there is an answer; `LackError`, the last one, where none comes in time."""
    begun_s = time.monotonic()
    while True:
        try:
            return ask()
        except LackError:
            if time.monotonic() - begun_s > patience_s:
                raise
            time.sleep(0.5)
