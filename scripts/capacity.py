"""Work out docs/capacity.md from what was measured.

`python scripts/capacity.py` prints its tables, `--write` puts them in.

All figures stand here once, each with the command that measures it; a test holds the page to what this makes of them.
"""

import argparse
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).resolve().parent.parent / "docs" / "capacity.md"
SIZES: Final = (1, 100, 1_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Figure:
    """What one runner with two sensors at 200 Hz takes, or a bound, and where that comes from."""

    what: str
    value: float
    unit: str
    source: str


PROCESSOR: Final = Figure("`footfall process`", 0.28, "% of a core", "python benchmarks/shell.py --runners 50")
BROKER: Final = Figure("Mosquitto", 0.026, "% of a core", "python benchmarks/load.py")
DATABASE: Final = Figure("InfluxDB", 0.12, "% of a core", "python benchmarks/load.py")
GATEWAY: Final = Figure("gateway, on a computer of its own", 0.76, "% of a core", "python benchmarks/load.py")
MESSAGES: Final = Figure("gateway to broker", 1.754, "messages/s", "python benchmarks/footprint.py")
CONTENT: Final = Figure("the same", 5.596, "kB/s", "python benchmarks/footprint.py")
POINTS: Final = Figure("processor to InfluxDB", 2.855, "points/s", "python benchmarks/footprint.py")
LINES: Final = Figure("the same", 2.19, "kB/s", "python benchmarks/footprint.py")
RECORDING: Final = Figure("gateway's recording", 19.45, "MB an hour", "python benchmarks/footprint.py")
STORE: Final = Figure("processor's store", 13.18, "MB an hour", "python benchmarks/footprint.py")
PACKED: Final = Figure("InfluxDB's files", 2.0, "MB an hour", "python benchmarks/influxdb.py")
STATE: Final = Figure("processor's memory", 2 * 127 / 1024, "MiB", "python benchmarks/day_of_packets.py")
OF_A_RUNNER: Final = (
    *(PROCESSOR, BROKER, DATABASE, GATEWAY),
    *(MESSAGES, CONTENT, POINTS, LINES, RECORDING, STORE, PACKED, STATE),
)

EMPTY: Final = Figure("memory of processor, InfluxDB and Mosquitto before any runner", 1.0, "GiB", "assumed")
CONNECTIONS: Final = Figure("connections to Mosquitto", 500, "", "deploy/mosquitto/mosquitto.conf")
ALLOWED: Final = Figure("memory that the processor may take", 1024 - 123, "MiB", "docker-compose.yml")
WRITTEN: Final = Figure("points that one InfluxDB takes", 13_500, "points/s", "python benchmarks/influxdb.py")
FILLED: Final = Figure("how full a core may be, so that strides are in time", 70, "%", "python benchmarks/load.py")
UPLINK: Final = Figure("the network's way in", 10, "Gbit/s", "assumed")
DISK: Final = Figure("what a store of all runners may grow by", 1, "TB a day", "assumed")
BOUNDS: Final = (FILLED, CONNECTIONS, ALLOWED, WRITTEN, UPLINK, DISK, EMPTY)

HOURS_A_DAY: Final = 1.0
"""For how long a runner runs, for what piles up on disks."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What is full when so many run at once."""

    what: str
    runners: float


def limits_of_a_stack() -> list[Limit]:
    """Return what bounds one broker with one processor and one InfluxDB, the tightest first."""
    return _sorted(
        Limit("the processor's core", FILLED.value / PROCESSOR.value),
        Limit("connections to Mosquitto", CONNECTIONS.value),
        Limit("a core of InfluxDB", FILLED.value / DATABASE.value),
        Limit("the processor's memory", ALLOWED.value / STATE.value),
        Limit("Mosquitto's core", FILLED.value / BROKER.value),
    )


def limits_of_all_stacks() -> list[Limit]:
    """Return what bounds many stacks in one place, with one InfluxDB for all to see, the tightest first."""
    inward_kb = UPLINK.value * 1e6 / 8.0
    return _sorted(
        Limit("one InfluxDB for all", WRITTEN.value / POINTS.value),
        Limit("the network's way in", inward_kb / CONTENT.value),
        Limit("disks, if nothing is removed", DISK.value * 1e6 / ((STORE.value + PACKED.value) * HOURS_A_DAY)),
    )


def _sorted(*limits: Limit) -> list[Limit]:
    return sorted(limits, key=lambda limit: limit.runners)


def stacks_for(runners: int) -> int:
    """Return how many stacks so many take."""
    return math.ceil(runners / limits_of_a_stack()[0].runners)


def cores_for(runners: int) -> float:
    """Return how many cores processors, brokers and databases take, as full as they may be."""
    return runners * (PROCESSOR.value + BROKER.value + DATABASE.value) / FILLED.value


def memory_gib_for(runners: int) -> float:
    """Return how much memory they take."""
    return stacks_for(runners) * EMPTY.value + runners * STATE.value / 1024.0


def bottleneck(runners: int) -> str:
    """Say what is full first on the way to so many runners, once each earlier one was mended; or what is fullest."""
    full = [limit for limit in limits_of_all_stacks() if limit.runners < runners]
    if full:
        return f"{full[-1].what}, from {_rounded(full[-1].runners)} on"
    first = limits_of_a_stack()[0]
    if first.runners < runners:
        return f"{first.what}, from {_rounded(first.runners)} on"
    return f"none; {first.what} is {_number(100.0 * runners / first.runners)} % of what it may be"


def tables() -> dict[str, str]:
    """Return each table of the page by its name."""
    return {
        "a runner": _table(
            ("one runner, two sensors at 200 Hz", "", "measured by"),
            ((figure.what, _with_unit(figure), f"`{figure.source}`") for figure in OF_A_RUNNER),
        ),
        "bounds": _table(
            ("bound", "", "from"),
            (
                (figure.what, _with_unit(figure), figure.source if figure.source == "assumed" else f"`{figure.source}`")
                for figure in BOUNDS
            ),
        ),
        "a thousand": _table(("a thousand live runners take", ""), _a_thousand()),
        "limits": _table(
            ("full with so many runners", "in one stack"),
            ((_rounded(limit.runners), limit.what) for limit in limits_of_a_stack()),
        ),
        "limits of all": _table(
            ("full with so many runners", "of what all stacks share"),
            ((_rounded(limit.runners), limit.what) for limit in limits_of_all_stacks()),
        ),
        "sizes": _table(
            ("runners live", "stacks", "cores", "memory", "to brokers", "points/s", "disk an hour", "full first"),
            (_size(runners) for runners in SIZES),
        ),
    }


def _a_thousand() -> Iterator[tuple[str, str]]:
    runners = 1000
    yield "runners a core", _number(runners / cores_for(runners))
    yield "cores", _number(cores_for(runners))
    yield "stacks: broker, processor, InfluxDB", f"{stacks_for(runners)}"
    yield "memory", f"{_number(memory_gib_for(runners))} GiB"
    yield (
        "from gateways",
        f"{_number(runners * CONTENT.value / 1e3)} MB/s in {_number(runners * MESSAGES.value)} messages/s",
    )
    yield "into InfluxDB", f"{_number(runners * LINES.value / 1e3)} MB/s, {_number(runners * POINTS.value)} points/s"
    yield "disk, an hour of all: stores and InfluxDB", f"{_number(runners * (STORE.value + PACKED.value) / 1e3)} GB"
    yield "the same, with their gateways: recordings", f"{_number(runners * RECORDING.value / 1e3)} GB"
    yield "core-hours for an hour of one runner", _number(cores_for(runners) / runners)


def _size(runners: int) -> tuple[str, ...]:
    disk_gb = runners * (STORE.value + PACKED.value) / 1e3
    return (
        f"{runners:,}",
        f"{stacks_for(runners):,}",
        _number(cores_for(runners)),
        f"{_number(memory_gib_for(runners))} GiB",
        f"{_number(runners * CONTENT.value / 1e3)} MB/s",
        _number(runners * POINTS.value),
        f"{_number(disk_gb)} GB",
        bottleneck(runners),
    )


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _with_unit(figure: Figure) -> str:
    return f"{_number(figure.value)} {figure.unit}".strip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10.0 else f"{value:.2g}"


def _rounded(runners: float) -> str:
    digits = 10.0 ** (math.floor(math.log10(runners)) - 1)
    return f"{math.floor(runners / digits) * digits:,.0f}"


def filled(page: str) -> str:
    """Return the page with each table as it is to be: it stands below a comment with its name."""
    for name, table in tables().items():
        place = re.compile(rf"(<!-- {name} -->\n)(?:\|.*\n)*")
        found = place.search(page)
        if found is None:
            raise ValueError(f"{DOCUMENT.name}: there is no place for '{name}'")
        page = f"{page[: found.end(1)]}{table}\n{page[found.end() :]}"
    return page


def main() -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write them into docs/capacity.md")
    if parser.parse_args().write:
        DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        for name, table in tables().items():
            print(f"{name}\n\n{table}\n")


if __name__ == "__main__":
    main()
