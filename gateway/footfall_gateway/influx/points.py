"""What InfluxDB holds of a session, as line protocol. Names and units are the metric catalogue's; see docs/influxdb.md.

InfluxDB 2 keeps an index entry for each set of tags and each field. So a session's id is a tag only where a session has
few points; strides, windows and loads, which runner, sensor and time identify, have it as a field.

A point's key is its measurement, tags and time, and all three follow from the session alone: writing the same stride,
window or session once more replaces it. Times are whole nanoseconds, the session's start plus session seconds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from math import isfinite
from typing import Final, TypeAlias

from footfall_coaching.answers import Pain, Shoe
from footfall_coaching.load import Stand
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.sinks.base import SensorReport
from footfall_gateway.store.run_record import tells_distance
from footfall_gateway.stride_values import stride_values
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.health import LinkState
from footfall_processing.metrics.catalogue import PEAK_ACC, STRIDE_METRICS
from footfall_processing.results.summary import SensorSummary, SessionSummary, is_trusted
from footfall_processing.results.windows import WINDOW_KINDS, Window
from footfall_processing.session import Sensor, Session, Side

Item: TypeAlias = Stride | Window | SessionSummary | SensorReport | Stand
"""What points are made from."""

Value: TypeAlias = float | int | str | None


class Measurement(StrEnum):
    """What points are of."""

    STRIDE = "stride"
    WINDOW = "window"
    SESSION = "session"
    LOAD = "load"
    SENSOR_HEALTH = "sensor_health"
    PAIN = "pain"
    SHOE = "shoe"


UNNAMED_RUNNER: Final = "unnamed"
UNKNOWN: Final = "unknown"
"""The side and the shoe that nobody told; a tag is never left out, so that no series falls out of a query."""
BOTH: Final = "both"
"""Sensor, side and placement of what is said of the two legs together."""
NOWHERE: Final = "none"
"""The site of a pain that is none."""

GARMIN_FIELDS: Final[Mapping[str, tuple[str, float]]] = {
    name: (metric.garmin.name, metric.garmin.factor)
    for name, metric in STRIDE_METRICS.items()
    if metric.garmin is not None
}
"""Catalogue metrics that garmin-grafana's measurement `ActivityGPS` also has: its name, and the factor to its unit."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NS: Final = 1_000_000_000
_ESCAPED: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\n", "\t": r"\t", "\r": r"\r", "\\": "/"})
"""What would end a tag; a backslash, which at the end would do so too, becomes a slash."""
_AS_KEPT: Final = str.maketrans({"\n": r"\n", "\t": r"\t", "\r": r"\r", "\\": "/"})
_QUOTED: Final = str.maketrans({'"': r"\"", "\\": "\\\\", "\n": " "})
"""What would end a field's text, or the line."""


def lines_of(item: Item, header: RecordingHeader) -> list[str]:
    """Return an item's points of the session that `header` describes, as lines; a summary has several.

    Raises
    ------
    InputError
        When the session has no date, or the item is of a sensor that the session does not have.
    """
    session = header.session
    match item:
        case Stride():
            return [_stride(item, session)]
        case Window():
            return [_window(item, session)]
        case SensorReport():
            return [_health(item, session)]
        case SessionSummary():
            return list(_session(item, session))
        case Stand():
            return _stand(item, session)


def lines_of_all(items: Iterable[Item], header: RecordingHeader) -> list[str]:
    """Return the points of items of one session, as lines; see `lines_of`."""
    return [line for item in items for line in lines_of(item, header)]


def pain_line(note: Pain, header: RecordingHeader) -> str:
    """Return a pain of a session as a point at its start; that nothing hurt is of no site."""
    session = header.session
    tags = {
        **_whose(session),
        **_which(session),
        "site": NOWHERE if note.site is None else note.site.value,
        "side": _side(note.side),
        "phase": note.phase.value,
    }
    return _line(Measurement.PAIN, tags, {"level": note.level}, _session_ns(session, 0.0))


def shoe_line(note: Shoe, whose: Callable[[str], str] = str) -> str:
    """Return a change of shoes as a point at its time; the runner is called as `whose` says."""
    tags = {"runner": whose(note.runner_name) or UNNAMED_RUNNER, "shoe": note.name}
    return _line(Measurement.SHOE, tags, {"worn": 1}, _since_epoch_ns(note.since_utc))


