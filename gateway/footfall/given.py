"""What callers give, looked at before it is used: a mistake is an `InputError` of one line that says what to give."""

import os
from pathlib import Path
from typing import Final

import numpy as np

from footfall_processing.errors import InputError
from footfall_processing.session import Runner

_SHOWN_CHARACTERS: Final = 60


def shown(given: object) -> str:
    """Return how a message shows it: on one line, and not at length."""
    try:
        text = " ".join(repr(given).split())
    except Exception:  # repr of another's object may raise anything, and of a number with too many digits does
        return f"this {type(given).__name__}"
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def a_path(given: object) -> Path:
    """Return the path, which the system can take."""
    if isinstance(given, str | os.PathLike):
        path = os.fspath(given)
        if isinstance(path, str) and path and "\0" not in path and _is_encodable(path):
            return Path(path)
    several = ", and a star before a list of them" if isinstance(given, list | tuple) else ""
    raise InputError(f"{shown(given)} is no path: give one as text or pathlib.Path{several}")


def a_number(given: object, name: str, what_to_give: str = "give a number") -> float:
    """Return the number, of Python or NumPy, as Python's; `name` is what messages call it."""
    try:
        value = np.asarray(given)
    except (TypeError, ValueError):
        value = np.asarray(None)
    if value.ndim or value.dtype.kind not in "iuf":
        raise InputError(f"{name} is {shown(given)}; {what_to_give}")
    return float(value)


def a_text(given: object, name: str, example: str) -> str:
    """Return the text, which can be written into a file; `name` is what messages call it."""
    if not isinstance(given, str) or not _is_encodable(given, "utf-8"):
        raise InputError(f"{name} is {shown(given)}; give a text such as {example!r}")
    return str(given)


def a_runner(given: object) -> Runner:
    """Return the runner, measured in Python's numbers."""
    if not isinstance(given, Runner):
        raise InputError(f"runner is {shown(given)}; give footfall.Runner(mass_kg=…, height_m=…), or None")
    return Runner(a_number(given.mass_kg, "mass_kg"), a_number(given.height_m, "height_m"))


def _is_encodable(text: str, encoding: str | None = None) -> bool:
    try:
        os.fsencode(text) if encoding is None else text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
