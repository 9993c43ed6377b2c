"""Inputs made of others, by chance: bytes are spoilt, trees get what no honest one has, notifications come anyhow."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import deepcopy
from enum import Enum, auto
from random import Random
from typing import Any, Final

import msgspec


class Shape(Enum):
    """What mutations know of an input."""

    BYTES = auto()
    TEXT = auto()
    """Words between marks, such as CSV, TOML and HTTP."""
    JSON = auto()
    MSGPACK = auto()
    FRAMES = auto()
    """Pieces with a head of two bytes, and their length in one."""


_TEXTS: Final = (
    "", " ", "\0", "\n", "\x1b[2J\x1b]0;x\x07", "\u202egnp.exe", "[/]", "[bold]", "a" * 600, "é" * 130, "../../x",
    "/x", "..", "%2e%2e%2f", "%", "%ff", "+", "#", "$SYS", "nan", "inf", "-0", "1e999", "9" * 400, "0x10", "1_0",
    "١", "foot", "left", "shank", "2026-05-03T08:15:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "2026-02-30T00:00:00Z", "ﬀ", "footfall", "footfall-samples", "polar-pmd", "ſ", "😀", "'; DROP TABLE session; --",
    '"', "\\", "a,b=c d", "unnamed", "mqtt://a:b@c", "http://[::1", "\ufeff", "\u0301" * 40, "\U000e0041", "aux",
    ".", "~", "$(x)",
)  # fmt: skip
_NUMBERS: Final = (
    0, 1, -1, 2, 7, 9, 10, 64, 65, 127, 128, 255, 256, 1000, 10_000, 65_535, 65_536, 2**31 - 1, 2**31, 2**32, 2**53,
    2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**31), -(2**63), 0.0, -0.0, 0.5, 1.5, 1e-320, 1e-9, 9.99, 1e3, 1e9,
    9e9, 1e11, 1e18, 1e30, 1e154, 1e300, 1.7976931348623157e308, -1e300,
)  # fmt: skip
_OTHERS: Final[tuple[object, ...]] = (None, True, False, [], {}, [[]], {"": None})
_UNLIKE_JSON: Final = (float("nan"), float("inf"), float("-inf"), b"", b"\0\xff", bytes(300))
VALUES: Final[tuple[object, ...]] = (*_NUMBERS, *_OTHERS, *_UNLIKE_JSON, *_TEXTS)
"""What stands where something else belongs."""
_WORDS: Final = re.compile(rb"[A-Za-z0-9_.+-]+|[^A-Za-z0-9_.+-]")
_NESTED: Final = 70


def mutated(data: bytes, random: Random, shape: Shape, prefix: int = 0) -> bytes:
    """Return an input that is like another one, and wrong in some place or several."""
    change = _CHANGES[shape] if random.random() < 0.85 else _spoilt
    head, body = data[:prefix], data[prefix:]
    if prefix and random.random() < 0.1:
        head = _spoilt(head, random)[:prefix].ljust(prefix, b"\0")
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        body = change(body, random)
    return head + body


def _spoilt(data: bytes, random: Random) -> bytes:
    spoilt = bytearray(data)
    place = random.randint(0, len(data))
    match random.randrange(7):
        case 0 | 1 if spoilt:
            for _ in range(random.randint(1, 8)):
                spoilt[random.randrange(len(spoilt))] ^= 1 << random.randrange(8)
        case 2:
            del spoilt[place:]
        case 3:
            del spoilt[place : place + random.randint(1, 16)]
        case 4:
            spoilt[place:place] = random.randbytes(random.randint(1, 16))
        case 5:
            begin = random.randint(0, len(data))
            spoilt[place:place] = data[begin : begin + random.randint(1, 64)]
        case _:
            size = random.choice((1, 2, 4, 8))
            number = random.choice(
                (0, 1, 0x7F, 0x80, 0xFF, (1 << 8 * size) - 1, 1 << 8 * size - 1, random.getrandbits(8 * size))
            )
            spoilt[place : place + size] = (number % (1 << 8 * size)).to_bytes(size, random.choice(("little", "big")))
    return bytes(spoilt)


def _other_words(data: bytes, random: Random) -> bytes:
    words = _WORDS.findall(data)
    if not words:
        return _spoilt(data, random)
    place = random.randrange(len(words))
    digits = [at for at, word in enumerate(words) if any(48 <= byte < 58 for byte in word)]
    if digits and random.random() < 0.4:
        place = random.choice(digits)
        words[place] = re.sub(rb"\d", lambda _: b"%d" % random.randrange(10), words[place], count=random.randint(1, 3))
        return b"".join(words)
    match random.randrange(5):
        case 0 | 1:
            value = random.choice((*_TEXTS, *_NUMBERS))
            words[place] = str(value).encode("utf-8", "surrogatepass")
        case 2:
            words[place] = random.choice(words)
        case 3:
            end = place + random.randint(1, 20)
            words[place:end] = words[place:end] * random.choice((0, 2, 3, 40))
        case _:
            words.insert(
                place, random.choice((b"\n", b",", b"=", b'"', b".", b" ", b"\r\n", b"\xff", b"\0", b";", b":", b"/"))
            )
    return b"".join(words)


def _other_json(data: bytes, random: Random) -> bytes:
    with suppress(msgspec.DecodeError, ValueError, TypeError, RecursionError):
        return msgspec.json.encode(_other_tree(msgspec.json.decode(data), random, ()))
    return _other_words(data, random)


def _other_msgpack(data: bytes, random: Random) -> bytes:
    with suppress(msgspec.DecodeError, ValueError, TypeError, RecursionError, OverflowError):
        return msgspec.msgpack.encode(_other_tree(msgspec.msgpack.decode(data), random, _UNLIKE_JSON))
    return _spoilt(data, random)


def _other_tree(tree: Any, random: Random, more: Sequence[object]) -> Any:  # noqa: ANN401
    """Change one place: a value, a name, an element more or less."""
    if isinstance(tree, dict) and tree and random.random() < 0.9:
        name = random.choice(list(tree))
        match random.randrange(10):
            case 0:
                del tree[name]
            case 1:
                tree[random.choice(_TEXTS)] = tree.pop(name)
            case 2:
                tree[random.choice(_TEXTS)] = _value(random, more)
            case 3:
                tree[name] = tree[random.choice(list(tree))]
            case _:
                tree[name] = _other_tree(tree[name], random, more)
        return tree
    if isinstance(tree, list) and tree and random.random() < 0.9:
        place = random.randrange(len(tree))
        match random.randrange(10):
            case 0:
                del tree[place]
            case 1:
                tree.insert(place, _value(random, more))
            case 2:
                tree[place:] = tree[place:] * random.choice((2, 10, 70))
            case 3:
                tree[place] = tree[random.randrange(len(tree))]
            case _:
                tree[place] = _other_tree(tree[place], random, more)
        return tree
    if isinstance(tree, bytes) and random.random() < 0.8:
        return _spoilt(tree, random)
    if isinstance(tree, str) and random.random() < 0.4:
        place = random.randint(0, len(tree))
        return tree[:place] + random.choice(_TEXTS) + tree[place:]
    if isinstance(tree, bool | None):
        return random.choice((True, False, None))
    if isinstance(tree, int | float) and abs(tree) < 1e300 and random.random() < 0.8:
        return random.choice((tree + 1, tree - 1, tree + 0.1, tree * 2, -tree, *_NUMBERS))
    if isinstance(tree, str) and random.random() < 0.8:
        return random.choice(_TEXTS)
    return _value(random, more)


def _value(random: Random, more: Sequence[object]) -> object:
    kinds: tuple[Sequence[object], ...] = (_TEXTS, _NUMBERS, _OTHERS, more or _OTHERS)
    value = deepcopy(random.choice(random.choice(kinds)))
    if random.random() < 0.02:
        for _ in range(_NESTED):
            value = [value] if random.random() < 0.5 else {"a": value}
    return value


def frames_of(data: bytes) -> list[tuple[bytes, bytes]]:
    """Take frames apart: the head and the content of each."""
    frames, at = [], 0
    while at + 3 <= len(data):
        length = data[at + 2]
        frames.append((data[at : at + 2], data[at + 3 : at + 3 + length]))
        at += 3 + length
    return frames


def framed(frames: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Put frames together; what is too long for one is cut."""
    return b"".join(head + bytes([len(content[:255])]) + content[:255] for head, content in frames)


def _other_frames(data: bytes, random: Random) -> bytes:
    frames = frames_of(data)
    if not frames:
        return _spoilt(data, random)
    place = random.randrange(len(frames))
    head, content = frames[place]
    match random.randrange(8):
        case 0:
            frames.insert(place, frames[random.randrange(len(frames))])
        case 1:
            other = random.randrange(len(frames))
            frames[place], frames[other] = frames[other], frames[place]
        case 2:
            del frames[place : place + random.randint(1, 3)]
        case 3:
            frames[place] = _spoilt(head, random)[:2].ljust(2, b"\0"), content
        case 4:
            _, other_content = random.choice(frames)
            cut = random.randint(0, len(content))
            frames[place] = head, content[:cut] + other_content[cut:]
        case _:
            frames[place] = head, _spoilt(content, random)
    return framed(frames)


_CHANGES: Final[dict[Shape, Callable[[bytes, Random], bytes]]] = {
    Shape.BYTES: _spoilt,
    Shape.TEXT: _other_words,
    Shape.JSON: _other_json,
    Shape.MSGPACK: _other_msgpack,
    Shape.FRAMES: _other_frames,
}
