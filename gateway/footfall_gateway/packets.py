"""The raw material of a recording: what a sensor sent, as it arrived."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

from footfall_processing.session import Sensor, Session

Setting: TypeAlias = str | int | float | bool | None

VIRTUAL_ADDRESSES: Final = "F0:07:FA:11:"
"""What the addresses of virtual sensors, which play a session, begin with."""
SYNTHETIC_ADDRESSES: Final = "02:F0:07:FA:11:"
"""What the addresses of a synthetic runner's sensors begin with."""


@dataclass(frozen=True, slots=True)
class RawPacket:
    """One notification, undecoded.

    Parameters
    ----------
    received_s
        Arrival, seconds of the monotonic clock since the session began; rounded to whole nanoseconds, which is
        what a recording keeps, so that a packet read back equals the packet that was decoded live.
    sensor_id
        Which sensor of the session.
    characteristic
        UUID of the GATT characteristic, lower case; for imported samples the format's name.
    data
        The bytes, exactly as they came.
    """

    received_s: float
    sensor_id: str
    characteristic: str
    data: bytes

    def __post_init__(self) -> None:
        object.__setattr__(self, "received_s", round(self.received_s, 9))


@dataclass(frozen=True, slots=True)
class RecordedSensor:
    """A sensor together with how its packets are to be decoded.

    Parameters
    ----------
    sensor
        What it measures.
    profile
        Name of the device profile in the registry (`devices/`), such as `"footfall"`; its decoder reads the packets.
    address, name
        How the device announced itself; empty for imported data.
    settings
        What the decoder must know beyond the packets (ranges set at start, firmware), by name.
    """

    sensor: Sensor
    profile: str
    address: str = ""
    name: str = ""
    settings: MappingProxyType[str, Setting] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class RecordedCompanion:
    """A device that goes with the session and measures no movement, and how its packets are to be decoded.

    Parameters
    ----------
    id
        Unique in the session, also among its sensors: it stands in the packets as their `sensor_id`.
    profile
        Name of the companion's profile in the registry (`devices/`), such as `"heart-rate"`.
    address, name, settings
        As in `RecordedSensor`.
    """

    id: str
    profile: str
    address: str = ""
    name: str = ""
    settings: MappingProxyType[str, Setting] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class RecordingHeader:
    """What a recording says of itself before the first packet."""

    session: Session
    recorded_sensors: tuple[RecordedSensor, ...]
    companions: tuple[RecordedCompanion, ...] = ()

    @property
    def is_demo(self) -> bool:
        """Whether nobody ran it: it was played by virtual sensors, or made by a synthetic runner."""
        begins = (VIRTUAL_ADDRESSES, SYNTHETIC_ADDRESSES)
        return any(recorded.address.upper().startswith(begins) for recorded in self.recorded_sensors)


class PacketSource(Protocol):
    """A session and what its sensors sent, in order of arrival; it can be iterated more than once."""

    @property
    def header(self) -> RecordingHeader:
        """Session and sensors."""

    def __iter__(self) -> Iterator[RawPacket]: ...
