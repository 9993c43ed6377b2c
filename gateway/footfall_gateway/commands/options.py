"""Options that several commands share."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, Token

from footfall_gateway.ble import paired
from footfall_gateway.data_folder import default_data_folder
from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.outside import read_file
from footfall_gateway.runner_names import as_compared
from footfall_processing.errors import InputError
from footfall_processing.session import Runner

if TYPE_CHECKING:
    from footfall_gateway.mqtt.broker import BrokerAddress


def _speed(_: object, tokens: Sequence[Token]) -> float:
    text = tokens[0].value
    if text == "max":
        return math.inf
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0.0 < speed < math.inf:
        raise ValueError(f"{text!r} is no speed; give a positive number such as 1 or 10, or max.")
    return speed


def _positive(_: object, value: float | None) -> None:
    if value is not None and not 0.0 < value < math.inf:
        raise ValueError("Give a positive number of seconds.")


Speed = Annotated[
    float,
    Parameter(converter=_speed, n_tokens=1, show_default=lambda speed: "max" if math.isinf(speed) else f"{speed:g}"),
]
"""Seconds of a session in one second; infinity for as fast as the computer can."""

DEFAULT_SILENCE_S = 300.0
"""A run ends when its sensors have been silent for so long."""

Duration = Annotated[float | None, Parameter(validator=_positive)]
"""Seconds of the session to play."""

MassKg = Annotated[float | None, Parameter(name="--mass-kg")]
HeightM = Annotated[float | None, Parameter(name="--height-m")]
"""The runner's, for stiffness; given both or not at all."""


def runner_from(mass_kg: float | None, height_m: float | None) -> Runner | None:
    """Return the runner that the options describe.

    Raises
    ------
    InputError
        When only one of the two is given, or one is not possible.
    """
    if mass_kg is None and height_m is None:
        return None
    if mass_kg is None or height_m is None:
        raise InputError("stiffness needs the runner's mass and height: give both --mass-kg and --height-m")
    return Runner(mass_kg, height_m)


def above_zero(_: object, value: float | None) -> None:
    """Take no number that is not above 0."""
    if value is not None and not 0.0 < value < math.inf:
        raise ValueError("Give a number above 0.")


KnownDistance = Annotated[float | None, Parameter(name="--distance-m", validator=above_zero)]
KnownSpeed = Annotated[float | None, Parameter(name="--speed-mps", validator=above_zero)]
"""What is known of the session, to calibrate stride lengths on."""

WindowChoice = Literal["10s", "1min", "5min", "1km"] | None
"""How to cut a session: one of `WINDOW_KINDS`."""


def runner_name(_: object, tokens: Sequence[Token]) -> str:
    """Take a runner's name as it is compared."""
    return as_compared(tokens[0].value)


RunnerName = Annotated[str, Parameter(name="--runner", converter=runner_name, n_tokens=1, show_default=False)]
"""Whose length gains to keep and to use; without a name, those of the one runner whose data folder it is."""

DataFolder = Annotated[Path, Parameter(name="--data-dir", env_var="FOOTFALL_DATA_DIR")]
"""Where recordings and the store lie."""

DEFAULT_DATA_FOLDER = default_data_folder()

SensorsFile = Annotated[Path, Parameter(name="--sensors-file", env_var="FOOTFALL_SENSORS_FILE")]
"""Where paired sensors are remembered."""

DEFAULT_SENSORS_FILE = paired.default_path()

Adapters = Annotated[tuple[str, ...], Parameter(env_var="FOOTFALL_ADAPTER", show_default=False)]
"""Which Bluetooth adapters to use."""

HOW_TO_BE_HEARD = "Wake it (most need a shake, a tap or a button), bring it near, and close other apps that hold it."

BrokerUrl = Annotated[str, Parameter(name="--broker", env_var="FOOTFALL_BROKER")]
"""Where the MQTT broker is."""

DEFAULT_BROKER = "mqtt://localhost:1883"

ToInflux = Annotated[bool, Parameter(name="--influx", negative="")]
"""Whether a run also goes to the InfluxDB that the environment names."""

ToListeners = Annotated[str | None, Parameter(name="--listeners")]
"""The MQTT broker at which others listen to a run."""

MQTT_USER_VARIABLE = "FOOTFALL_MQTT_USER"
MQTT_PASSWORD_VARIABLE = "FOOTFALL_MQTT_PASSWORD"
"""With `_FILE` appended, the name of a file that holds it."""


def secret_from(variable: str) -> str | None:
    """Return a secret from the environment, or from the file that the environment names; never from a command line.

    Raises
    ------
    GatewayError
        When the file can't be read.
    """
    name = os.environ.get(f"{variable}_FILE")
    if not name:
        return os.environ.get(variable) or None
    try:
        return read_file(Path(name)).decode().strip()
    except OutsideError as error:
        raise GatewayError(f"{error}; {variable}_FILE names it") from error
    except UnicodeDecodeError as error:
        raise GatewayError(f"{name}: can't be read (is no text); {variable}_FILE names it") from error


def broker_from(url: str) -> "BrokerAddress":
    """Return the broker, with user and password as the environment says.

    Raises
    ------
    GatewayError
        When the address makes no sense, or the password's file can't be read.
    """
    from footfall_gateway.mqtt.broker import BrokerAddress  # its library is of no use to most commands

    return BrokerAddress.parse(
        url, user=os.environ.get(MQTT_USER_VARIABLE), password=secret_from(MQTT_PASSWORD_VARIABLE)
    )
