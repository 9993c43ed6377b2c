"""The live run: what happens to a packet, and in which order."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.decoding import decoders_of
from footfall_gateway.recordings.recorder import Recorder
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.live import run
from footfall_gateway.sessions.sinks.base import News, Overflow, SessionEnd, Sinks
from footfall_processing.samples import ImuBlock
from gateway.command_line import FEET
from gateway.recordings_for_tests import header, packets


async def test_packets_are_on_the_disk_before_they_are_decoded_and_each_is_decoded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.mcap"
    # the second packet of each pair ends a batch of the recording
    given = list(packets(20, interval_s=1.0))
    decoded: list[RawPacket] = []

    async def pairs() -> AsyncIterator[list[RawPacket]]:
        for begin in range(0, len(given), 2):
            yield given[begin : begin + 2]

    def decode(batch: Sequence[RawPacket]) -> list[ImuBlock]:
        decoded.extend(batch)
        assert list(Recording.open(path))[: len(decoded)] == decoded
        return []

    decoders = decoders_of(header())
    for decoder in decoders.values():
        monkeypatch.setattr(decoder, "push", decode)
    async with Recorder(path, header(), pytest.fail) as recorder:
        end = await run(SessionEngine(header(), decoders), pairs(), recorder=recorder, sinks=Sinks([]))
    assert decoded == given
    assert end.summary.sensors == ()
    assert end.recording == path


async def test_who_must_not_be_told_twice_is_not_told_again_of_a_run_that_goes_on(tmp_path: Path) -> None:
    recording = Recording.open(FEET)
    packets_of_run = [packet for packet in recording if packet.received_s < 30.0]
    told: dict[bool, list[News]] = {True: [], False: []}

    async def rest() -> AsyncIterator[list[RawPacket]]:
        yield packets_of_run[400:]

    path = tmp_path / "run.mcap"
    sinks = Sinks([Telling(told, repeatable=repeatable) for repeatable in (True, False)])
    async with Recorder(path, recording.header, pytest.fail) as recorder:
        await sinks.open(recording.header, path)
        await run(SessionEngine(recording.header), rest(), recorder=recorder, sinks=sinks, earlier=packets_of_run[:400])
        await sinks.close()
    whole = analyze_session(recording.header, packets_of_run).events
    assert len(told[True]) == len(whole)
    assert 0 < len(told[False]) < len(whole)
    assert told[False] == told[True][-len(told[False]) :]


class Telling:
    """A sink that keeps what it is told."""

    overflow = Overflow.HOLDS_UP

    def __init__(self, told: dict[bool, list[News]], *, repeatable: bool) -> None:
        self.repeatable = repeatable
        self._told = told

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """There is nothing to open."""

    async def write(self, news: Sequence[News]) -> None:
        self._told[self.repeatable] += news

    async def finish(self, end: SessionEnd) -> None:
        """There is nothing to finish."""

    async def close(self) -> None:
        """There is nothing to let go of."""
