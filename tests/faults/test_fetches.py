"""A run that sensors recorded by themselves, fetched while all that can end ends at random."""

from pathlib import Path

from faults.effort import Tell, effort, tell
from gateway.onboard.simulated import Fetches

FETCHES = effort(3, 1000)
MINUTES = effort(3.0, 60.0)


def test_a_fetch_that_ends_anywhere_goes_on_and_is_as_if_it_had_not(tmp_path: Path, record_property: Tell) -> None:
    fetches = Fetches(tmp_path, MINUTES)
    outcomes = [fetches.fetch(seed) for seed in range(FETCHES)]
    assert all(outcome.is_equal for outcome in outcomes)
    tell(
        record_property,
        tries=sum(outcome.ends for outcome in outcomes),
        items=sum(outcome.records for outcome in outcomes),
        lost=sum(outcome.lost for outcome in outcomes),
        doubled=sum(outcome.doubled for outcome in outcomes),
        note=f"{FETCHES:,} fetches",
    )
