"""A watch's records find their place in a session by cadence alone, or it is said that they don't."""

import numpy as np
import pytest

import watch_pairs
from footfall_processing.errors import InputError
from footfall_processing.results.watch_time import MOST_ERROR_S, align


@pytest.mark.parametrize("kind", watch_pairs.KINDS)
def test_a_watch_of_another_clock_is_placed_within_half_a_second(kind: str) -> None:
    errors_s = []
    for seed in range(4):
        pair = watch_pairs.make(1000 + seed, kind)
        found = align(pair.session_s, pair.session_spm, pair.watch_s, pair.watch_spm)
        if found is not None:
            assert found.error_s <= MOST_ERROR_S
            errors_s.append(pair.error_s(found))
    assert len(errors_s) >= 2
    assert np.median(errors_s) <= 0.5
    assert max(errors_s) <= 2.0 * MOST_ERROR_S


def test_another_runners_watch_is_not_placed() -> None:
    for seed in range(3):
        mine, other = watch_pairs.make(seed, "steady"), watch_pairs.make(seed + 50, "steady")
        assert align(mine.session_s, mine.session_spm, other.watch_s, other.watch_spm) is None


def test_a_cadence_that_never_changes_tells_nothing() -> None:
    t_s = np.arange(0.0, 900.0)
    assert align(t_s, np.full(900, 170.0), t_s + 40.0, np.full(900, 170.0)) is None
    assert align(t_s[:1], np.full(1, 170.0), t_s, np.full(900, 170.0)) is None


def test_times_that_make_no_sense_are_refused() -> None:
    t_s, cadence_spm = np.arange(0.0, 300.0), np.full(300, 170.0)
    with pytest.raises(InputError, match="the watch's times don't rise"):
        align(t_s, cadence_spm, t_s[::-1], cadence_spm)
    with pytest.raises(InputError, match="the session's times don't rise"):
        align(np.where(t_s == 5.0, np.nan, t_s), cadence_spm, t_s, cadence_spm)
    with pytest.raises(InputError, match="not of one length"):
        align(t_s, cadence_spm[1:], t_s, cadence_spm)
    with pytest.raises(InputError, match="48 hours"):
        align(t_s * 1000.0, cadence_spm, t_s, cadence_spm)
