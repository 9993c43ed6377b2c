"""What a sensor model is to Footfall: one frozen row, and a pure decoder for its packets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_processing.samples import ImuBlock


@dataclass(frozen=True, slots=True)
class DecoderCounts:
    """What a decoder has seen since it began.

    Parameters
    ----------
    received_samples, lost_samples, clipped_samples
        Samples decoded, known missing (by the sensor's own count), and at the end of their range.
    duplicate_packets
        Packets that came twice or too late, and were dropped.
    rejected_packets
        Packets that break the profile, and were dropped whole.
    """

    received_samples: int = 0
    lost_samples: int = 0
    clipped_samples: int = 0
    duplicate_packets: int = 0
    rejected_packets: int = 0


class Decoder(Protocol):
    """Turns one sensor's packets into blocks. Pure: the same packets give bit-identical blocks, live or from a file."""

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        ...

    def push(self, packets: Sequence[RawPacket]) -> list[ImuBlock]:
        """Decode the sensor's next packets, in order of arrival: one live, many at once from a file.

        However packets are grouped, samples and counts are the same to the last bit; only where one block ends and
        the next begins may differ. Never raises on what a packet holds: a malformed packet is counted and gives no
        samples, and packets of other characteristics give none either.
        """
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """A value to write, with response, to a characteristic."""

    characteristic: str
    data: bytes


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """One sensor model: how to recognise it, start it and decode it. A new model is a new row in `PROFILES`.

    Parameters
    ----------
    name
        The profile's name in recordings.
    service
        UUID that the sensor advertises, lower case; `None` when the name tells.
    name_prefixes
        Beginnings of the advertised name, for sensors that do not advertise their service.
    reads
        Characteristics to read once after connecting; `describe` gets the values of those that the sensor has.
    notifications
        Characteristics to subscribe to; each value becomes a `RawPacket`.
    start, stop
        Commands written after subscribing, and before disconnecting.
    describe
        From the values read, the address and the advertised name to the sensor's description; raises `InputError`
        when they make no sense. `None` for data that never comes by radio.
    decoder
        Makes a decoder for one sensor of a session.
    """

    name: str
    decoder: Callable[[RecordedSensor], Decoder]
    service: str | None = None
    name_prefixes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    notifications: tuple[str, ...] = ()
    start: tuple[Command, ...] = ()
    stop: tuple[Command, ...] = ()
    describe: Callable[[Mapping[str, bytes], str, str], RecordedSensor] | None = None

    def matches(self, name: str | None, services: tuple[str, ...]) -> bool:
        """Tell from an advertisement whether this is such a sensor."""
        if self.service is not None and self.service in services:
            return True
        return bool(name and self.name_prefixes and name.startswith(self.name_prefixes))
