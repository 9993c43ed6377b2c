"""The door for YAML: plain mappings, lists and texts within bounds, and nothing more."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside_yaml import parse_yaml


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    number: int = 0
    names: tuple[str, ...] = ()


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    text: str = ""
    inner: Inner = msgspec.field(default_factory=Inner)


def test_plain_words_are_texts_until_a_field_makes_a_number_of_them() -> None:
    found = parse_yaml(
        b"\xef\xbb\xbftext: no\ninner:\n  number: 12\n  names: [1:30, 2026-11-30, ~, 'x: y']\n", Outer, "it"
    )
    assert found == Outer("no", Inner(12, ("1:30", "2026-11-30", "~", "x: y")))
    assert parse_yaml(b"text: |\n  two\n  lines\n", Outer, "it").text == "two\nlines\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"text: &a x", r"line 1: has an anchor \(&\) or an alias"),
        (b"text: x\ninner: *a", r"line 2: has an anchor \(&\) or an alias"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "line 1: has an anchor"),
        (b"text: !!python/object/apply:os.system [ls]", r"line 1: has a tag \(!\)"),
        (b"text: ! x", "line 1: has a tag"),
        (b"%TAG ! tag:x,2000:\n---\ntext: x", "line 1: has a tag|line 2: has a tag"),
        (b"text: x\ntext: y", "line 2: 'text' stands twice; keep one"),
        (b"text: x\n---\ntext: y", "line 2: a second document begins"),
        (b"? [a]\n: b", "line 1: a key is no plain text"),
        (b"inner: " + b"[" * 500, "line 1: is nested too deeply"),
        (b"inner: " + b"{a: " * 500, "line 1: is nested too deeply"),
        (b"\n".join(b" " * at + b"a:" for at in range(100)), "is nested too deeply"),
        (b"- x\n" * 15_000, "has too many parts"),
        (b"inner:\n  number: " + b"9" * 5000, "line 2, inner.number: "),
        (b"inner:\n  number: 1e400", "line 2, inner.number: "),
        (b"inner:\n  number: x", "line 2, inner.number: Expected `int`, got `str`"),
        (b"inner:\n  names: [a, [b]]", r"line 2, inner.names\[1\]: Expected `str`, got `array`"),
        (b"inner:\n  other: 1", "line 2, inner.other: no such field is known here; see its spelling"),
        (b"text: 'x", "line 1: is no YAML"),
        (b"text: x\n\tinner: y", "line 2: is no YAML"),
        (b"text: \x00", "is no YAML"),
        (b"text: \xff", r"is no text in UTF-8 \(byte 6\)"),
        (b"", "Expected `object`, got `null`"),
        (b"x", "Expected `object`, got `str`"),
        (b"#" * 65_537, "more than the 64 KiB"),
    ],
)
def test_what_is_not_plain_is_refused_with_its_line(text: bytes, why: str) -> None:
    with pytest.raises(OutsideError, match=f"^it: .*(?:{why})") as refused:
        parse_yaml(text, Outer, "it")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


@given(st.binary(max_size=80) | st.text(alphabet="[]{}\"':,.-=a1é&*!|>%#? \n\t", max_size=60))
def test_whatever_it_is_gives_a_value_or_one_error(given_text: bytes | str) -> None:
    data = given_text if isinstance(given_text, bytes) else given_text.encode()
    for kind in (object, Outer):
        with suppress(OutsideError):
            parse_yaml(data, kind, "it")
