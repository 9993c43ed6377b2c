"""Every query of every panel, variable and alert, asked of a real InfluxDB that the real pipeline filled.

No Grafana runs here: `grafana_macros` puts in what Grafana would. A query without an answer fails the test.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final

import pytest

from dashboards.a_club import NOW_MS, club_lines
from dashboards.grafana_files import DASHBOARDS, panels_of, read_dashboard, read_rules
from dashboards.grafana_macros import TimeRange, substituted, time_range, variables_in
from footfall_gateway.influx.writer import InfluxWriter
from servers_influx import BUCKET, Influx, influxdb

pytestmark = pytest.mark.influx

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
    values = sorted({str(row["value"]) for row in rows}, reverse=variable["sort"] == 2)
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


def is_answered(influx: Influx, query: str) -> bool:
    """Whether there is a row with a value beside its time."""
    return any(
        value is not None
        for row in influx.query(query)
        for name, value in row.items()
        if name not in ("time", "minute")
    )


@pytest.mark.parametrize("name", DASHBOARDS)
def test_no_panel_is_empty_when_the_dashboard_opens(club: Influx, name: str) -> None:
    dashboard = read_dashboard(name)
    within = time_range(dashboard["time"]["from"], dashboard["time"]["to"], NOW_MS)
    chosen = chosen_at_first(club, dashboard, within, {})
    assert chosen["runner"] in (STEADY, ".*")
    raw = frozenset(n for n, value in chosen.items() if value == ".*")
    empty = [
        panel["title"]
        for panel in panels_of(dashboard)
        if not any(is_answered(club, substituted(t["query"], within, chosen, raw)) for t in panel["targets"])
    ]
    assert not empty


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_query_has_an_answer_for_some_runner(club: Influx, name: str) -> None:
    dashboard = read_dashboard(name)
    within = time_range(dashboard["time"]["from"], dashboard["time"]["to"], NOW_MS)
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    custom = [n for n, variable in variables.items() if variable["type"] == "custom"]
    runners = choices(club, variables["runner"], {}, within)
    settings = [
        chosen_at_first(club, dashboard, within, {"runner": runner, **dict(zip(custom, values, strict=True))})
        for runner, *values in product(runners, *(choices(club, variables[n], {}, within) for n in custom))
    ]
    unanswered = []
    for panel in panels_of(dashboard):
        for target in panel["targets"]:
            used = variables_in(target["query"])
            for value_of in custom:
                # each choice must have an answer, whatever the others
                if value_of in used:
                    for value in choices(club, variables[value_of], {}, within):
                        fitting = [chosen for chosen in settings if chosen[value_of] == value]
                        if not any(asked(club, target["query"], within, chosen) for chosen in fitting):
                            unanswered.append((panel["title"], target["refId"], value))
            if not any(asked(club, target["query"], within, chosen) for chosen in settings):
                unanswered.append((panel["title"], target["refId"], "any"))
    # Ann runs at some of the speeds on offer only
    assert [one for one in unanswered if one[0] != "Impact at one speed" or one[2] == "any"] == []


def asked(influx: Influx, query: str, within: TimeRange, chosen: Mapping[str, str]) -> bool:
    raw = frozenset(n for n, value in chosen.items() if value == ".*")
    return is_answered(influx, substituted(query, within, chosen, raw))


def test_a_shoe_with_signs_in_its_name_is_found(club: Influx) -> None:
    dashboard = read_dashboard("trends")
    within = time_range(dashboard["time"]["from"], dashboard["time"]["to"], NOW_MS)
    chosen = chosen_at_first(club, dashboard, within, {"runner": STEADY, "shoe": "Racer / 2.0"})
    (panel,) = [panel for panel in panels_of(dashboard) if panel["title"] == "Distance a week"]
    assert asked(club, panel["targets"][0]["query"], within, chosen)


def verdicts(influx: Influx, uid: str) -> dict[str, bool]:
    """Whether a rule fires, for each runner, worked out as Grafana's expressions do."""
    (rule,) = [rule for rule in read_rules() if rule["uid"] == uid]
    values: dict[str, dict[str, float]] = {}
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
    return {
        key.split(" ")[0]: any(f for other, f in fired.items() if other.split(" ")[0] == key.split(" ")[0])
        for key in fired
    }


def last_of_each_series(rows: list[dict[str, Any]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in rows:
        labels = " ".join(str(row[tag]) for tag in ("runner", "session", "sensor") if tag in row)
        (value,) = (v for name, v in row.items() if name not in ("time", "runner", "session", "sensor"))
        if value is not None:
            found[labels] = float(value)
    return found


def calculated(expression: str, values: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Grafana's mathematics works on the series that all its inputs have; `&&` is `and` on numbers."""
    text = expression.replace("&&", "and").replace("$", "")
    names = {name for name in values if name in text.replace("abs", "")}
    shared = set.intersection(*(set(values[name]) for name in names))
    return {key: float(eval(text, {"abs": abs}, {n: values[n][key] for n in names})) for key in shared}


def test_the_spike_alert_names_only_who_ran_much_longer(club: Influx) -> None:
    found = verdicts(club, "footfall-spike")
    assert found == {"ann": False, "cleo": True}, "Ben's sensors, on the shins, tell no distance"


def test_the_asymmetry_alert_names_only_who_changed(club: Influx) -> None:
    assert verdicts(club, "footfall-asymmetry") == {"ann": False, "ben": True, "cleo": False}


def test_the_silence_alert_names_only_whose_sensor_fell_silent(club: Influx) -> None:
    assert verdicts(club, "footfall-silent") == {"ann": False, "ben": True, "cleo": False}


def test_the_bucket_is_the_one_that_grafana_is_told() -> None:
    assert BUCKET == "footfall"
