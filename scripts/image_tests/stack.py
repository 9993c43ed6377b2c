"""The compose file's services, as a project of their own, with a virtual runner; parts are killed, and come again."""

import json
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from footfall_gateway.data_folder import inbox_path, recordings_folder
from image_tests.commands import run
from image_tests.engine import Engine
from image_tests.lacks import LackError

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from killing import Outcome, compare

REPOSITORY: Final = Path(__file__).resolve().parents[2]
UP_S: Final = 420.0
RUN_S: Final = 300.0
SPEED: Final = 8
PLAYED_S: Final = 240
"""How much of the demo's run is played: half a minute of real time."""
LISTEN: Final = "127.83.0.1"
"""An address of loopback that nobody else's Footfall listens on."""
OF_FOOTFALL: Final = ("processor", "gateway", "demo", "demo-months", "page")

_ASK: Final = """
import os, sys, urllib.parse, urllib.request
url = os.environ["FOOTFALL_INFLUX_URL"] + "/query?" + urllib.parse.urlencode(
    {"db": "footfall", "epoch": "ns", "q": sys.argv[1]})
headers = {"Authorization": "Token " + os.environ["FOOTFALL_INFLUX_TOKEN"]}
sys.stdout.write(urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60).read().decode())
"""


class Stack:
    """The services of the compose file, reached by `docker` and the compose program.

    Parameters
    ----------
    engine
        Where they run.
    image
        Footfall's image.
    over
        What is said over the compose file of single services.
    """

    def __init__(self, engine: Engine, image: str, over: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
        self._engine, self._image = engine, image
        self._project = f"footfall-test-{secrets.token_hex(4)}"
        secret = folder / "secrets.env"
        run([REPOSITORY / "scripts" / "make-env", secret], patience_s=60.0)
        said = [line.split("=", 1) for line in secret.read_text().splitlines() if line and not line.startswith("#")]
        ports = {f"FOOTFALL_{name}_LISTEN": LISTEN for name in ("MQTT", "MQTT_TLS", "GRAFANA")}
        # the demo may be played at many times its speed; names, so that points are those that the comparison makes
        self._environment = {**engine.environment, **dict(said), **ports, "FOOTFALL_INFLUX_RUNNERS": "names"}
        services: dict[str, dict[str, Any]] = {name: {"image": image} for name in OF_FOOTFALL}
        replay = ["gateway", "--replay", "/opt/footfall/demo-run.mcap"]
        services["demo"]["command"] = [*replay, "--speed", str(SPEED), "--duration", str(PLAYED_S)]
        for name, more in over.items():
            services.setdefault(name, {}).update(more)
        changed = folder / "changed.json"
        changed.write_text(json.dumps({"services": services}))
        files = ["-f", str(REPOSITORY / "docker-compose.yml"), "-f", str(changed)]
        self._compose = [*compose_program(engine), "-p", self._project, *files]

    def compose(self, *arguments: str, patience_s: float = UP_S) -> str:
        """Run a command of Compose."""
        return run(
            [*self._compose, *arguments], patience_s=patience_s, environment=self._environment, folder=REPOSITORY
        )

    def up(self, *services: str) -> None:
        """Start services, and return once those that they depend on are well."""
        self.compose("--profile", "demo", "--profile", "page", "up", "-d", "--no-build", *services)

    def container(self, service: str) -> str:
        """Return a service's container."""
        profiles = ("--profile", "demo", "--profile", "page")
        name = self.compose(*profiles, "ps", "-q", service).strip()
        if not name:
            raise LackError(f"{service} has no container:\n{self.logs()}")
        return name

    def inspect(self, service: str, template: str) -> str:
        """Ask the engine of a service's container."""
        return self._engine.docker("inspect", "--format", template, self.container(service)).strip()

    def inside(self, service: str, *command: str) -> str:
        """Run a command in a service's container."""
        return self._engine.docker("exec", self.container(service), *command)

    def until(self, holds: Callable[[], bool], what: str, patience_s: float = RUN_S) -> None:
        """Return when this holds."""
        begun_s = time.monotonic()
        while not holds():
            if time.monotonic() - begun_s > patience_s:
                raise LackError(f"waited in vain for {what}:\n{self.logs()}")
            time.sleep(0.25)

    def until_healthy(self, service: str) -> None:
        """Return when a service says that it is well."""
        self.until(lambda: self.inspect(service, "{{.State.Health.Status}}") == "healthy", f"{service} to be healthy")

    def kill(self, service: str) -> None:
        """Kill a service's process; return when the engine has started it again."""
        before = self.inspect(service, "{{.RestartCount}}")
        self._engine.kill(self.container(service), self._image)
        again = f"{int(before) + 1} true"
        state = "{{.RestartCount}} {{.State.Running}}"
        self.until(lambda: self.inspect(service, state) == again, f"{service} to be started again")

    def logs(self) -> str:
        """Return the last lines that each service said."""
        try:
            return self.compose("--profile", "demo", "--profile", "page", "logs", "--no-color", "--tail", "30")
        except LackError as error:
            return str(error)

    def said(self, service: str) -> str:
        """Return all that a service said."""
        return self.compose("--profile", "demo", "logs", "--no-color", service)

    def query(self, text: str) -> list[dict[str, Any]]:
        """Ask InfluxDB in InfluxQL, from the processor's container; return rows as mappings of columns."""
        (result,) = json.loads(self.inside("processor", "python", "-c", _ASK, text))["results"]
        if "error" in result:
            raise LackError(f"InfluxDB: {result['error']}")
        return [
            dict(zip(series["columns"], row, strict=True))
            for series in result.get("series", [])
            for row in series["values"]
        ]

    def copy(self, service: str, folder: Path) -> Path:
        """Copy a service's data to a folder."""
        self._engine.docker("cp", f"{self.container(service)}:/data", folder)
        return folder

    def memory(self) -> dict[str, str]:
        """Return what each service's container uses of what it may."""
        lines = self._engine.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}").splitlines()
        ours = [line.split(" ", 1) for line in lines if line.startswith(self._project)]
        return {name.removeprefix(self._project).strip("-_01"): used for name, used in ours}

    def down(self) -> None:
        """Remove all that was made."""
        self.compose("--profile", "demo", "--profile", "page", "down", "--volumes", "--remove-orphans")


