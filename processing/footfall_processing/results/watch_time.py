"""When a watch's records were made, on a session's own axis: found from the cadence that both have seen."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray

MOST_SKEW: Final = 0.025
"""How much faster or slower the two clocks may run."""
MOST_S: Final = 48 * 3600.0
"""Longer than any run, and what a comparison may cost."""
LEAST_OVERLAP_S: Final = 120.0
"""So long at least both have to have seen, and not less than half of the shorter one."""
LEAST_CORRELATION: Final = 0.6
LEAST_LEAD: Final = 8.0
"""How much more likely (natural logarithm) the best place has to be than any other that is not near: else a steady
runner's cadence does not tell where it belongs."""

MOST_ERROR_S: Final = 1.0

_ALIKE_S: Final = 25.0
_INDEPENDENT_S: Final = 15.0
"""Seconds of a cadence that are worth one observation."""
_ELSEWHERE_S: Final = 15.0
"""So far from the best, a place is another one."""
_SKEW_STEP: Final = 0.001
_TREND_S: Final = 181
_MOST_CHANGE_SPM: Final = 10.0
"""Cadences are compared by how they differ from the minutes around them, up to this much."""
_WIDTH_S: Final = 3
"""Watches smooth over some seconds; both are smoothed over this long, so that what is left differs little."""


@dataclass(frozen=True, slots=True)
class WatchTime:
    """Where a watch's seconds lie: `session_s = offset_s + rate * watch_s`.

    Parameters
    ----------
    correlation
        Of the two cadences, by how they change; at most 1.
    error_s
        How far an end may be off, with 95 % confidence; at most `MOST_ERROR_S`.
    """

    offset_s: float
    rate: float
    correlation: float
    error_s: float

    def session_s(self, watch_s: FloatArray) -> FloatArray:
        """Return the session seconds of watch seconds."""
        return self.offset_s + self.rate * watch_s


def align(
    session_s: FloatArray, session_spm: FloatArray, watch_s: FloatArray, watch_spm: FloatArray
) -> WatchTime | None:
    """Find where a watch's records belong, from cadence alone; `None` where that does not tell.

    The clocks may differ by any offset and, in rate, by `MOST_SKEW`. For rates 0.2 % apart the correlation at every
    offset is taken over what overlaps (Padfield 2012, IEEE Trans Image Process 21:2706, doi:10.1109/TIP.2011.2181402);
    from the best, offset and rate are refined so that the two differ least. Standing counts as a cadence of 0: where
    one stops tells more than how one runs.

    Parameters
    ----------
    session_s, session_spm
        (n,) time of each stride's contact, rising, and its cadence in steps of both feet a minute.
    watch_s, watch_spm
        (m,) time of each record, rising, and the cadence in it, in the same unit; 0 or NaN where it has none.

    Raises
    ------
    InputError
        When times don't rise, are not finite, or span more than `MOST_S`.
    """
    for times_s, cadences_spm, whose in ((session_s, session_spm, "session"), (watch_s, watch_spm, "watch")):
        _check(times_s, cadences_spm, whose)
    if min(len(session_s), len(watch_s)) < 2:
        return None
    ours = _on_seconds(session_s, session_spm, hold_s=2.5)
    places: list[FloatArray] = []
    for rate in 1.0 + np.arange(-MOST_SKEW, MOST_SKEW + _SKEW_STEP / 2.0, _SKEW_STEP):
        theirs = _on_seconds(watch_s * rate, watch_spm, hold_s=6.0)
        lags, correlations, overlaps_s = _correlations(ours.values, theirs.values)
        offsets_s = ours.begin_s - theirs.begin_s + lags
        likely = _likelihood(correlations, overlaps_s)
        places.append(np.column_stack((likely, correlations, offsets_s, np.full(len(lags), rate))))
    likely, correlations, offsets_s, rates = np.concatenate(places).T
    if not len(likely):
        return None
    best = int(np.argmax(likely))
    if correlations[best] < LEAST_CORRELATION:
        return None
    ends_s = watch_s[[0, -1], np.newaxis]
    away_s = np.abs(offsets_s - offsets_s[best] + (rates - rates[best]) * ends_s).max(axis=0)
    if likely[best] - likely[away_s > _ELSEWHERE_S].max(initial=0.0) < LEAST_LEAD:
        return None
    return _refined(ours, watch_s, watch_spm, float(offsets_s[best]), float(rates[best]))


@dataclass(frozen=True, slots=True)
class _Seconds:
    """A cadence each second from `begin_s` on."""

    begin_s: float
    values: FloatArray


def _check(times_s: FloatArray, cadences_spm: FloatArray, whose: str) -> None:
    if times_s.shape != cadences_spm.shape or times_s.ndim != 1:
        raise InputError(f"the {whose}'s times and cadences are not of one length")
    if len(times_s) and not (np.all(np.isfinite(times_s)) and np.all(np.diff(times_s) > 0.0)):
        raise InputError(f"the {whose}'s times don't rise")
    if len(times_s) and times_s[-1] - times_s[0] > MOST_S:
        raise InputError(f"the {whose} spans more than {MOST_S / 3600.0:.0f} hours")


