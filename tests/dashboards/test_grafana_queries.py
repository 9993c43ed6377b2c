"""Every query of every panel, variable and alert, asked of a real InfluxDB that the real pipeline filled.

No Grafana runs here: `grafana_macros` puts in what Grafana would. A query without an answer fails the test.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import product
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import pytest

from dashboards.a_club import NOW_MS, SIGNS_IN_RUNNER, SIGNS_IN_SHOE, club_lines
from dashboards.grafana_files import DASHBOARDS, panels_of, read_dashboard, read_rules
from dashboards.grafana_macros import LEAST_INTERVAL, TIME_ZONE, TimeRange, substituted, time_range, variables_in
from footfall_gateway.influx.writer import InfluxWriter
from servers_influx import BUCKET, Influx, influxdb

pytestmark = pytest.mark.influx

Labels: TypeAlias = tuple[str, ...]

BATCH: Final = 5000
STEADY: Final = "ann"
"""Has sensors on both feet, and a run that ended just now: with her, no panel may stay empty."""


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with influxdb(tmp_path_factory.mktemp("influx")) as influx:
        lines = list(club_lines())
        with InfluxWriter(influx.settings) as writer:
            for begin in range(0, len(lines), BATCH):
                assert writer.write(lines[begin : begin + BATCH]) == []
        yield influx


def choices(influx: Influx, variable: Mapping[str, Any], chosen: Mapping[str, str], within: TimeRange) -> list[str]:
    """What a variable offers, the one that is chosen at first before all others."""
    if variable["type"] == "custom":
        values = [option["value"] for option in variable["options"]]
        assert variable["current"]["value"] in values
        return sorted(values, key=lambda value: value != variable["current"]["value"])
    rows = influx.query(substituted(variable["query"], within, chosen))
    newest_first, by_name = 2, 5
    assert variable["sort"] in (newest_first, by_name)
    values = sorted({str(row["value"]) for row in rows}, key=str.lower, reverse=variable["sort"] == newest_first)
    assert values, f"variable {variable['name']}: offers nothing"
    return [variable["allValue"], *values] if variable["includeAll"] else values


def chosen_at_first(
    influx: Influx, dashboard: Mapping[str, Any], within: TimeRange, fixed: Mapping[str, str]
) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for variable in dashboard["templating"]["list"]:
        name = variable["name"]
        offered = choices(influx, variable, chosen, within)
        assert name not in fixed or fixed[name] in offered
        chosen[name] = fixed.get(name, offered[0])
    return chosen


@cache
def asked_once(influx: Influx, query: str) -> list[dict[str, Any]]:
    """Ask; what is there stays as it is, and several tests ask the same."""
    return influx.query(query)


def answer(
    influx: Influx, panel: Mapping[str, Any], target: Mapping[str, Any], within: TimeRange, chosen: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Ask what Grafana would."""
    raw = frozenset(name for name, value in chosen.items() if value == ".*")
    least = panel.get("interval") or LEAST_INTERVAL
    if "timeFrom" in panel:
        within = replace(within, from_ms=time_range(f"now-{panel['timeFrom']}", "now", within.to_ms).from_ms)
    return asked_once(influx, substituted(target["query"], within, chosen, raw, least))


