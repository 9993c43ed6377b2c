"""The machine code of the signal processing on this computer's disk: compiled once, loaded at every start.

`keep()` is all that a program has to call. `python -m footfall_gateway.commands.preparation` compiles ahead what is
missing; set-up does it, so that no run waits for it.

Numba's own cache looks only at the file of the outermost function, so a change in a kernel that is called from another
module would leave stale machine code behind. So the folder is named after a digest of all sources of
`footfall_processing`, and what an estimator from outside brings in is digested into the name of its file: its
instructions, and the constants that they read, wherever they stand.
"""

import hashlib
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import Enum
from functools import cache
from glob import escape
from importlib import import_module, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final, cast

import numba
import numpy as np
import platformdirs
from numba.core import event
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.dispatcher import Dispatcher
from numba.core.serialize import dumps

from footfall_processing.compiled import Kernel, on_each_kernel
from footfall_processing.estimators.base import Estimator
from footfall_processing.estimators.registry import BUILT_IN, find_estimator
from footfall_processing.estimators.sensor import kernel_of
from footfall_processing.warmup import warm_up

_PACKAGE: Final = "footfall_processing"

# Numba does not type these
_REBUILD: Final[Any] = CompileResult._rebuild
_DUMPS: Final[Any] = dumps

UNUSED_DAYS: Final = 1.0
KEPT_VERSIONS: Final = 4

AT_ONCE: Final = 2
"""Estimators that are compiled at the same time, each in a process of 300 MB."""


@cache
def kernel_folder() -> Path:
    """Where this version's machine code is kept."""
    digest = hashlib.sha256(numba.__version__.encode())
    for name, content in _sources(resources.files(_PACKAGE), ""):
        digest.update(name.encode() + b"\0" + content)
    return platformdirs.user_cache_path("footfall") / f"kernels-{digest.hexdigest()[:16]}"


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each module in a package and its sub-packages."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _sources(entry, f"{name}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield name + entry.name, entry.read_bytes()


@cache
def keep() -> None:
    """Keep the machine code of every kernel on disk from now on, if it can be written there, and take it from there."""
    _load_numba_without_scipy()
    with suppress(OSError):
        kernel_folder().mkdir(parents=True, exist_ok=True)
        if os.access(kernel_folder(), os.W_OK):
            on_each_kernel(_keep)


def _load_numba_without_scipy() -> None:
    """Keep Numba from loading SciPy only to see whether it is there: that is a fifth of the time to start a command.

    No kernel calls linear algebra, which is all that Numba would want it for.
    """
    wanted = "scipy.linalg.cython_blas"
    if wanted not in sys.modules:
        sys.modules[wanted] = cast("ModuleType", None)
        try:
            import_module("numba.np.arraymath")
        finally:
            del sys.modules[wanted]


class _UntoldError(Exception):
    """What a kernel reads can't be told apart from what it read in another process."""


class _KernelCache(_Cache):
    """The files of one kernel, one for each signature, which processes may write at the same time.

    In Numba's own, with one index for all signatures, two that do so may get each other's code.
    """

    def __init__(self, function: FunctionType) -> None:
        mark = str(function.__code__.co_firstlineno)
        if not _is_plainly_ours(function):
            digest = hashlib.sha256()
            for part in _content(function, set()):
                digest.update(part + b"\0")
            mark = digest.hexdigest()[:16]
        self._stem = f"{function.__module__}.{function.__qualname__}-{mark}.{sys.implementation.cache_tag}"

    @property
    def cache_path(self) -> str:
        """All kernels of a version are in one folder."""
        return str(kernel_folder())

    def load_overload(self, signature: object, target: Any) -> Any:  # noqa: ANN401
        """Take the machine code from the disk, if it is there and whole."""
        target.refresh()
        with suppress(OSError, EOFError, pickle.UnpicklingError):
            payload = pickle.loads(self._path(signature, target.codegen()).read_bytes())
            return _REBUILD(target, *payload)
        return None

    def save_overload(self, signature: object, made: Any) -> None:  # noqa: ANN401
        """Put the machine code on the disk, at once or not at all."""
        if made.library.has_dynamic_globals:
            return
        path = self._path(signature, made.codegen)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_suffix(f".{os.getpid()}")
            half.write_bytes(_DUMPS(made._reduce()))
            half.replace(path)

    def _path(self, signature: object, codegen: Any) -> Path:  # noqa: ANN401
        key = f"{signature} {codegen.magic_tuple()}".encode()
        return kernel_folder() / f"{self._stem}.{hashlib.sha256(key).hexdigest()[:16]}.nbc"

    def has_any(self) -> bool:
        """Whether there is machine code of the kernel."""
        return any(kernel_folder().glob(f"{escape(self._stem)}.*.nbc"))

    def enable(self) -> None:
        """It always is."""

    def disable(self) -> None:
        """Nobody asks for it."""

    def flush(self) -> None:
        """Nobody asks for it: what is outdated has another name."""


def _keep(kernel: Kernel) -> None:
    function = kernel.py_func
    if function.__module__.partition(".")[0] == _PACKAGE and not function.__closure__:
        with suppress(_UntoldError):
            kernel._cache = _KernelCache(function)


def _is_plainly_ours(function: FunctionType) -> bool:
    """Whether a function is of our package, with its module's own globals: the folder's name tells all about it."""
    if function.__module__.partition(".")[0] != _PACKAGE or function.__closure__:
        return False
    return function.__globals__ is vars(sys.modules[function.__module__])


