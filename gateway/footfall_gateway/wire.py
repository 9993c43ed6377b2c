"""The JSON objects that leave Footfall, one a line: a recording's description, its strides, its summary.

Names and units are the metric catalogue's. What a sensor can't support is `null`, never left out.
Numbers are written in full, so the same stride always gives the same bytes.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import msgspec

from footfall_coaching.cues.cue import LOUDEST, Cue
from footfall_coaching.light import Light
from footfall_coaching.load import Stand
from footfall_coaching.run import Run
from footfall_gateway.outside import converted, escaped_json
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.store.database import StoredSession
from footfall_gateway.stride_values import stride_values
from footfall_processing.belt import STEP_S, BeltCourse
from footfall_processing.companions import CompanionSummary, ValueSummary
from footfall_processing.gait import Impact, NowDoing, Stride
from footfall_processing.health import SensorHealth
from footfall_processing.metrics.catalogue import PEAK_ACC
from footfall_processing.metrics.drift import Drift, Slope
from footfall_processing.metrics.symmetry import STEP_TIME
from footfall_processing.metrics.version import METRICS_VERSION
from footfall_processing.results.sides import SideGuess
from footfall_processing.results.summary import MetricSummary, SensorSummary, SessionSummary
from footfall_processing.results.windows import Window
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

JsonObject: TypeAlias = dict[str, object]

_HEALTH: Final = "sensor_health"


def recording_object(header: RecordingHeader) -> JsonObject:
    """Say who measured what: the first line of an analysis."""
    session = header.session
    return {
        "type": "recording",
        "session_id": session.id,
        "started_utc": None if session.started_utc is None else session.started_utc.isoformat(),
        "software": session.software,
        "sensors": [sensor_object(sensor) for sensor in session.sensors],
        "companions": [{"id": companion.id, "model": companion.profile} for companion in header.companions],
        "runner": (
            None if session.runner is None else {"mass_kg": session.runner.mass_kg, "height_m": session.runner.height_m}
        ),
        "runner_name": session.runner_name or None,
        "shoe": session.shoe or None,
    }


def session_object(stored: StoredSession) -> JsonObject:
    """Say what the store knows of a session beside its strides."""
    return {
        **recording_object(stored.header),
        "type": "session",
        "recording": None if stored.recording is None else str(stored.recording),
        "strides": stored.strides,
        "finished": stored.summary is not None,
        "metrics_version": stored.metrics_version,
    }


def listed_object(stored: StoredSession, run: Run | None, worst_pain: int | None) -> JsonObject:
    """Say what a list of sessions has of one; `run` is its record in the log, once it is over."""
    return {
        **session_object(stored),
        "duration_s": None if run is None else run.duration_s,
        "distance_m": None if run is None else run.distance_m,
        "distance_source": None if run is None or run.distance_source is None else run.distance_source.value,
        "walking_m": None if run is None else run.walking_m,
        "backward_s": None if run is None else run.backward_s,
        "runner": stored.header.session.runner_name or None,
        "title": stored.edit.title or None,
        "pain": worst_pain,
        "demo": stored.header.is_demo,
    }


def sensor_object(sensor: Sensor) -> JsonObject:
    """Describe a sensor with the names and units of the CSV sidecar."""
    return {
        "id": sensor.id,
        "placement": sensor.placement.value,
        "side": None if sensor.side is None else sensor.side.value,
        "rate_hz": sensor.sampling_rate_hz,
        # Ranges are round numbers outside; the way through SI must not blur them.
        "acc_range_g": _rounded(sensor.acc_range_mps2, STANDARD_GRAVITY_MPS2),
        "gyro_range_dps": _rounded(sensor.gyro_range_radps, RADIANS_PER_DEGREE),
        "has_gyro": sensor.has_gyro,
        "length_gain": sensor.length_gain,
    }


def _rounded(value: float | None, unit: float) -> float | None:
    return None if value is None else round(value / unit, 6)


def stride_object(stride: Stride) -> JsonObject:
    """Turn a stride into its line; times are on the recording's own axis."""
    return {
        "type": "stride",
        "sensor_id": stride.sensor_id,
        "side": None if stride.side is None else stride.side.value,
        "activity": stride.activity.value,
        "initial_contact_s": stride.initial_contact_s,
        "toe_off_s": stride.toe_off_s,
        "next_contact_s": stride.next_contact_s,
        **stride_values(stride),
        "strike": None if stride.strike is None else stride.strike.value,
        "strike_confidence": stride.strike_confidence,
        "confidence": stride.confidence,
        "quality": [flag.value for flag in stride.quality],
    }


