"""*Fleet health*: every sensor of every runner: link, loss, battery, rate, and how far its strides are behind."""

from collections.abc import Sequence
from typing import Final

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from footfall_dashboards.grafana.frame import data_link, new_dashboard
from footfall_dashboards.grafana.influxql import IN_TIME, OF_RUNNER, Target, nested, select, tag_variable
from footfall_dashboards.grafana.live_run import UID as LIVE_UID
from footfall_dashboards.grafana.looks import AMBER, GREEN, RED, Look
from footfall_dashboards.grafana.panels import column, curves, named, numbers, rows
from footfall_processing.health import LinkState
from footfall_processing.metrics.catalogue import CADENCE

UID: Final = "footfall-fleet"

_HERE: Final = [OF_RUNNER, IN_TIME]
_LOSS: Final = Look("percent", 1, ((None, GREEN), (1.0, AMBER), (5.0, RED)), low=0.0)
_BATTERY: Final = Look("percent", 0, ((None, RED), (15.0, AMBER), (30.0, GREEN)), low=0.0, high=100.0)
_LAG: Final = Look("s", 1, ((None, GREEN), (5.0, AMBER), (60.0, RED)), low=0.0)
_LAG_MEANS: Final = (
    "How far what is computed is behind the newest packet that the gateway has of a sensor. Less than a second "
    "is normal: batches hold half a second of packets. Orange from 5 s: Live run, which refreshes as often, shows the "
    "past. Red from 60 s, more than a lost connection costs: the processor catches up after it or the broker was "
    "away, or, when it does not fall again, is too slow for so many runners. Nothing is lost by lag."
)
_STATES: Final = {
    LinkState.SEARCHING: AMBER,
    LinkState.CONNECTING: AMBER,
    LinkState.STREAMING: GREEN,
    LinkState.SILENT: RED,
    LinkState.LOST: RED,
    LinkState.FINISHED: "text",
}
_OF_SENSOR: Final = "$tag_runner $tag_sensor"
_SENSOR: Final = ("runner", "sensor")
_GAP_MS: Final = 120_000
"""A sensor that reported for so long nothing was not worn."""


