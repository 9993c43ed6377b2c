"""What InfluxDB has of a runner: looked at, copied out, and removed, by the tag that says whose points they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

import msgspec
import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from footfall_gateway.errors import OutsideError
from footfall_gateway.influx.points import Measurement
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.influx.writer import TIMEOUT_MS, InfluxError, cause_of, reason_of
from footfall_gateway.outside import parse_json

FROM: Final = datetime(1970, 1, 1, tzinfo=UTC)
UNTIL: Final = datetime(2200, 1, 1, tzinfo=UTC)
_MOST_ANSWER_BYTES: Final = 1 << 20
_PIECE_BYTES: Final = 1 << 16


class _Series(msgspec.Struct):
    values: list[list[str | float | None]] = []


class _Result(msgspec.Struct):
    series: list[_Series] = []


class _Answer(msgspec.Struct):
    results: list[_Result] = []


class InfluxRunners:
    """A connection to InfluxDB; a context manager. Calls block on the network."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._client = InfluxDBClient(settings.url, settings.token, org=settings.org, timeout=TIMEOUT_MS)
        self._queries = urllib3.PoolManager(timeout=TIMEOUT_MS / 1000.0, retries=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        self._queries.clear()

    def remove(self, tag: str) -> None:
        """Remove all points of a runner; `InfluxError` when InfluxDB is away, or does not let us."""
        self._delete(_of_runner(tag), FROM, UNTIL)

    def remove_course(self, tag: str, begin: datetime, end: datetime) -> None:
        """Remove a runner's strides and windows of a time; `InfluxError` as `remove`."""
        for measurement in (Measurement.STRIDE, Measurement.WINDOW):
            self._delete(f'_measurement="{measurement.value}" AND {_of_runner(tag)}', begin, end)

    def _delete(self, predicate: str, begin: datetime, end: datetime) -> None:
        try:
            self._client.delete_api().delete(begin, end, predicate, self._settings.bucket, self._settings.org)
        except ApiException as error:
            raise InfluxError(
                f"{self._settings.url}: InfluxDB removes nothing: it answers {error.status} ({reason_of(error)}); the "
                "token must be one that may write to the bucket"
            ) from error
        except (HTTPError, OSError) as error:
            raise self._away(error) from error

    def points(self, tag: str) -> int | None:
        """Return how many values it has of a runner; `None` when the token may not read, so that it is not known.

        Raises
        ------
        InfluxError
            When InfluxDB is away.
        """
        with self._asked("count(*)", "/.*/", tag, "application/json") as answer:
            if answer.status != 200:
                return None
            try:
                found = parse_json(answer.read(_MOST_ANSWER_BYTES), _Answer, "InfluxDB's answer")
            except OutsideError:
                return None
        values = (v for result in found.results for series in result.series for row in series.values for v in row[1:])
        return sum(int(value) for value in values if isinstance(value, float))

    def rows(self, measurement: Measurement, tag: str) -> Iterator[bytes]:
        """Yield a runner's points of one kind as CSV, a piece at a time; nothing where there are none.

        Raises
        ------
        InfluxError
            When InfluxDB is away, or the token may not read.
        """
        with self._asked("*", f'"{measurement.value}"', tag, "application/csv") as answer:
            if answer.status != 200:
                raise InfluxError(
                    f"{self._settings.url}: InfluxDB tells nothing: it answers {answer.status}; the token must be one "
                    "that may read the bucket"
                )
            yield from answer.stream(_PIECE_BYTES)

    @contextmanager
    def _asked(self, what: str, measurements: str, tag: str, kind: str) -> Iterator[BaseHTTPResponse]:
        """Ask in InfluxQL, which 1.x and 2.x have."""
        value = tag.replace("\\", r"\\").replace("'", r"\'")
        query = f"SELECT {what} FROM {measurements} WHERE \"runner\" = '{value}'"
        try:
            answer = self._queries.request(
                "GET",
                f"{self._settings.url.rstrip('/')}/query",
                fields={"db": self._settings.bucket, "epoch": "ns", "q": query},
                headers={"Authorization": f"Token {self._settings.token}", "Accept": kind},
                preload_content=False,
                redirect=False,
            )
            try:
                yield answer
            finally:
                answer.release_conn()
        except (HTTPError, OSError) as error:
            raise self._away(error) from error

    def _away(self, error: Exception) -> InfluxError:
        return InfluxError(f"{self._settings.url}: InfluxDB can't be reached ({cause_of(error)})")


def _of_runner(tag: str) -> str:
    return 'runner="{}"'.format(tag.replace("\\", r"\\").replace('"', r"\""))
