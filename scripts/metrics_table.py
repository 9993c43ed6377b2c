"""Write docs/metrics.md from the metric catalogue: `python scripts/metrics_table.py`."""

from pathlib import Path

from footfall_processing.metrics.catalogue import STRIDE_METRICS, Metric

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"

INTRODUCTION = """\
# Metrics

What Footfall reports for each stride. This page is made from the metric catalogue
(`processing/footfall_processing/metrics/catalogue.py`) by `python scripts/metrics_table.py`; change it there.

Footfall is no medical device. None of these numbers measures the load inside the body, and none predicts injury.

```
   IC                 toe-off                         next IC
   |----- stance -----|------------- swing -----------|
   |<- contact time ->|                               |
   |<----------------- stride time ------------------>|
```

IC is initial contact. A metric that a sensor can't support is null: the table says which sites (foot, shank) support
it, whether it needs a gyroscope, and the sampling rate below which it is not given.

"""


def page() -> str:
    """Return the whole page."""
    header = "| metric | unit | sites | gyroscope | from | plausible |\n| --- | --- | --- | --- | --- | --- |\n"
    rows = "".join(_row(metric) for metric in STRIDE_METRICS.values())
    details = "".join(_details(metric) for metric in STRIDE_METRICS.values())
    return INTRODUCTION + header + rows + details


def _row(metric: Metric) -> str:
    sites = ", ".join(sorted(metric.sites))
    low, high = metric.valid_range
    return (
        f"| `{metric.name}` | {metric.unit or '–'} | {sites} | {'needed' if metric.needs_gyro else 'not needed'} "
        f"| {metric.min_rate_hz:g} Hz | {low:g} to {high:g} |\n"
    )


def _details(metric: Metric) -> str:
    return (
        f"\n## {metric.label}\n\n`{metric.name}`. {metric.definition}\n\n"
        f"- Source: {metric.source}\n- Known error: {metric.known_error}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
