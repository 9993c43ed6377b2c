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


def test_all_is_influxql(dashboard: dict[str, Any]) -> None:
    for query in queries_of(dashboard):
        assert re.match(r"(SELECT|SHOW TAG VALUES) ", query)
        assert "|>" not in query
        assert "from(bucket" not in query


def test_every_series_query_has_a_bound(dashboard: dict[str, Any]) -> None:
    """A query without a time range reads years: only one session's may do so."""
    for panel in panels_of(dashboard):
        for target in panel["targets"]:
            assert "$timeFilter" in target["query"] or "$session" in target["query"], panel["title"]


def test_times_are_ones_that_grafana_reads(dashboard: dict[str, Any]) -> None:
    chosen = time_range(dashboard["time"]["from"], dashboard["time"]["to"], 1_700_000_000_000)
    assert chosen.from_ms < chosen.to_ms
    assert dashboard["refresh"] in ("", "5s", "10s")


def test_links_lead_to_dashboards_that_exist(dashboard: dict[str, Any]) -> None:
    uids = {read_dashboard(name)["uid"] for name in DASHBOARDS}
    links = re.findall(r"/d/([\w-]+)", str(dashboard)) + re.findall(r"/d/([\w-]+)", str(read_rules()))
    assert set(links) <= uids


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
