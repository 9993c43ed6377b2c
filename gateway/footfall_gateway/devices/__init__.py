"""Sensor models: one row each in `PROFILES`, and one module each with UUIDs and a pure decoder."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from footfall_gateway.devices import footfall, samples
from footfall_gateway.devices.base import Command, Decoder, DecoderCounts, DeviceProfile

PROFILES: Final[Mapping[str, DeviceProfile]] = MappingProxyType(
    {profile.name: profile for profile in (footfall.PROFILE, samples.PROFILE)}
)
"""Every sensor model, by its name in recordings."""

__all__ = ["PROFILES", "Command", "Decoder", "DecoderCounts", "DeviceProfile"]
