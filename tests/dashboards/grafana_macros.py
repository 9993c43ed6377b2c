"""What Grafana makes of a dashboard before it asks InfluxDB: time range, interval, time zone, variables.

Read in Grafana's source, as of version 12 (no Grafana runs here):

- `public/app/plugins/datasource/influxdb/datasource.ts`, `interpolateQueryExpr`: a plain `$name` goes in as it is where
  its value begins with a digit, and escaped where the query has it in a regular expression; in a variable's query
  (`variables.ts`) it is never escaped. So a plain `$name` is taken as it is here, and must need no escaping.
- `@grafana/scenes`, `variables/interpolation/formatRegistry.ts`: `${name:regex}` is escaped everywhere, by
  `escapeRegex` of `@grafana/data`; `variables/variants/MultiValueVariable.ts`: but not the dashboard's own value for
  "All". `variables/macros/timeMacros.ts`: `__timezone` is the browser's time zone by its name.
- `pkg/tsdb/influxdb/models/query.go`: `$timeFilter` becomes a range in milliseconds, `$__interval` the query's
  interval: the range over the panel's width, rounded (`rangeutil`), at least the data source's and the panel's own.

- `pkg/tsdb/influxdb/influxql/util/util.go`, `FormatFrameName`: a series is named by its query's alias, with the tag's
  value for `$tag_NAME`; `buffered/response_parser.go`: a table's columns are the tags, in no fixed order, and the
  fields as they are named, after `Time`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

PANEL_WIDTH: Final = 1000
LEAST_INTERVAL: Final = "1s"
"""The data source's `timeInterval`."""
TIME_ZONE: Final = "Europe/Berlin"

_UNITS_MS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000, "y": 365 * 86_400_000}
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

    def interval(self, least: str = LEAST_INTERVAL) -> str:
        """What `$__interval` stands for."""
        least_ms = int(least[:-1]) * _UNITS_MS[least[-1]]
        raw_ms = max((self.to_ms - self.from_ms) / PANEL_WIDTH, least_ms)
        return next((text for limit_ms, text in _INTERVALS if raw_ms < limit_ms), "30d")


def time_range(begin: str, end: str, now_ms: int) -> TimeRange:
    """Read a dashboard's `now-90d` to `now`; `now-12w/w` is the begin of its week, a Monday."""
    return TimeRange(_moment_ms(begin, now_ms), _moment_ms(end, now_ms))


def _moment_ms(text: str, now_ms: int) -> int:
    found = re.fullmatch(r"now(?:-(\d+)([smhdwy]))?(/w)?", text)
    assert found, f"{text!r} is not a time that this test knows"
    count, unit, rounded = found.groups()
    moment_ms = now_ms if count is None else now_ms - int(count) * _UNITS_MS[unit]
    return moment_ms if rounded is None else _monday_ms(moment_ms)


def _monday_ms(moment_ms: int) -> int:
    day = datetime.fromtimestamp(moment_ms / 1000, ZoneInfo(TIME_ZONE))
    monday = day.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=day.weekday())
    return int(monday.timestamp() * 1000)


def variables_in(query: str) -> set[str]:
    """Name the variables that a query uses, Grafana's own left out."""
    return set(re.findall(r"\$\{?(\w+)", query)) - {"timeFilter", "__interval", "__timezone"}


def substituted(
    query: str,
    within: TimeRange,
    variables: Mapping[str, str],
    raw: frozenset[str] = frozenset(),
    least_interval: str = LEAST_INTERVAL,
) -> str:
    """Return the InfluxQL that InfluxDB is asked.

    Parameters
    ----------
    raw
        Variables that stand at "All", whose value goes in as it is.
    least_interval
        The panel's `interval`, if it has one.
    """
    text = query.replace("$timeFilter", f"time >= {within.from_ms}ms and time <= {within.to_ms}ms")
    text = text.replace("$__interval", within.interval(least_interval))

    def value_of(found: re.Match[str]) -> str:
        plain, name, form = found.groups()
        if name == "__timezone":
            return TIME_ZONE
        value = variables[plain or name]
        if plain or name in raw:
            return value
        assert form == "regex", f"{found.group()}: a form that this test does not know"
        return _escaped(value)

    return re.sub(r"\$(\w+)|\$\{(\w+)(?::(\w+))?\}", value_of, text)


def _escaped(value: str) -> str:
    return re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", value)
