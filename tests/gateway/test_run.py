"""The live run: what happens to a packet, and in which order."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from footfall_gateway.packets import RawPacket
from footfall_gateway.recordings.decoding import decoders_of
from footfall_gateway.recordings.recorder import Recorder
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.live import run
from footfall_gateway.sessions.sinks.base import Sinks
from footfall_processing.samples import ImuBlock
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
