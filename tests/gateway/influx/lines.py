"""Line protocol read back, by its published grammar and not by the library that writes it."""

import re
from dataclasses import dataclass

_SPACE, _COMMA, _EQUALS = (re.compile(rf"(?<!\\){mark}") for mark in (" ", ",", "="))


@dataclass(frozen=True)
class Line:
    """One point."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, float | int | str]
    time_ns: int


def parse(line: str) -> Line:
    """Read one line; no string field of ours holds a comma, an equals sign or a quote."""
    assert "\n" not in line
    rest, _, time = line.rpartition(" ")
    # the first space that is not escaped ends the tags; strings, which may hold spaces, come only after it
    key, fields = _SPACE.split(rest, maxsplit=1)
    measurement, *tags = _COMMA.split(key)
    pairs = [_EQUALS.split(tag, maxsplit=1) for tag in tags]
    assert pairs == sorted(pairs), "sorted tags are what InfluxDB takes in fastest"
    return Line(
        measurement,
        {name: re.sub(r"\\([ ,=])", r"\1", value) for name, value in pairs},
        {name: _value(text) for name, text in (field.split("=", 1) for field in _COMMA.split(fields))},
        int(time),
    )


def _value(text: str) -> float | int | str:
    if text.startswith('"'):
        return text[1:-1]
    return int(text[:-1]) if text.endswith("i") else float(text)
