"""Alert rules: a single run far longer than usual, a change in asymmetry, a sensor gone silent.

Each watches all runners at once and names the one it is about. Where alerts are sent is set in Grafana.
"""

from collections.abc import Sequence
from typing import Final

from footfall_coaching.load import CEILING, CONTEXT
from footfall_dashboards.grafana.fleet_health import UID as FLEET_UID
from footfall_dashboards.grafana.influxql import DATA_SOURCE, IN_TIME, WHOLE, InfluxQuery, select
from footfall_dashboards.grafana.trends import UID as TRENDS_UID
from footfall_processing.health import LinkState
from footfall_processing.metrics.catalogue import CONTACT_TIME

DAY_S: Final = 86_400

LEAST_CHANGE_PERCENT: Final = 1.0
"""A change of the left share by less than this is not worth a message, however steady the runner."""
RECENT_DAYS: Final = 14
USUAL_DAYS: Final = 90
RECENT_RUNS: Final = 3
USUAL_RUNS: Final = 8
"""Fewer runs than these say nothing yet."""
SILENT_S: Final = 120

_EXPRESSIONS: Final = "__expr__"
_SHARE: Final = f"{CONTACT_TIME.name}_left_share_percent"

JsonObject = dict[str, object]


def alert_rules() -> JsonObject:
    """Return the file that Grafana's provisioning reads."""
    return {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": 1,
                "name": "runs",
                "folder": "Footfall",
                "interval": "5m",
                "rules": [_spike(), _asymmetry()],
            },
            {"orgId": 1, "name": "sensors", "folder": "Footfall", "interval": "30s", "rules": [_silence()]},
        ],
    }


def _spike() -> JsonObject:
    above = select('max("above_ceiling")', "session", [WHOLE, IN_TIME], ["runner"])
    return _rule(
        "footfall-spike",
        "Single run above its ceiling",
        [_query("A", above, DAY_S, 0), _last("B", "A"), _above("C", "B", 0.5)],
        summary="{{ $labels.runner }}: a run above its ceiling",
        description=f"{CEILING} {CONTEXT}",
        uid_of_dashboard=TRENDS_UID,
        hold="0s",
    )


def _asymmetry() -> JsonObject:
    def share(function: str) -> str:
        return select(f'{function}("{_SHARE}")', "session", [WHOLE, IN_TIME], ["runner"])

    recent = (RECENT_DAYS * DAY_S, 0)
    usual = ((RECENT_DAYS + USUAL_DAYS) * DAY_S, RECENT_DAYS * DAY_S)
    return _rule(
        "footfall-asymmetry",
        "Change in asymmetry",
        [
            _query("A", share("mean"), *recent),
            _query("B", share("count"), *recent),
            _query("C", share("mean"), *usual),
            _query("D", share("stddev"), *usual),
            _query("E", share("count"), *usual),
            *(_last(reduced, of) for reduced, of in zip("FGHIJ", "ABCDE", strict=True)),
            _math(
                "K",
                f"abs($F - $H) > 2 * $I && abs($F - $H) > {LEAST_CHANGE_PERCENT:g} "
                f"&& $G >= {RECENT_RUNS} && $J >= {USUAL_RUNS}",
            ),
            _above("L", "K", 0.0),
        ],
        summary='{{ $labels.runner }}: left share of contact time {{ printf "%.1f" $values.F.Value }} %, '
        'usually {{ printf "%.1f" $values.H.Value }} %',
        description=f"The mean of the last {RECENT_DAYS} days is more than two standard deviations, and more than "
        f"{LEAST_CHANGE_PERCENT:g} percentage point, from that of the {USUAL_DAYS} days before. There is no agreed "
        "limit for asymmetry; this is a change of the runner's own. Look first whether the sensors sit as before.",
        uid_of_dashboard=TRENDS_UID,
        hold="0s",
    )


def _silence() -> JsonObject:
    received = select(
        'spread("received_samples")',
        "sensor_health",
        [f"\"state\" != '{LinkState.FINISHED.value}'", IN_TIME],
        ["runner", "session", "sensor"],
    )
    return _rule(
        "footfall-silent",
        "Sensor silent",
        [_query("A", received, SILENT_S, 0), _last("B", "A"), _below("C", "B", 1.0)],
        summary="{{ $labels.runner }}: no samples from {{ $labels.sensor }} for two minutes",
        description="The run goes on, but this sensor sends nothing. Is it off, empty or out of reach? A gateway that "
        "is gone altogether sends no reports, and then there is no alert either.",
        uid_of_dashboard=FLEET_UID,
        hold="0s",
    )


def _rule(
    uid: str,
    title: str,
    data: Sequence[JsonObject],
    *,
    summary: str,
    description: str,
    uid_of_dashboard: str,
    hold: str,
) -> JsonObject:
    """Make a rule whose last step is the condition; no data means that nobody runs."""
    return {
        "uid": uid,
        "title": title,
        "condition": data[-1]["refId"],
        "data": list(data),
        "noDataState": "OK",
        "execErrState": "Error",
        "for": hold,
        "annotations": {
            "summary": summary,
            "description": description,
            "runbook_url": f"/d/{uid_of_dashboard}",
        },
        "labels": {"app": "footfall"},
        "isPaused": False,
    }


def _query(ref_id: str, query: str, from_s: int, to_s: int) -> JsonObject:
    """Ask InfluxDB about the time from `from_s` to `to_s` seconds ago."""
    model = {
        **InfluxQuery(query, ref_id).to_json(),
        "datasource": {"type": DATA_SOURCE.type_val, "uid": DATA_SOURCE.uid},
        "intervalMs": 1000,
        "maxDataPoints": 1000,
    }
    return {
        "refId": ref_id,
        "relativeTimeRange": {"from": from_s, "to": to_s},
        "datasourceUid": DATA_SOURCE.uid,
        "model": model,
    }


def _last(ref_id: str, of: str) -> JsonObject:
    return _expression(ref_id, {"type": "reduce", "expression": of, "reducer": "last"})


def _math(ref_id: str, expression: str) -> JsonObject:
    return _expression(ref_id, {"type": "math", "expression": expression})


def _above(ref_id: str, of: str, limit: float) -> JsonObject:
    return _threshold(ref_id, of, "gt", limit)


def _below(ref_id: str, of: str, limit: float) -> JsonObject:
    return _threshold(ref_id, of, "lt", limit)


def _threshold(ref_id: str, of: str, comparison: str, limit: float) -> JsonObject:
    evaluator = {"type": comparison, "params": [limit]}
    return _expression(ref_id, {"type": "threshold", "expression": of, "conditions": [{"evaluator": evaluator}]})


def _expression(ref_id: str, model: JsonObject) -> JsonObject:
    return {
        "refId": ref_id,
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": _EXPRESSIONS,
        "model": {"refId": ref_id, "datasource": {"type": _EXPRESSIONS, "uid": _EXPRESSIONS}, **model},
    }
