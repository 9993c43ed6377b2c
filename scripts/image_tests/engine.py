"""Docker Engine: the one that this machine has, or one of our own that touches nothing of the machine's.

Ours runs in namespaces of its own: its network has no way out, its mounts vanish with it, and its first process takes
all others with it when it ends. All that it keeps is in one temporary folder.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from image_tests.commands import run
from image_tests.lacks import LackError
from image_tests.packages import environment_of

START_S: Final = 60.0
END_S: Final = 60.0
NEEDED_BYTES: Final = 8_000_000_000
"""What images, what they are built from and containers take at most."""
SHORT_S: Final = 120.0

_START: Final = """
ip link set lo up
exec tini -s -- dockerd --host "unix://$1/docker.sock" --data-root "$1/data" --exec-root "$1/exec" \\
    --pidfile "$1/pid" >"$1/log" 2>&1
"""


@dataclass(frozen=True)
class Engine:
    """An engine that runs.

    Parameters
    ----------
    environment
        With it, `docker` and `docker-compose` reach it.
    inside
        What a command begins with that is to run among its processes, on its network.
    has_network
        Whether builds and containers reach the world.
    """

    environment: dict[str, str]
    inside: tuple[str, ...] = ()
    has_network: bool = True

    def docker(
        self, *arguments: str | Path, patience_s: float = SHORT_S, stdin: IO[bytes] | int | None = None, text: str = ""
    ) -> str:
        """Run a `docker` command; return what it printed."""
        command = ["docker", *arguments]
        if text:
            return run(command, patience_s=patience_s, environment=self.environment, text=text)
        return run(command, patience_s=patience_s, environment=self.environment, stdin=stdin or subprocess.DEVNULL)

    def kill(self, container: str, image: str) -> None:
        """Kill a container's first process with SIGKILL, as a crash would: the engine may start it again.

        `docker kill` would count as a wish that it ends. What kills is a container of an image that has Python, as
        processes need not be ours, nor even on this computer.
        """
        process = self.docker("inspect", "--format", "{{.State.Pid}}", container).strip()
        if process == "0":
            raise LackError(f"{container} does not run")
        among_all = ("run", "--rm", "--pid", "host", "--network", "none", "--user", "0:0", "--entrypoint", "python")
        self.docker(*among_all, image, "-c", f"import os; os.kill({process}, 9)")


def running_engine(environment: Mapping[str, str]) -> Engine | None:
    """Return the engine that `docker` reaches by this environment, if it runs and we may use it."""
    engine = Engine(dict(environment))
    try:
        engine.docker("version", "--format", "{{.Server.Version}}", patience_s=20.0)
    except LackError:
        return None
    return engine


def require_what_an_own_engine_needs() -> None:
    """Raise `LackError` that names all that is missing."""
    programs = ("apt-get", "dpkg-deb", "chroot", "unshare", "nsenter", "ip", "tar")
    lacking = [name for name in programs if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
    if lacking:
        raise LackError(f"no Docker Engine runs here, and to start Debian's this lacks {', '.join(lacking)}")
    if os.geteuid() != 0:
        raise LackError("no Docker Engine runs here that you may use, and to start Debian's you must be root")
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < NEEDED_BYTES:
        needed = f"needs {NEEDED_BYTES / 1e9:.0f} GB"
        raise LackError(f"{tempfile.gettempdir()}: {needed} for images, and has {free / 1e9:.1f}; set TMPDIR elsewhere")


@contextmanager
def own_engine(programs: Path) -> Iterator[Engine]:
    """Run Debian's engine, whose programs are in a folder; end it, and remove all that it kept."""
    environment = environment_of(programs)
    name = tempfile.mkdtemp(prefix="footfall-engine-")
    apart = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    engine = subprocess.Popen([*apart, "sh", "-c", _START, "sh", name], env=environment, stdin=subprocess.DEVNULL)
    try:
        yield _once_started(engine, Path(name), environment)
    finally:
        _end(engine)
        shutil.rmtree(name)


def _once_started(process: subprocess.Popen[bytes], folder: Path, environment: dict[str, str]) -> Engine:
    at_ours = {**environment, "DOCKER_HOST": f"unix://{folder}/docker.sock"}
    begun_s = time.monotonic()
    while process.poll() is None and time.monotonic() - begun_s < START_S:
        if engine := running_engine(at_ours):
            (first,) = _children(process.pid)
            inside = ("nsenter", f"--target={first}", "--net", "--pid", "--mount")
            return replace(engine, inside=inside, has_network=False)
        time.sleep(0.2)
    said = (folder / "log").read_text(errors="replace") if (folder / "log").exists() else ""
    raise LackError(f"dockerd does not start here:\n{said[-3000:]}")


def _children(process: int) -> Sequence[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        for child in _children(process.pid):  # it hands on to dockerd, which clears up
            os.kill(child, 15)
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()  # and with it its first process, and with that all others
            process.wait()
