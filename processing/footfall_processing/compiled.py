"""Compiled kernels: loops over samples written plainly, run at machine speed.

A kernel is compiled when it is first called. Whether its machine code is then kept, and where, is for the program to
say that does I/O: see `on_each_kernel`.
"""

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar, cast

import numba

Record: TypeAlias = Any
"""One element of a structured array; inside a kernel its fields are attributes, and it is changed in place."""

Kernel: TypeAlias = Any
"""What `compiled` makes, which Numba does not type."""

P = ParamSpec("P")
R = TypeVar("R")

_SETTINGS: Final[dict[str, Any]] = {
    "error_model": "numpy",
    # nobody calls a kernel from C, and each wrapper less is compiled sooner
    "no_cfunc_wrapper": True,
}

_KERNELS: Final[list[Kernel]] = []
_TOLD: Final[list[Callable[[Kernel], None]]] = []


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` on its first call.

    IEEE semantics are kept (no fast-math), so results do not depend on how the compiler vectorises.
    """
    return _made(numba.jit(nopython=True, **_SETTINGS)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` into each kernel that calls it: for the few lines that every sample goes through."""
    return _made(numba.jit(nopython=True, forceinline=True, **_SETTINGS)(function))


def _made(kernel: Kernel) -> Callable[P, R]:
    _KERNELS.append(kernel)
    for tell in _TOLD:
        tell(kernel)
    return cast("Callable[P, R]", kernel)


def compiled_with(function: Callable[P, R], name: str, meanings: Mapping[str, object]) -> Callable[P, R]:
    """Compile `function` once more, with `meanings` in place of its module's globals of these names.

    A copy and no closure: Numba keeps a closure's machine code by what its cells hold, and a kernel in a cell is never
    the same again in the next process. The copy is known by its own `name`, which its machine code is kept under.
    """
    original = cast("FunctionType", function)
    copy = FunctionType(original.__code__, {**original.__globals__, **meanings}, name)
    copy.__qualname__ = f"{original.__qualname__}.{name}"
    copy.__module__ = original.__module__
    return compiled(cast("Callable[P, R]", copy))


def with_another(function: Callable[P, R], usual: object, other: object, name: str) -> Callable[P, R]:
    """Compile a kernel once more, with each call of the kernel `usual`, however deep inside, made one of `other`.

    What does not call it, by its plain name, stays as it is. The copies are known by `name`.
    """
    made: dict[Kernel, Kernel] = {usual: other}

    def copy_of(kernel: Kernel) -> Kernel:
        if kernel not in made:
            made[kernel] = kernel
            known = kernel.py_func.__globals__
            called = {name: known[name] for name in kernel.py_func.__code__.co_names if name in known}
            kernels = {name: value for name, value in called.items() if hasattr(value, "py_func")}
            changed = {name: copy for name, value in kernels.items() if (copy := copy_of(value)) is not value}
            if changed:
                made[kernel] = compiled_with(kernel.py_func, name, changed)
        return made[kernel]

    return cast("Callable[P, R]", copy_of(function))


def on_each_kernel(tell: Callable[[Kernel], None]) -> None:
    """Have `tell` called with each kernel that there is, and with each that there will be."""
    _TOLD.append(tell)
    for kernel in _KERNELS:
        tell(kernel)
