"""A runner's length gains: learnt on a known distance, kept in the store, and used by later sessions of that runner.

A session's own gains stand in its recording (or sidecar), so that analysing it anew needs no store.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

from footfall_gateway.packets import RecordingHeader
from footfall_gateway.store.database import Store
from footfall_processing.session import Placement, Sensor, Side

SensorSite: TypeAlias = tuple[Placement, Side | None]
"""Where a sensor is worn: a gain belongs to runner and site, not to the device."""

NO_GAINS: Final[Mapping[SensorSite, float]] = MappingProxyType({})


def kept_gains(store_path: Path, runner_name: str) -> Mapping[SensorSite, float]:
    """Return what is kept of a runner; nothing where there is no store yet.

    Raises
    ------
    StoreError
        When the store can't be read.
    """
    if not store_path.exists():
        return NO_GAINS
    with Store.open(store_path) as store:
        return {(kept.placement, kept.side): kept.factor for kept in store.length_gains(runner_name)}


def with_gains(header: RecordingHeader, gains: Mapping[SensorSite, float]) -> RecordingHeader:
    """Give sensors that have no gain of their own the one of their site."""

    def calibrated(sensor: Sensor) -> Sensor:
        if sensor.length_gain != 1.0:
            return sensor
        return replace(sensor, length_gain=gains.get((sensor.placement, sensor.side), 1.0))

    sensors = tuple(calibrated(sensor) for sensor in header.session.sensors)
    recorded = tuple(replace(recorded, sensor=calibrated(recorded.sensor)) for recorded in header.recorded_sensors)
    return replace(header, session=replace(header.session, sensors=sensors), recorded_sensors=recorded)
