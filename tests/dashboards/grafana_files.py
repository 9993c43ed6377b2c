"""The committed files of Grafana, as tests read them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parents[2] / "dashboards" / "grafana"
DASHBOARDS: Final = sorted(path.stem for path in (FOLDER / "dashboards").glob("*.json"))


def read_dashboard(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "dashboards" / f"{name}.json").read_text())
    return found


def read_rules() -> list[dict[str, Any]]:
    rules = json.loads((FOLDER / "provisioning" / "alerting" / "rules.json").read_text())
    return [rule for group in rules["groups"] for rule in group["rules"]]


def panels_of(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def queries_of(dashboard: dict[str, Any]) -> Iterator[str]:
    yield from (target["query"] for panel in panels_of(dashboard) for target in panel["targets"])
    yield from (v["query"] for v in dashboard["templating"]["list"] if v["type"] == "query")