def called(header: RecordingHeader, whose: Callable[[str], str]) -> RecordingHeader:
    """Return a session's header in which the runner is called as `whose` says, such as by pseudonym."""
    session = header.session
    return replace(header, session=replace(session, runner_name=whose(session.runner_name)))


def runner_tag(runner_name: str) -> str:
    """Return what InfluxDB has as the value of the tag `runner` for a name."""
    return runner_name.translate(_AS_KEPT) or UNNAMED_RUNNER


def _stride(stride: Stride, session: Session) -> str:
    tags = {**_whose(session), **_leg(session, stride.sensor_id), "activity": stride.activity.value}
    fields: dict[str, Value] = {
        **_which(session),
        **stride_values(stride),
        "initial_contact_s": stride.initial_contact_s,
        "strike": None if stride.strike is None else stride.strike.value,
        "strike_confidence": stride.strike_confidence,
        "confidence": stride.confidence,
        "trusted": int(is_trusted(stride)),
        "clipped": int(StrideFlag.ACC_CLIPPED in stride.quality),
        "quality": " ".join(flag.value for flag in stride.quality) or None,
    }
    return _line(Measurement.STRIDE, tags, fields, _session_ns(session, stride.initial_contact_s))


def _window(window: Window, session: Session) -> str:
    part = window.summary
    tags = {
        **_whose(session),
        **_leg(session, part.sensor_id),
        "activity": part.activity.value,
        "window": window.kind,
    }
    fields = {
        **_which(session),
        **_middles(part),
        "begin_s": window.begin_s,
        "duration_s": window.end_s - window.begin_s,
    }
    if WINDOW_KINDS[window.kind].length_s is not None:
        medians = {name: metric.median for name, metric in part.metrics.items()}
        fields |= {theirs: medians[ours] * k for ours, (theirs, k) in GARMIN_FIELDS.items() if ours in medians}
    return _line(Measurement.WINDOW, tags, fields, _session_ns(session, window.begin_s))


def _session(summary: SessionSummary, session: Session) -> Iterator[str]:
    begin_ns = _session_ns(session, 0.0)
    for part in summary.sensors:
        tags = {**_whose(session), **_leg(session, part.sensor_id), "activity": part.activity.value}
        fields = _middles(part)
        for name, drift in part.drift.items():
            slope = drift.per_10_min
            fields |= {
                f"{name}_drift_per_10min": slope.slope,
                f"{name}_drift_low": slope.low,
                f"{name}_drift_high": slope.high,
            }
        yield _line(Measurement.SESSION, {**tags, **_which(session)}, fields, begin_ns)
        load = {
            **_which(session),
            "strides": part.strides,
            "moving_s": part.moving_s,
            **_way(part),
            "shock_index_g": part.shock_index_g.get(PEAK_ACC.name),
            **{STRIDE_METRICS[name].sum_name: total for name, total in part.peak_sum_g.items()},
        }
        yield _line(Measurement.LOAD, tags, load, begin_ns)
    yield _line(Measurement.SESSION, _both(session), _together(summary), begin_ns)


def _together(summary: SessionSummary) -> dict[str, Value]:
    """Say what is of both legs; each runs the whole way, so the way is that of the sensor which saw most of it.

    What was walked is no part of the way; and too few lengths make none, as in the log of runs.
    """
    running = [part for part in summary.sensors if part.activity is Activity.RUN]
    ways = [part.distance_m for part in running if tells_distance(part.strides, part.distance_strides)]
    way_m = max((way_m for way_m in ways if way_m is not None), default=None)
    moving_s = max((part.moving_s for part in running), default=0.0)
    fields: dict[str, Value] = {
        "duration_s": summary.duration_s,
        "total_strides": sum(part.strides for part in summary.sensors),
        "total_distance_m": way_m,
        "elapsedDuration": summary.duration_s,
        "distance": way_m,
        "averageSpeed": way_m / moving_s if way_m is not None and moving_s > 0.0 else None,
    }
    fields |= {f"{name}_left_share_percent": value for name, value in summary.balance.items()}
    fields |= {f"{name}_symmetry_index_percent": value for name, value in summary.symmetry_index_percent.items()}
    fields |= {f"{name}_left_minus_right": value for name, value in summary.left_minus_right.items()}
    return fields


def _middles(part: SensorSummary) -> dict[str, Value]:
    fields: dict[str, Value] = {"strides": part.strides, "clipped_strides": part.clipped_strides}
    for name, metric in part.metrics.items():
        fields |= {name: metric.median, f"{name}_sd": metric.sd}
    fields |= {f"{strike.value}_percent": 100.0 * part.strikes[strike] for strike in Strike if strike in part.strikes}
    return {**fields, **_way(part), "shock_index_g": part.shock_index_g.get(PEAK_ACC.name)}


