"""Sensor models that can record by themselves: one row each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from footfall_gateway.devices import footfall, footfall_log
from footfall_gateway.devices.kit.onboard import OnboardProfile

RECORDERS: Final[Mapping[str, OnboardProfile]] = MappingProxyType({footfall.NAME: footfall_log.ONBOARD})
"""How their logs are read, by the name of their profile."""
