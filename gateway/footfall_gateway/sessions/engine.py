"""The session engine: packets in, events out, a summary at the end. Live runs, replays, analysis, MQTT: all drive it.

::

    packets ──► decoders ──► pipeline ──► strides, impacts, what is being done ──► windows
                    │                                    │
               companions ──► readings                   └──► the summary so far
"""

import hashlib
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Annotated, Any, Final

import msgspec
import numba
import numpy as np

from footfall_gateway.devices import Decoder, DecoderCounts
from footfall_gateway.outside import parse_msgpack, shown
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.decoding import SessionDecoder
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.sessions.companions import CompanionReader
from footfall_gateway.sessions.events import Event
from footfall_gateway.sources import digest_of
from footfall_processing.companions import CompanionSummary, CompanionTally
from footfall_processing.errors import InputError
from footfall_processing.estimators.base import Estimator
from footfall_processing.gait import GaitEvent, NowDoing, Stride
from footfall_processing.health import SensorHealth
from footfall_processing.metrics.version import METRICS_VERSION
from footfall_processing.pipeline import GaitPipeline
from footfall_processing.results.axes import with_axes
from footfall_processing.results.clocks import LegClocks, with_clocks
from footfall_processing.results.running import RunningResults
from footfall_processing.results.summary import SessionSummary
from footfall_processing.state import PlainState

_COMPUTES: Final = ("footfall_processing", "footfall_gateway.devices", "footfall_gateway.sessions")
"""What a state means follows from these packages' code: a state that other code left is refused."""


@cache
def _versions() -> str:
    """What a state must agree on, so that what follows it is the same to the last bit: code, and what computes it."""
    code = f"metrics {METRICS_VERSION}, code {digest_of(*_COMPUTES)}"
    return f"{code}, NumPy {np.__version__}, Numba {numba.__version__}, {platform.machine()}"


class SessionEngine:
    """All that is computed of one session, in bounded memory however long it lasts.

    The events of each sensor, the windows and the summary depend on its packets alone. However the packets are cut into
    batches, and wherever the state is stored and taken up again in between, they are the same to the last bit; only how
    the events of different sensors alternate may differ.

    Parameters
    ----------
    header
        The session.
    decoders
        By sensor id, where somebody else looks at them too; made from the sensors' profiles when not given.
    estimators
        Ways to find strides that go before the built-in ones (`GaitPipeline`).

    Attributes
    ----------
    taken_s
        When the newest packet arrived of those that were taken, in session seconds.

    Raises
    ------
    RecordingError
        When a profile is not known to this version.
    """

    def __init__(
        self,
        header: RecordingHeader,
        decoders: Mapping[str, Decoder] | None = None,
        *,
        estimators: Sequence[Estimator | str] = (),
    ) -> None:
        sensors = header.session.sensors
        self.header = header
        self.taken_s = 0.0
        self._decoder = SessionDecoder(header, decoders)
        self._pipeline = GaitPipeline(sensors, header.session.runner, estimators)
        self._results = RunningResults(sensors, begin_s=header.session.begin_s)
        self._clocks = LegClocks(sensors)
        self._companions = CompanionReader(header)
        self._tally = CompanionTally(companion.id for companion in header.companions)

    def take(self, packets: Sequence[RawPacket]) -> list[Event]:
        """Take the next packets, in order of arrival; return what became final, each window after its last stride.

        Raises
        ------
        FootfallError
            When a packet is of a sensor that the session does not have.
        """
        events: list[Event] = []
        for reading in self._companions.push(packets):
            self._tally.push(reading)
            events.append(reading)
        for block in self._decoder.push(packets):
            events += self._with_windows(self._pipeline.push(block))
        if packets:
            self.taken_s = packets[-1].received_s
        return events

    def end(self) -> list[Event]:
        """End the session: return what can still be completed. Nothing may be taken afterwards."""
        events = list(self._with_windows(self._pipeline.flush()))
        return events + self._results.flush()

    def summary(self) -> SessionSummary:
        """Summarise the strides so far."""
        return with_clocks(with_axes(self._results.summary(), self._pipeline.axes_disagree()), self._clocks.differ())

    def with_signals(self, health: SensorHealth) -> SensorHealth:
        """Add to a sensor's health what its signal has shown so far."""
        id_ = health.sensor_id
        return replace(
            health,
            clipped_samples=health.clipped_samples + self._pipeline.clipped_samples().get(id_, 0),
            axes_disagree=self._pipeline.axes_disagree().get(id_, ""),
            held_samples=self._pipeline.held_samples().get(id_, 1),
        )

    def counts(self) -> Mapping[str, DecoderCounts]:
        """Return what each sensor's decoder has seen so far."""
        return {sensor_id: decoder.counts for sensor_id, decoder in self._decoder.decoders.items()}

    def companions(self) -> tuple[CompanionSummary, ...]:
        """Sum up what went with the session so far."""
        return self._tally.summaries()

    def state(self) -> bytes:
        """All that is known between two batches, to be taken up again with `restore`."""
        parts: PlainState = {
            "versions": _versions(),
            "session": self._session(),
            "taken_s": self.taken_s,
            "decoders": self._decoder.state(),
            "companions": self._companions.state(),
            "tally": self._tally.state(),
            "pipeline": self._pipeline.state(),
            "results": self._results.state(),
            "clocks": self._clocks.state(),
        }
        return msgspec.msgpack.encode(parts)

    def restore(self, stored: bytes) -> None:
        """Go on where `state` was taken: what follows gives the same events as without the break.

        An engine that refused a state has taken up a part of it at most, and must not be used any more.

        Raises
        ------
        InputError
            When the state was stored by another version of Footfall, or is of another session or description.
        """
        what = f"session {self.header.session.id}: the stored state"
        parts = parse_msgpack(stored, _Stored, what, MOST_STATE_BYTES)
        if parts.versions != _versions():
            raise InputError(
                f"{what} is of another version of Footfall ({shown(parts.versions)}; this is {_versions()}); compute "
                "the session anew"
            )
        if parts.session != self._session():
            raise InputError(f"{what} is of another session, or of sensors that were worn otherwise")
        self.taken_s = parts.taken_s
        self._decoder.restore(parts.decoders)
        self._companions.restore(parts.companions)
        self._tally.restore(parts.tally)
        self._pipeline.restore(parts.pipeline)
        self._results.restore(parts.results)
        self._clocks.restore(parts.clocks)

    def _session(self) -> str:
        """What a state must agree on to be of this session: its description, from which all is computed."""
        return hashlib.sha256(encode_header(self.header)).hexdigest()[:32]

    def _with_windows(self, events: Iterable[GaitEvent]) -> Iterator[Event]:
        for event in events:
            yield event
            if isinstance(event, Stride | NowDoing):
                self._clocks.take(event)
            if isinstance(event, Stride):
                yield from self._results.push(event)


MOST_STATE_BYTES: Final = 64 * 1024 * 1024
"""Of a stored state; that of a marathon takes a few megabytes."""


class _Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parts of a state: each part looks at its own."""

    versions: Annotated[str, msgspec.Meta(max_length=200)]
    session: str
    taken_s: float
    decoders: Any
    companions: Any
    tally: Any
    pipeline: Any
    results: Any
    clocks: Any
