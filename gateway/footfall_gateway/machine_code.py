"""The machine code of the signal processing on this computer's disk: compiled once, loaded at every start.

`keep()` is all that a program has to call. `python -m footfall_gateway.commands.preparation` compiles ahead what is
missing; set-up does it, so that no run waits for it.

Numba's own cache looks only at the file of the outermost function, so a change in a kernel that is called from another
module would leave stale machine code behind. So the folder is named after a digest of all sources of
`footfall_processing`, and what an estimator from outside brings in is digested into the name of its file: its
instructions, how they are compiled, and the constants that they read, wherever they stand. A kernel that reads
something of which this can't be told is compiled in each process.
"""

import dis
import fcntl
import hashlib
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import Enum, EnumMeta
from functools import cache
from glob import escape
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, cast

import numba
import numpy as np
import platformdirs
from numba.core import event
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.dispatcher import Dispatcher
from numba.core.serialize import dumps
from numba.core.types import Boolean, Number

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import read_file
from footfall_gateway.own_files import create_own, make_own_folder, only_ours_to_write
from footfall_gateway.sources import digest_of
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

MOST_CODE_BYTES: Final = 64 * 1024 * 1024
"""Of one kernel."""

_DIGEST_BYTES: Final = hashlib.sha256().digest_size

_PLAIN: Final = frozenset({type(None), type(...), bool, int, float, complex, str, bytes})
_COLLECTIONS: Final = frozenset({tuple, list, set, frozenset})

# what a kernel takes from these is told by their versions
_LIBRARIES: Final = frozenset({*sys.stdlib_module_names, "numpy", "numba"})

AT_ONCE: Final = 2
"""Estimators that are compiled at the same time, each in a process of 300 MB."""


@cache
def kernel_folder() -> Path:
    """Where this version's machine code is kept."""
    version = f"{numba.__version__}-{digest_of(_PACKAGE)}"
    return platformdirs.user_cache_path("footfall") / f"kernels-{version}"


@cache
def keep() -> None:
    """Take the machine code of every kernel from the disk from now on, and keep it there, if it can be written."""
    _load_numba_without_scipy()
    with suppress(OSError):
        make_own_folder(kernel_folder())
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

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    @property
    def cache_path(self) -> str:
        """All kernels of a version are in one folder."""
        return str(kernel_folder())

    def load_overload(self, signature: object, target: Any) -> Any:  # noqa: ANN401
        """Take the machine code from the disk, if it is there and whole."""
        target.refresh()
        with suppress(_UntoldError):
            payload = _read_whole(self._path(signature))
            if payload is not None:
                return _REBUILD(target, *pickle.loads(payload))
        return None

    def save_overload(self, signature: object, made: Any) -> None:  # noqa: ANN401
        """Put the machine code on the disk, at once or not at all."""
        if made.library.has_dynamic_globals:
            return
        with suppress(_UntoldError, OSError):
            path = self._path(signature)
            make_own_folder(path.parent)
            half = path.with_suffix(f".{os.getpid()}")
            payload = _DUMPS(made._reduce())
            half.unlink(missing_ok=True)
            with create_own(half) as file:
                file.write(hashlib.sha256(payload).digest() + payload)
            half.replace(path)

    def _path(self, signature: object) -> Path:
        return kernel_folder() / f"{self._stem()}.{_digest([str(signature).encode()])}.nbc"

    def _stem(self) -> str:
        """The name of the kernel, of what it is made of now, and of the processor that it is compiled for."""
        function = self._kernel.py_func
        mark = str(function.__code__.co_firstlineno)
        if not _is_plainly_ours(function):
            mark = _digest(_content(function, set()))
        processor = _digest([str(self._kernel.targetctx.codegen().magic_tuple()).encode()])
        return f"{function.__module__}.{function.__qualname__}-{mark}.{sys.implementation.cache_tag}.{processor}"

    def has_any(self) -> bool | None:
        """Whether there is machine code of the kernel for this processor; `None` if there is none and can't be."""
        with suppress(_UntoldError):
            files = kernel_folder().glob(f"{escape(self._stem())}.*.nbc")
            if any(_read_whole(file) is not None for file in files):
                return True
            return False if os.access(kernel_folder(), os.W_OK) else None
        return None

    def enable(self) -> None:
        """It always is."""

    def disable(self) -> None:
        """Nobody asks for it."""

    def flush(self) -> None:
        """Nobody asks for it: what is outdated has another name."""


def _keep(kernel: Kernel) -> None:
    function = kernel.py_func
    if function.__module__.partition(".")[0] == _PACKAGE and not function.__closure__:
        kernel._cache = _KernelCache(kernel)


def _read_whole(file: Path) -> bytes | None:
    """Read what was written to a file after its digest; `None` if it is not all there, to the last bit.

    What others may have written is not read: its code would run as us.
    """
    if not (only_ours_to_write(file.parent) and only_ours_to_write(file)):
        return None
    with suppress(OutsideError):
        content = read_file(file, MOST_CODE_BYTES)
        digest, payload = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(payload).digest() == digest:
            return payload
    return None


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:16]


