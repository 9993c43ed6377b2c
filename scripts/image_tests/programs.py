"""What runs in the image: each command that somebody starts in a container, shut in as the compose file shuts it in."""

import json
import time
from collections.abc import Callable
from typing import Any, Final

from image_tests.engine import Engine
from image_tests.lacks import LackError

RECORDING: Final = "/opt/footfall/recordings/rearfoot-runner.mcap"
SHUT_IN: Final = (
    *("--read-only", "--tmpfs", "/tmp:size=64m,mode=1777", "--tmpfs", "/data:uid=10001,mode=0700"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--network", "none", "--memory", "1g"),
)
ANSWER_S: Final = 120.0

_FETCH: Final = """
import sys, urllib.request as web
for url in sys.argv[1:]:
    with web.urlopen(url, timeout=10) as answer:
        print(answer.status, len(answer.read()), url)
"""


def strides_analyzed(engine: Engine, image: str) -> list[dict[str, Any]]:
    """Return the strides that `footfall analyze` finds in the image."""
    said = engine.docker("run", "--rm", *SHUT_IN, image, "analyze", RECORDING, "--json")
    return [line for line in map(json.loads, said.splitlines()) if line.get("type") == "stride"]


def pages_served(engine: Engine, image: str, *command: str, paths: tuple[str, ...]) -> str:
    """Start a command that serves pages, and return what each path answered."""
    container = engine.docker("run", "--detach", *SHUT_IN, image, *command).strip()
    urls = [f"http://127.0.0.1:8420{path}" for path in paths]
    try:
        return _answered(lambda: engine.docker("exec", container, "python", "-c", _FETCH, *urls))
    except LackError as error:
        said = engine.docker("logs", container)
        raise LackError(f"footfall {' '.join(command)}: {error}\n{said[-3000:]}") from error
    finally:
        engine.docker("rm", "--force", "--volumes", container)


def _answered(ask: Callable[[], str]) -> str:
    begun_s = time.monotonic()
    while True:
        try:
            return ask()
        except LackError:
            if time.monotonic() - begun_s > ANSWER_S:
                raise
            time.sleep(0.5)
