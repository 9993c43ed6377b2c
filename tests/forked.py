"""Programs in processes of their own that have loaded already what every `footfall` command loads.

Loading takes a second of processor time, and the tests start hundreds of commands. So one process of each worker loads
it all once, and forks at each start: what runs then is as alone as any other process, with a number, an environment,
files, signals and an end of its own, and can be killed. How a command starts from nothing is seen in the tests of
`deploy`, `test_machine_code.py` and `devices/test_plug_ins.py`; and everywhere where there is no Linux.
"""

import atexit
import ctypes
import gc
import io
import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, Final, cast

COMMAND: Final = (sys.executable, "-c", "from footfall_gateway.cli import main; main()")

MAY_DIFFER: Final = (
    "FOOTFALL_",
    "COLUMNS",
    "DBUS_",
    "NOTIFY_SOCKET",
    "PYTEST_",
    "PYTHONUNBUFFERED",
    "TERM",
    "WATCHDOG_",
    "_RJEM_",
)
"""What a command's environment may have that the loading one had not: it is read after loading alone.

The last is what polars leaves behind, once a test has loaded it, for an allocator that commands have not.
"""


def _without_what_may_differ(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in environment.items() if not name.startswith(MAY_DIFFER)}


USUAL: Final = _without_what_may_differ(os.environ)
"""What is there before any test has changed it."""

_PR_SET_CHILD_SUBREAPER: Final = 36
_LIMITS: Final = (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)
_MOST_BYTES: Final = 512 * 1024


class Forked(subprocess.Popen[Any]):
    """A program of Python's, given as `python -c`, forked from what has loaded all: else as any `Popen`."""

    def _execute_child(self, *given: Any) -> None:
        """Be started otherwise: the one hook that `subprocess.Popen` has for it."""
        arguments, cwd, environment, pipes = given[0], given[5], given[6], given[10:16]
        files = [own if own != -1 else usual for usual, own in enumerate((pipes[0], pipes[3], pipes[5]))]
        self.pid = _loaded().fork(arguments[2:], os.fspath(cwd or Path.cwd()), environment, files)
        self._child_created = True
        # what follows on a start in subprocess too; types are known of its public names alone
        cast("Any", self)._close_pipe_fds(*pipes)


def popen(command: Sequence[str], *, env: Mapping[str, str], **options: Any) -> subprocess.Popen[Any]:
    """Start a program as `subprocess.Popen` does; a `python -c` is forked where that is the same to it."""
    is_python = tuple(command[:2]) == COMMAND[:2] and sys.platform == "linux"
    started = Forked if is_python and _without_what_may_differ(env) == USUAL else subprocess.Popen
    return started(command, env=env, **options)


def run(command: Sequence[str], *, env: Mapping[str, str], text: bool = False) -> subprocess.CompletedProcess[Any]:
    """Run a program to its end, and return what it printed."""
    with popen(command, env=env, text=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, out, err)


class _Loaded:
    """The process that has loaded everything; its end is ours."""

    def __init__(self) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # who was forked twice becomes our child, so that we can wait for it as for any other
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        command = [sys.executable, __file__, str(its.fileno())]
        process = subprocess.Popen(command, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL, env=USUAL)
        its.close()
        self._socket = ours
        self._lock = Lock()
        atexit.register(process.wait)
        atexit.register(ours.close)

    def fork(self, arguments: Sequence[str], cwd: str, environment: Mapping[str, str], files: Sequence[int]) -> int:
        """Start a program, its code and arguments, with these as its first files; return the number of our child."""
        asked = json.dumps([list(map(os.fspath, arguments)), cwd, dict(environment), _limits()]).encode()
        assert len(asked) < _MOST_BYTES
        with self._lock:
            socket.send_fds(self._socket, [asked], files)
            return int(self._socket.recv(64))


@cache
def _loaded() -> _Loaded:
    return _Loaded()


def _serve(asking: socket.socket) -> list[str]:
    """Fork whenever asked to; return in the child alone, with its code and arguments."""
    while True:
        asked, files, _, _ = socket.recv_fds(asking, _MOST_BYTES, 3)
        if not asked:
            os._exit(0)
        reader, writer = os.pipe()
        between = os.fork()
        if between == 0:
            child = os.fork()
            if child == 0:
                for own in (reader, writer, asking.detach()):
                    os.close(own)
                arguments, *inherited = json.loads(asked)
                _become(files, *inherited)
                return list(arguments)
            os.write(writer, str(child).encode())
            os._exit(0)
        for file in (*files, writer):
            os.close(file)
        number = os.read(reader, 64)
        os.close(reader)
        os.waitpid(between, 0)
        asking.send(number)


def _limits() -> list[tuple[int, tuple[int, int]]]:
    return [(one, resource.getrlimit(one)) for one in _LIMITS]


def _become(
    files: Sequence[int], cwd: str, environment: Mapping[str, str], limits: Sequence[tuple[int, tuple[int, int]]]
) -> None:
    """Take files, folder, environment and limits as a new interpreter would."""
    for usual, file in enumerate(files):
        os.dup2(file, usual)
        os.close(file)
    for one, limit in limits:
        resource.setrlimit(one, limit)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8")
    sys.stdout, sys.stderr = _text_to(1, "strict"), _text_to(2, "backslashreplace")


def _text_to(file: int, errors: str) -> io.TextIOWrapper:
    at_once = bool(os.environ.get("PYTHONUNBUFFERED"))
    raw = io.FileIO(file, "w", closefd=False)
    binary = cast("io.BufferedWriter", raw) if at_once else io.BufferedWriter(raw)
    by_lines = file == 2 or os.isatty(file)
    return io.TextIOWrapper(binary, "utf-8", errors, line_buffering=by_lines, write_through=at_once)


def _main() -> None:
    sys.path[:] = ["", *sys.path[1:], sys.path[0]]
    from importlib import import_module

    from footfall_gateway import machine_code
    from footfall_gateway.command_table import COMMANDS

    for command in COMMANDS:
        import_module(command.target.partition(":")[0])
    machine_code.make_ready()
    gc.collect()
    gc.freeze()
    code, *arguments = _serve(socket.socket(fileno=int(sys.argv[1])))
    sys.argv = ["-c", *arguments]
    sys.modules["__main__"] = ModuleType("__main__")
    exec(compile(code, "<string>", "exec"), vars(sys.modules["__main__"]))


if __name__ == "__main__":
    _main()
