"""The Pebble's driver keeps every law: this is all that a driver's own tests need to say about its stream."""

import pytest

from footfall_gateway.packets import RecordedSensor
from footfall_gateway.virtual.conformance import Subject, judge, laws_of
from footfall_pebble import driver, virtual
from footfall_processing.session import Placement, Sensor

SENSOR = Sensor(
    "shin",
    Placement.SHANK,
    None,
    driver.RATE_HZ,
    acc_range_mps2=driver.ACC_RANGE_MPS2,
    gyro_range_radps=driver.GYRO_RANGE_RADPS,
)
PEBBLE = Subject(
    "pebble",
    driver.PROFILE,
    RecordedSensor(SENSOR, driver.NAME),
    virtual.packets,
    clock_period_s=2**32 * 1e-6,
)


@pytest.mark.parametrize("law", laws_of(PEBBLE))
def test_the_driver_keeps_the_law(law: str) -> None:
    judge(PEBBLE, law)
