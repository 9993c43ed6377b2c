"""Compiled kernels: loops over samples written plainly, run at machine speed, compiled once a machine.

Numba's own disk cache looks only at the file of the outermost function, so a change in a kernel that is called from
another module would leave stale machine code behind. The cache folder is therefore named after a digest of all of
this package's sources.
"""

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module, resources
from importlib.resources.abc import Traversable
from types import ModuleType
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar, cast

import numba
import platformdirs
from numba.core import config as numba_config

Record: TypeAlias = Any
"""One element of a structured array; inside a kernel its fields are attributes, and it is changed in place."""

P = ParamSpec("P")
R = TypeVar("R")


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


_load_numba_without_scipy()


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each module in a package and its sub-packages."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _sources(entry, f"{name}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield name + entry.name, entry.read_bytes()


def _source_digest() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for name, content in _sources(resources.files("footfall_processing"), ""):
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:16]


KERNEL_CACHE = platformdirs.user_cache_path("footfall") / f"kernels-{_source_digest()}"
"""Where this version's machine code is kept."""

_NUMBA_SETTINGS: Final = {
    "CACHE_DIR": str(KERNEL_CACHE),
    # Numba would go on to the package's own folder, where it does not notice that another module has changed.
    "CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
}


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` on its first call and keep the machine code on disk, if it can be written there.

    IEEE semantics are kept (no fast-math), so results do not depend on how the compiler vectorises.
    """
    kernel = numba.njit(error_model="numpy")(function)
    settings = vars(numba_config)
    before = {name: settings[name] for name in _NUMBA_SETTINGS}
    settings.update(_NUMBA_SETTINGS)
    try:
        # Numba raises this where the folder can't be written: the kernel is then compiled in each process
        with suppress(RuntimeError):
            kernel.enable_caching()
    finally:
        settings.update(before)
    return cast("Callable[P, R]", kernel)


def is_kept(kernel: Any) -> bool | None:  # noqa: ANN401 - what `compiled` made, which Numba does not type
    """Tell whether a kernel's machine code is on the disk; `None` when it can't be kept there."""
    if kernel.stats.cache_path is None:
        return None
    return any(KERNEL_CACHE.rglob(f"*.{kernel.__name__}-*.nbc"))


UNUSED_DAYS: Final = 1.0
KEPT_VERSIONS: Final = 4


def remove_unused() -> None:
    """Mark this version's machine code as used now, and remove what other versions have left.

    The versions used last stay, and so does each that was started in the day before: a version that runs has its code
    in memory, and compiles again what it misses.
    """
    with suppress(OSError):
        KERNEL_CACHE.touch()
        folders = [(folder.stat().st_mtime, folder) for folder in KERNEL_CACHE.parent.glob("kernels-*")]
        folders.sort(reverse=True)
        oldest_s = KERNEL_CACHE.stat().st_mtime - UNUSED_DAYS * 86_400.0
        for used_s, folder in folders[KEPT_VERSIONS:]:
            if used_s < oldest_s:
                shutil.rmtree(folder, ignore_errors=True)
