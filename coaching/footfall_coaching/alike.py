"""Whose numbers can be held against each other: those that one version of the metrics has worked out.

Two versions may tell other numbers of the same signal, which would look like a change of the runner. How far and how
long runs were is added up over all of them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from footfall_coaching.run import Run
from footfall_processing.metrics.version import METRICS_VERSION


def of_newest_version(runs: Sequence[tuple[datetime, Run]]) -> list[tuple[datetime, Run]]:
    """Return the runs whose numbers the newest version of the metrics among them has worked out."""
    newest = max((run.metrics_version for _, run in runs if _is_measured(run)), default=0)
    return [(started, run) for started, run in runs if run.metrics_version == newest or not _is_measured(run)]


def versions_note(runs: Iterable[Run]) -> str:
    """Say how many of the runs were worked out by an older version of the metrics than this; empty for none."""
    measured = [run for run in runs if _is_measured(run)]
    older = sum(run.metrics_version < METRICS_VERSION for run in measured)
    if not older:
        return ""
    of = "" if len(measured) == 1 else f" of these {len(measured)} runs"
    which = f"{older}{of} were" if older > 1 else f"{'1' + of if of else 'This run'} was"
    return (
        f"{which} worked out by an older version of the metrics: beside newer ones, numbers may differ by that alone. "
        f"The command footfall reprocess works {'them' if older > 1 else 'it'} out anew."
    )


def _is_measured(run: Run) -> bool:
    """Whether sensors went along; of a watch alone no version tells anything."""
    return bool(run.legs) or any(minute.legs for minute in run.minutes)