def compose_program(engine: Engine) -> Sequence[str]:
    """Return how Compose is called: as a part of `docker`, or the older program."""
    try:
        engine.docker("compose", "version")
    except LackError:
        if shutil.which("docker-compose") is None:
            raise LackError("Compose is missing: Debian's docker-compose, or Docker's plugin") from None
        return ["docker-compose"]
    return ["docker", "compose"]


@contextmanager
def stack(engine: Engine, image: str, over: Mapping[str, Mapping[str, Any]]) -> Iterator[Stack]:
    """Give the services, none started yet; remove them all at the end."""
    with tempfile.TemporaryDirectory(prefix="footfall-stack-") as name:
        made = Stack(engine, image, over, Path(name))
        try:
            yield made
        finally:
            made.down()


def _has_more(services: Stack, than: int) -> bool:
    return _arrived(services) > than or _has_ended(services)


def run_under_fire(services: Stack) -> Outcome:
    """Play the demo; kill the processor, then the broker; compare what came out with `footfall analyze`."""
    services.up("processor", "demo")
    services.until(lambda: _arrived(services) > 0 or _has_ended(services), "the session's beginning")
    for victim in ("processor", "mosquitto"):
        services.until(partial(_has_more, services, _arrived(services)), "more")
        services.kill(victim)
    services.until(lambda: _has_ended(services), "the demo's end")
    status = services.inspect("demo", "{{.State.ExitCode}}")
    if status != "0":
        raise LackError(f"the demo ended with status {status}:\n{services.logs()}")
    with tempfile.TemporaryDirectory(prefix="footfall-data-") as name:
        services.until(lambda: _complete(services) == 1, "the session to be complete")
        there = services.copy("demo", Path(name) / "there")
        here = services.copy("processor", Path(name) / "here")
        recordings = sorted(recordings_folder(there).glob("*.mcap"))
        wanted = _strides(services)
        services.until(lambda: _points(services) >= wanted, f"InfluxDB to have {wanted} strides")
        return compare(recordings, here, ("processor", "mosquitto"), services)


def _has_ended(services: Stack) -> bool:
    return services.inspect("demo", "{{.State.Status}}") == "exited"


_COUNT: Final = "import sqlite3; print(sqlite3.connect('file:/data/{}?mode=ro', uri=True).execute({!r}).fetchone()[0])"


_FURTHEST: Final = (
    "SELECT coalesce(max(sequence), 0) FROM (SELECT sequence FROM batch UNION ALL SELECT sequence FROM checkpoint)"
)


def _counted(services: Stack, file: str, query: str) -> int:
    try:
        return int(services.inside("processor", "python", "-c", _COUNT.format(file, query)))
    except LackError:  # it is just being started again
        return -1


def _arrived(services: Stack) -> int:
    return _counted(services, inbox_path(Path()).name, _FURTHEST)


def _complete(services: Stack) -> int:
    return _counted(services, inbox_path(Path()).name, "SELECT count(*) FROM session WHERE done")


def _strides(services: Stack) -> int:
    return _counted(services, "footfall.sqlite", "SELECT count(*) FROM stride")


def _points(services: Stack) -> int:
    rows = services.query("SELECT count(contact_time_s) FROM stride")
    return int(rows[0]["count"]) if rows else 0
