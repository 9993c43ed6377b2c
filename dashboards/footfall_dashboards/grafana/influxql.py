"""What Grafana asks InfluxDB: InfluxQL, in the part of the language that InfluxDB 1, 2 and 3 share. No Flux.

Measurements, tags and fields are those that `footfall_gateway.influx` writes (docs/influxdb.md); fields bear the metric
catalogue's names.

Names of runners, sessions and shoes stand in regular expressions, which "All" needs. They are written `${name:regex}`:
left to itself Grafana escapes them neither in the queries of variables nor where they begin with a digit, and a shoe
named "1080 v13 (2E)" would find nothing.
"""

from collections.abc import Iterable
from typing import Final

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableOption, VariableRefresh, VariableSort

from footfall_processing.session import Placement

DATA_SOURCE: Final = DataSourceRef(type_val="influxdb", uid="footfall-influxdb")

IN_TIME: Final = "$timeFilter"
OF_RUNNER: Final = '"runner" =~ /^${runner:regex}$/'
OF_SESSION: Final = '"session" =~ /^${session:regex}$/'
OF_SHOE: Final = '"shoe" =~ /^${shoe:regex}$/'
OF_PLACEMENT: Final = '"placement" =~ /^${placement:regex}$/'
ON_FOOT: Final = f"\"placement\" = '{Placement.FOOT.value}'"
RUNNING: Final = "\"activity\" = 'run'"
TRUSTED: Final = '"trusted" = 1'
"""Strides that enter averages."""
UNCLIPPED: Final = '"clipped" = 0'
"""Strides whose peaks the sensor could measure."""
OF_ONE_SENSOR: Final = "\"side\" != 'both'"
WHOLE: Final = "\"side\" = 'both'"
"""The one point of a session that stands for both legs together."""

SIDE_ALIAS: Final = "$tag_side"
"""Names each series after the leg."""

WEEK: Final = "time(1w,4d)"
"""Weeks from Monday: weeks of the epoch begin on a Thursday."""
DAY: Final = "time(1d)"

IN_ZONE: Final = " tz('${__timezone:raw}')"
"""Ends a query by week or day: a run on Sunday evening in New York is on Monday in UTC."""


class InfluxQuery(variants.Dataquery):
    """A query as Grafana's InfluxDB data source stores it; the SDK has no type for it.

    Parameters
    ----------
    query
        InfluxQL, with Grafana's macros.
    ref_id
        Its letter in the panel.
    alias
        The series' name; `$tag_side` stands for the side.
    as_table
        One row a point, rather than a series for each set of tags.
    """

    def __init__(self, query: str, ref_id: str = "A", alias: str = "", as_table: bool = False) -> None:
        self.query = query
        self.ref_id = ref_id
        self.alias = alias
        self.as_table = as_table

    def to_json(self) -> dict[str, object]:
        """Return the query as the dashboard's JSON holds it."""
        stored: dict[str, object] = {
            "refId": self.ref_id,
            "datasource": DATA_SOURCE,
            "query": self.query,
            "rawQuery": True,
            "resultFormat": "table" if self.as_table else "time_series",
        }
        return {**stored, "alias": self.alias} if self.alias else stored


class Target(builder.Builder[InfluxQuery]):
    """An `InfluxQuery` where the SDK asks for a builder; the parameters are the same."""

    def __init__(self, query: str, ref_id: str = "A", alias: str = "", as_table: bool = False) -> None:
        self._query = InfluxQuery(query, ref_id, alias, as_table)

    def build(self) -> InfluxQuery:
        """Return the query."""
        return self._query


def has(share: str) -> str:
    """Leave out points without a field that is never below nought."""
    return f'"{share}" >= 0'


def select(
    what: str, measurement: str, conditions: Iterable[str], group_by: Iterable[str] = (), fill: str | None = None
) -> str:
    """Write a SELECT.

    Parameters
    ----------
    what
        Expressions after SELECT.
    conditions
        Joined by AND.
    group_by
        Tags, quoted here, and at most one `time(…)`; weeks and days are those of the time zone that Grafana shows.
    fill
        What stands in empty intervals; only with a `time(…)`.
    """
    return _grouped(f'SELECT {what} FROM "{measurement}" WHERE {" AND ".join(conditions)}', group_by, fill)


def nested(what: str, inner: str, group_by: Iterable[str], fill: str | None = None) -> str:
    """Write a SELECT from another, within the dashboard's time range."""
    return _grouped(f"SELECT {what} FROM ({inner}) WHERE {IN_TIME}", group_by, fill)


def _grouped(text: str, group_by: Iterable[str], fill: str | None) -> str:
    groups = [group if group.startswith("time(") else f'"{group}"' for group in group_by]
    if groups:
        text += f" GROUP BY {', '.join(groups)}"
    if fill is not None:
        text += f" fill({fill})"
    return text + IN_ZONE if {WEEK, DAY} & set(groups) else text


def tag_variable(
    name: str,
    label: str,
    description: str,
    measurement: str,
    conditions: Iterable[str] = (),
    *,
    with_all: bool = False,
    newest_first: bool = False,
) -> QueryVariable:
    """Make a variable from the values of a tag of the same name; `with_all` adds a choice of all, none included."""
    query = f'SHOW TAG VALUES FROM "{measurement}" WITH KEY = "{name}"'
    if conditions:
        query += f" WHERE {' AND '.join(conditions)}"
    variable = (
        QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(DATA_SOURCE)
        .query(query)
        .definition(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_DESC if newest_first else VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
    )
    if with_all:
        variable = variable.include_all(True).all_value(".*").current(VariableOption(text="All", value="$__all"))
    return variable


def runner_variable(measurement: str) -> QueryVariable:
    """Whose runs."""
    return tag_variable("runner", "Runner", "Whose runs are shown.", measurement)


def shoe_variable() -> QueryVariable:
    """Which shoe; runs without one count among all."""
    return tag_variable(
        "shoe",
        "Shoe",
        "All shoes, or one; runs for which none was given count among all.",
        "session",
        [OF_RUNNER],
        with_all=True,
    )


def placement_variable(measurement: str) -> QueryVariable:
    """Foot or shank: their impacts and contact times are never to be mixed."""
    return tag_variable(
        "placement",
        "Sensor on",
        "Foot or shank. Their numbers differ, so they are never mixed.",
        measurement,
        [OF_RUNNER],
    )
