"""Names cut for tables and pages."""

from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.short_names import MOST_CHARACTERS, short_names


def test_a_long_name_keeps_its_ends() -> None:
    assert short_names(["foot-left", "the-left-one-that-i-lent-to-my-brother-0001"]) == {
        "foot-left": "foot-left",
        "the-left-one-that-i-lent-to-my-brother-0001": "the-left-one-th…her-0001",
    }


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.text("aЖ左", max_size=30))
def test_no_two_become_the_same_however_alike(numbers: list[int], text: str) -> None:
    names = [f"{text}{'x' * 30}{'y' * number}{'z' * 30}" for number in numbers] + [text]
    shown = short_names(names)
    assert shown.keys() == set(names)
    assert len(set(shown.values())) == len(shown)
    assert max(map(len, shown.values())) <= MOST_CHARACTERS or len(text) > MOST_CHARACTERS
    assert all(len(cut) <= MOST_CHARACTERS for cut in shown.values())
