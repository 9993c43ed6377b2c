"""Which InfluxDB to write to, from the environment: the token never stands on a command line, where others see it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import read_file
from footfall_processing.errors import InputError

URL: Final = "FOOTFALL_INFLUX_URL"
ORG: Final = "FOOTFALL_INFLUX_ORG"
BUCKET: Final = "FOOTFALL_INFLUX_BUCKET"
TOKEN: Final = "FOOTFALL_INFLUX_TOKEN"
TOKEN_FILE: Final = "FOOTFALL_INFLUX_TOKEN_FILE"
RUNNERS: Final = "FOOTFALL_INFLUX_RUNNERS"
PSEUDONYMS: Final = "pseudonyms"
NAMES: Final = "names"
"""What the tag `runner` says."""
OURS: Final = "footfall"
"""The organisation and the bucket, where nobody names others."""


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
    org: str = OURS
    bucket: str = OURS
    with_names: bool = False

    def __post_init__(self) -> None:
        if "@" in self.url:
            raise InputError(f"{URL}: holds a user or a password; give the token in {TOKEN} or {TOKEN_FILE} instead")
        try:
            address = urlsplit(self.url)
        except ValueError:
            address = urlsplit("")
        if address.scheme not in ("http", "https") or not address.hostname:
            raise InputError(f"{URL}: {self.url!r} is no address; give one such as http://127.0.0.1:8086")
        if not self.token.isascii() or not self.token.isprintable() or not self.token:
            raise InputError(f"the InfluxDB token is empty, or has characters that no token has; see {TOKEN_FILE}")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """Return the settings; `None` when the environment names no InfluxDB.

        Raises
        ------
        InputError
            When they are incomplete or make no sense; the message never holds the token.
        """
        url = environment.get(URL)
        if not url:
            return None
        token, path = environment.get(TOKEN), environment.get(TOKEN_FILE)
        if token and path:
            raise InputError(f"{TOKEN} and {TOKEN_FILE} are both set; unset one")
        if path:
            token = _read(Path(path))
        if not token:
            raise InputError(f"{URL} is set, but no token: put it in a file and name that in {TOKEN_FILE}")
        runners = environment.get(RUNNERS) or PSEUDONYMS
        if runners not in (PSEUDONYMS, NAMES):
            raise InputError(f"{RUNNERS}: {runners!r} is neither {PSEUDONYMS} nor {NAMES}; set it to one of them")
        org, bucket = environment.get(ORG) or OURS, environment.get(BUCKET) or OURS
        return cls(url, token.strip(), org, bucket, with_names=runners == NAMES)


def _read(path: Path) -> str:
    try:
        return read_file(path).decode()
    except (OutsideError, UnicodeDecodeError) as error:
        reason = "is no text" if isinstance(error, UnicodeError) else str(error).removeprefix(f"{path}: ")
        raise InputError(f"{path}: the InfluxDB token can't be read ({reason}); see {TOKEN_FILE}") from error
