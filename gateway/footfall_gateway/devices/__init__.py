"""Sensor models: one row each in `PROFILES`, and one module each with UUIDs and a pure decoder."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from footfall_gateway.devices import capture2go, footfall, metamotion, movella_dot, movesense, polar, samples, witmotion
from footfall_gateway.devices.base import Decoder, DecoderCounts, DeviceProfile, Peer, Wearing

PROFILES: Final[Mapping[str, DeviceProfile]] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            footfall.PROFILE,
            capture2go.PROFILE,
            metamotion.PROFILE,
            movella_dot.PROFILE,
            movesense.PROFILE,
            polar.PROFILE,
            samples.PROFILE,
            witmotion.PROFILE,
        )
    }
)
"""Every sensor model, by its name in recordings."""

__all__ = ["PROFILES", "Decoder", "DecoderCounts", "DeviceProfile", "Peer", "Wearing"]
