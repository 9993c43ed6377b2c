"""What is told of a month: each planted change, and nothing where nothing was planted; `scripts/planted_months.py`."""

import dataclasses

import pytest

from coaching.history import DAY
from footfall_coaching.alike import versions_note
from footfall_coaching.changes import changes_of
from footfall_coaching.ledger import RULES, remake
from footfall_coaching.message import Message
from footfall_processing.metrics.version import METRICS_VERSION
from planted_months import NOW, PLANTS, SHOES, months, told_in


@pytest.mark.parametrize("planted", [name for name in PLANTS if name != "nothing"])
def test_a_planted_change_is_told_and_made_again_from_its_inputs(planted: str) -> None:
    plant, rule = PLANTS[planted]
    told = {change.rule: change for change in changes_of(months(plant, 3), SHOES, NOW)}
    assert rule in told
    for change in told.values():
        version = max(number for name, number in RULES if name == change.rule)
        assert remake(Message(change.rule, version, "Ada", "", NOW, change.words, change.inputs)) == change.words


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_told_where_nothing_was_planted(seed: int) -> None:
    assert told_in(months(PLANTS["nothing"][0], seed), after_every_run=False) == set()


def test_nothing_is_told_of_a_new_log_of_demos_or_of_undated_runs() -> None:
    runs = months(PLANTS["impact 20 % less"][0], 3)
    recent = [run for run in runs if run.started_utc is not None and run.started_utc > NOW - 30 * DAY]
    assert changes_of([], SHOES, NOW) == []
    assert changes_of(recent, SHOES, NOW) == []
    assert changes_of([dataclasses.replace(run, is_demo=True) for run in runs], SHOES, NOW) == []
    assert changes_of([dataclasses.replace(run, started_utc=None) for run in runs], SHOES, NOW) == []


def test_a_change_with_a_new_pair_names_it() -> None:
    runs = months(PLANTS["impact 20 % less"][0], 3)
    changed = [
        dataclasses.replace(run, shoe="New" if run.started_utc and run.started_utc >= NOW - 30 * DAY else "Old")
        for run in runs
    ]
    (change,) = (one for one in changes_of(changed, SHOES, NOW) if one.rule == "impact-change")
    assert "softer than in the three months before" in change.words
    assert change.words.endswith("All these runs were in New, which you hardly wore before.")


def test_no_change_is_told_that_another_version_of_the_metrics_may_have_made() -> None:
    runs = months(PLANTS["impact 20 % less"][0], 3)
    reprocessed = [dataclasses.replace(run, metrics_version=METRICS_VERSION) for run in runs]
    assert changes_of(reprocessed, SHOES, NOW) == changes_of(runs, SHOES, NOW) != []
    updated = [
        new if new.started_utc and new.started_utc >= NOW - 30 * DAY else old
        for old, new in zip(runs, reprocessed, strict=True)
    ]
    assert changes_of(updated, SHOES, NOW) == []
    older = sum(run.metrics_version == 0 for run in updated)
    assert versions_note(updated).startswith(
        f"{older} of these {len(updated)} runs were worked out by an older version"
    )
    assert versions_note(updated[:1]).startswith("This run was worked out")
    assert versions_note(reprocessed) == ""
