"""What the laws of drivers are tried on: a driver together with a virtual sensor, or with a companion's packets."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType

from footfall_gateway.devices.kit.base import CompanionDecoder, CompanionProfile, Decoder, DeviceProfile
from footfall_gateway.packets import RawPacket, RecordedCompanion, RecordedSensor
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor


@dataclass(frozen=True, slots=True)
class Subject:
    """A driver, and a virtual sensor that speaks its protocol.

    Parameters
    ----------
    name
        What to call it in messages.
    profile
        The driver.
    recorded_sensor
        What it is to decode; the ranges must be known.
    packets
        Makes of samples what the sensor sends, in order; its clock is the samples' time.
    packed
        As `packets`, but with as many samples in a notification as chance wills, cut as the protocol allows; `None`
        for a sensor that always packs the same.
    packed_within
        How many samples may be missing then at the beginning and at the end: as many as a packet holds at most.
    opening
        What the sensor says before its first sample, without which nothing can be decoded.
    clock_period_s, clock_at_zero_s
        After how long the sensor's clock wraps, and where it stands at time 0; no period where it never wraps.
    checked
        Whether the protocol has a checksum: then no sample may come out that did not go in.
    late_by, held_back
        How many samples may be missing at the very beginning, and at the very end.
    lost_within
        By how many samples the count of those that were lost may be wrong, all gaps together.
    gyro_within
        How far the angular rate may be from its acceleration, in samples.
    time_within_s
        How far times may stray from the truth, apart from a constant.
    reach
        How far samples may lie beyond the stated range: codes do not end where ranges do.
    excuses
        By the names of laws: why the driver can't keep them.
    """

    name: str
    profile: DeviceProfile
    recorded_sensor: RecordedSensor
    packets: Callable[[Sensor, Sequence[ImuBlock]], Iterable[TimedPacket]]
    packed: Callable[[Sensor, Sequence[ImuBlock], Random], Iterable[TimedPacket]] | None = None
    packed_within: int = 40
    opening: tuple[TimedPacket, ...] = ()
    clock_period_s: float | None = None
    clock_at_zero_s: float = 0.0
    checked: bool = False
    late_by: int = 0
    held_back: int = 0
    lost_within: int = 0
    gyro_within: float = 0.1
    time_within_s: float = 0.04
    reach: float = 1.25
    excuses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def sensor(self) -> Sensor:
        """What it measures."""
        return self.recorded_sensor.sensor

    def decoder(self) -> Decoder:
        """Make a new decoder."""
        return self.profile.decoder(self.recorded_sensor)


@dataclass(frozen=True, slots=True)
class CompanionSubject:
    """A companion's driver, and packets as its devices send them.

    Parameters
    ----------
    name, profile, excuses
        As in `Subject`.
    companion
        What it is to decode.
    packets
        Sensible ones, a hundred or more.
    reach
        By the names of values: the least and the greatest that may come out.
    """

    name: str
    profile: CompanionProfile
    companion: RecordedCompanion
    packets: Sequence[RawPacket]
    reach: Mapping[str, tuple[float, float]]
    excuses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def decoder(self) -> CompanionDecoder:
        """Make a new decoder."""
        return self.profile.decoder(self.companion)
