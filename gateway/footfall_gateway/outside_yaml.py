"""The door for YAML: a text that people write, taken as what it says and nothing more.

Of YAML only mappings, lists and texts are taken. A plain word is the text that it is, until the field that it is for
makes a number of it: so `no` is no truth value and `1:30` no number of seconds. Anchors, aliases and tags, by which a
short text becomes a huge one or an object of a program's, are refused, and so is a key that stands twice.
"""

import re
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec
import yaml

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import MOST_SETTINGS_BYTES, require_size, shortened, shown

MOST_DEPTH: Final = 16
MOST_EVENTS: Final = 10_000
"""Of beginnings, ends and texts: a study's file has some hundred."""
_AT: Final = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_NAMED: Final = re.compile(r"([a-z][a-z.-]*): ")
"""How what is wrong with a field begins where the field's own rules say it."""
_UNKNOWN: Final = re.compile(r"contains unknown field `([^`]*)`")
_NO_DATE: Final = "Invalid RFC3339 encoded date"

T = TypeVar("T")


@dataclass(slots=True)
class _Open:
    """A mapping or list that has begun, where it stands, and the key that waits for its value."""

    value: dict[str, object] | list[object]
    path: str
    key: str | None = None
    key_line: int = 0


@dataclass(slots=True)
class _Reader:
    what: str
    lines: dict[str, int] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    root: object = None

    def read(self, text: str) -> object:
        documents = 0
        for number, event in enumerate(yaml.parse(text, Loader=yaml.BaseLoader)):
            line = event.start_mark.line + 1
            if number > MOST_EVENTS or len(self.stack) > MOST_DEPTH:
                raise self._refused(line, "is nested too deeply, or has too many parts; write it more simply")
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                raise self._refused(line, "has an anchor (&) or an alias (*); write out what is meant")
            if getattr(event, "tag", None) is not None or getattr(event, "tags", None):
                raise self._refused(line, "has a tag (!); write the plain value")
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refused(line, "a second document begins (---); give each a file of its own")
            elif isinstance(event, yaml.MappingStartEvent):
                self._begin({}, line)
            elif isinstance(event, yaml.SequenceStartEvent):
                self._begin([], line)
            elif isinstance(event, yaml.ScalarEvent):
                self._text(event.value, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.stack.pop()
        return self.root

    def _text(self, text: str, line: int) -> None:
        at = self.stack[-1] if self.stack else None
        if at is None or isinstance(at.value, list) or at.key is not None:
            self._put(text, line)
            return
        if text in at.value:
            raise self._refused(line, f"{shown(shortened(text))!r} stands twice; keep one")
        at.key, at.key_line = text, line

    def _begin(self, value: dict[str, object] | list[object], line: int) -> None:
        at = self.stack[-1] if self.stack else None
        if at is not None and isinstance(at.value, dict) and at.key is None:
            raise self._refused(line, "a key is no plain text; put it into quotes")
        self.stack.append(_Open(value, self._put(value, line)))

    def _put(self, value: object, line: int) -> str:
        if not self.stack:
            self.root = value
            return ""
        at = self.stack[-1]
        if isinstance(at.value, list):
            path = f"{at.path}[{len(at.value)}]"
            at.value.append(value)
        else:
            assert at.key is not None
            path = f"{at.path}.{at.key}"
            at.value[at.key] = value
            line, at.key = at.key_line, None
        self.lines.setdefault(path, line)
        return path

    def _refused(self, line: int, why: str) -> OutsideError:
        return OutsideError(f"{self.what}: line {line}: {why}")


def parse_yaml(text: bytes, kind: type[T], what: str, most_bytes: int = MOST_SETTINGS_BYTES) -> T:
    """Return what a YAML text says, as `kind`.

    Parameters
    ----------
    what
        What the message begins with, such as a file's path; line and field follow.

    Raises
    ------
    OutsideError
        When it is too long, no YAML of the plain kind above, or does not say what `kind` needs.
    """
    require_size(len(text), most_bytes, what)
    reader = _Reader(what)
    try:
        value = reader.read(text.decode("utf-8-sig"))
    except OutsideError:
        raise
    except UnicodeDecodeError as error:
        raise OutsideError(f"{what}: is no text in UTF-8 (byte {error.start})") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = "" if mark is None else f"line {mark.line + 1}: "
        told = " ".join(shown(f"{error.context or ''} {error.problem or ''}").split())
        raise OutsideError(f"{what}: {where}is no YAML ({shortened(told, 160)})") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise OutsideError(f"{what}: is no YAML ({shortened(shown(' '.join(str(error).split())), 160)})") from error
    try:
        return msgspec.convert(value, kind, strict=False)
    except (ValueError, OverflowError, RecursionError) as error:
        raise OutsideError(f"{what}: {_placed(str(error), reader.lines)}") from error


def _placed(message: str, lines: dict[str, int]) -> str:
    """Put a message's field, and its line, before it."""
    found = _AT.search(message)
    path = "" if found is None else found["path"]
    told = message if found is None else message[: found.start()]
    named = _NAMED.match(told)
    if named is not None and f"{path}.{named[1]}" in lines:
        path, told = f"{path}.{named[1]}", told[named.end() :]
    unknown = _UNKNOWN.search(told)
    if unknown is not None and f"{path}.{unknown[1]}" in lines:
        path, told = f"{path}.{unknown[1]}", "no such field is known here; see its spelling"
    if told == _NO_DATE:
        told = "is no day, such as 2027-06-30"
    while path and path not in lines:
        path = path.rpartition("." if "." in path else "[")[0]
    if not path:
        return shown(told)
    return shown(f"line {lines[path]}, {path.lstrip('.')}: {told}")