def _content(function: FunctionType, seen: set[FunctionType]) -> Iterator[bytes]:
    """Yield all that makes a function's machine code, as far as our own sources don't tell it."""
    yield f"{function.__module__}.{function.__qualname__}".encode()
    if function in seen or _is_plainly_ours(function):
        return
    seen.add(function)
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    known = function.__globals__ | {name: cell.cell_contents for name, cell in cells}
    for code in _codes(function.__code__):
        yield code.co_code
        yield repr([constant for constant in code.co_consts if not isinstance(constant, CodeType)]).encode()
        for name in (*code.co_names, *code.co_freevars):
            yield name.encode()
            if name in known:
                yield from _meaning(known[name], code.co_names, seen)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _meaning(value: Any, names: Sequence[str], seen: set[FunctionType]) -> Iterator[bytes]:  # noqa: ANN401
    """Yield what tells a value that a kernel reads from another; it may be asked for the attributes `names`."""
    match value:
        case Dispatcher():
            yield from _content(value.py_func, seen)
        case FunctionType():
            yield from _content(value, seen)
        case ModuleType():
            yield value.__name__.encode()
            if value.__name__.partition(".")[0] not in {*sys.stdlib_module_names, "numpy", "numba"}:
                for name in names:
                    if hasattr(value, name):
                        yield from _meaning(getattr(value, name), names, seen)
        case np.ndarray() if not value.dtype.hasobject:
            yield f"{value.dtype} {value.shape}".encode() + value.tobytes()
        case tuple():
            for one in value:
                yield from _meaning(one, names, seen)
        case None | bool() | int() | float() | complex() | str() | bytes() | np.generic() | np.dtype() | Enum():
            yield f"{type(value)} {value!r}".encode()
        case type() | BuiltinFunctionType() | np.ufunc():
            yield f"{getattr(value, '__module__', '')} {value.__name__}".encode()
        case _:
            raise _UntoldError(f"{value!r}")


def is_kept(estimator: Estimator) -> bool | None:
    """Tell whether an estimator's machine code is on the disk; `None` when it can't be kept there."""
    keep()
    kept = cast("Kernel", kernel_of(estimator))._cache
    return kept.has_any() if isinstance(kept, _KernelCache) else None


def kernels_to_compile(estimators: Iterable[Estimator]) -> set[Kernel]:
    """The kernels of these that are not compiled yet in this process."""
    found: set[Kernel] = set()
    for estimator in estimators:
        _gather(kernel_of(estimator), found)
    return {kernel for kernel in found if not kernel.overloads}


def _gather(kernel: Kernel, found: set[Kernel]) -> None:
    if kernel in found:
        return
    found.add(kernel)
    function = kernel.py_func
    names = function.__code__.co_names
    values = [function.__globals__.get(name) for name in names]
    values += [getattr(module, name, None) for module in values if isinstance(module, ModuleType) for name in names]
    values += [cell.cell_contents for cell in function.__closure__ or ()]
    for value in values:
        if isinstance(value, Dispatcher):
            _gather(value, found)


class _Compiled(event.Listener):
    """Tells of each of these kernels once it is compiled; Numba compiles functions of its own as well."""

    def __init__(self, kernels: set[Kernel], tell: Callable[[], None]) -> None:
        self._left = kernels
        self._tell = tell

    def on_start(self, _event: event.Event) -> None:
        """Nothing is done yet."""

    def on_end(self, event: event.Event) -> None:
        """One kernel more, or one more of its variants."""
        kernel = event.data["dispatcher"]
        if kernel in self._left:
            self._left.remove(kernel)
            self._tell()


def make_ready(estimators: Sequence[Estimator] = BUILT_IN, tell: Callable[[], None] = lambda: None) -> None:
    """Load the machine code of these estimators; what is missing is compiled first, and `tell` called for each kernel.

    Several built-in estimators are compiled at once, each in a process of its own, where it helps.
    """
    keep()
    missing = [row.full_name for row in estimators if row in BUILT_IN and is_kept(row) is False]
    if len(missing) > 1 and (os.cpu_count() or 1) > 1:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for name in missing:
                threads.submit(_compile_apart, name, tell)
    with event.install_listener("numba:compile", _Compiled(kernels_to_compile(estimators), tell)):
        warm_up(estimators)
    remove_unused()


def _compile_apart(name: str, tell: Callable[[], None]) -> None:
    """Compile one estimator in another process. If that fails, it is not kept, and who needs it compiles it."""
    command = [sys.executable, "-c", f"from {__name__} import _compile_for_others; _compile_for_others({name!r})"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in process.stdout:
            tell()


def _write_a_line() -> None:
    sys.stdout.write("\n")
    sys.stdout.flush()


def _compile_for_others(name: str) -> None:
    """Compile one estimator, and write a line for each kernel."""
    make_ready([find_estimator(name)], _write_a_line)


def remove_unused() -> None:
    """Mark this version's machine code as used now, and remove what other versions have left.

    The versions used last stay, and so does each that was started in the day before: a version that runs has its code
    in memory, and compiles again what it misses.
    """
    with suppress(OSError):
        mine = kernel_folder()
        mine.touch()
        folders = [(folder.stat().st_mtime, folder) for folder in mine.parent.glob("kernels-*")]
        folders.sort(reverse=True)
        oldest_s = mine.stat().st_mtime - UNUSED_DAYS * 86_400.0
        for used_s, folder in folders[KEPT_VERSIONS:]:
            if used_s < oldest_s:
                shutil.rmtree(folder, ignore_errors=True)