def told(target: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Name the columns that tell something: a number, or a text that is no tag; nought where it fills gaps is none."""
    grouped = set(re.findall(r'"(\w+)"', target["query"].partition("GROUP BY")[2]))
    return {
        name
        for row in rows
        for name, value in row.items()
        if name not in {"time", "minute", "Sensor", *grouped}
        and value is not None
        and not (value == 0 and "fill(0)" in target["query"])
    }


def is_answered(influx: Influx, panel: Mapping[str, Any], within: TimeRange, chosen: Mapping[str, str]) -> bool:
    return any(told(target, answer(influx, panel, target, within, chosen)) for target in panel["targets"])


def opened(dashboard: Mapping[str, Any]) -> TimeRange:
    return time_range(dashboard["time"]["from"], dashboard["time"]["to"], NOW_MS)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_no_panel_is_empty_when_the_dashboard_opens(club: Influx, name: str) -> None:
    dashboard = read_dashboard(name)
    within = opened(dashboard)
    chosen = chosen_at_first(club, dashboard, within, {})
    assert chosen["runner"] in (STEADY, ".*")
    assert [p["title"] for p in panels_of(dashboard) if not is_answered(club, p, within, chosen)] == []


def settings_of(influx: Influx, dashboard: Mapping[str, Any], within: TimeRange) -> list[dict[str, str]]:
    """Every runner with every choice of the variables whose values are fixed."""
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    custom = [name for name, variable in variables.items() if variable["type"] == "custom"]
    runners = choices(influx, variables["runner"], {}, within)
    return [
        chosen_at_first(influx, dashboard, within, {"runner": runner, **dict(zip(custom, values, strict=True))})
        for runner, *values in product(runners, *(choices(influx, variables[n], {}, within) for n in custom))
    ]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_column_of_every_query_has_an_answer_for_some_runner(club: Influx, name: str) -> None:
    dashboard = read_dashboard(name)
    within = opened(dashboard)
    settings = settings_of(club, dashboard, within)
    custom = {v["name"] for v in dashboard["templating"]["list"] if v["type"] == "custom"}
    unanswered = set()
    for panel in panels_of(dashboard):
        for target in panel["targets"]:
            answers = [(chosen, answer(club, panel, target, within, chosen)) for chosen in settings]
            with_values = set[str]().union(*(told(target, rows) for _, rows in answers))
            assert with_values, f"{panel['title']} {target['refId']}: no data"
            rows = [row for _, answered in answers for row in answered]
            columns = {column for row in rows for column in row}
            empty = {column for column in columns if all(row.get(column) is None for row in rows)}
            unanswered |= {(panel["title"], column) for column in empty}
            for variable in custom & variables_in(target["query"]):
                # each choice must have an answer, whatever the others
                for value in {chosen[variable] for chosen in settings}:
                    if not any(told(target, rows) for chosen, rows in answers if chosen[variable] == value):
                        unanswered.add((f"{panel['title']} {target['refId']}", value))
    # nobody in the club runs at some of the speeds on offer
    unheard = {chosen.get("speed") for chosen in settings}
    assert {(title, what) for title, what in unanswered if what not in unheard} == set()


@pytest.mark.parametrize("name", DASHBOARDS)
def test_what_a_panel_says_of_a_series_is_of_one_that_there_is(club: Influx, name: str) -> None:
    """An override by a name that Grafana gives to no series changes nothing, and nobody is told."""
    dashboard = read_dashboard(name)
    within = opened(dashboard)
    settings = settings_of(club, dashboard, within)
    for panel in panels_of(dashboard):
        names = {"Time"}.union(
            *(
                series_names(target, answer(club, panel, target, within, chosen))
                for target in panel["targets"]
                for chosen in settings
            )
        )
        for override in panel["fieldConfig"]["overrides"]:
            kind, matched = override["matcher"]["id"], override["matcher"]["options"]
            if kind == "byName":
                assert matched in names, panel["title"]
            elif kind == "byRegexp":
                assert any(re.search(matched.strip("/"), given) for given in names), panel["title"]
            else:
                assert (kind, matched) == ("byType", "number")
        hidden = [t["options"].get("excludeByName", {}) for t in panel.get("transformations", [])]
        assert set[str]().union(*hidden) <= names, panel["title"]


def series_names(target: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Name series as Grafana's `FormatFrameName` does with an alias, and a table's columns as they are."""
    if target["resultFormat"] == "table":
        return {name for row in rows for name in row if name != "time"}
    assert target["alias"]
    return {re.sub(r"\$tag_(\w+)", r"{\1}", target["alias"]).format_map(row) for row in rows}


@pytest.mark.parametrize("name", [name for name in DASHBOARDS if name != "fleet-health"])
def test_runners_and_shoes_with_signs_in_their_names_are_found(club: Influx, name: str) -> None:
    dashboard = read_dashboard(name)
    within = opened(dashboard)
    fixed = {"runner": SIGNS_IN_RUNNER, **({"shoe": SIGNS_IN_SHOE} if name == "trends" else {})}
    chosen = chosen_at_first(club, dashboard, within, fixed)
    empty = {p["title"] for p in panels_of(dashboard) if not is_answered(club, p, within, chosen)}
    assert empty <= {"Left share of contact time", "Strike pattern, right", "Pain"}, "what one sensor does not give"


def test_a_week_ends_where_the_runner_lives(club: Influx) -> None:
    """Late on Sunday in Berlin is of that week, and early on Monday, still Sunday in UTC, of the next."""
    club.make_bucket("weeks")
    tags = "session,runner=r,shoe=s,side=both"
    zone = ZoneInfo(TIME_ZONE)
    runs = {datetime(2026, 11, 8, 23, 30, tzinfo=zone): 5000.0, datetime(2026, 11, 9, 0, 15, tzinfo=zone): 7000.0}
    lines = [f"{tags} total_distance_m={way_m} {int(t.timestamp())}000000000" for t, way_m in runs.items()]
    with InfluxWriter(replace(club.settings, bucket="weeks")) as writer:
        assert writer.write(lines) == []
    dashboard = read_dashboard("trends")
    (panel,) = [panel for panel in panels_of(dashboard) if panel["title"] == "Distance a week"]
    query = substituted(panel["targets"][0]["query"], opened(dashboard), {"runner": "r", "shoe": "s"})
    found = {row["time"] / 1e9: row["sum"] for row in club.query(query, "weeks") if row["sum"]}
    mondays = [datetime(2026, 11, day, tzinfo=zone).timestamp() for day in (2, 9)]
    assert found == {mondays[0]: 5000.0, mondays[1]: 7000.0}


def verdicts(influx: Influx, uid: str) -> dict[str, bool]:
    """Whether a rule fires, for each runner, worked out as Grafana's expressions do."""
    (rule,) = [rule for rule in read_rules() if rule["uid"] == uid]
    values: dict[str, dict[Labels, float]] = {}
    for step in rule["data"]:
        ref_id, model = step["refId"], step["model"]
        if "query" in model:
            reach = step["relativeTimeRange"]
            within = TimeRange(NOW_MS - 1000 * reach["from"], NOW_MS - 1000 * reach["to"])
            values[ref_id] = last_of_each_series(influx.query(substituted(model["query"], within, {})))
            assert values[ref_id], f"{uid} {ref_id}: no data"
        elif model["type"] == "reduce":
            values[ref_id] = values[model["expression"]]
        elif model["type"] == "math":
            values[ref_id] = calculated(model["expression"], values)
        else:
            (condition,) = model["conditions"]
            (limit,), kind = condition["evaluator"]["params"], condition["evaluator"]["type"]
            fired = {key: v > limit if kind == "gt" else v < limit for key, v in values[model["expression"]].items()}
    return {key[0]: any(f for other, f in fired.items() if other[0] == key[0]) for key in fired}


def last_of_each_series(rows: list[dict[str, Any]]) -> dict[Labels, float]:
    found: dict[Labels, float] = {}
    for row in rows:
        labels = tuple(str(row[tag]) for tag in ("runner", "session", "sensor") if tag in row)
        (value,) = (v for name, v in row.items() if name not in ("time", "runner", "session", "sensor"))
        if value is not None:
            found[labels] = float(value)
    return found


def calculated(expression: str, values: Mapping[str, Mapping[Labels, float]]) -> dict[Labels, float]:
    """Grafana's mathematics works on the series that all its inputs have; `&&` is `and` on numbers."""
    text = expression.replace("&&", "and").replace("$", "")
    names = {name for name in values if name in text.replace("abs", "")}
    shared = set.intersection(*(set(values[name]) for name in names))
    return {key: float(eval(text, {"abs": abs}, {n: values[n][key] for n in names})) for key in shared}


def test_the_spike_alert_names_only_who_ran_much_longer(club: Influx) -> None:
    found = verdicts(club, "footfall-spike")
    assert found == {"ann": False, "cleo": True, SIGNS_IN_RUNNER: False}, (
        "Ben's sensors, on the shins, tell no distance"
    )


def test_the_asymmetry_alert_names_only_who_changed(club: Influx) -> None:
    assert verdicts(club, "footfall-asymmetry") == {"ann": False, "ben": True, "cleo": False}


def test_the_silence_alert_names_only_whose_sensor_fell_silent(club: Influx) -> None:
    assert verdicts(club, "footfall-silent") == {
        "ann": False,
        "ben": True,
        "cleo": False,
        SIGNS_IN_RUNNER: False,
    }


def test_the_bucket_is_the_one_that_grafana_is_told() -> None:
    assert BUCKET == "footfall"
