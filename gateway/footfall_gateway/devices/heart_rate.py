"""Heart rate straps and watches over the standard Heart Rate service, 0x180D.

Bytes and flags are those of the Bluetooth SIG's characteristic Heart Rate Measurement, 0x2A37
(https://github.com/oesmith/gatt-xml, org.bluetooth.characteristic.heart_rate_measurement): flags, the rate in one byte
or two, the energy spent since it was reset where there is one, then all RR intervals since the last packet in 1/1024 s.
Flags that are reserved are to be ignored.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from footfall_gateway.devices.kit.base import CompanionProfile
from footfall_gateway.devices.kit.standard import MeasurementDecoder, describe_companion
from footfall_processing.companions import HEART_RATE, RR_INTERVAL
from footfall_processing.errors import InputError

NAME: Final = "heart-rate"
PRODUCT: Final = "Heart rate"

SERVICE: Final = "0000180d-0000-1000-8000-00805f9b34fb"
MEASUREMENT: Final = "00002a37-0000-1000-8000-00805f9b34fb"
BODY_LOCATION: Final = "00002a38-0000-1000-8000-00805f9b34fb"

RR_UNIT_S: Final = 1.0 / 1024.0

_WIDE: Final = 0x01
_CONTACT: Final = 0x02
_CONTACT_TOLD: Final = 0x04
_ENERGY: Final = 0x08
_RR: Final = 0x10

# No heart of a runner beats slower or faster; straps send 0 while they search for the pulse.
_RATES_BPM: Final = (20, 260)
_RR_S: Final = (0.2, 3.0)


@dataclass(frozen=True, slots=True)
class HeartRateMeasurement:
    """One packet.

    Parameters
    ----------
    rate_bpm
        Heart rate; 0 while there is none.
    rr_units
        RR intervals since the last packet, oldest first, in 1/1024 s.
    contact
        Whether the skin is touched; `None` when the strap does not tell.
    energy_kj
        Energy spent since it was reset; `None` when it is not said.
    """

    rate_bpm: int
    rr_units: tuple[int, ...] = ()
    contact: bool | None = None
    energy_kj: int | None = None


def encode_measurement(measurement: HeartRateMeasurement) -> bytes:
    """Write a packet as a strap does, in one byte where the rate fits in."""
    wide = measurement.rate_bpm > 0xFF
    flags = _WIDE if wide else 0
    if measurement.contact is not None:
        flags |= _CONTACT_TOLD | (_CONTACT if measurement.contact else 0)
    energy = b""
    if measurement.energy_kj is not None:
        flags |= _ENERGY
        energy = struct.pack("<H", measurement.energy_kj)
    if measurement.rr_units:
        flags |= _RR
    rate = struct.pack("<H" if wide else "<B", measurement.rate_bpm)
    intervals = struct.pack(f"<{len(measurement.rr_units)}H", *measurement.rr_units)
    return bytes([flags]) + rate + energy + intervals


def decode_measurement(data: bytes) -> HeartRateMeasurement:
    """Read a packet.

    Raises
    ------
    InputError
        When it is shorter than its flags say, or holds half an RR interval.
    """
    try:
        flags = data[0]
        (rate_bpm,) = struct.unpack_from("<H" if flags & _WIDE else "<B", data, 1)
        at = 3 if flags & _WIDE else 2
        energy_kj = None
        if flags & _ENERGY:
            (energy_kj,) = struct.unpack_from("<H", data, at)
            at += 2
        intervals: Sequence[int] = ()
        if flags & _RR:
            intervals = struct.unpack(f"<{len(data[at:]) // 2}H", data[at:])
    except (IndexError, struct.error) as error:
        raise InputError(f"no heart rate measurement: {data.hex(' ')}") from error
    contact = bool(flags & _CONTACT) if flags & _CONTACT_TOLD else None
    return HeartRateMeasurement(rate_bpm, tuple(intervals), contact, energy_kj)


class HeartRateDecoder(MeasurementDecoder):
    """Decodes one strap.

    A packet gives one reading with the rate, and one for each further RR interval, all at the packet's arrival. Values
    that no heart has, and all of a strap that does not touch the skin, are left out.
    """

    characteristic = MEASUREMENT

    def _take(self, data: bytes) -> list[dict[str, float]]:
        measurement = decode_measurement(data)
        if measurement.contact is False:
            return []
        found: list[dict[str, float]] = [
            {RR_INTERVAL: interval_s}
            for units in measurement.rr_units
            if _RR_S[0] <= (interval_s := units * RR_UNIT_S) <= _RR_S[1]
        ]
        if _RATES_BPM[0] <= measurement.rate_bpm <= _RATES_BPM[1]:
            found[:1] = [{HEART_RATE: float(measurement.rate_bpm), **(found[0] if found else {})}]
        return found


PROFILE: Final = CompanionProfile(
    name=NAME,
    product=PRODUCT,
    decoder=HeartRateDecoder,
    services=(SERVICE,),
    notifications=(MEASUREMENT,),
    describe=partial(describe_companion, profile=NAME),
)
"""Anything that offers the standard heart rate service."""
