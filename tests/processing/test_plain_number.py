"""Numbers as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.plain_number import plain_number


@pytest.mark.parametrize(
    ("text", "number"), [("8", 8.0), (" 8,5 ", 8.5), ("8.", 8.0), (".5", 0.5), ("-3", -3.0), ("+2.50", 2.5)]
)
def test_digits_with_a_comma_or_a_point_are_a_number(text: str, number: float) -> None:
    assert plain_number(text) == number


@pytest.mark.parametrize(
    "text", ["", ".", "1_0", "1e2", "inf", "nan", "٣", "３", "1.2.3", "1,2,3", "0x8", "8 5", "9" * 16]
)
def test_what_only_a_program_takes_for_a_number_is_none(text: str) -> None:
    assert plain_number(text) is None


@given(st.text(max_size=20))
def test_no_text_raises_anything(text: str) -> None:
    number = plain_number(text)
    assert number is None or number == float(text.replace(",", "."))
