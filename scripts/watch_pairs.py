"""How well a watch's records find their place: `python scripts/watch_pairs.py [--pairs N]`.

Makes up runs and the watch that went with them: its clock runs up to 2 % faster or slower, it was started minutes
before or after, rounds to whole steps a minute and smooths over three seconds. Prints, for each kind of run, how many
were placed, and how far the places are off: root mean square over each run.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall_processing.results.watch_time import WatchTime, align
from footfall_processing.samples import FloatArray

KINDS: Final = ("stops", "walks before and after", "intervals", "steady")
MOST_SKEW: Final = 0.02
_STEP_S: Final = 0.35


@dataclass(frozen=True, slots=True)
class Pair:
    """What both saw, and where the watch's seconds truly lie: `offset_s + rate * watch_s`."""

    session_s: FloatArray
    session_spm: FloatArray
    watch_s: FloatArray
    watch_spm: FloatArray
    offset_s: float
    rate: float

    def error_s(self, found: WatchTime) -> float:
        """Return how far off the places are: the root mean square over what both saw."""
        begin_s = max(self.watch_s[0], (self.session_s[0] - self.offset_s) / self.rate)
        end_s = min(self.watch_s[-1], (self.session_s[-1] - self.offset_s) / self.rate)
        at_s = np.linspace(begin_s, end_s, 50)
        return float(np.sqrt(np.mean((found.session_s(at_s) - self.offset_s - self.rate * at_s) ** 2)))


def make(seed: int, kind: str) -> Pair:
    """Return a pair of 15 to 90 minutes."""
    random = np.random.default_rng([seed, KINDS.index(kind)])
    length_s = random.uniform(900.0, 5400.0)
    t_s = np.arange(0.0, length_s, _STEP_S)
    wander = np.zeros(len(t_s))
    keeps = np.exp(-_STEP_S / 40.0)
    for i in range(1, len(t_s)):
        wander[i] = keeps * wander[i - 1] + random.normal() * 2.5 * np.sqrt(1.0 - keeps**2)
    true_spm = 168.0 + wander + 4.0 * np.sin(t_s / 600.0)
    moving = np.ones(len(t_s), dtype=bool)
    if kind == "stops":
        for _ in range(random.integers(2, 6)):
            begin_s = random.uniform(60.0, length_s - 60.0)
            moving[(t_s > begin_s) & (t_s < begin_s + random.uniform(8.0, 60.0))] = False
    if kind != "steady":
        walks = t_s < random.uniform(60.0, 300.0)
        true_spm[walks] = 112.0 + wander[walks]
        true_spm[t_s > length_s - random.uniform(30.0, 200.0)] -= 50.0
    if kind == "intervals":
        true_spm += 12.0 * (t_s // random.uniform(60.0, 180.0) % 2)
    contacts_s, cadences_spm = map(np.array, zip(*_strides(t_s, true_spm, moving), strict=True))
    rate, offset_s = 1.0 + random.uniform(-MOST_SKEW, MOST_SKEW), random.uniform(-200.0, 200.0)
    clock_s = random.uniform(-600.0, 600.0)
    own_s = np.arange(0.0, length_s + random.uniform(-150.0, 300.0))
    seen_spm = _seen(offset_s + rate * own_s, contacts_s, cadences_spm)
    smooth_spm = np.convolve(seen_spm, np.ones(3) / 3.0, "same")
    shown_spm = np.where(smooth_spm < 30.0, 0.0, np.round(smooth_spm + random.normal(size=len(smooth_spm))))
    noisy_spm = cadences_spm + 2.0 * random.normal(size=len(cadences_spm))
    return Pair(contacts_s, noisy_spm, own_s + clock_s, shown_spm, offset_s - rate * clock_s, rate)


def _strides(t_s: FloatArray, true_spm: FloatArray, moving: np.ndarray) -> Iterator[tuple[float, float]]:
    """Yield the middle of each stride, and its cadence."""
    now_s = 0.0
    while (at := int(now_s / _STEP_S)) < len(t_s) - 1:
        if not moving[at]:
            now_s += _STEP_S
            continue
        cadence_spm = true_spm[at + 1]
        yield now_s + 60.0 / cadence_spm, cadence_spm
        now_s += 120.0 / cadence_spm


def _seen(at_s: FloatArray, strides_s: FloatArray, cadences_spm: FloatArray) -> FloatArray:
    """Return the true cadence at these times; 0 where nobody steps."""
    seen = np.interp(at_s, strides_s, cadences_spm, left=0.0, right=0.0)
    after = np.clip(np.searchsorted(strides_s, at_s), 1, len(strides_s) - 1)
    before_s, after_s = strides_s[after - 1], strides_s[after]
    seen[(after_s - before_s > 2.5) & (at_s > before_s + 0.36) & (at_s < after_s - 0.36)] = 0.0
    return np.asarray(seen)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100, metavar="N", help="of each kind")
    pairs = parser.parse_args().pairs
    print("| run | placed | error, median | 95 % | largest | off by more than told |")
    print("|---|---|---|---|---|---|")
    for kind in KINDS:
        errors_s, beyond = [], 0
        for seed in range(pairs):
            pair = make(seed, kind)
            found = align(pair.session_s, pair.session_spm, pair.watch_s, pair.watch_spm)
            if found is not None:
                errors_s.append(pair.error_s(found))
                beyond += errors_s[-1] > found.error_s
        middle, most = np.percentile(errors_s, [50.0, 95.0])
        figures = " | ".join(f"{one_s:.2f} s" for one_s in (middle, most, max(errors_s)))
        print(f"| {kind} | {len(errors_s)} of {pairs} | {figures} | {beyond} |")


if __name__ == "__main__":
    main()
