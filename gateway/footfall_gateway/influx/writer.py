"""Sending points to InfluxDB through its v2 write interface, which 2.x, 1.8 and 3 have."""

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from footfall_gateway.errors import TemporaryError
from footfall_gateway.influx.settings import BUCKET, ORG, TOKEN, TOKEN_FILE, InfluxSettings

TIMEOUT_MS: Final = 30_000
_REFUSED: Final = frozenset({400, 422})
_TOO_LARGE: Final = 413
_REMEDIES: Final = {
    401: f"its token is not accepted: check {TOKEN_FILE} (or {TOKEN})",
    403: f"its token may not write there: give it write access, or check {BUCKET}",
    404: f"it has no such bucket or organisation: check {BUCKET} and {ORG}",
}


class InfluxError(TemporaryError):
    """InfluxDB has not taken the points, and may take them later; the message says why."""


class InfluxWriter:
    """A connection to InfluxDB; a context manager. Calls block on the network, and must not run at the same time."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._client = InfluxDBClient(settings.url, settings.token, org=settings.org, timeout=TIMEOUT_MS)
        self._api = self._client.write_api(write_options=SYNCHRONOUS)

    def close(self) -> None:
        """Close the connection."""
        self._api.close()
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, lines: Sequence[str]) -> list[tuple[str, str]]:
        """Write points; on return InfluxDB has them, but for those returned, which it will never take, with its reason.

        Points that lie before the bucket's retention are no error: InfluxDB drops them, as it was told to.

        Raises
        ------
        InfluxError
            When it can't be reached, is overloaded, or does not let us write. Writing all of it again is harmless.
        """
        if not lines:
            return []
        try:
            self._api.write(self._settings.bucket, record="\n".join(lines))
        except ApiException as error:
            return self._not_taken(lines, error)
        except (HTTPError, OSError) as error:
            raise InfluxError(f"{self._settings.url}: InfluxDB can't be reached ({cause_of(error)})") from error
        return []

    def _not_taken(self, lines: Sequence[str], error: ApiException) -> list[tuple[str, str]]:
        if error.status in _REFUSED or error.status == _TOO_LARGE:
            reason = reason_of(error)
            if "retention policy" in reason:
                return []
            if len(lines) == 1:
                return [(lines[0], reason)]
            # one bad point must not hold up the others, and none says which one it is
            middle = len(lines) // 2
            return self.write(lines[:middle]) + self.write(lines[middle:])
        remedy = _REMEDIES.get(error.status or 0, f"it answers {error.status} {error.reason}")
        raise InfluxError(f"{self._settings.url}: InfluxDB takes nothing; {remedy}") from error


def reason_of(error: ApiException) -> str:
    """Return what InfluxDB says, on one line."""
    body = error.body.decode(errors="replace") if isinstance(error.body, bytes) else str(error.body or error.reason)
    return " ".join(body.split())


def cause_of(error: Exception) -> str:
    """Return the innermost cause in a few words: urllib3 wraps it several times over."""
    cause: BaseException = error
    while (inner := getattr(cause, "reason", None) or cause.__cause__) is not None and isinstance(inner, Exception):
        cause = inner
    return str(getattr(cause, "strerror", None) or cause).split(": ")[-1] or type(cause).__name__