def fleet_health() -> Dashboard:
    """Make the dashboard."""
    runners = tag_variable("runner", "Runner", "All runners, or one.", "sensor_health", with_all=True)
    return (
        new_dashboard(UID, "Fleet health", "All sensors: link, loss, battery, lag.", "now-3h", "10s")
        .with_variable(runners)
        .with_row(Row("Now"))
        .with_panel(
            rows(
                "Sensors",
                "The last report of each sensor in the time range; a runner's name opens Live run. State: green "
                "streams, orange searches or connects, red is silent (connected without data) or lost, uncoloured has "
                "finished. Loss: orange from 1 %, where single strides go missing, red from 5 %. Battery: orange "
                "below 30 %, red below 15 %, too little for a long run. Lag, of what is computed behind the sensor's "
                "newest packet: orange from 5 s, red from 60 s.",
                Look("none", 0),
                [
                    Target(
                        select(
                            'last("state") AS "State", "rate_hz" AS "Rate", "loss_percent" AS "Loss", '
                            '"battery_percent" AS "Battery", "lag_s" AS "Lag"',
                            "sensor_health",
                            _HERE,
                            ["runner", "sensor", "placement", "side"],
                        ),
                        as_table=True,
                    )
                ],
                {
                    "runner": [named("Runner"), DynamicConfigValue("links", [_LINK_TO_LIVE_RUN])],
                    "sensor": [named("Sensor")],
                    "placement": [named("Place")],
                    "side": [named("Side")],
                    "State": [*column("none"), DynamicConfigValue("mappings", [_state_colors()]), _COLORED_TEXT],
                    "Time": [*column("dateTimeFromNow"), named("Last report")],
                    "Rate": column("hertz", 0),
                    "Loss": column("percent", 1, _LOSS.steps),
                    "Battery": column("percent", 0, _BATTERY.steps),
                    "Lag": column("s", 1, _LAG.steps),
                },
            )
        )
        .with_panel(
            numbers(
                "Streaming",
                "Sensors whose newest report of the last minute says that they stream. With a lag of more than a "
                "minute nothing is known of it.",
                Look("none", 0),
                [
                    Target(
                        nested(
                            'sum("now")',
                            select('last("streaming") AS "now"', "sensor_health", _HERE, _SENSOR),
                            [],
                        ),
                        alias="streaming",
                    )
                ],
                width=6,
                over="1m",
                nothing="no reports",
            )
        )
        .with_panel(
            numbers(
                "Worst loss",
                "Samples lost by the sensor that loses most, of all it sent in its session. Orange from 1 %, where "
                "single strides go missing, red from 5 %.",
                _LOSS,
                [Target(select('max("loss_percent")', "sensor_health", _HERE), alias="loss")],
                width=6,
            )
        )
        .with_panel(
            numbers(
                "Lowest battery",
                "Of all sensors that tell their battery. Orange below 30 %, red below 15 %: too little for a long run.",
                _BATTERY,
                [Target(select('min("battery_percent")', "sensor_health", _HERE), alias="battery")],
                width=6,
            )
        )
        .with_panel(
            numbers(
                "Longest lag",
                f"Of all sensors, in the newest minute with reports. {_LAG_MEANS}",
                _LAG,
                [Target(select('max("lag_s")', "sensor_health", _HERE, ["time(1m)"], "none"), alias="lag")],
                width=6,
                sparkline=True,
            )
        )
        .with_row(Row("Over time"))
        .with_panel(
            _curves(
                "Sampling rate",
                "Samples a second by the sensor's own clock. It should be flat: a sensor that slows down is short of "
                "power or of radio time.",
                Look("hertz", 0, low=0.0),
                [_over_time("mean", "rate_hz")],
            )
        )
        .with_panel(
            _curves(
                "Loss",
                "Samples lost of all that the sensor sent in its session, known from its sequence numbers. Lines at "
                "1 % (single strides go missing) and 5 %.",
                _LOSS,
                [_over_time("max", "loss_percent")],
            )
        )
        .with_panel(
            _curves(
                "Battery",
                "As the sensor tells it. Lines at 15 % and 30 %.",
                _BATTERY,
                [_over_time("min", "battery_percent")],
            )
        )
        .with_panel(
            _curves(
                "Lag", f"{_LAG_MEANS} Where there is no line, see Reports a minute.", _LAG, [_over_time("max", "lag_s")]
            )
        )
        .with_panel(
            _curves(
                "Reports a minute",
                "How many reports of each sensor reached the database: a dozen while all is well. A gap in a run: "
                "the gateway, the broker, the processor or InfluxDB is away. Reports that InfluxDB missed follow; "
                "the others are left out, but strides all follow.",
                Look("none", 0, low=0.0),
                [
                    Target(
                        select('count("received_samples")', "sensor_health", _HERE, ["time(1m)", *_SENSOR], "none"),
                        alias=_OF_SENSOR,
                    )
                ],
                width=8,
            )
        )
        .with_panel(
            _curves(
                "Strides a minute",
                "Strides that reached the database, of each sensor. Left and right are alike in running.",
                Look("none", 0, low=0.0),
                [
                    Target(
                        select(f'count("{CADENCE.name}")', "stride", _HERE, ["time(1m)", *_SENSOR], "none"),
                        alias=_OF_SENSOR,
                    )
                ],
                width=8,
            )
        )
        .with_panel(
            _curves(
                "Clipped samples",
                "Samples at the end of a sensor's range since its session began: the true peaks are higher. A sensor "
                "that clips at each step needs a wider range.",
                Look("none", 0, low=0.0),
                [_over_time("max", "clipped_samples")],
                width=8,
            )
        )
    )


_LINK_TO_LIVE_RUN: Final = data_link("Watch the run", LIVE_UID, "runner=${__value.text:percentencode}", keep_time=False)
_COLORED_TEXT: Final = DynamicConfigValue("custom.cellOptions", {"type": "color-text"})


def _state_colors() -> dict[str, object]:
    options = {
        state.value: {"text": state.value, "color": color, "index": index}
        for index, (state, color) in enumerate(_STATES.items())
    }
    return {"type": "value", "options": options}


def _curves(title: str, description: str, look: Look, targets: Sequence[Target], width: int = 12) -> timeseries.Panel:
    return curves(title, description, look, targets, width=width, gap_ms=_GAP_MS)


def _over_time(function: str, field: str) -> Target:
    return Target(
        select(f'{function}("{field}")', "sensor_health", _HERE, ["time($__interval)", *_SENSOR], "none"),
        alias=_OF_SENSOR,
    )
