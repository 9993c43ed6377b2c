"""What is to be said beside a summary's numbers: why some are missing, and what looks wrong with a sensor."""

from collections.abc import Iterable, Iterator
from typing import Final

from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.metrics.catalogue import (
    STRIDE_METRICS,
)
from footfall_processing.metrics.session_catalogue import SESSION_METRICS
from footfall_processing.metrics.support import impact_fitness, why_unsupported
from footfall_processing.results.summary import (
    MIN_STRIDES,
    MOST_CLIPPED,
    Missing,
    SessionSummary,
)
from footfall_processing.session import Placement, Sensor
from footfall_processing.short_names import short_names

SWAPPED: Final = "the sides may be swapped: each moves as if it were on the other leg. Nothing was relabelled."
_DOING: Final = {Activity.WALK: "walking", Activity.RUN: "running"}
_SHOCK: Final = SESSION_METRICS["shock_index_g"]


def notes_on_summary(summary: SessionSummary, sensors: Iterable[Sensor], strides: Iterable[Stride]) -> Iterator[str]:
    """Say what a reader should know of the numbers."""
    sensors, strides = tuple(sensors), tuple(strides)
    notes = [
        *_notes_on_signals(summary, strides),
        *_notes_on_sensors(summary, sensors),
        *_notes_on_strides(summary),
        *_notes_on_shin_strikes(summary, sensors, strides),
        *_notes_on_support(sensors),
    ]
    yield from _shared(notes)


def fitness_notes(sensors: Iterable[Sensor]) -> Iterator[str]:
    """Say before a run how fit the sensors are for impacts, and what they can't measure."""
    sensors = tuple(sensors)
    yield from _shared((sensor.id, f"impacts: {impact_fitness(sensor)}.") for sensor in sensors)
    yield from _shared(_notes_on_support(sensors))


def _shared(notes: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Write notes; sensors of which the same is true share a line."""
    concerned: dict[str, list[str]] = {}
    for sensor_id, note in notes:
        concerned.setdefault(note, []).append(sensor_id)
    names = short_names(sensor_id for sensor_ids in concerned.values() for sensor_id in sensor_ids)
    for note, sensor_ids in concerned.items():
        yield f"{', '.join(names[sensor_id] for sensor_id in dict.fromkeys(sensor_ids))}: {note}"


def clocks_note(why: str) -> str:
    """Say what follows where a sensor's clock looks different from that of the other leg's."""
    return f"{why}: the clocks differ, or the sensors were worn one after the other. Step times are left out."


def one_signal_note(other_id: str) -> str:
    """Say what follows where a sensor's strides are those of the other leg's."""
    return (
        f"its strides are those of {other_id}, at the same times and to the last bit as hard: one signal was given for "
        "both legs. Left and right are not compared."
    )


def _notes_on_signals(summary: SessionSummary, strides: Iterable[Stride]) -> Iterator[tuple[str, str]]:
    for sensor_id, wrong in summary.axes_disagree.items():
        yield (
            sensor_id,
            f"gyroscope and accelerometer disagree: {wrong}. Angles, strikes, lengths and all else that rests on the "
            "sensor's orientation are left out; put the axes right where the data come from.",
        )
    for sensor_id, why in summary.clocks_differ.items():
        yield sensor_id, clocks_note(why)
    for sensor_id, other_id in summary.one_signal.items():
        yield sensor_id, one_signal_note(other_id)
    for sensor_id in sorted({stride.sensor_id for stride in strides if StrideFlag.SAMPLES_HELD in stride.quality}):
        yield (
            sensor_id,
            "its stream repeats each sample: the sensor measures more slowly than was said, and what its true rate "
            "does not support is left out.",
        )


def _notes_on_sensors(summary: SessionSummary, sensors: Iterable[Sensor]) -> Iterator[tuple[str, str]]:
    for sensor in sensors:
        if sensor.length_gain != 1.0:
            yield sensor.id, f"stride lengths are calibrated: multiplied by {sensor.length_gain:.3f}."
        guess = summary.side_guesses.get(sensor.id)
        if summary.sides_may_be_swapped and sensor.side is not None:
            yield sensor.id, SWAPPED
        elif sensor.side is None and guess is not None:
            yield (
                sensor.id,
                f"probably the {guess.side.value} leg (confidence {guess.confidence:.2f}, by its movement).",
            )
        elif sensor.side is None:
            yield sensor.id, "the side was not said, and its movement does not tell it."


def _notes_on_strides(summary: SessionSummary) -> Iterator[tuple[str, str]]:
    for part in summary.sensors:
        doing = _DOING[part.activity]
        if part.clipped_strides:
            yield (
                part.sensor_id,
                f"{part.clipped_strides} of {part.strides} strides while {doing} hit the end of the accelerometer's "
                "range; their true impact is higher, and they are left out of it here."
                + (" Their lengths may be some 3 % short." if part.distance_m is not None else ""),
            )
        if not part.shock_index_g and part.clipped_strides > MOST_CLIPPED * part.strides:
            yield part.sensor_id, f"no {_SHOCK.label.lower()} while {doing}: the hardest landings are not known."
        if part.strides < MIN_STRIDES:
            yield part.sensor_id, f"too few strides while {doing} for averages ({MIN_STRIDES} are needed)."
            continue
        reasons: dict[Missing, list[str]] = {}
        for name, reason in part.missing.items():
            if reason is not Missing.NOT_RUNNING:
                reasons.setdefault(reason, []).append(STRIDE_METRICS[name].label.lower())
        for reason, labels in reasons.items():
            yield part.sensor_id, f"no {', '.join(labels)} while {doing}: {reason.words}."


def _notes_on_shin_strikes(
    summary: SessionSummary, sensors: Iterable[Sensor], strides: Iterable[Stride]
) -> Iterator[tuple[str, str]]:
    told = [(stride.sensor_id, stride.strike) for stride in strides if stride.activity is Activity.RUN]
    for sensor in sensors:
        struck = [strike for sensor_id, strike in told if sensor_id == sensor.id]
        silent = struck.count(None)
        asked = sensor.placement is Placement.SHANK and sensor.has_gyro and sensor.id not in summary.axes_disagree
        if asked and silent:
            yield (
                sensor.id,
                f"no strike pattern in {silent} of {len(struck)} strides while running: a shin tells only a heel that "
                "clearly lands first; the others may be any.",
            )


def _notes_on_support(sensors: Iterable[Sensor]) -> Iterator[tuple[str, str]]:
    for sensor in sensors:
        reasons: dict[str, list[str]] = {}
        for metric in STRIDE_METRICS.values():
            reason = why_unsupported(metric, sensor)
            if reason is not None:
                reasons.setdefault(reason, []).append(metric.label.lower())
        for reason, labels in reasons.items():
            yield sensor.id, f"no {', '.join(labels)}: {reason}."
