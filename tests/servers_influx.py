"""A real InfluxDB for the tests: influxd 1.x, and in front of it an nginx that speaks InfluxDB 2's write interface.

Debian has InfluxDB 1.6, which takes line protocol at `/write` and answers InfluxQL at `/query`. The nginx maps
`/api/v2/write?bucket=B` to `/write?db=B`, and asks for the token, so that `influxdb-client` works as with 2.x.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from footfall_gateway.influx.settings import InfluxSettings
from programs import PATIENCE_S
from servers import Server, find_server, free_port

TOKEN: Final = "token-for-tests"
BUCKET: Final = "footfall"

_INFLUXD: Final = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc_port}"
[meta]
  dir = "{folder}/meta"
  logging-enabled = false
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  index-version = "tsi1"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
"""

_NGINX: Final = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr notice;
daemon off;
master_process off;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_max_body_size 64m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  map $arg_precision $v1_precision {{ default n; ns n; us u; ms ms; s s; }}
  map $http_authorization $allowed {{ default 0; "Token {token}" 1; }}
  server {{
    listen 127.0.0.1:{port};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Authorization "";
    location = /api/v2/write {{
      if ($allowed = 0) {{ return 401; }}
      rewrite ^ /write?db=$arg_bucket&precision=$v1_precision? break;
      proxy_pass http://127.0.0.1:{influxd_port};
    }}
    location / {{ proxy_pass http://127.0.0.1:{influxd_port}; }}
  }}
}}
"""


def lack_of_influx() -> str | None:
    """Say which of the two servers is not installed."""
    missing = [name for name in ("influxd", "nginx") if find_server(name) is None]
    return f"{' and '.join(missing)}: not installed" if missing else None


@dataclass(frozen=True)
class Influx:
    """A running InfluxDB with an empty bucket.

    Parameters
    ----------
    server
        influxd: may be killed, and started again on the same port and data.
    front
        nginx, which the write interface is at.
    """

    server: Server
    front: Server

    @property
    def url(self) -> str:
        """Where it is written to and asked."""
        return f"http://127.0.0.1:{self.front.port}"

    @property
    def settings(self) -> InfluxSettings:
        """What a writer needs to know of it."""
        return InfluxSettings(self.url, TOKEN, bucket=BUCKET)

    def query(self, text: str, bucket: str = BUCKET) -> list[dict[str, Any]]:
        """Ask in InfluxQL; return rows as mappings of columns and, where grouped, tags. Times are in nanoseconds."""
        answer = self._ask("GET", f"/query?db={bucket}&epoch=ns&q={quote(text)}")
        (result,) = answer["results"]
        assert "error" not in answer, answer
        assert "error" not in result, result
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
            for series in result.get("series", [])
            for row in series["values"]
        ]

    def count(self, measurement: str, field: str = "*") -> int:
        """Return how many values a field has; for all fields, those of the field which has most."""
        rows = self.query(f"SELECT count({field}) FROM {measurement}")
        return max((value for name, value in rows[0].items() if name != "time"), default=0) if rows else 0

    def make_bucket(self, name: str = BUCKET) -> None:
        """Make a database, which is what 1.x has for a bucket."""
        self._ask("POST", f"/query?q={quote(f'CREATE DATABASE {name}')}")

    def _ask(self, method: str, path: str) -> Mapping[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path)
            answer: Mapping[str, Any] = json.loads(connection.getresponse().read())
            return answer
        finally:
            connection.close()


@contextmanager
def influxdb(folder: Path) -> Iterator[Influx]:
    """Run InfluxDB with its data in `folder`, and an empty bucket."""
    port, rpc_port, front_port = free_port(), free_port(), free_port()
    configuration, front_configuration = folder / "influxdb.conf", folder / "nginx.conf"
    configuration.write_text(_INFLUXD.format(folder=folder, port=port, rpc_port=rpc_port))
    front_configuration.write_text(_NGINX.format(folder=folder, port=front_port, influxd_port=port, token=TOKEN))
    influxd = ("influxd", "-config", str(configuration))
    nginx = ("nginx", "-p", str(folder), "-e", "stderr", "-c", str(front_configuration))
    with (
        Server(influxd, port, "Listening for signals") as server,
        Server(nginx, front_port, "event method") as front,
    ):
        influx = Influx(server, front)
        influx.make_bucket()
        yield influx
