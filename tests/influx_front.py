"""InfluxDB 2's delete interface in front of an InfluxDB 1.x: the tests' InfluxDB has only InfluxQL's `DELETE`."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from footfall_gateway.influx.settings import InfluxSettings
from programs import PATIENCE_S
from servers_influx import TOKEN, Influx

_PREDICATE: Final = re.compile(r'(?:_measurement="([a-z_]+)" AND )?runner="((?:\\.|[^"\\])*)"')


@contextmanager
def with_deletes(influx: Influx) -> Iterator[InfluxSettings]:
    """Serve it; all else is passed on."""

    class Front(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass_on("GET", self.path, b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            address = urlsplit(self.path)
            if address.path != "/api/v2/delete":
                self._pass_on("POST", self.path, body)
                return
            asked, match = json.loads(body), None
            if self.headers["Authorization"] == f"Token {TOKEN}":
                match = _PREDICATE.fullmatch(asked["predicate"])
            if match is None or asked["start"] >= asked["stop"]:
                self._answer(400, b"", "text/plain")
                return
            value = re.sub(r"\\(.)", r"\1", match[2]).replace("\\", r"\\").replace("'", r"\'")
            of = "" if match[1] is None else f'FROM "{match[1]}" '
            during = f"time >= '{asked['start']}' AND time <= '{asked['stop']}'"
            query = quote(f"DELETE {of}WHERE \"runner\" = '{value}' AND {during}")
            (bucket,) = parse_qs(address.query)["bucket"]
            connection = HTTPConnection("127.0.0.1", influx.server.port, timeout=PATIENCE_S)
            connection.request("POST", f"/query?db={bucket}&q={query}")
            found = json.loads(connection.getresponse().read())
            connection.close()
            self._answer(204 if "error" not in str(found) else 500, b"", "text/plain")

        def _pass_on(self, method: str, path: str, body: bytes) -> None:
            try:
                connection = HTTPConnection("127.0.0.1", influx.front.port, timeout=PATIENCE_S)
                names = ("Authorization", "Accept", "Content-Type", "Content-Encoding")
                connection.request(
                    method, path, body, {name: self.headers[name] for name in names if self.headers[name]}
                )
                answer = connection.getresponse()
                self._answer(answer.status, answer.read(), answer.headers.get("Content-Type", "text/plain"))
                connection.close()
            except OSError:
                self._answer(502, b"", "text/plain")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield replace(influx.settings, url=f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
