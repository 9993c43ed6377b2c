"""A session in one sentence, as its page says it, before it has one."""

from collections.abc import Sequence

from footfall_coaching.run import Run
from footfall_coaching.sentence import sentence_alone
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.store.run_record import CLOSER, MINUTE, SHORT_S, run_of
from footfall_gateway.wire import json_line, summary_object
from footfall_processing.gait import Stride
from footfall_processing.results.summary import SessionSummary
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from footfall_processing.session import Sensor, Session


def in_a_sentence(summary: SessionSummary, sensors: Sequence[Sensor], strides: Sequence[Stride]) -> str:
    """Return which leg's impact changed as a run went on, or which leg landed harder; empty without running.

    Strides of sensors that are none of the session's, as a damaged store may have them, are left out.
    """
    known = {sensor.id for sensor in sensors}
    own = [stride for stride in strides if stride.sensor_id in known]
    header = RecordingHeader(Session("session", None, tuple(sensors), ""), ())
    told = json_line(summary_object(summary))

    def cut(kind: str) -> Run:
        return run_of(header, cut_into_windows(own, sensors, WINDOW_KINDS[kind]), told)

    run = cut(MINUTE)
    return sentence_alone(run, cut(CLOSER) if run.running_s < SHORT_S else run)
