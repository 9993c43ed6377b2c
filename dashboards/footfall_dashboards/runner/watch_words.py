"""What a watch says of a run, beside what the sensors say."""

from typing import Final

from footfall_coaching.run import DistanceSource, Run
from footfall_dashboards.runner.spoken import Spoken

SAW_ALL: Final = 0.95
"""Of a run's minutes with running: of a watch that saw less, it is said how much."""
IN_ALL: Final = 1.02
"""From this share on, what a watch recorded before and after the sensors is told."""


def is_alone(run: Run) -> bool:
    """Whether a watch alone recorded a run: nothing is known of how its runner landed."""
    return run.watch is not None and not run.legs


def watch_facts(run: Run, spoken: Spoken) -> list[tuple[str, str]]:
    """Return the watch's distance, where it is not the run's, and its heart rate, as terms and words."""
    watch = run.watch
    if watch is None:
        return []
    told = []
    if watch.distance_m is not None and watch.beside_m is not None and run.distance_source is not DistanceSource.WATCH:
        told.append(("By the watch", _distance_words(run, watch.distance_m, watch.beside_m, watch.covers, spoken)))
    if watch.heart_rate_bpm is not None and watch.most_heart_rate_bpm is not None:
        heart = f"{watch.heart_rate_bpm:.0f} per min on average, {watch.most_heart_rate_bpm:.0f} at most"
        told.append(("Heart rate", heart))
    return told


def _distance_words(run: Run, distance_m: float, beside_m: float, covers: float, spoken: Spoken) -> str:
    if covers < SAW_ALL:
        return f"{spoken.distance(distance_m)}; it saw {100.0 * covers:.0f} % of the running"
    words = spoken.distance(beside_m)
    if run.distance_source is DistanceSource.SENSORS and run.distance_m:
        percent = 100.0 * (beside_m / run.distance_m - 1.0)
        words += f", {abs(percent):.1f} % {'more' if percent > 0.0 else 'less'} than the sensors"
    if distance_m > IN_ALL * beside_m:
        words += f"; {spoken.distance(distance_m)} with what it recorded before and after them"
    return words
