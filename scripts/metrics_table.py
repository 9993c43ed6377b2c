"""Write docs/metrics.md from the metric catalogue: `python scripts/metrics_table.py`."""

from pathlib import Path

from footfall_processing.metrics.catalogue import STRIDE_METRICS, Metric
from footfall_processing.metrics.session_catalogue import SESSION_METRICS, SessionMetric

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"

INTRODUCTION = """\
# Metrics

What Footfall reports: first for each stride, then for windows and sessions. This page is made from the metric catalogue
(`processing/footfall_processing/metrics/`) by `python scripts/metrics_table.py`; change it there.

Footfall is no medical device. None of these numbers measures the load inside the body, and none predicts injury.

```
   IC                 toe-off                         next IC
   |----- stance -----|------------- swing -----------|
   |<- contact time ->|                               |
   |<----------------- stride time ------------------>|
```

IC is initial contact. A metric that a sensor can't support is null: the table says which sites (foot, shank) support
it, what else it needs (a gyroscope, to know the sensor's side, the runner's mass and height), and the sampling rate
below which it is not given. Pages and tables for people show durations in milliseconds; programs get them in seconds.

"""


SESSIONS = """
# Of windows and sessions

What Footfall reports for a window (`--windows 10s`, `1min` or `1km`) and for a session: of every metric above, for each
sensor and activity, the count, median, mean, 10th and 90th percentile, and what follows here. Strides of low confidence
and steps backwards are counted, and left out of these; clipped peaks are left out of the peaks' averages. With too few
strides a metric is left out.
"""


def page() -> str:
    """Return the whole page."""
    header = "| metric | unit | sites | needs | from | plausible |\n| --- | --- | --- | --- | --- | --- |\n"
    rows = "".join(_row(metric) for metric in STRIDE_METRICS.values())
    details = "".join(_details(metric) for metric in STRIDE_METRICS.values())
    sessions = "".join(_session_details(metric) for metric in SESSION_METRICS.values())
    return INTRODUCTION + header + rows + details + SESSIONS + sessions


def _row(metric: Metric) -> str:
    sites = ", ".join(sorted(metric.sites))
    low, high = metric.valid_range
    return (
        f"| `{metric.name}` | {metric.unit or '–'} | {sites} | {_needs(metric)} "
        f"| {metric.min_rate_hz:g} Hz | {low:g} to {high:g} |\n"
    )


def _needs(metric: Metric) -> str:
    needs = {"gyroscope": metric.needs_gyro, "its side": metric.needs_side, "mass and height": metric.needs_runner}
    return ", ".join(name for name, needed in needs.items() if needed) or "–"


def _details(metric: Metric) -> str:
    return (
        f"\n## {metric.label}\n\n`{metric.name}`. {metric.definition}\n\n"
        f"- Source: {metric.source}\n- Known error: {metric.known_error}\n"
        + (f"- Limits: {metric.limits}\n" if metric.limits else "")
    )


def _session_details(metric: SessionMetric) -> str:
    return (
        f"\n## {metric.label}\n\n`{metric.name}` [{metric.unit}]. {metric.definition}\n\n"
        f"- Source: {metric.source}\n- Needs: {metric.needs}\n- Known error: {metric.known_error}\n"
        f"- Limits: {metric.limits}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
