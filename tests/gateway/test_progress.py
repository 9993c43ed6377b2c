"""A session's distance against the longest of the 30 days before."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from footfall_gateway.packets import RecordingHeader
from footfall_gateway.store.database import Store
from footfall_gateway.store.progress import progress_of
from footfall_processing.gait import Activity, Stride
from gateway.recordings_for_tests import LEFT, header

TODAY = datetime(2026, 11, 21, 8, 15, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "footfall.sqlite") as opened:
        yield opened


def ran(
    store: Store, days_ago: float, strides: int, *, runner: str = "ann", length_m: float | None = 2.0
) -> RecordingHeader:
    began = TODAY - timedelta(days=days_ago)
    one = header(f"{runner}-{days_ago}")
    one = replace(one, session=replace(one.session, started_utc=began, runner_name=runner))
    store.add_session(one)
    store.add_strides(
        one.session.id,
        [
            Stride(LEFT.id, LEFT.side, Activity.RUN, float(n), None, n + 0.7, stride_length_m=length_m)
            for n in range(strides)
        ],
    )
    return one


def test_today_stands_beside_the_longest_of_thirty_days(store: Store) -> None:
    for days_ago, strides in ((31, 900), (29, 500), (2, 300)):
        ran(store, days_ago, strides)
    ran(store, 3, 700, runner="ben")
    ran(store, -1, 800)
    progress = progress_of(store, ran(store, 0, 600))
    assert progress is not None
    assert (progress.distance_m, progress.longest_before_m) == (1200.0, 1000.0)
    assert progress.ratio == pytest.approx(1.2)


def test_a_run_of_the_31st_day_before_does_not_count_in_any_time_zone(store: Store) -> None:
    one = ran(store, 30.5, 900)
    assert one.session.started_utc is not None
    elsewhere = one.session.started_utc.astimezone(timezone(timedelta(hours=13)))
    store.add_session(replace(one, session=replace(one.session, started_utc=elsewhere)))
    assert progress_of(store, ran(store, 0, 600)) is None


@pytest.mark.parametrize(("before_m", "today_m"), [(None, 2.0), (2.0, None)])
def test_without_lengths_nothing_is_said(store: Store, before_m: float | None, today_m: float | None) -> None:
    ran(store, 5, 100, length_m=before_m)
    assert progress_of(store, ran(store, 0, 100, length_m=today_m)) is None
