"""How long Grafana's Trends take over a year of one runner's data: every query of the committed dashboard.

    python benchmarks/trends.py

Writes a year (200 runs of an hour, two foot sensors, as the pipeline makes them) into a real InfluxDB 1.x, in a
temporary folder, and asks each query `REPEATS` times over the whole year, as Grafana would. Needs influxd and nginx.
"""

import tempfile
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from footfall_gateway.influx.writer import InfluxWriter
from from_tests import Influx, a_club, grafana_files, grafana_macros, influxdb

RUNS: Final = 200
RECORDINGS_IN_AN_HOUR: Final = 30
REPEATS: Final = 5
TARGET_S: Final = 1.0
BATCH: Final = 5000
CHOSEN: Final = {"runner": "ann", "shoe": ".*", "placement": "foot", "impact": "peak_acc_g", "speed": "3.0"}


def fill(influx: Influx) -> int:
    """Write the year; return how many points it has."""
    run = a_club.read_run("rearfoot-runner.mcap", RECORDINGS_IN_AN_HOUR)
    points = 0
    with InfluxWriter(influx.settings) as writer:
        for number in range(RUNS):
            ended = a_club.NOW - timedelta(days=364.0 * number / RUNS)
            lines = list(
                a_club.run_lines(run, "ann", ("Blue", "Red")[number % 2], ended=ended, longest_before_m=run.distance_m)
            )
            for begin in range(0, len(lines), BATCH):
                writer.write(lines[begin : begin + BATCH])
            points += len(lines)
    return points


def main() -> int:
    """Measure, print a table, and say by the exit status whether every query met the target."""
    console = Console()
    slowest_s = 0.0
    with tempfile.TemporaryDirectory() as folder, influxdb(Path(folder)) as influx:
        points = fill(influx)
        within = grafana_macros.time_range("now-1y", "now", a_club.NOW_MS)
        shown = Table("Panel", "Query", "Rows", "Median, ms", "Slowest, ms")
        for panel in grafana_files.panels_of(grafana_files.read_dashboard("trends")):
            for target in panel["targets"]:
                query = grafana_macros.substituted(target["query"], within, CHOSEN, frozenset({"shoe"}))
                took_s = []
                rows = 0
                for _ in range(REPEATS):
                    began_s = time.perf_counter()
                    rows = len(influx.query(query))
                    took_s.append(time.perf_counter() - began_s)
                slowest_s = max(slowest_s, *took_s)
                shown.add_row(
                    panel["title"],
                    target["refId"],
                    str(rows),
                    f"{median(took_s) * 1000:.0f}",
                    f"{max(took_s) * 1000:.0f}",
                )
        console.print(f"{RUNS} runs of an hour in a year: {points:,} points besides the strides")
        console.print(shown)
        console.print(f"slowest {slowest_s * 1000:.0f} ms, target {TARGET_S * 1000:.0f} ms")
    return 0 if slowest_s < TARGET_S else 1


if __name__ == "__main__":
    raise SystemExit(main())
