"""Which InfluxDB to write to: the token never stands on a command line, where others see it."""

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from footfall_gateway.errors import SettingsError
from footfall_gateway.settings import DEFAULTS, Settings

URL: Final = "FOOTFALL_INFLUX_URL"
ORG: Final = "FOOTFALL_INFLUX_ORG"
BUCKET: Final = "FOOTFALL_INFLUX_BUCKET"
TOKEN: Final = "FOOTFALL_INFLUX_TOKEN"
TOKEN_FILE: Final = "FOOTFALL_INFLUX_TOKEN_FILE"
RUNNERS: Final = "FOOTFALL_INFLUX_RUNNERS"


@dataclass(frozen=True, slots=True)
class InfluxSettings:
    """An InfluxDB and the bucket in it.

    Parameters
    ----------
    url
        Such as `http://127.0.0.1:8086`.
    org, bucket
        Where in it the points go.
    token
        What allows that; shown nowhere.
    with_names
        Whether runners are called by name there, rather than by pseudonym.
    """

    url: str
    token: str = field(repr=False)
    org: str = DEFAULTS.influx_org
    bucket: str = DEFAULTS.influx_bucket
    with_names: bool = False

    def __post_init__(self) -> None:
        if "@" in self.url:
            raise SettingsError(f"{URL}: holds a user or a password; give the token in {TOKEN} or {TOKEN_FILE} instead")
        try:
            address = urlsplit(self.url)
        except ValueError:
            address = urlsplit("")
        if address.scheme not in ("http", "https") or not address.hostname:
            raise SettingsError(f"{URL}: {self.url!r} is no address; give one such as http://127.0.0.1:8086")
        if not self.token.isascii() or not self.token.isprintable() or not self.token:
            raise SettingsError(f"the InfluxDB token is empty, or has characters that no token has; see {TOKEN_FILE}")

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Return the InfluxDB that the settings name; `None` when they name none.

        Raises
        ------
        SettingsError
            When they are incomplete or make no sense; the message never holds the token.
        """
        if not settings.influx_url:
            return None
        if settings.influx_token is None:
            raise SettingsError(f"{URL} is set, but no token: put it in a file and name that in {TOKEN_FILE}")
        token = settings.influx_token.reveal().strip()
        with_names = settings.influx_runners == "names"
        return cls(settings.influx_url, token, settings.influx_org, settings.influx_bucket, with_names)
