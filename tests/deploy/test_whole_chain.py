"""All that the compose file joins, but Grafana: gateway, Mosquitto, processor, InfluxDB, and what a panel asks then."""

import shutil
import time
from pathlib import Path

import pytest

from dashboards.grafana_files import panels_of, read_dashboard
from dashboards.grafana_macros import substituted, time_range
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from gateway.command_line import FEET, footfall
from killing import Footfall, send_what_waits, wait_until_complete
from servers import Server
from servers_influx import BUCKET, TOKEN, Influx


def send_run(folder: Path, at: tuple[str, ...], duration_s: int) -> None:
    # At full speed a session begins some seconds ahead of the computer's clock: later than a panel's "now".
    gateway = Footfall(
        "gateway", *at, "--data-dir", str(folder / "there"), "--name", "track",
        "--replay", str(FEET), "--speed", "20", "--duration", str(duration_s), "--runner", "Ann",
    )  # fmt: skip
    try:
        gateway.start()
        assert gateway.wait() == 0, gateway.said()
    finally:
        gateway.kill()


def points_of(influxdb: Influx, bucket: str) -> dict[str, list[str]]:
    """All points of each measurement, whatever their order."""
    return {
        measurement: sorted(repr(sorted(row.items())) for row in influxdb.query(f"SELECT * FROM {measurement}", bucket))
        for measurement in ("stride", "window", "session", "load")
    }


@pytest.mark.broker
@pytest.mark.influx
def test_a_second_run_stands_beside_the_first(
    mosquitto: Server, influxdb: Influx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTFALL_INFLUX_URL", influxdb.url)
    monkeypatch.setenv("FOOTFALL_INFLUX_TOKEN", TOKEN)
    at = ("--broker", f"mqtt://127.0.0.1:{mosquitto.port}")
    here = tmp_path / "here"
    processor = Footfall("process", *at, "--data-dir", str(here))
    whole = "SELECT total_distance_m, duration_s FROM session WHERE side = 'both'"
    try:
        processor.start()
        for number, duration_s in enumerate((60, 80)):
            send_run(tmp_path, at, duration_s)
            wait_until_complete(processor, here, number + 1)
        processor.interrupt()
    finally:
        processor.kill()
    send_what_waits(here, influxdb.settings)

    first, second = influxdb.query(whole)
    assert 0.0 < first["total_distance_m"] < second["total_distance_m"]
    # nobody ran it: it stands against no ceiling
    assert influxdb.query("SELECT longest_30d_m FROM session WHERE side = 'both'") == []

    dashboard = read_dashboard("trends")
    (panel,) = [p for p in panels_of(dashboard) if p["title"] == "Each run, and the longest before it"]
    within = time_range(dashboard["time"]["from"], dashboard["time"]["to"], int(time.time() * 1000))
    chosen = {"runner": Pseudonyms.of(here)("Ann"), "shoe": ".*"}
    asked = substituted(panel["targets"][0]["query"], within, chosen, frozenset({"shoe"}))
    ways_m = [run["total_distance_m"] for run in (first, second)]
    assert [row["total_distance_m"] for row in influxdb.query(asked)] == ways_m

    # as docs/deploy.md restores: from a copy of the processor's folder into an empty InfluxDB
    shutil.copytree(tmp_path / "here", tmp_path / "copied")
    influxdb.make_bucket("restored")
    monkeypatch.setenv("FOOTFALL_INFLUX_BUCKET", "restored")
    assert footfall("push", "--demos", "--data-dir", tmp_path / "copied").status == 0
    written, restored = points_of(influxdb, BUCKET), points_of(influxdb, "restored")
    assert all(written.values())
    assert restored == written
