"""What Grafana makes of a dashboard before it asks InfluxDB: time range, interval, variables.

As Grafana's InfluxDB data source does it for raw InfluxQL: a variable in a regular expression is escaped for it, the
value for "All" goes in as it is, `$timeFilter` becomes a range in milliseconds, `$__interval` is the range over the
panel's width, rounded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PANEL_WIDTH: Final = 1000
LEAST_INTERVAL_MS: Final = 1000
"""The data source's `timeInterval`."""

_UNITS_MS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "y": 365 * 86_400_000}
_INTERVALS: Final = (
    (1500, "1s"),
    (3500, "2s"),
    (7500, "5s"),
    (12_500, "10s"),
    (17_500, "15s"),
    (25_000, "20s"),
    (45_000, "30s"),
    (90_000, "1m"),
    (210_000, "2m"),
    (450_000, "5m"),
    (750_000, "10m"),
    (1_050_000, "15m"),
    (1_500_000, "20m"),
    (2_700_000, "30m"),
    (5_400_000, "1h"),
    (9_000_000, "2h"),
    (16_200_000, "3h"),
    (32_400_000, "6h"),
    (86_400_000, "12h"),
    (604_800_000, "1d"),
    (1_814_400_000, "1w"),
)


@dataclass(frozen=True)
class TimeRange:
    """From when to when, in milliseconds since the epoch."""

    from_ms: int
    to_ms: int

    @property
    def interval(self) -> str:
        """What `$__interval` stands for."""
        raw_ms = max((self.to_ms - self.from_ms) / PANEL_WIDTH, LEAST_INTERVAL_MS)
        return next((text for limit_ms, text in _INTERVALS if raw_ms < limit_ms), "30d")


def time_range(begin: str, end: str, now_ms: int) -> TimeRange:
    """Read a dashboard's `now-90d` to `now`."""
    return TimeRange(_moment_ms(begin, now_ms), _moment_ms(end, now_ms))


def _moment_ms(text: str, now_ms: int) -> int:
    found = re.fullmatch(r"now(?:-(\d+)([smhdy]))?", text)
    assert found, f"{text!r} is not a time that this test knows"
    count, unit = found.groups()
    return now_ms if count is None else now_ms - int(count) * _UNITS_MS[unit]


def variables_in(query: str) -> set[str]:
    """Name the variables that a query uses, Grafana's own left out."""
    return set(re.findall(r"\$\{?(\w+)", query)) - {"timeFilter", "__interval", "__interval_ms"}


def substituted(query: str, within: TimeRange, variables: Mapping[str, str], raw: frozenset[str] = frozenset()) -> str:
    """Return the InfluxQL that InfluxDB is asked.

    Parameters
    ----------
    raw
        Variables that stand at "All", whose value goes in as it is.
    """
    text = query.replace("$timeFilter", f"time >= {within.from_ms}ms and time <= {within.to_ms}ms")
    text = text.replace("$__interval", within.interval)
    for name, value in variables.items():
        in_pattern = re.search(rf"/[^/]*\${name}\b[^/]*/", query) is not None
        shown = _escaped(value) if in_pattern and name not in raw else value
        text = re.sub(rf"\${name}\b", shown.replace("\\", r"\\"), text)
    return text


def _escaped(value: str) -> str:
    return re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", value)
