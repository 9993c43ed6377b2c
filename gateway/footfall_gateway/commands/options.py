"""Options that several commands share.

An option whose parameter names an environment variable takes the setting of that name (`settings.py`), from the
environment or from the file of settings.
"""

import math
import os
import pwd
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, Token

from footfall_gateway import settings
from footfall_gateway.errors import GatewayError, SettingsError
from footfall_gateway.runner_names import as_compared
from footfall_gateway.settings import DEFAULTS, LogFormat
from footfall_processing.errors import InputError
from footfall_processing.plain_number import plain_number
from footfall_processing.session import Runner

if TYPE_CHECKING:
    from footfall_gateway.mqtt.broker import BrokerAddress


def _speed(_: object, tokens: Sequence[Token]) -> float:
    text = tokens[0].value
    if text == "max":
        return math.inf
    speed = plain_number(text)
    if speed is None or speed <= 0.0:
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

Silence = Annotated[float, Parameter(name="--silence", env_var="FOOTFALL_SILENCE_S", validator=_positive)]
"""A run ends when its sensors have been silent for so many seconds."""

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


OwnRunner = Annotated[
    str,
    Parameter(name="--runner", env_var="FOOTFALL_RUNNER", converter=runner_name, n_tokens=1, show_default=False),
]
"""Who runs with the sensors of this computer."""

RunnerName = Annotated[str, Parameter(name="--runner", converter=runner_name, n_tokens=1, show_default=False)]
"""Whose length gains to keep and to use; without a name, those of the one runner whose data folder it is."""


def _for_its_user(_: object, folder: Path) -> None:
    """Take a data folder from its own user alone: what root makes there would shut its user out.

    Raises
    ------
    GatewayError
        When it is another's; says as whom to call this.
    """
    try:
        status = folder.stat()
    except OSError:
        return  # not there, or told by who opens it
    if not stat.S_ISDIR(status.st_mode):
        return  # told by who opens it
    owner = status.st_uid
    is_shut = not os.access(folder, os.R_OK | os.X_OK)
    if is_shut or (os.geteuid() == 0 and owner != 0):
        name = _user_name(owner)
        why = "closed to others" if is_shut else "what root makes there would shut its user out"
        raise GatewayError(f"{folder}: belongs to {name}, and {why}; call this as that user: sudo -u {name} footfall …")


def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"  # as sudo takes it


DataFolder = Annotated[Path, Parameter(name="--data-dir", env_var="FOOTFALL_DATA_DIR", validator=_for_its_user)]
"""Where recordings and the store lie."""

DEFAULT_DATA_FOLDER = DEFAULTS.data_dir

SensorsFile = Annotated[Path, Parameter(name="--sensors-file", env_var="FOOTFALL_SENSORS_FILE")]
"""Where paired sensors are remembered."""

DEFAULT_SENSORS_FILE = DEFAULTS.sensors_file

Watched = Annotated[Path | None, Parameter(name="--watch", env_var="FOOTFALL_WATCH")]
"""A folder whose files get into the log of runs."""

Adapters = Annotated[tuple[str, ...], Parameter(env_var="FOOTFALL_ADAPTER", show_default=False)]
"""Which Bluetooth adapters to use."""

HOW_TO_BE_HEARD = "Wake it (most need a shake, a tap or a button), bring it near, and close other apps that hold it."

BrokerUrl = Annotated[str, Parameter(name="--broker", env_var="FOOTFALL_BROKER")]
"""Where the MQTT broker is."""


def _a_gateway(_: object, name: str) -> None:
    from footfall_gateway.mqtt.topics import this_gateway  # of no use to most commands

    try:
        this_gateway(name)
    except GatewayError as error:
        raise ValueError(f"{error}.") from error


GatewayName = Annotated[
    str, Parameter(name="--name", env_var="FOOTFALL_GATEWAY", show_default=False, validator=_a_gateway)
]
"""What this computer's gateway is called."""

PageHost = Annotated[str, Parameter(name="--host", env_var="FOOTFALL_PAGE_HOST")]
PagePort = Annotated[int, Parameter(name="--port", env_var="FOOTFALL_PAGE_PORT")]
PageName = Annotated[tuple[str, ...], Parameter(name="--name", env_var="FOOTFALL_PAGE_NAME", show_default=False)]
PageHttps = Annotated[bool, Parameter(name="--https", env_var="FOOTFALL_PAGE_HTTPS")]
PageTlsCert = Annotated[Path | None, Parameter(name="--tls-cert", env_var="FOOTFALL_PAGE_TLS_CERT")]
PageTlsKey = Annotated[Path | None, Parameter(name="--tls-key", env_var="FOOTFALL_PAGE_TLS_KEY")]
PageBehindProxy = Annotated[bool, Parameter(name="--behind-proxy", env_var="FOOTFALL_PAGE_BEHIND_PROXY")]
PagePlainHttp = Annotated[bool, Parameter(name="--plain-http", env_var="FOOTFALL_PAGE_PLAIN_HTTP")]
"""Where the live page of one's own runs is served, and to whom."""


def _a_port(_: object, value: int) -> None:
    if not 0 <= value <= 65535:
        raise ValueError("Give a port from 0 to 65535.")


HealthPort = Annotated[int, Parameter(name="--health-port", env_var="FOOTFALL_HEALTH_PORT", validator=_a_port)]
"""The port of /healthz."""

Log = Annotated[LogFormat, Parameter(name="--log", env_var="FOOTFALL_LOG")]
"""How a service logs."""

ToInflux = Annotated[bool, Parameter(name="--influx", negative="")]
"""Whether a run also goes to the InfluxDB that the environment names."""

ToListeners = Annotated[str | None, Parameter(name="--listeners")]
"""The MQTT broker at which others listen to a run."""


def broker_from(url: str) -> "BrokerAddress":
    """Return the broker, with user and password as the settings say.

    Raises
    ------
    GatewayError
        When the address makes no sense.
    SettingsError
        When it is the settings' that makes none, or the password's file can't be read.
    """
    from footfall_gateway.mqtt.broker import BrokerAddress  # its library is of no use to most commands

    loaded = settings.load()
    known = loaded.settings
    password = None if known.mqtt_password is None else known.mqtt_password.reveal()
    try:
        return BrokerAddress.parse(url, user=known.mqtt_user or None, password=password or None)
    except GatewayError as error:
        if url != known.broker or "broker" not in loaded.sources:
            raise
        raise SettingsError(f"{loaded.sources['broker']}: {error}") from error
