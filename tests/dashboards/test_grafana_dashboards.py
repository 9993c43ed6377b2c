"""The committed dashboards: what the code generates, and whole in themselves."""

import re
from itertools import combinations, pairwise
from typing import Any

import pytest
import yaml

from dashboards.grafana_files import DASHBOARDS, FOLDER, panels_of, queries_of, read_dashboard, read_rules
from dashboards.grafana_macros import time_range, variables_in
from footfall_dashboards.grafana.files import grafana_files
from footfall_dashboards.grafana.influxql import DATA_SOURCE

GRID_WIDTH = 24


@pytest.fixture(params=DASHBOARDS)
def dashboard(request: pytest.FixtureRequest) -> dict[str, Any]:
    return read_dashboard(request.param)


def test_the_committed_files_are_what_the_code_generates() -> None:
    generated = grafana_files()
    committed = {str(path.relative_to(FOLDER)): path.read_text() for path in FOLDER.rglob("*.json")}
    assert committed == generated, "run python -m footfall_dashboards.grafana, and commit what it writes"


def test_there_are_the_four_dashboards() -> None:
    assert DASHBOARDS == ["fleet-health", "live-run", "session", "trends"]
    assert len({read_dashboard(name)["uid"] for name in DASHBOARDS}) == len(DASHBOARDS)


def test_the_grid_has_neither_overlaps_nor_holes(dashboard: dict[str, Any]) -> None:
    cells = [
        {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        for at in (panel["gridPos"] for panel in dashboard["panels"])
    ]
    assert all(not first & second for first, second in combinations(cells, 2))
    taken = set[tuple[int, int]]().union(*cells)
    height = 1 + max(y for _, y in taken)
    assert taken == {(x, y) for x in range(GRID_WIDTH) for y in range(height)}


def test_every_panel_says_what_it_shows_and_in_which_unit(dashboard: dict[str, Any]) -> None:
    for panel in panels_of(dashboard):
        shown = panel["fieldConfig"]["defaults"]
        assert shown["unit"], panel["title"]
        assert len(panel["description"]) > 40, panel["title"]
        assert shown["noValue"]
        assert panel["datasource"] == {"type": DATA_SOURCE.type_val, "uid": DATA_SOURCE.uid}
        assert panel["targets"]


def test_colours_with_a_meaning_are_explained(dashboard: dict[str, Any]) -> None:
    for panel in panels_of(dashboard):
        limits = [step["value"] for step in panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])]
        for limit in limits[1:]:
            # a border between whole numbers is told as the numbers beside it
            told = {f"{limit:g}", f"{limit - 0.5:g}", "a tenth longer" if limit == 1.1 else f"{limit:g}"}
            assert any(re.search(rf"(?<![\d.]){re.escape(text)}", panel["description"]) for text in told), panel[
                "title"
            ]
        assert limits[1:] == sorted(limits[1:])


def test_titles_and_numbers_of_panels_are_unique(dashboard: dict[str, Any]) -> None:
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)
    sections: dict[int, list[str]] = {}
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            sections[panel["id"]] = []
        else:
            sections[max(sections)].append(panel["title"])
    assert all(len(set(titles)) == len(titles) for titles in sections.values())
    assert all(sections.values()), "a row without panels"


def test_only_variables_that_exist_are_used_and_every_one_is(dashboard: dict[str, Any]) -> None:
    names = [variable["name"] for variable in dashboard["templating"]["list"]]
    used = set[str]().union(*(variables_in(query) for query in queries_of(dashboard)))
    assert used == set(names)
    for before, variable in pairwise([{"name": ""}, *dashboard["templating"]["list"]]):
        earlier = names[: names.index(before["name"]) + 1] if before["name"] else []
        if variable["type"] == "query":
            assert variables_in(variable["query"]) <= set(earlier), "a variable asks for one that comes after it"
        assert variable["description"]


def test_names_in_regular_expressions_are_escaped(dashboard: dict[str, Any]) -> None:
    """What people name, and not we, stands nowhere but in a regular expression, as `${name:regex}`."""
    ours = {v["name"] for v in dashboard["templating"]["list"] if v["type"] == "custom"}
    for query in queries_of(dashboard):
        plain = set(re.findall(r"\$(\w+)", query)) - {"timeFilter", "__interval"}
        assert plain <= ours, query
        named = re.findall(r"=~ /\^\$\{(\w+):regex\}\$/", query)
        assert set(named) == variables_in(query) - ours, query
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "custom":
            assert all(re.fullmatch(r"[\w.]+", option["value"]) for option in variable["options"])


def test_weeks_and_days_are_the_time_zone_s(dashboard: dict[str, Any]) -> None:
    for query in queries_of(dashboard):
        by_calendar = re.search(r"time\(\d+[dw]", query) is not None
        assert query.endswith(" tz('${__timezone:raw}')") == by_calendar, query


def test_every_column_of_a_table_has_its_place(dashboard: dict[str, Any]) -> None:
    """Grafana gives tags in no fixed order."""
    for panel in panels_of(dashboard):
        if panel["type"] == "table":
            (target,) = panel["targets"]
            (organized,) = [t["options"] for t in panel["transformations"] if t["id"] == "organize"]
            columns = {"Time", *re.findall(r' AS "([^"]+)"', target["query"])}
            columns |= set(re.findall(r'"(\w+)"', target["query"].partition("GROUP BY")[2]))
            placed = organized["indexByName"]
            assert columns == {*placed, *organized["excludeByName"]}, panel["title"]
            assert sorted(placed.values()) == list(range(len(placed)))


