"""What a benchmark found: a table for people, JSON for scripts."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from footfall_gateway.machine_code import keep

QUIET_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number, and the bound that it is held against (`at_most` or `at_least`), if there is one."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the bound is kept; empty without a bound."""
        if self.at_most is None and self.at_least is None:
            return ""
        kept = (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )
        return "met" if kept else "MISSED"

    @property
    def target(self) -> str:
        """The bound in words."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return "" if self.at_least is None else f"≥ {self.at_least:g}"


def least_cpu_s(*works: Callable[[], object], rounds: int = QUIET_ROUNDS) -> list[float]:
    """Processor seconds of each work: the least of several rounds, in each of which all take turns.

    Processor time, not wall time: what else runs on the machine then disturbs little, and ratios hardly at all.
    """
    least = [float("inf")] * len(works)
    for _ in range(rounds):
        for k, work in enumerate(works):
            begin_s = time.process_time()
            work()
            least[k] = min(least[k], time.process_time() - begin_s)
    return least


def main(title: str, measure: Callable[[], Sequence[Measurement]]) -> None:
    """Run one benchmark from the command line."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    arguments = parser.parse_args()
    keep()
    measurements = measure()
    show(title, measurements)
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(measurements), indent=2) + "\n")


def as_json(measurements: Sequence[Measurement]) -> dict[str, Any]:
    """The numbers, and the class of machine that they are of."""
    machine = {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()}
    return {
        "machine": machine | {"python": platform.python_version()},
        "measurements": [asdict(m) | {"verdict": m.verdict} for m in measurements],
    }


def show(title: str, measurements: Sequence[Measurement]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in ("measured", "target"):
        table.add_column(name, justify="right")
    table.add_column("unit")
    table.add_column("")
    for m in measurements:
        table.add_row(
            m.name, f"{m.value:,.4g}" if abs(m.value) < 1e4 else f"{m.value:,.0f}", m.target, m.unit, m.verdict
        )
    Console(file=sys.stdout, highlight=False).print(table)
