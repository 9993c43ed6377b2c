"""What Grafana makes of its provisioning files before it uses them, and whether they name each other rightly.

Grafana replaces `$NAME` and `${NAME}` by the environment in nearly every text of these files. Of alert rules it leaves
two as they are: a query's model (`pkg/services/provisioning/alerting/rules_types.go`: "We have to use the Raw field
here") and annotations, of which newer versions replace `${NAME}` only. So no `$` there may be doubled, and no `$` may
stand elsewhere.
"""

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from dashboards.grafana_files import DASHBOARDS, FOLDER, read_dashboard, read_rules
from deploy.compose_file import SERVICES, mounts_of

GRAFANA: Final[dict[str, Any]] = SERVICES["grafana"]
MOUNTED: Final = mounts_of("grafana")
TAKEN_AS_IT_IS: Final = ("model", "annotations")


def texts(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, path)
    elif isinstance(value, str):
        yield path, value


def test_what_alert_rules_say_in_dollars_reaches_grafana_as_it_is() -> None:
    with_dollars = [(path, text) for rule in read_rules() for path, text in texts(rule) if "$" in text]
    assert {path[0] if path[0] == "annotations" else path[1] for path, _ in with_dollars} == set(TAKEN_AS_IT_IS)
    for _, text in with_dollars:
        assert not re.search(r"\$\$|\$\{|\$__\w+\{", text), text


def test_each_step_of_a_rule_uses_steps_before_it() -> None:
    for rule in read_rules():
        before: set[str] = set()
        for step in rule["data"]:
            model = step["model"]
            assert model["refId"] == step["refId"]
            expression = model.get("expression", "")
            used = set(re.findall(r"\$([A-Z])", expression)) or ({expression} if expression else set())
            assert used <= before
            assert (step["datasourceUid"] == "__expr__") == bool(used)
            before.add(step["refId"])
        assert rule["condition"] == step["refId"]


def test_the_data_source_gets_what_it_needs_from_the_environment() -> None:
    (source,) = yaml.safe_load((FOLDER / "provisioning/datasources/influxdb.yaml").read_text())["datasources"]
    named = {name for _, text in texts(source) for name in re.findall(r"\$\{?(\w+)", text)}
    assert named == {name for name in GRAFANA["environment"] if name.startswith("FOOTFALL_")}
    assert source["jsonData"]["httpHeaderName1"] == "Authorization"
    assert source["secureJsonData"]["httpHeaderValue1"] == "Token $FOOTFALL_INFLUX_TOKEN"
    asked = {
        found
        for name in DASHBOARDS
        for found in re.findall(r'"uid": "(\S+-influxdb)"', json.dumps(read_dashboard(name)))
    }
    asked |= {step["datasourceUid"] for rule in read_rules() for step in rule["data"]} - {"__expr__"}
    assert asked == {source["uid"]}


def test_grafana_finds_dashboards_where_they_are_mounted() -> None:
    (provider,) = yaml.safe_load((FOLDER / "provisioning/dashboards/footfall.yaml").read_text())["providers"]
    assert MOUNTED[provider["options"]["path"]] == "./dashboards/grafana/dashboards"
    home = PurePosixPath(GRAFANA["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == provider["options"]["path"]
    assert home.stem in DASHBOARDS
    for folder in (FOLDER / "provisioning").iterdir():
        inside = f"provisioning/{folder.name}"
        assert MOUNTED[f"/etc/grafana/{inside}"] == f"./dashboards/grafana/{inside}"
    for rule in read_rules():
        uid = rule["annotations"]["runbook_url"].removeprefix("/d/")
        assert uid in {read_dashboard(name)["uid"] for name in DASHBOARDS}
