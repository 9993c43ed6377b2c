"""Estimators are rows: each keeps the laws, and a sensor gets the one that is asked for."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from footfall_processing.errors import InputError
from footfall_processing.estimators.base import Estimator
from footfall_processing.estimators.conformance import LAWS, accuracy
from footfall_processing.estimators.registry import BUILT_IN, choices, choose, find_estimator, register
from footfall_processing.estimators.sensor import kernel_of
from footfall_processing.pipeline import GaitPipeline
from footfall_processing.session import Placement, Sensor

FOOT, SHANK, ACCELEROMETER = BUILT_IN
ROWS = (*BUILT_IN, find_estimator("foot:slap"), find_estimator("shank:swing-end"))
ON_FOOT = Sensor("foot", Placement.FOOT, None, 200.0)
ON_SHANK = Sensor("shank", Placement.SHANK, None, 200.0)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("estimator", ROWS, ids=lambda row: row.full_name)
def test_each_estimator_keeps_the_law(estimator: Estimator, law: Callable[[Estimator], None]) -> None:
    law(estimator)


@pytest.mark.parametrize(
    ("name", "placement", "bias_ms", "sd_ms"),
    [
        ("foot", Placement.FOOT, (-6, 6), 6),
        ("foot:slap", Placement.FOOT, (-5, 40), 15),
        ("shank", Placement.SHANK, (-8, 8), 6),
        ("shank:swing-end", Placement.SHANK, (-60, 0), 15),
        ("accelerometer", Placement.FOOT, (-30, 30), 20),
        ("accelerometer", Placement.SHANK, (-30, 30), 20),
    ],
)
def test_contact_is_as_accurate_as_it_is_said(
    name: str, placement: Placement, bias_ms: tuple[int, int], sd_ms: int
) -> None:
    found = accuracy(find_estimator(name), placement)
    assert found.found_strides >= found.true_strides - 4
    assert found.false_strides <= 1
    assert bias_ms[0] <= 1000 * found.bias_s <= bias_ms[1]
    assert 1000 * found.sd_s <= sd_ms


def test_a_sensor_gets_the_estimator_of_its_site_and_signal() -> None:
    assert choose(ON_FOOT) is FOOT
    assert choose(ON_SHANK) is SHANK
    assert choose(replace(ON_FOOT, has_gyro=False)) is ACCELEROMETER
    assert choose(replace(ON_SHANK, has_gyro=False)) is ACCELEROMETER


@pytest.mark.parametrize("sensor", [ON_FOOT, ON_SHANK], ids=["foot", "shank"])
def test_a_slow_gyroscope_is_not_asked_unless_it_is_wanted(sensor: Sensor) -> None:
    slow = replace(sensor, sampling_rate_hz=26.0)
    assert choose(slow) is ACCELEROMETER
    assert choose(slow, [FOOT, SHANK]) is choose(sensor)


def test_a_wanted_estimator_goes_before_wherever_it_fits() -> None:
    chosen = choices([ON_FOOT, ON_SHANK], ["shank:swing-end"])
    assert chosen["foot"] is FOOT
    assert chosen["shank"].full_name == "shank:swing-end"
    assert set(choices([ON_FOOT, ON_SHANK], [ACCELEROMETER]).values()) == {ACCELEROMETER}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("foot-2", "accelerometer, foot, foot:heel-stop, foot:slap, shank, shank:first-rise, shank:swing-end"),
        (":slap", "accelerometer, foot"),
        ("", "accelerometer, foot"),
        ("foot:heel", "no contact rule 'heel'; there is: heel-stop, slap"),
        ("foot:", "no contact rule ''; there is: heel-stop, slap"),
        ("shank:slap", "no contact rule 'slap'; there is: first-rise, swing-end"),
    ],
)
def test_an_unknown_name_says_what_there_is(name: str, known: str) -> None:
    with pytest.raises(InputError, match=known):
        GaitPipeline([ON_FOOT], estimators=[name])


def test_an_estimator_that_fits_no_sensor_is_an_error() -> None:
    with pytest.raises(InputError, match="'shank' is for a sensor on the shank that has a gyroscope"):
        GaitPipeline([ON_FOOT], estimators=["shank"])
    with pytest.raises(InputError, match="no sensor is left"):
        GaitPipeline([ON_FOOT], estimators=["foot", "foot:slap"])


def test_the_same_name_gives_the_same_kernel() -> None:
    assert find_estimator("foot:slap") is find_estimator("foot:slap")
    assert find_estimator("foot:heel-stop") is FOOT
    assert kernel_of(FOOT) is kernel_of(find_estimator("foot"))
    assert kernel_of(FOOT) is not kernel_of(find_estimator("foot:slap"))


def test_a_name_is_given_once() -> None:
    assert register(FOOT) is FOOT
    with pytest.raises(InputError, match="'foot' already"):
        register(replace(FOOT))


@pytest.mark.parametrize("name", ["", "Foot", "foot:slap", "foot/../x", "foot_2", "-foot"])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(InputError, match="lower-case letters"):
        replace(FOOT, name=name)


def test_a_row_that_could_not_work_is_refused() -> None:
    with pytest.raises(InputError, match="structured dtype of plain numbers"):
        replace(FOOT, state=cast("np.dtype[np.void]", np.dtype(np.float64)))
    with pytest.raises(InputError, match="structured dtype of plain numbers"):
        replace(FOOT, state=np.dtype([("any", object)]))
    with pytest.raises(InputError, match="no contact rule 'heel'; there is: heel-stop, slap"):
        FOOT.with_contact("heel")