def summary_object(
    summary: SessionSummary, companions: Iterable[CompanionSummary] = (), metrics_version: int = METRICS_VERSION
) -> JsonObject:
    """Turn a session's summary into its line: per sensor and activity, left against right, and its companions.

    `metrics_version` is the one by which its strides were found: this program's, unless they were stored before.
    """
    companions = tuple(companions)
    return {
        "type": "summary",
        "metrics_version": metrics_version,
        "duration_s": summary.duration_s,
        "strides": sum(part.strides for part in summary.sensors),
        "sensors": [_sensor_summary_object(part) for part in summary.sensors],
        "left_share_percent": dict(summary.balance),
        "left_share_error_percent": dict(summary.balance_error_percent),
        "symmetry_index_percent": dict(summary.symmetry_index_percent),
        "left_minus_right": dict(summary.left_minus_right),
        "side_guesses": {sensor_id: side_guess_object(guess) for sensor_id, guess in summary.side_guesses.items()},
        "sides_may_be_swapped": summary.sides_may_be_swapped,
        "axes_disagree": dict(summary.axes_disagree),
        "clocks_differ": dict(summary.clocks_differ),
        "one_signal": dict(summary.one_signal),
        STEP_TIME: {
            activity.value: {side.value: _metric_summary_object(found) for side, found in sides.items()}
            for activity, sides in summary.step_times.items()
        },
        "companions": {
            companion.companion_id: {
                name: {"n": found.n, "mean": found.mean, "max": found.max} for name, found in companion.values.items()
            }
            for companion in companions
        },
        "treadmills": {
            companion.companion_id: {
                "step_s": STEP_S,
                "belt_mps": list(companion.belt.belt_mps),
                "slope_percent": list(companion.belt.slope_percent),
            }
            for companion in companions
            if companion.belt is not None
        },
    }


def load_object(stand: Stand) -> JsonObject:
    """Say where a run stands against its ceiling, in numbers and in the words of the pages."""
    return {
        "distance_m": stand.distance_m,
        "ceiling_m": stand.ceiling.limit_m,
        "longest_30d_m": stand.ceiling.longest_m,
        "over_longest_30d": stand.ratio,
        "is_above": stand.is_above,
        "words": stand.words,
    }


def light_object(light: Light) -> JsonObject:
    """Say which light a runner has today, and why, in the words of the pages."""
    return {
        "colour": light.colour.value,
        "reason": light.reason,
        "action": light.action,
        "see_somebody": light.see_somebody,
    }


def companion_summaries(summary: Mapping[str, object]) -> tuple[CompanionSummary, ...]:
    """Read the companions back out of a `summary_object`; none from a time before there were any.

    Raises
    ------
    OutsideError
        When the summary says something else there.
    """
    found = converted(summary.get("companions", {}), dict[str, dict[str, ValueSummary]], "the summary's companions")
    belts = converted(summary.get("treadmills", {}), dict[str, BeltCourse], "the summary's treadmills")
    return tuple(CompanionSummary(one, values, belts.get(one)) for one, values in found.items())


def side_guess_object(guess: SideGuess) -> JsonObject:
    """Say which side a sensor's movement speaks for."""
    return {"side": guess.side.value, "confidence": guess.confidence}


def doing_object(now: NowDoing) -> JsonObject:
    """Say what the wearer of a sensor does from here on, as a live view shows it."""
    return {"type": "doing", "sensor_id": now.sensor_id, "t_s": now.t_s, "doing": now.doing.value}


def impact_object(impact: Impact) -> JsonObject:
    """Turn a landing, as for a live cue, into its line."""
    return {
        "type": "impact",
        "sensor_id": impact.sensor_id,
        "side": None if impact.side is None else impact.side.value,
        "t_s": impact.t_s,
        PEAK_ACC.name: impact.peak_acc_mps2 / STANDARD_GRAVITY_MPS2,
        "clipped": impact.clipped,
    }


