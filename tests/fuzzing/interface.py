"""What callers of the public interface give: anything that Python has."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

import footfall
from footfall import given
from fuzzing.door import Door
from fuzzing.mutations import Shape
from gateway.hostile_files import ROWS

_TABLE: Final = np.array([list(map(float, line.split(b","))) for line in ROWS.splitlines()])[:200]


@dataclass(frozen=True)
class _Like:
    """Has what a runner has."""

    mass_kg: object
    height_m: object


def _object_of(tree: Any) -> Any:  # noqa: ANN401
    """Make an object of Python's of what MessagePack can say: a pair with a word before it is another kind of thing."""
    if isinstance(tree, list) and len(tree) == 2 and isinstance(tree[0], str):
        kind, value = tree
        try:
            match kind:
                case "array":
                    return np.asarray(_object_of(value))
                case "masked":
                    return np.ma.masked_invalid(np.asarray(_object_of(value), dtype=float))
                case "half":
                    return np.asarray(_object_of(value), dtype=np.float16)
                case "path":
                    return Path(value)
                case "moment":
                    return datetime.fromtimestamp(value, UTC)
                case "complex":
                    return complex(value, 1.0)
                case "runner":
                    return _Like(value, value)
                case "huge":
                    return 10 ** min(abs(int(value)), 5000)
                case "text":
                    return bytes(value).decode("utf-8", "surrogatepass")
                case "tuple":
                    return tuple(value)
                case "set":
                    return set(value)
                case "samples":
                    return _table()["t_s"]
        except (TypeError, ValueError, OverflowError, OSError, ArithmeticError):
            return tree
    if isinstance(tree, list):
        return [_object_of(value) for value in tree]
    if isinstance(tree, dict):
        return {name: _object_of(value) for name, value in tree.items()}
    return tree


def _table() -> dict[str, Any]:
    return {
        "id": "a",
        "placement": "foot",
        "side": "left",
        "rate_hz": 200.0,
        "t_s": _TABLE[:, 0],
        "acc_g": _TABLE[:, 1:4],
        "gyro_dps": None,
        "acc_range_g": 16.0,
    }


def take_arguments(data: bytes) -> None:
    """Give the interface anything; it takes it as it is, or says in one line what to give."""
    try:
        tree = msgspec.msgpack.decode(data, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    args = {name: _object_of(value) for name, value in tree.items()}
    if "shown" in args:
        assert len(given.shown(args["shown"])) <= 70
    if "path" in args:
        assert isinstance(given.a_path(args["path"]), Path)
    if "number" in args:
        assert type(given.a_number(args["number"], "it")) is float
    if "text" in args:
        given.a_text(args["text"], "it", "this").encode()
    if "runner" in args:
        given.a_runner(args["runner"])
    fields = args.get("sensor")
    if isinstance(fields, dict):
        known = {name: value for name, value in fields.items() if name in {*_table(), "gyro_range_dps", "length_gain"}}
        taken = footfall.SensorSamples(**{**_table(), **known})
        rest: Any = {name: args[name] for name in ("name", "started_utc") if name in args}
        recording = footfall.from_arrays(taken, **rest)
        read = recording.samples(taken.id)
        assert np.array_equal(read.t_s, taken.t_s), "times are others"
        assert np.array_equal(read.acc_g, taken.acc_g), "accelerations are others"
        assert (read.id, read.placement, read.side) == (taken.id, taken.placement, taken.side)


DOORS: Final = (Door("interface", "what callers give, in MessagePack", take_arguments, Shape.MSGPACK),)