def test_every_number_of_a_table_has_a_unit_or_is_a_count(dashboard: dict[str, Any]) -> None:
    counts = {"Runs", "Strides"}
    texts = {"Time", "Session", "Shoe", "shoe", "Sensor", "State", "runner", "sensor", "placement", "side"}
    for panel in panels_of(dashboard):
        if panel["type"] == "table":
            (organized,) = [t["options"] for t in panel["transformations"] if t["id"] == "organize"]
            units = {
                override["matcher"]["options"]
                for override in panel["fieldConfig"]["overrides"]
                if "unit" in {prop["id"] for prop in override["properties"]}
            }
            assert set(organized["indexByName"]) - counts - texts <= units, panel["title"]


def test_all_is_influxql(dashboard: dict[str, Any]) -> None:
    for query in queries_of(dashboard):
        assert re.match(r"(SELECT|SHOW TAG VALUES) ", query)
        assert "|>" not in query
        assert "from(bucket" not in query


def test_every_series_query_has_a_bound(dashboard: dict[str, Any]) -> None:
    """A query without a time range reads years: only one session's may do so."""
    for panel in panels_of(dashboard):
        for target in panel["targets"]:
            assert "$timeFilter" in target["query"] or "session" in variables_in(target["query"]), panel["title"]


def test_times_are_ones_that_grafana_reads(dashboard: dict[str, Any]) -> None:
    chosen = time_range(dashboard["time"]["from"], dashboard["time"]["to"], 1_700_000_000_000)
    assert chosen.from_ms < chosen.to_ms
    assert dashboard["refresh"] in ("", "5s", "10s")


def test_links_lead_to_dashboards_that_exist(dashboard: dict[str, Any]) -> None:
    uids = {read_dashboard(name)["uid"] for name in DASHBOARDS}
    links = re.findall(r"/d/([\w-]+)", str(dashboard)) + re.findall(r"/d/([\w-]+)", str(read_rules()))
    assert set(links) <= uids


def test_dashboards_link_to_one_another(dashboard: dict[str, Any]) -> None:
    """By tags, with the variables; the time range is kept among those of months, not from them to those of minutes."""
    tags = {link["tags"][0]: link for link in dashboard["links"]}
    of_history = "footfall-history" in dashboard["tags"]
    assert set(tags) == {"footfall-now", "footfall-history"}
    assert all(link["type"] == "dashboards" and link["includeVars"] for link in tags.values())
    assert tags["footfall-history"]["keepTime"] is of_history
    assert not tags["footfall-now"]["keepTime"]
    reached = [name for name in DASHBOARDS if set(read_dashboard(name)["tags"]) & set(tags)]
    assert reached == DASHBOARDS


def test_a_run_in_trends_opens_its_session() -> None:
    session_uid = read_dashboard("session")["uid"]
    (runs,) = [panel for panel in panels_of(read_dashboard("trends")) if panel["title"] == "Runs"]
    (link,) = [
        link
        for override in runs["fieldConfig"]["overrides"]
        for prop in override["properties"]
        if prop["id"] == "links"
        for link in prop["value"]
    ]
    address, _, query = link["url"].partition("?")
    assert address == f"/d/{session_uid}"
    parts = query.split("&")
    assert parts[0] == "${__url_time_range}"
    set_here = {part.partition("=")[0].removeprefix("var-") for part in parts[1:]}
    assert set_here <= {variable["name"] for variable in read_dashboard("session")["templating"]["list"]}
    assert {"runner", "session"} <= set_here


def test_alert_rules_are_whole() -> None:
    rules = read_rules()
    assert [rule["uid"] for rule in rules] == ["footfall-spike", "footfall-asymmetry", "footfall-silent"]
    for rule in rules:
        steps = [step["refId"] for step in rule["data"]]
        assert steps == sorted(set(steps))
        assert rule["condition"] == steps[-1]
        for number, step in enumerate(rule["data"]):
            asked = set(re.findall(r"\$?\b([A-Z])\b", step["model"].get("expression", "")))
            assert asked <= set(steps[:number]), "an expression asks for a step after it"
            assert step["datasourceUid"] in (DATA_SOURCE.uid, "__expr__")
        assert set(re.findall(r"\$values\.([A-Z])", rule["annotations"]["summary"])) <= set(steps)


def test_provisioning_names_the_data_source_that_dashboards_use() -> None:
    (source,) = yaml.safe_load((FOLDER / "provisioning/datasources/influxdb.yaml").read_text())["datasources"]
    assert (source["type"], source["uid"]) == (DATA_SOURCE.type_val, DATA_SOURCE.uid)
    assert source["jsonData"]["version"] == "InfluxQL"
    assert "$FOOTFALL_INFLUX_TOKEN" in source["secureJsonData"]["httpHeaderValue1"]
    (provider,) = yaml.safe_load((FOLDER / "provisioning/dashboards/footfall.yaml").read_text())["providers"]
    assert provider["options"]["path"] == "/etc/grafana/footfall"
