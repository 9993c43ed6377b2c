"""Compiled kernels: loops over samples written plainly, run at machine speed, compiled once a machine.

Numba's own disk cache looks only at the file of the outermost function, so a change in a kernel that is called from
another module would leave stale machine code behind. The cache folder is therefore named after a digest of all of
this package's sources.
"""

import hashlib
import sys
from collections.abc import Callable
from importlib import import_module, resources
from types import ModuleType
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

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


def _source_digest() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for module in sorted(resources.files("footfall_processing").iterdir(), key=lambda entry: entry.name):
        if module.name.endswith(".py"):
            digest.update(module.name.encode() + b"\0" + module.read_bytes())
    return digest.hexdigest()[:16]


KERNEL_CACHE = platformdirs.user_cache_path("footfall") / f"kernels-{_source_digest()}"
"""Where this version's machine code is kept."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` on its first call and keep the machine code on disk.

    IEEE semantics are kept (no fast-math), so results do not depend on how the compiler vectorises.
    """
    numba_cache_dir = vars(numba_config)["CACHE_DIR"]
    vars(numba_config)["CACHE_DIR"] = str(KERNEL_CACHE)
    try:
        return cast("Callable[P, R]", numba.njit(cache=True, error_model="numpy")(function))
    finally:
        vars(numba_config)["CACHE_DIR"] = numba_cache_dir
