"""What Footfall says that each second of a session was, put together from all that a runner is told."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from footfall_coaching.run import Run
from footfall_coaching.stretches import cool_down_of, warm_up_of
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.store.run_record import CLOSER, MINUTE, SHORT_S, run_of
from footfall_gateway.wire import summary_object
from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.pipeline import analyze
from footfall_processing.results.summary import summarize
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from footfall_processing.session import Placement, Sensor, Session
from validation.comparison import Values
from validation.made_sessions import Made, Part

GOES_ON_S: Final = 3.0
"""Between two strides of one kind that are closer than this nobody stopped: one was lost."""

Confusion = Counter[tuple[Part, Part]]
"""Seconds, by what they were and what they were told to be."""


def confusions(made: Made, seed: int) -> Mapping[str, Confusion]:
    """Let a session be recorded and analysed; hold each sensor's results against what was done."""
    true = made.parts()
    found = {}
    for name, sensor, blocks in made.worn(seed):
        strides = analyze([sensor], blocks)
        told = told_parts(told_run(sensor, strides, made.begins_s), strides, true)
        wanted = ((telling(part, made, sensor), told[second]) for second, part in true.items())
        found[name] = Counter((part, one) for part, one in wanted if part is not None)
    return found


def telling(part: Part, made: Made, sensor: Sensor) -> Part | None:
    """Return what a sensor can tell of a second: `None` where it can't.

    Steps backwards are told from the way that foot or shin turns; that somebody runs slowly from speed, which only a
    foot with a gyroscope has.
    """
    if part is Part.BACKWARD and not sensor.has_gyro:
        return None
    has_speed = sensor.has_gyro and sensor.placement is Placement.FOOT
    return Part.RUN if part in made.jogged and not has_speed else part


def told_run(sensor: Sensor, strides: Sequence[Stride], begins_s: float) -> Run:
    """Make the record of a session that the log has of it."""
    header = RecordingHeader(Session("made-up", None, (sensor,), "", begin_s=begins_s), ())
    summary = msgspec.json.encode(summary_object(summarize(strides, [sensor]))).decode()
    backward = [stride for stride in strides if StrideFlag.BACKWARD in stride.quality]

    def cut(kind: str) -> Run:
        return run_of(header, cut_into_windows(strides, [sensor], WINDOW_KINDS[kind], begins_s), summary, backward)

    run = cut(MINUTE)
    return cut(CLOSER) if run.running_s < SHORT_S else run


def told_parts(run: Run, strides: Sequence[Stride], seconds: Iterable[int]) -> Mapping[int, Part]:
    """Say of each second what it was: a step backwards is one anywhere, warm-up and cool-down as on the run's page."""
    found = dict.fromkeys(seconds, Part.REST)
    for begin_s, end_s in spans(_span(s) for s in strides if s.activity is Activity.RUN):
        _fill(found, begin_s, end_s, Part.RUN)
    for part, stretch in ((Part.WARM_UP, warm_up_of(run)), (Part.COOL_DOWN, cool_down_of(run))):
        if stretch is not None:
            _fill(found, stretch.begin_s, stretch.end_s, part)
    for begin_s, end_s in spans(_span(s) for s in strides if StrideFlag.BACKWARD in s.quality):
        _fill(found, begin_s, end_s, Part.BACKWARD)
    return found


def spans(strides: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Put strides of one kind, by their contacts, together where they follow one another."""
    found: list[tuple[float, float]] = []
    for contact_s, next_contact_s in strides:
        goes_on = found and contact_s - found[-1][1] < GOES_ON_S
        begin_s = found.pop()[0] if goes_on else contact_s
        found.append((begin_s, next_contact_s))
    return found


def told_activities(strides: Sequence[Values], truth: Values) -> Counter[str]:
    """Count the seconds of a person's recording by the activity that is told of them; empty for none.

    Only seconds in which the person is known to do the one that the recording is of.
    """
    told: dict[int, str] = dict.fromkeys(_known_seconds(truth), "")
    for activity in Activity:
        own = ((s["initial_contact_s"], s["next_contact_s"]) for s in strides if s["activity"] == activity)
        for begin_s, end_s in spans(own):
            _fill(told, begin_s, end_s, activity.value)
    return Counter(told.values())


def _span(stride: Stride) -> tuple[float, float]:
    return stride.initial_contact_s, stride.next_contact_s


def _known_seconds(truth: Values) -> list[int]:
    windows = [window for window in truth["cadence_windows"] if window.get("steady", True)]
    known = truth["coverage"] or [(window["start_s"], window["end_s"]) for window in windows]
    return sorted({s for begin_s, end_s in known for s in range(int(max(begin_s, 0.0) + 0.999), int(end_s))})


def _fill(found: dict[int, Any], begin_s: float, end_s: float, told: object) -> None:
    for second in range(max(int(begin_s - 0.5), 0), int(end_s) + 1):
        if begin_s <= second + 0.5 < end_s and second in found:
            found[second] = told
