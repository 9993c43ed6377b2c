"""The estimators that there are, one row each, and which of them a sensor gets."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from footfall_processing.errors import InputError
from footfall_processing.estimators.accelerometer import estimator as accelerometer
from footfall_processing.estimators.base import Estimator
from footfall_processing.estimators.foot import contact as foot_contact
from footfall_processing.estimators.foot import estimator as foot
from footfall_processing.estimators.shank import contact as shank_contact
from footfall_processing.estimators.shank import estimator as shank
from footfall_processing.session import Placement, Sensor

LEAST_RATE_WITH_GYRO_HZ: Final = 36.0
"""Angular rate at fewer samples a second blurs the events that strides are told by: at 30 Hz, of 279 synthetic strides
236 are found on the instep with it and 268 by force alone; at 36 Hz 276 and 273, on the shin 277 and 274.
"""

BUILT_IN: Final = (
    Estimator(
        name="foot",
        placements=(Placement.FOOT,),
        needs_gyro=True,
        state=foot.FOOT,
        start=foot.start,
        begin=foot.begin_at,
        advance=foot.advance,
        end=foot.end_segment,
        contacts={"heel-stop": foot_contact.by_heel_stop, "slap": foot_contact.by_slap},
        latency_s=0.35,
        least_rate_hz=LEAST_RATE_WITH_GYRO_HZ,
    ),
    Estimator(
        name="shank",
        placements=(Placement.SHANK,),
        needs_gyro=True,
        state=shank.SHANK,
        start=shank.start,
        begin=shank.begin_at,
        advance=shank.advance,
        end=shank.end_segment,
        contacts={"first-rise": shank_contact.by_first_rise, "swing-end": shank_contact.by_swing_end},
        latency_s=0.35,
        least_rate_hz=LEAST_RATE_WITH_GYRO_HZ,
    ),
    Estimator(
        name="accelerometer",
        placements=(Placement.FOOT, Placement.SHANK),
        needs_gyro=False,
        state=accelerometer.ACCELEROMETER,
        begin=accelerometer.begin_at,
        advance=accelerometer.advance,
        end=accelerometer.end_segment,
        latency_s=0.45,
    ),
)
"""Where nothing else is said, a sensor gets the first of these that fits it and suits its rate."""

_BY_NAME: Final = {estimator.name: estimator for estimator in BUILT_IN}


def registered() -> tuple[Estimator, ...]:
    """All estimators that can be chosen by name."""
    return tuple(_BY_NAME.values())


def register(estimator: Estimator) -> Estimator:
    """Let an estimator be chosen by its name; a name that is taken is an `InputError`."""
    name = estimator.full_name
    if name in _BY_NAME and _BY_NAME[name] is not estimator:
        raise InputError(f"there is an estimator {name!r} already; give the new one another name")
    _BY_NAME[name] = estimator
    return estimator


@cache
def _with_contact(estimator: Estimator, contact: str) -> Estimator:
    return estimator.with_contact(contact)


def find_estimator(name: str) -> Estimator:
    """The estimator of this name, or of the name before a colon with the contact rule after it: `shank:swing-end`.

    Raises
    ------
    InputError
        When there is none; it says which there are.
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    base, colon, contact = name.partition(":")
    if not colon or base not in _BY_NAME:
        raise InputError(f"there is no estimator {name!r}; there is: {', '.join(_all_names())}")
    found = _BY_NAME[base]
    return (
        found
        if found.full_name == name or contact == next(iter(found.contacts), None)
        else _with_contact(found, contact)
    )


def _all_names() -> list[str]:
    """Every name that `find_estimator` knows."""
    names = [row.full_name for row in registered()]
    variants = [f"{row.name}:{contact}" for row in registered() if row.contact is None for contact in row.contacts]
    return sorted({*names, *variants})


def choose(sensor: Sensor, wanted: Sequence[Estimator] = ()) -> Estimator:
    """The first of the wanted estimators that fits a sensor, or else of the built-in ones that suit its rate."""
    suited = (row for row in BUILT_IN if sensor.sampling_rate_hz >= row.least_rate_hz)
    return next(estimator for estimator in (*wanted, *suited) if estimator.fits(sensor))


def _row(wanted: object) -> Estimator:
    if isinstance(wanted, str):
        return find_estimator(wanted)
    if isinstance(wanted, Estimator):
        return wanted
    given = " ".join(repr(wanted).split())
    raise InputError(f"{given} is neither an Estimator nor the name of one; there is: {', '.join(_all_names())}")


def choices(sensors: Sequence[Sensor], wanted: Sequence[Estimator | str] = ()) -> dict[str, Estimator]:
    """Which estimator each sensor of a session gets, by the sensor's id.

    Parameters
    ----------
    sensors
        The session's sensors.
    wanted
        Estimators, or names of registered ones, that go before the built-in ones wherever they fit.

    Raises
    ------
    InputError
        When one is neither, when a name is unknown, or when a wanted estimator fits no sensor, or none that an earlier
        one leaves it.
    """
    rows = [_row(one) for one in wanted]
    chosen = {sensor.id: choose(sensor, rows) for sensor in sensors}
    for row in rows:
        if row not in chosen.values():
            needed = " or ".join(row.placements) + (" that has a gyroscope" if row.needs_gyro else "")
            raise InputError(f"estimator {row.full_name!r} is for a sensor on the {needed}; no sensor is left for it")
    return chosen
