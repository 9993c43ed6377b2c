"""What an analysis says of stretches without strides."""

import math
from dataclasses import replace

import pytest

from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.sessions.analysis import Analysis, Silences
from footfall_gateway.sessions.sinks.base import SessionEnd
from footfall_processing.gait import Doing, NowDoing
from footfall_processing.results.summary import summarize
from footfall_processing.session import Session
from gateway.recordings_for_tests import LEFT, SHIN, header

STOOD = tuple(
    NowDoing("left", at_s, doing)
    for at_s, doing in ((0.0, Doing.RUNNING), (20.0, Doing.STANDING), (60.0, Doing.RUNNING))
)


@pytest.mark.parametrize(
    ("begin_s", "end_s", "why"),
    [
        (10.0, 20.0, "no strides found"),
        (20.0, 30.0, "standing"),
        (15.0, 21.0, "no strides found"),
        (70.0, 80.0, "no strides found"),
        (98.0, 108.0, "no samples"),
        (200.0, 210.0, "no samples"),
    ],
)
def test_the_cause_is_what_was_done_or_that_nothing_was_heard(begin_s: float, end_s: float, why: str) -> None:
    described = RecordingHeader(Session("s", None, (), "footfall"), ())
    silences_s = {"left": [(100.0, math.inf)], "right": [(40.0, math.inf)]}
    analysis = Analysis(described, STOOD, SessionEnd(summarize([], []), ()), silences_s, {})
    assert analysis.why_no_strides(begin_s, end_s) == why


def test_silence_is_what_no_packet_came_in() -> None:
    """Packets count from the first sample, whatever its clock says."""
    described = header()
    silences = Silences(replace(described, session=replace(described.session, begin_s=1000.0)))
    heard = [RawPacket(at_s, LEFT.id, "", b"") for at_s in (1.0, 2.0, 4.0, 9.0, 10.0)]
    silences.take([*heard, RawPacket(5.0, "a-heart-rate-strap", "", b"")])
    assert silences.found() == {LEFT.id: [(1004.0, 1009.0), (1010.0, math.inf)], SHIN.id: [(1000.0, math.inf)]}
