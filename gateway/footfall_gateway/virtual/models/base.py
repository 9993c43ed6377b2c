"""What makes a virtual sensor one model and not another: its GATT table, and what it answers."""

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from bleak.assigned_numbers import CharacteristicPropertyName

GattTable: TypeAlias = Mapping[str, Mapping[str, tuple[CharacteristicPropertyName, ...]]]
"""Characteristics of each service, with their properties; all UUIDs in lower case."""


class RefusedError(Exception):
    """The sensor did not do what the radio asked of it, as real ones do."""


class Model(Protocol):
    """One sensor's firmware, as far as it shows on the radio."""

    @property
    def advertised(self) -> tuple[str, ...]:
        """UUIDs of the services in its advertisement."""
        ...

    @property
    def services(self) -> GattTable:
        """The GATT table. The battery service is served by the virtual sensor itself."""
        ...

    @property
    def streaming(self) -> bool:
        """Whether it was told to send its measurements, or needs no word for it."""
        ...

    def read(self, characteristic: str) -> bytes:
        """Read a value, or raise `RefusedError`."""
        ...

    def write(self, characteristic: str, data: bytes) -> list[tuple[str, bytes]]:
        """Take a command, or raise `RefusedError`; return what the sensor notifies in answer, in order."""
        ...

    def disconnected(self) -> None:
        """Forget what real sensors forget when the connection ends."""
        ...