def _on_seconds(times_s: FloatArray, cadences_spm: FloatArray, hold_s: float) -> _Seconds:
    """Return the cadence each second, smoothed; 0 where no record is near, as where one stands."""
    grid_s = np.arange(math.floor(times_s[0]), math.ceil(times_s[-1]) + 1.0)
    values = np.interp(grid_s, times_s, np.nan_to_num(cadences_spm))
    after = np.clip(np.searchsorted(times_s, grid_s), 1, len(times_s) - 1)
    values[
        (times_s[after] - times_s[after - 1] > hold_s) & (grid_s > times_s[after - 1]) & (grid_s < times_s[after])
    ] = 0.0
    smooth = _mean(values, _WIDTH_S)
    moving = smooth > 0.0
    around = _mean(np.where(moving, smooth, 0.0), _TREND_S) / np.maximum(_mean(moving.astype(float), _TREND_S), 1e-9)
    # what a stop or a walk is worth is bounded, or one of them would outweigh all else
    changes = np.clip(smooth - around, -_MOST_CHANGE_SPM, _MOST_CHANGE_SPM)
    return _Seconds(float(grid_s[0]), np.where(moving, changes, -_MOST_CHANGE_SPM))


def _mean(values: FloatArray, width: int) -> FloatArray:
    """Return the running mean, at the ends over what is there."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    at = np.arange(len(values))
    begin, end = np.maximum(at - width // 2, 0), np.minimum(at + width // 2 + 1, len(values))
    return np.asarray((sums[end] - sums[begin]) / (end - begin))


def _correlations(ours: FloatArray, theirs: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return by how many seconds theirs is shifted, how alike the two then are, and over how many seconds."""
    size = 1 << (len(ours) + len(theirs) - 1).bit_length()
    one, other = np.fft.rfft(ours, size), np.conj(np.fft.rfft(theirs, size))
    here, there = np.fft.rfft(np.ones(len(ours)), size), np.conj(np.fft.rfft(np.ones(len(theirs)), size))
    one_2, other_2 = np.fft.rfft(ours**2, size), np.conj(np.fft.rfft(theirs**2, size))
    lags = np.arange(-(len(theirs) - 1), len(ours))
    products, n, sum_a, sum_b, sum_aa, sum_bb = (
        np.fft.irfft(spectrum, size)[lags]
        for spectrum in (one * other, here * there, one * there, here * other, one_2 * there, here * other_2)
    )
    enough = n >= max(LEAST_OVERLAP_S, 0.5 * min(len(ours), len(theirs))) - 0.5
    n = np.maximum(n, 1.0)
    spread = np.maximum(sum_aa - sum_a**2 / n, 0.0) * np.maximum(sum_bb - sum_b**2 / n, 0.0)
    # a stretch without any change is alike to nothing
    enough &= spread > n**2
    alike = (products - sum_a * sum_b / n) / np.sqrt(np.maximum(spread, 1e-9))
    return lags[enough].astype(float), alike[enough], n[enough]


def _likelihood(correlations: FloatArray, overlaps_s: FloatArray) -> FloatArray:
    """Return the logarithm of how likely two series of such a correlation are, against no relation at all."""
    left = np.maximum(1.0 - np.maximum(correlations, 0.0) ** 2, 1e-6)
    return np.asarray(-0.5 * overlaps_s / _INDEPENDENT_S * np.log(left))


def _refined(
    ours: _Seconds, watch_s: FloatArray, watch_spm: FloatArray, offset_s: float, rate: float
) -> WatchTime | None:
    """Move offset and rate to where the two differ least (Gauss-Newton on the smoothed seconds)."""
    middle_s = 0.5 * (watch_s[0] + watch_s[-1])
    theirs = _on_seconds(watch_s, watch_spm, hold_s=6.0)
    at_s = theirs.begin_s + np.arange(len(theirs.values))
    reach_s = ours.begin_s + np.arange(len(ours.values))
    slopes = np.gradient(ours.values)
    centre_s = offset_s + rate * middle_s
    inside = np.ones(len(at_s), dtype=bool)
    for _ in range(20):
        placed_s = centre_s + rate * (at_s - middle_s)
        inside = (placed_s >= reach_s[0]) & (placed_s <= reach_s[-1])
        left = theirs.values[inside] - np.interp(placed_s[inside], reach_s, ours.values)
        # what differs much is no matter of time, such as a watch that missed a stop
        weights = 1.0 / np.maximum(np.abs(left), 2.0)
        slope = np.interp(placed_s[inside], reach_s, slopes)
        ways = np.column_stack((slope, slope * (at_s[inside] - middle_s), np.ones(inside.sum())))
        step = np.linalg.lstsq(ways * weights[:, np.newaxis], left * weights, rcond=None)[0]
        moved_s = float(np.clip(step[0], -5.0, 5.0))
        centre_s += moved_s
        rate = float(np.clip(rate + np.clip(step[1], -0.002, 0.002), 1.0 - MOST_SKEW, 1.0 + MOST_SKEW))
        if abs(moved_s) < 1e-4 and abs(step[1]) < 1e-7:
            break
    alike = float(np.corrcoef(theirs.values[inside], np.interp(placed_s[inside], reach_s, ours.values))[0, 1])
    # neighbouring seconds of what is left are alike: there are fewer observations than seconds
    spread = np.linalg.inv(ways.T @ (ways * weights[:, np.newaxis] ** 2)) * float(np.mean((left * weights) ** 2))
    ends_s = at_s[inside][[0, -1]] - middle_s
    variances = spread[0, 0] + 2.0 * ends_s * spread[0, 1] + ends_s**2 * spread[1, 1]
    error_s = 1.96 * math.sqrt(_ALIKE_S * float(variances.max()))
    if error_s > MOST_ERROR_S:
        return None
    return WatchTime(centre_s - rate * middle_s, rate, min(alike, 1.0), error_s)
