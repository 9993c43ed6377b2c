"""A study's file: what can be planned, what is told of it beforehand, and what a study like it sees."""

from typing import Any

import msgspec
import pytest

from coaching.studies import FILE, PARALLEL, changed
from footfall_coaching.studies.beforehand import design_words, power_words
from footfall_coaching.studies.file import Joining, Stopping
from footfall_coaching.studies.together import found_of_100


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"footfall_study": 2}, "footfall-study: is 2, and this Footfall reads 1"),
        ({"study": "Tape & knee"}, "study: give a name"),
        ({"question": " "}, "question: needs one line"),
        ({"conditions": ("as usual", "as usual")}, "conditions: are the same"),
        ({"block": 3}, "block: give even numbers from 2 to 12"),
        ({"block": ()}, "block: give even numbers"),
        ({"block": 14, "runs": 14}, "block: give even numbers"),
        ({"runs": 5}, "block: take one size that 5 runs can be cut into"),
        ({"block": (2, 4)}, "block: take one size"),
        ({"design": "parallel", "block": 4}, "runners: two blocks of runners are the least"),
        ({"runs": 60, "runners": 101}, "runners: times runs are more than 6,000"),
        ({"runners": 1}, "runs: with so few, even the clearest result comes by chance more often than 1 in 20"),
        ({"pain_of": None}, "pain-of: say whose pain counts"),
        ({"beside": ("pain",)}, "beside: names a measure twice"),
        ({"joining": {"light": "red"}}, "light: give green or amber"),
        ({"joining": {"least-pain": 2}}, "joining.least-pain: needs pain as the primary measure, and runs-before"),
        ({"joining": {"confirm": ["18\u202e"]}}, "confirm: needs one line"),
        ({"consent": {"version": "1", "text": "Yes."}}, "text: is what runners agree to"),
        ({"consent": {"version": "1", "text": "I agree to all of it, \u202eand more than that."}}, "can't be seen"),
        ({"assumed": {"run-to-run": 1e-300}}, "Expected `float` >= 0.001"),
        ({"runs": 10**30}, "Expected `int` <= 60|out of range"),
    ],
)
def test_a_file_that_can_t_be_a_study_is_refused_by_field(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        changed(FILE, **fields)


@pytest.mark.parametrize(("runs", "runners", "block"), [(60, 100, 12), (24, 70, 4), (12, 500, 2)])
def test_studies_of_as_many_runs_as_are_allowed_can_be_planned(runs: int, runners: int, block: int) -> None:
    assert changed(FILE, runs=runs, runners=runners, block=block).groups == (block,) * (runs // block)


def test_what_a_study_does_and_can_see_is_told_beforehand() -> None:
    file = changed(FILE, runs=8, block=4, runners=12, joining=Joining(runs_before=3, least_pain=1.0, confirm=("18",)))
    words = " ".join([*design_words(file), power_words(file)])
    for said in (
        "12 runners, each with 8 runs: 4 as usual and 4 with tape",
        "judged by pain of the knee in the run alone",
        "only on green days, with 3 runs of the last 6 weeks",
        "Its organiser confirms: 18.",
        "stops after 1 run with a red light",
        "2026-12-01",
        "1 less in ",
        "Of one runner alone, 1 less is found in 0.",
    ):
        assert said in words, words
    groups = changed(PARALLEL, runners=40, primary="impact", pain_of=None, stopping=Stopping(2, 3))
    words = " ".join([*design_words(groups), power_words(groups)])
    assert "half of them run as usual and half with tape, drawn as they join in blocks of 2 or 4" in words
    assert "the study stops once 3 runners stopped so" in words
    assert "from runner to runner by 25 %" in words


def test_more_runners_see_more_and_nothing_is_seen_in_5_of_100() -> None:
    seen = [found_of_100((4, 4), count, 0.6) for count in (4, 8, 16)]
    assert seen == sorted(seen)
    assert seen[0] + 30 < seen[-1]
    assert found_of_100((4, 4), 8, 0.0) <= 8
    assert found_of_100((4,) * 6, 1, 0.0, 0.0) <= 8