def sound_object(cue: Cue) -> JsonObject:
    """Turn a cue into its line: what a loudspeaker elsewhere is to play now."""
    return {
        "type": "sound",
        "kind": cue.kind.value,
        "sound": cue.sound.value,
        "t_s": cue.at_s,
        "side": None if cue.side is None else cue.side.value,
        "loudness_percent": 100.0 * cue.step / LOUDEST,
        "pitch_hz": cue.pitch_hz,
        "beats_per_min": cue.beats_per_min,
        "lasts_s": cue.lasts_s,
        "words": cue.words,
        "version": cue.version,
    }


def health_object(health: SensorHealth) -> JsonObject:
    """Say how a sensor is doing."""
    return {
        "type": "health",
        "sensor_id": health.sensor_id,
        "t_s": health.t_s,
        "state": health.state.value,
        "rate_hz": health.rate_hz,
        "received_samples": health.received_samples,
        "lost_samples": health.lost_samples,
        "clipped_samples": health.clipped_samples,
        "battery_percent": health.battery_percent,
        "duplicate_packets": health.duplicate_packets,
        "rejected_packets": health.rejected_packets,
        "axes_disagree": health.axes_disagree,
        "held_samples": health.held_samples,
    }


def with_health(summary: JsonObject, reports: Iterable[SensorHealth]) -> JsonObject:
    """Add to a summary how its sensors were at last, which strides alone don't tell."""
    return {**summary, _HEALTH: [health_object(health) for health in reports]}


def with_health_of(summary: JsonObject, kept: Mapping[str, object]) -> JsonObject:
    """Add to a summary that was made anew what `with_health` had added to the one that was kept."""
    return summary | {name: kept[name] for name in (_HEALTH,) if name in kept}


def kept_health(summary: Mapping[str, object]) -> dict[str, SensorHealth]:
    """Read back what `with_health` added, by sensor id; nothing where nothing was.

    Raises
    ------
    OutsideError
        When the summary says something else there.
    """
    found = converted(summary.get(_HEALTH, []), list[SensorHealth], "the summary's sensors")
    return {health.sensor_id: health for health in found}


def window_object(window: Window) -> JsonObject:
    """Turn one sensor's window into its line."""
    return {
        "type": "window",
        "window": window.kind,
        "index": window.index,
        "begin_s": window.begin_s,
        "end_s": window.end_s,
        **_sensor_summary_object(window.summary),
    }


def _sensor_summary_object(part: SensorSummary) -> JsonObject:
    return {
        "sensor_id": part.sensor_id,
        "side": None if part.side is None else part.side.value,
        "activity": part.activity.value,
        "strides": part.strides,
        "clipped_strides": part.clipped_strides,
        "metrics": {name: _metric_summary_object(metric) for name, metric in part.metrics.items()},
        "strike_shares": {strike.value: share for strike, share in part.strikes.items()},
        "missing": {name: reason.value for name, reason in part.missing.items()},
        "distance_m": part.distance_m,
        "distance_strides": part.distance_strides,
        "shock_index_g": dict(part.shock_index_g),
        "drift": {name: _drift_object(drift) for name, drift in part.drift.items()},
    }


def _metric_summary_object(metric: MetricSummary) -> JsonObject:
    return {
        "n": metric.n,
        "median": metric.median,
        "mean": metric.mean,
        "p10": metric.p10,
        "p90": metric.p90,
        "sd": metric.sd,
        "cv_percent": metric.cv_percent,
    }


def _drift_object(drift: Drift) -> JsonObject:
    return {
        "blocks": drift.blocks,
        "per_10_min": _slope_object(drift.per_10_min),
        "per_km": None if drift.per_km is None else _slope_object(drift.per_km),
    }


def _slope_object(slope: Slope) -> JsonObject:
    return {"slope": slope.slope, "low": slope.low, "high": slope.high}


def json_line(json_object: JsonObject) -> str:
    """Encode an object as one line of JSON, without the line's end; what is not seen is escaped."""
    return escaped_json(msgspec.json.encode(json_object).decode())
