"""A session's distance against the ceiling: 1.10 times the longest of the 30 days before, walking left out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from footfall_coaching.run import DistanceSource
from footfall_gateway import wire
from footfall_gateway.packets import SYNTHETIC_ADDRESSES, VIRTUAL_ADDRESSES
from footfall_gateway.store.database import Store
from footfall_gateway.store.standing import standing_of
from footfall_processing.gait import Activity, Stride
from footfall_processing.results.summary import summarize
from gateway.recordings_for_tests import LEFT, header

TODAY = datetime(2026, 11, 21, 8, 15, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "footfall.sqlite") as opened:
        yield opened


def ran(
    store: Store,
    days_ago: float,
    strides: int,
    *,
    runner: str = "ann",
    length_m: float | None = 2.0,
    walked: int = 0,
    address: str = "AA:BB:CC:DD:EE:01",
) -> str:
    """Keep a run of so many strides, and as many walking ones as are given before them; return its id."""
    one = header(f"{runner}-{days_ago}")
    session = replace(one.session, started_utc=TODAY - timedelta(days=days_ago), runner_name=runner)
    sensors = (replace(one.recorded_sensors[0], address=address), *one.recorded_sensors[1:])
    store.add_session(replace(one, session=session, recorded_sensors=sensors))
    did = [Activity.WALK] * walked + [Activity.RUN] * strides
    taken = [
        Stride(LEFT.id, LEFT.side, activity, float(n), None, n + 0.7, stride_length_m=length_m)
        for n, activity in enumerate(did)
    ]
    store.add_strides(session.id, taken)
    store.finish_session(session.id, wire.summary_object(summarize(taken, session.sensors)))
    return session.id


def test_today_stands_beside_the_longest_of_thirty_days(store: Store) -> None:
    for days_ago, strides in ((31, 900), (29, 500), (2, 300)):
        ran(store, days_ago, strides)
    ran(store, 3, 700, runner="ben")
    ran(store, -1, 800)
    stand = standing_of(store, ran(store, 0, 600, walked=50))
    assert stand is not None
    assert (stand.distance_m, stand.ceiling.longest_m) == (1200.0, 1000.0)
    assert stand.ceiling.limit_m == pytest.approx(1100.0)
    assert stand.ratio == pytest.approx(1.2)


def test_a_walk_is_no_run(store: Store) -> None:
    walk = ran(store, 2, 0, walked=3000)
    (run,) = store.log.runs("ann")
    assert (run.session_id, run.distance_m, run.distance_source, run.walking_m) == (walk, None, None, 6000.0)
    stand = standing_of(store, ran(store, 0, 600))
    assert stand is not None
    assert stand.ceiling.limit_m is None


def test_a_run_of_the_31st_day_before_does_not_count_in_any_time_zone(store: Store) -> None:
    long_ago = ran(store, 30.5, 900)
    elsewhere = store.session(long_ago).header
    began = (TODAY - timedelta(days=30.5)).astimezone(timezone(timedelta(hours=13)))
    store.add_session(replace(elsewhere, session=replace(elsewhere.session, started_utc=began)))
    stand = standing_of(store, ran(store, 0, 600))
    assert stand is not None
    assert stand.ceiling.limit_m is None


@pytest.mark.parametrize(("before_m", "today_m"), [(None, 2.0), (2.0, None)])
def test_without_lengths_it_is_unknown(store: Store, before_m: float | None, today_m: float | None) -> None:
    ran(store, 5, 100, length_m=before_m)
    stand = standing_of(store, ran(store, 0, 100, length_m=today_m))
    assert stand is not None
    assert stand.ratio is None


def test_a_sum_of_few_lengths_is_no_distance(store: Store) -> None:
    one = header("lossy")
    store.add_session(one)
    strides = [
        Stride(LEFT.id, LEFT.side, Activity.RUN, float(n), None, n + 0.7, stride_length_m=2.0 if n % 3 == 0 else None)
        for n in range(90)
    ]
    store.finish_session("lossy", wire.summary_object(summarize(strides, one.session.sensors)))
    (run,) = store.log.runs()
    assert (run.distance_m, run.distance_source) == (None, None)


@pytest.mark.parametrize("begin", [VIRTUAL_ADDRESSES, SYNTHETIC_ADDRESSES])
def test_what_nobody_ran_counts_nowhere(store: Store, begin: str) -> None:
    ran(store, 5, 300)
    demo = ran(store, 4, 900, address=f"{begin}01")
    assert standing_of(store, demo) is None
    assert [run.is_demo for run in store.log.runs("ann")] == [True, False]
    stand = standing_of(store, ran(store, 0, 600))
    assert stand is not None
    assert stand.ceiling.longest_m == 600.0


def test_what_the_runner_says_afterwards_counts(store: Store) -> None:
    before, today = ran(store, 5, 300), ran(store, 0, 600)
    store.log.went(before, 2000.0, DistanceSource.WATCH)
    stand = standing_of(store, today)
    assert stand is not None
    assert stand.ceiling.longest_m == 2000.0
    store.log.discard(before, TODAY)
    stand = standing_of(store, today)
    assert stand is not None
    assert stand.ceiling.limit_m is None
    store.log.discard(today, TODAY)
    assert standing_of(store, today) is None
