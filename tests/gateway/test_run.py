"""The live run: what happens to a packet, and in which order."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from footfall_gateway.recordings.packets import RawPacket
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.run import run
from footfall_gateway.sessions.sinks import Recorder, StoreKeeper
from footfall_processing.samples import ImuBlock
from gateway.recordings_for_tests import header, packets


async def test_packets_are_on_the_disk_before_they_are_decoded_and_each_is_decoded_once(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    # the second packet of each pair ends a batch of the recording
    given = list(packets(20, interval_s=1.0))
    decoded: list[RawPacket] = []

    async def pairs() -> AsyncIterator[list[RawPacket]]:
        for begin in range(0, len(given), 2):
            yield given[begin : begin + 2]

    def decode(batch: Sequence[RawPacket]) -> list[ImuBlock]:
        decoded.extend(batch)
        assert list(Recording.open(path)) == decoded
        return []

    async with (
        Recorder(path, header(), pytest.fail) as recorder,
        StoreKeeper(tmp_path / "store.sqlite", header(), path, pytest.fail) as store,
    ):
        result = await run(header(), pairs(), decode=decode, recorder=recorder, store=store, views=[])
    assert decoded == given
    assert result.strides == ()
