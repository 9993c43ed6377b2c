"""From packets to blocks: the one place where a session's packets meet their decoders."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Final

from footfall_gateway.devices import PROFILES, Decoder
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.recordings.scan import RecordingError
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock
from footfall_processing.state import PlainState

PACKETS_AT_ONCE: Final = 512
"""Packets of a file that are decoded at once: many cost far less than each by itself, and stay in the cache."""


class SessionDecoder:
    """Decodes the packets of all sensors of a session.

    Parameters
    ----------
    header
        The session.
    decoders
        By sensor id; made from the sensors' profiles when not given.

    Raises
    ------
    RecordingError
        When a profile is not known to this version.
    """

    def __init__(self, header: RecordingHeader, decoders: Mapping[str, Decoder] | None = None) -> None:
        self._header = header
        self._companions = frozenset(companion.id for companion in header.companions)
        self.decoders: Final = MappingProxyType(dict(decoders_of(header) if decoders is None else decoders))

    def push(self, packets: Iterable[RawPacket]) -> list[ImuBlock]:
        """Decode the next packets, in order of arrival; those of companions hold no samples.

        However packets are grouped, each sensor's samples are the same to the last bit and in order of time; where one
        block ends and the next begins, and how blocks of different sensors alternate, may differ.

        Raises
        ------
        RecordingError
            When a packet's sensor is not in the header.
        """
        waiting: dict[str, list[RawPacket]] = {}
        for packet in packets:
            waiting.setdefault(packet.sensor_id, []).append(packet)
        blocks: list[ImuBlock] = []
        for sensor_id, its_packets in waiting.items():
            decoder = self.decoders.get(sensor_id)
            if decoder is not None:
                blocks += decoder.push(its_packets)
            elif sensor_id not in self._companions:
                raise RecordingError(
                    f"session {self._header.session.id}: holds a packet of sensor {sensor_id!r}, which its header does "
                    "not describe; the recording is damaged"
                )
        return blocks

    def state(self) -> PlainState:
        """All that the decoders know, to be taken up again with `restore`."""
        return {sensor_id: decoder.state() for sensor_id, decoder in self.decoders.items()}

    def restore(self, state: PlainState) -> None:
        """Go on where `state` was taken.

        Raises
        ------
        InputError
            When the state is of other sensors, or of another version of a decoder.
        """
        if not isinstance(state, dict) or state.keys() != self.decoders.keys():
            raise InputError("the stored state is of other sensors")
        for sensor_id, decoder in self.decoders.items():
            decoder.restore(state[sensor_id])


def decoders_of(header: RecordingHeader) -> dict[str, Decoder]:
    """Make a decoder for each sensor, by its id.

    Raises
    ------
    RecordingError
        When a profile is not known to this version, or a decoder can't do with a sensor's settings.
    """
    decoders = {}
    for recorded in header.recorded_sensors:
        profile = PROFILES.get(recorded.profile)
        if profile is None:
            raise RecordingError(
                f"session {header.session.id}: sensor {recorded.sensor.id!r} was recorded with the profile "
                f"{recorded.profile!r}, which this Footfall does not know; update Footfall"
            )
        try:
            decoders[recorded.sensor.id] = profile.decoder(recorded)
        except Exception as error:  # a driver's, of whatever package: settings come from outside
            raise RecordingError(
                f"session {header.session.id}: sensor {recorded.sensor.id!r} has settings that {recorded.profile!r} "
                f"can't be decoded with ({error}); the recording is damaged, or a newer driver made it"
            ) from error
    return decoders


def decode(recording: Recording) -> Iterator[ImuBlock]:
    """Yield the blocks of a recording, decoded as they were live; see `SessionDecoder`."""
    yield from decode_packets(recording.header, recording)


def decode_packets(header: RecordingHeader, packets: Iterable[RawPacket]) -> Iterator[ImuBlock]:
    """Yield the blocks of packets in order of arrival, decoded many at once; see `SessionDecoder`."""
    decoder = SessionDecoder(header)
    for together in chunks(packets):
        yield from decoder.push(together)


def decoded_packets(
    header: RecordingHeader, packets: Iterable[RawPacket]
) -> Iterator[tuple[RawPacket, Sequence[ImuBlock]]]:
    """Yield each packet of a sensor with the blocks that it completed; see `SessionDecoder`."""
    decoder = SessionDecoder(header)
    companions = frozenset(companion.id for companion in header.companions)
    for packet in packets:
        if packet.sensor_id not in companions:
            yield packet, decoder.push([packet])


def chunks(packets: Iterable[RawPacket]) -> Iterator[list[RawPacket]]:
    """Cut packets into lists that are worth decoding at once."""
    waiting = iter(packets)
    while together := list(islice(waiting, PACKETS_AT_ONCE)):
        yield together
