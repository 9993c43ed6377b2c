"""The files that Grafana reads, as `dashboards/grafana/` holds them."""

import json
from collections.abc import Mapping

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from footfall_dashboards.grafana.alerts import alert_rules
from footfall_dashboards.grafana.fleet_health import fleet_health
from footfall_dashboards.grafana.live_run import live_run
from footfall_dashboards.grafana.session import session
from footfall_dashboards.grafana.trends import trends


def grafana_files() -> Mapping[str, str]:
    """Return each generated file's text by its path within `dashboards/grafana/`."""
    made = {
        "live-run.json": live_run(),
        "session.json": session(),
        "trends.json": trends(),
        "fleet-health.json": fleet_health(),
    }
    files: dict[str, object] = {f"dashboards/{name}": _numbered(made_of.build()) for name, made_of in made.items()}
    files["provisioning/alerting/rules.json"] = alert_rules()
    return {path: _text(content) for path, content in files.items()}


def _numbered(dashboard: Dashboard) -> Dashboard:
    """Give each panel its number, so that links to it stay."""
    for number, panel in enumerate(dashboard.panels or [], start=1):
        panel.id_val = number
    return dashboard


def _text(content: object) -> str:
    """Write JSON the same way each time, for people to read and to compare."""
    plain = json.loads(JSONEncoder().encode(content))
    return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
