"""What a sink missed, from the recording: the same events, computed anew."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from footfall_gateway.recordings.decoding import chunks
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.events import Event


async def computed_anew(path: Path) -> AsyncIterator[Sequence[Event]]:
    """Give all events of a recording, in bounded memory, off the event loop.

    Raises
    ------
    FootfallError
        When the recording can't be read.
    """
    recording = await asyncio.to_thread(Recording.open, path)
    engine = SessionEngine(recording.header)
    batches = chunks(recording)
    while (packets := await asyncio.to_thread(next, batches, None)) is not None:
        yield await asyncio.to_thread(engine.take, packets)
    yield engine.end()