def _is_plainly_ours(function: FunctionType) -> bool:
    """Whether a function is of our package, with its module's own globals: the folder's name tells all about it."""
    if function.__module__.partition(".")[0] != _PACKAGE or function.__closure__:
        return False
    return function.__globals__ is vars(sys.modules[function.__module__])


def _content(function: FunctionType, seen: set[object]) -> Iterator[bytes]:
    """Yield all that makes a function's machine code, as far as our own sources don't tell it."""
    yield f"{function.__module__}.{function.__qualname__}".encode()
    if function in seen or _is_plainly_ours(function):
        return
    seen.add(function)
    yield from _meaning(function.__defaults__, (), seen)
    yield from _meaning(function.__kwdefaults__, (), seen)
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    known = function.__globals__ | {name: cell.cell_contents for name, cell in cells}
    for code in _codes(function.__code__):
        yield code.co_code
        yield code.co_exceptiontable
        counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
        yield repr((counts, code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars)).encode()
        for constant in code.co_consts:
            if not isinstance(constant, CodeType):
                yield from _meaning(constant, (), seen)
        for name in (*_globals_read(code), *code.co_freevars):
            yield name.encode()
            if name in known:
                yield from _meaning(known[name], code.co_names, seen)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


@cache
def _globals_read(code: CodeType) -> tuple[str, ...]:
    """Names of globals, without those that only attributes are called by."""
    return tuple(dict.fromkeys(step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"))


def _meaning(value: object, names: tuple[str, ...], seen: set[object]) -> Iterator[bytes]:
    """Yield what tells a value that a kernel reads from another; it may be asked for the attributes `names`.

    Raises `_UntoldError` for what is not known to be told wholly. A plain function is such: it means to Numba what
    somebody has declared for it somewhere.
    """
    yield f"{type(value).__module__}.{type(value).__qualname__}".encode()
    match value:
        case Dispatcher():
            yield from _meaning(value.targetoptions, (), seen)
            yield from _meaning(value.locals, (), seen)
            yield from _meaning(cast("Kernel", value)._compiler.pipeline_class, (), seen)
            yield from _content(value.py_func, seen)
        case ModuleType():
            yield value.__name__.encode()
            if (value, names) not in seen and not _is_in_library(value.__name__):
                seen.add((value, names))
                for name in names:
                    if hasattr(value, name):
                        yield name.encode()
                        yield from _meaning(getattr(value, name), names, seen)
        case EnumMeta():
            yield value.__qualname__.encode()
            members: dict[str, Any] = dict(value.__members__)
            yield from _meaning({name: member.value for name, member in members.items()}, (), seen)
        case Enum():
            yield from _meaning((value.name, value.value), (), seen)
        case type() if issubclass(value, tuple) and hasattr(value, "_fields"):
            yield value.__qualname__.encode()
            yield from _meaning((value._fields, getattr(value, "_field_defaults", None)), (), seen)
        case tuple() | list() | set() | frozenset() if type(value) in _COLLECTIONS or hasattr(value, "_fields"):
            yield f"{len(value)} {getattr(value, '_fields', '')}".encode()
            for one in sorted(value, key=repr) if isinstance(value, set | frozenset) else value:
                yield from _meaning(one, names, seen)
        case dict() if type(value) is dict:
            yield from _meaning(tuple(value.items()), (), seen)
        case np.ndarray() | np.generic() if _is_named_in_library(type(value)) and not value.dtype.hasobject:
            yield f"{value.dtype!r} {value.shape} {value.strides}".encode()
            yield value.tobytes()
        case Number() | Boolean() | np.dtype():
            yield repr(value).encode()
        case _ if type(value) in _PLAIN:
            yield repr(value).encode()
        case _ if _is_named_in_library(value):
            yield f"{getattr(value, '__module__', '')}.{getattr(value, '__name__', '')}".encode()
        case _:
            raise _UntoldError(f"{value!r}")


def _is_in_library(module: str) -> bool:
    return module.partition(".")[0] in _LIBRARIES


def _is_named_in_library(value: object) -> bool:
    """Whether this is a function or a class of Python, NumPy or Numba, found there by its name."""
    module, name = getattr(value, "__module__", None) or "numpy", getattr(value, "__name__", None)
    return isinstance(name, str) and _is_in_library(module) and getattr(sys.modules.get(module), name, None) is value


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


@cache
def ready_among_others() -> None:
    """Take the built-in estimators' machine code from the disk; of processes that start together, one compiles it."""
    keep()
    if all(map(is_kept, BUILT_IN)):
        return
    with suppress(OSError), (kernel_folder() / "compiling.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all(map(is_kept, BUILT_IN)):
            make_ready()


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
