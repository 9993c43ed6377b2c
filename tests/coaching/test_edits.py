"""What is set right of a run is held to one rule, in one wording, by pages and commands."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from footfall_coaching.edits import beginning_from, distance_m_from, line_from
from footfall_processing.errors import InputError

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["Evening", "🏃\u200d♀️ up the hill", "نیم\u200cروز", "Zoë’s 10 km"])
def test_letters_of_all_scripts_and_emoji_are_a_title(text: str) -> None:
    assert line_from(f" {text} ", "a title") == text


@pytest.mark.parametrize("text", ["two\nlines", "\x1b[31mred", "turned \u202eround", "\u200b", "x" * 101, "\udc80"])
def test_what_nobody_sees_or_is_too_long_is_no_title(text: str) -> None:
    with pytest.raises(InputError, match="a title"):
        line_from(text, "a title")


def test_a_distance_is_read_with_comma_or_point_in_the_unit_that_is_spoken() -> None:
    assert distance_m_from(" 8,2 ", 1000.0, "km") == pytest.approx(8200.0)
    assert distance_m_from("5.0", 1609.344, "mi") == pytest.approx(8046.72)
    assert distance_m_from(" ", 1000.0, "km") is None


@pytest.mark.parametrize(
    "text", ["0", "-3", "nan", "inf", "1e9", "far", "8.2.1", "8 km", "1_0", "1e2", "٨", "８", "0x8", "1e-1"]
)
def test_what_is_no_distance_is_told_in_the_unit_that_was_asked_for(text: str) -> None:
    with pytest.raises(InputError, match="km"):
        distance_m_from(text, 1000.0, "km")


def test_a_date_is_of_the_runners_clock_unless_it_says_another() -> None:
    assert beginning_from("2026-05-03T08:15", BERLIN, NOW) == datetime(2026, 5, 3, 6, 15, tzinfo=UTC)
    assert beginning_from("2026-05-03T08:15Z", BERLIN, NOW) == datetime(2026, 5, 3, 8, 15, tzinfo=UTC)
    assert beginning_from("2026-10-25T02:30", BERLIN, NOW) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "the first"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-03-29T02:30", "02:30 was skipped"),
        ("2027-01-05T10:00", "before now"),
        ("0001-01-01T00:00", "no date|after 1980"),
        ("yesterday", "no date and time"),
    ],
)
def test_a_run_did_not_begin_when_no_clock_showed_it_or_later_than_now(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        beginning_from(text, BERLIN, NOW)
