"""Charts and their axes: what is drawn is what was given, gaps are gaps, and no text is more than text."""

import itertools
import re
from collections.abc import Sequence
from datetime import UTC, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.a_diary import HOSTILE, NOW
from footfall_dashboards.live.pace import KM_M, MILE_M
from footfall_dashboards.runner import axes
from footfall_dashboards.runner.charts import (
    LEFT,
    LETTER,
    RIGHT,
    WIDTH,
    Line,
    Note,
    Picture,
    Point,
    Stretch,
    apart,
    line_chart,
    runs_of_points,
    small_curve,
)

VALUES = st.lists(st.floats(-1e4, 1e4).map(lambda value: round(value, 3)), min_size=1, max_size=20)


@given(VALUES, st.booleans(), st.floats(0.5, 100.0))
def test_an_axis_of_numbers_holds_all_values_and_its_few_ticks_say_what_they_are(
    values: list[float], from_zero: bool, least_span: float
) -> None:
    axis = axes.numbers("g", values, least_span=least_span, from_zero=from_zero)
    assert axis.low <= min(values) + 1e-6 * abs(min(values))
    assert axis.high >= max(values) - 1e-6 * abs(max(values))
    assert axis.high - axis.low >= least_span * 0.999
    assert not from_zero or axis.low <= 0.0
    assert 2 <= len(axis.ticks) <= 9
    for value, text in axis.ticks:
        assert float(text.replace("−", "-")) == pytest.approx(value, abs=1e-9 + 1e-6 * abs(value))


@given(st.lists(st.floats(1.0, 7.0), min_size=1, max_size=20), st.sampled_from([KM_M, MILE_M]))
def test_an_axis_of_pace_holds_all_speeds_with_the_fastest_on_top(speeds: list[float], length_m: float) -> None:
    axis = axes.paces("min/km", speeds, length_m)
    assert axis.low <= min(speeds) <= max(speeds) <= axis.high
    told = [value for value, _ in axis.ticks]
    assert told == sorted(told)
    for value, text in axis.ticks:
        minutes, seconds = text.split(":")
        assert length_m / value == pytest.approx(60 * int(minutes) + int(seconds))


@given(st.floats(0.2, 4000.0))
def test_an_axis_of_days_has_a_few_ticks_within_it(days: float) -> None:
    axis = axes.dates(NOW - timedelta(days=days), NOW, UTC)
    assert len(axis.ticks) <= 7
    assert all(axis.low <= value <= axis.high for value, _ in axis.ticks)


@given(st.lists(st.one_of(st.none(), st.floats(0.0, 10.0)), max_size=30), st.sampled_from([None, 1.5]))
def test_a_line_is_cut_where_a_value_is_missing_and_keeps_all_others(ys: list[float | None], gap: float | None) -> None:
    points = [Point(float(number), y) for number, y in enumerate(ys)]
    parts = runs_of_points(points, gap)
    assert [point for part in parts for point in part] == [point for point in points if point.y is not None]
    for part in parts:
        xs = [point.x for point in part]
        assert xs == [xs[0] + number for number in range(len(xs))]


@given(st.lists(st.floats(LEFT, WIDTH - RIGHT), max_size=25).map(sorted))
def test_letters_stand_beside_each_other_in_their_order_within_the_drawing(places: list[float]) -> None:
    moved = apart(places)
    assert all(b - a >= LETTER - 1e-9 for a, b in itertools.pairwise(moved))
    assert all(LETTER / 2 <= x <= WIDTH - LETTER / 2 for x in moved)
    if all(b - a >= LETTER for a, b in itertools.pairwise(places)):
        assert moved == places, "letters that have room stay"


def chart(lines: Sequence[Line], gap: float | None = None) -> str:
    x, y = axes.minutes(0.0, 600.0), axes.numbers("g", [0.0, 10.0])
    picture = Picture("impact", "Impact", "Left from 8 to 9 g.")
    return line_chart(picture, lines, x, y, gap=gap)


def tree_of(figure: str) -> ElementTree.Element:
    return ElementTree.fromstring(figure)


def test_a_chart_is_an_image_with_a_name_and_the_sentence_that_stands_below_it() -> None:
    tree = tree_of(chart([Line("left", "Left", [Point(0.0, 8.0), Point(60.0, 9.0)])]))
    image = tree.find("svg")
    assert image is not None
    assert image.get("role") == "img"
    names = {element.get("id"): element.text for element in image if element.tag in ("title", "desc")}
    assert [names[id] for id in (image.get("aria-labelledby") or "").split()] == ["Impact", "Left from 8 to 9 g."]
    assert (tree.findtext("figcaption") or "") == "Left from 8 to 9 g."
    assert "style=" not in ElementTree.tostring(tree, encoding="unicode")


def test_no_line_goes_through_a_gap_and_the_legs_differ_in_shape() -> None:
    left = [Point(0.0, 8.0), Point(60.0, 8.0), Point(120.0, None), Point(180.0, 9.0), Point(240.0, 9.0)]
    right = [Point(point.x, 5.0) for point in left]
    figure = chart([Line("left", "Left", left), Line("right", "Right", right)])
    ways = dict(re.findall(r'<path class="(left|right) line" d="(M\d[^"]+)"', figure.partition("role=")[2]))
    assert ways["left"].count("M") == 2
    assert ways["right"].count("M") == 1
    assert 'class="left dot"' in figure
    assert 'class="right diamond"' in figure


def test_what_is_doubtful_is_marked_and_said() -> None:
    points = [Point(0.0, 8.0, doubt="clipped"), Point(60.0, None, doubt="few")]
    figure = chart([Line("left", "Left", points)])
    assert 'class="left clipped"' in figure
    assert 'class="left few"' in figure
    words = "".join(tree_of(figure).itertext())
    assert "landings went beyond the sensor's range there: the true impact is higher" in words
    assert "too few strides for a value" in words


def test_texts_from_outside_stay_texts() -> None:
    picture = Picture("impact", HOSTILE, HOSTILE)
    lines = [Line("left", HOSTILE, [Point(0.0, 8.0)]), Line("right", "Right", [Point(0.0, 8.0)])]
    x, y = axes.minutes(0.0, 600.0), axes.numbers(HOSTILE, [0.0, 10.0])
    figure = line_chart(
        picture, lines, x, y, notes=[Note(60.0, HOSTILE)], stretches=[Stretch(0.0, 60.0, HOSTILE, "easy")]
    )
    for text in (figure, small_curve(lines, HOSTILE)):
        assert "<script" not in text
        assert "<img" not in text
    tree_of(figure)


def test_an_interval_is_drawn_around_its_line_and_a_single_one_as_a_whisker() -> None:
    both = [Point(0.0, 8.0, 7.0, 9.0), Point(60.0, 8.0, 7.5, 8.5), Point(300.0, 8.0, 7.0, 9.0)]
    figure = chart([Line("left", "Left", both)], gap=100.0)
    assert figure.count('class="left interval"') == 1
    assert figure.count('class="left whisker"') == 1
