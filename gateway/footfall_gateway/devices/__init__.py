"""Sensor models and companions: one row each in a registry, and one module each with UUIDs and a pure decoder."""

from typing import Final

from footfall_gateway.devices import (
    capture2go,
    footfall,
    heart_rate,
    metamotion,
    movella_dot,
    movesense,
    polar,
    running_speed,
    samples,
    treadmill,
    witmotion,
)
from footfall_gateway.devices.kit.base import (
    CompanionDecoder,
    CompanionProfile,
    CompanionWish,
    Decoder,
    DecoderCounts,
    DeviceProfile,
    Peer,
    Wearing,
)
from footfall_gateway.devices.registry import Registry, plug_ins

PROFILES: Final[Registry[DeviceProfile]] = Registry(
    DeviceProfile,
    (
        footfall.PROFILE,
        capture2go.PROFILE,
        metamotion.PROFILE,
        movella_dot.PROFILE,
        movesense.PROFILE,
        polar.PROFILE,
        samples.PROFILE,
        witmotion.PROFILE,
    ),
)
"""Every sensor model, by its name in recordings: these, and those of installed packages."""

COMPANION_PROFILES: Final[Registry[CompanionProfile]] = Registry(
    CompanionProfile, (treadmill.PROFILE, heart_rate.PROFILE, running_speed.PROFILE)
)
"""Every kind of companion, by its name in recordings: these, and those of installed packages.

A device that is both is a sensor first: a Polar H10 offers heart rate too, and is taken for the motion sensor that it
is unless its owner paired it as a companion. Of a device that offers several of these services the first here is taken:
treadmills tell the speed also as foot pods do, and what hands on their rail feel as straps do.
"""

__all__ = [
    "COMPANION_PROFILES",
    "PROFILES",
    "CompanionDecoder",
    "CompanionProfile",
    "CompanionWish",
    "Decoder",
    "DecoderCounts",
    "DeviceProfile",
    "Peer",
    "Wearing",
    "plug_ins",
]
