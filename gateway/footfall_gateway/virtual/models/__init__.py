"""The firmware of virtual sensors, one module a sensor model."""

from footfall_gateway.virtual.models.base import GattTable, Model, RefusedError

__all__ = ["GattTable", "Model", "RefusedError"]