def _way(part: SensorSummary) -> dict[str, Value]:
    strides = None if part.distance_m is None else part.distance_strides
    return {"distance_m": part.distance_m, "distance_strides": strides}


def _stand(stand: Stand, session: Session) -> list[str]:
    """Say how far a run was, as the log has it, and where it stands against its ceiling; nothing where neither is."""
    ceiling, fields = stand.ceiling, dict[str, Value]()
    if stand.distance_m is not None:
        fields = {"total_distance_m": stand.distance_m, "distance": stand.distance_m}
    if ceiling.limit_m is not None:
        fields |= {
            "longest_30d_m": ceiling.longest_m,
            "ceiling_m": ceiling.limit_m,
            "over_longest_30d": stand.ratio,
            "above_ceiling": int(stand.is_above),
            "stand": stand.words,
        }
    if not fields:
        return []
    return [_line(Measurement.SESSION, _both(session), fields, _session_ns(session, 0.0))]


def _health(report: SensorReport, session: Session) -> str:
    health = report.health
    fields: dict[str, Value] = {
        "state": health.state.value,
        "streaming": int(health.state is LinkState.STREAMING),
        "rate_hz": health.rate_hz,
        "received_samples": health.received_samples,
        "lost_samples": health.lost_samples,
        "clipped_samples": health.clipped_samples,
        "loss_percent": 100.0 * health.loss_fraction,
        "battery_percent": None if health.battery_percent is None else float(health.battery_percent),
        "lag_s": report.lag_s,
    }
    tags = {**_whose(session), **_which(session), **_leg(session, health.sensor_id)}
    return _line(Measurement.SENSOR_HEALTH, tags, fields, _session_ns(session, health.t_s))


def _line(measurement: Measurement, tags: Mapping[str, str], fields: Mapping[str, Value], time_ns: int) -> str:
    """Encode a point; in a third of the time that `influxdb_client.Point` takes, against which a test holds it."""
    key = ",".join([f"{name}={_escaped(value)}" for name, value in sorted(tags.items())])
    values = []
    for name, value in fields.items():
        if value.__class__ is float:  # as most are; what is beside them here is for speed
            if isfinite(value):
                values.append(f"{name}={value!r}")
        elif (text := _text(value)) is not None:
            values.append(f"{name}={text}")
    return f"{measurement.value},{key} {','.join(values)} {time_ns}"


@lru_cache(4096)
def _escaped(tag: str) -> str:
    return tag.translate(_ESCAPED)


def _text(value: Value) -> str | None:
    if value is None:
        return None
    if isinstance(value, float):
        return float.__repr__(value) if isfinite(value) else None  # NumPy's numbers have a longer repr
    if isinstance(value, int):
        return f"{value}i"
    return f'"{value.translate(_QUOTED)}"'


def _whose(session: Session) -> dict[str, str]:
    return {"runner": session.runner_name or UNNAMED_RUNNER, "shoe": session.shoe or UNKNOWN}


def _which(session: Session) -> dict[str, str]:
    return {"session": session.id}


def _both(session: Session) -> dict[str, str]:
    leg = {"sensor": BOTH, "side": BOTH, "placement": BOTH, "activity": Activity.RUN.value}
    return {**_whose(session), **_which(session), **leg}


def _leg(session: Session, sensor_id: str) -> dict[str, str]:
    sensor = _find(session.sensors, sensor_id)
    if sensor is None:
        raise InputError(f"session {session.id!r}: has no sensor {sensor_id!r}")
    return {
        "sensor": sensor.id,
        "side": _side(sensor.side),
        "placement": sensor.placement.value,
    }


def _find(sensors: Iterable[Sensor], sensor_id: str) -> Sensor | None:
    return next((sensor for sensor in sensors if sensor.id == sensor_id), None)


def _side(side: Side | None) -> str:
    return UNKNOWN if side is None else side.value


def _session_ns(session: Session, t_s: float) -> int:
    if session.started_utc is None:
        raise InputError(f"session {session.id!r}: has no date, and InfluxDB keeps nothing without one")
    return _since_epoch_ns(session.started_utc) + round(t_s * _NS)


def _since_epoch_ns(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * _NS + since.microseconds * 1000
