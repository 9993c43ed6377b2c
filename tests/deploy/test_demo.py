"""The compose file's demo: with its past and its run, even with less of both, no panel stays empty."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboards.grafana_files import panels_of, read_dashboard
from dashboards.grafana_macros import time_range
from dashboards.test_grafana_queries import chosen_at_first, is_answered
from demo_months import RUNNER
from deploy.compose_file import REPOSITORY
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from servers_influx import TOKEN, Influx


@pytest.mark.influx
def test_the_demo_s_past_fills_session_and_trends(
    influxdb: Influx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTFALL_INFLUX_URL", influxdb.url)
    monkeypatch.setenv("FOOTFALL_INFLUX_TOKEN", TOKEN)
    run = tmp_path / "demo-run.mcap"
    scripts = REPOSITORY / "scripts"
    commands: list[list[str | Path]] = [
        [scripts / "demo_run.py", run, "--minutes", "6.5"],
        [scripts / "demo_months.py", run, tmp_path / "data", "--runs", "6"],
    ]
    for command in commands:
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
    now_ms = int(time.time() * 1000)
    for name in ("session", "trends"):
        dashboard = read_dashboard(name)
        within = time_range(dashboard["time"]["from"], dashboard["time"]["to"], now_ms)
        chosen = chosen_at_first(influxdb, dashboard, within, {})
        assert chosen["runner"] == Pseudonyms.of(tmp_path / "data")(RUNNER)
        assert [p["title"] for p in panels_of(dashboard) if not is_answered(influxdb, p, within, chosen)] == []
