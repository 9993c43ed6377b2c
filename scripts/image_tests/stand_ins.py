"""Images in place of those that can't be had without a registry: made of Debian's packages, by their own names.

- What the Dockerfile builds on: the least Debian with Python 3.13, less what the `-slim` images leave out. Its pip and
  apt fetch from a folder, served on the engine's own network.
- Mosquitto and InfluxDB: Debian's, in one image. InfluxDB is 1.6.7, before it an nginx that speaks the write interface
  of 2.x, as in `tests/servers_influx.py`.
- Grafana: none; Debian has none.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from image_tests import packages
from image_tests.commands import run
from image_tests.engine import SHORT_S, Engine
from image_tests.lacks import LackError
from image_tests.programs import answered

SERVERS: Final = "footfall-test/servers"
PORT: Final = 8099
IMPORT_S: Final = 300.0
BUILD_TOOLS: Final = ("binutils",)
"""What the Dockerfile installs by apt."""

_PIP: Final = f"[global]\nno-index = true\nfind-links = http://127.0.0.1:{PORT}/\ndisable-pip-version-check = true\n"
_SOURCES: Final = f"deb [trusted=yes] http://127.0.0.1:{PORT}/ ./\n"

_INFLUXD: Final = """reporting-disabled = true
bind-address = "127.0.0.1:8088"
[meta]
  dir = "/var/lib/influxdb2/meta"
[data]
  dir = "/var/lib/influxdb2/data"
  wal-dir = "/var/lib/influxdb2/wal"
  index-version = "tsi1"
[http]
  bind-address = "127.0.0.1:8087"
  log-enabled = false
"""
_NGINX: Final = """worker_processes 1;
pid /tmp/nginx.pid;
error_log stderr notice;
daemon off;
events { worker_connections 256; }
http {
  access_log off;
  client_max_body_size 64m;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  map_hash_bucket_size 128;
  map $arg_precision $v1_precision { default n; ns n; us u; ms ms; s s; }
  map $http_authorization $allowed { default 0; "Token TOKEN" 1; }
  server {
    listen 8086;
    proxy_set_header Authorization "";
    location = /ping { proxy_pass http://127.0.0.1:8087; }
    location = /api/v2/write {
      if ($allowed = 0) { return 401; }
      rewrite ^ /write?db=$arg_bucket&precision=$v1_precision? break;
      proxy_pass http://127.0.0.1:8087;
    }
    location / {
      if ($allowed = 0) { return 401; }
      proxy_pass http://127.0.0.1:8087;
    }
  }
}
"""
_INFLUX_START: Final = """#!/bin/sh
set -eu
sed "s/TOKEN/${DOCKER_INFLUXDB_INIT_ADMIN_TOKEN:?}/" /etc/footfall/nginx.conf >/tmp/nginx.conf
influxd -config /etc/footfall/influxd.conf &
until curl -fsS http://127.0.0.1:8087/ping; do sleep 0.2; done
curl -fsS -o /dev/null -X POST "http://127.0.0.1:8087/query" \\
    --data-urlencode "q=CREATE DATABASE ${DOCKER_INFLUXDB_INIT_BUCKET:?}"
exec nginx -e stderr -c /tmp/nginx.conf
"""
_PING: Final = """#!/bin/sh
# `influx ping --host URL`, which the compose file asks
exec curl -fsS -o /dev/null http://127.0.0.1:8086/ping
"""


def base_named(dockerfile: str) -> str:
    """Return the image that a Dockerfile builds on, by its tag."""
    names = set(re.findall(r"^FROM (\S+?)@sha256:[0-9a-f]{64}(?: AS \w+)?$", dockerfile, re.MULTILINE))
    if len(names) != 1:
        raise LackError(f"the Dockerfile builds on {sorted(names)}: it is to build on one image, by tag and digest")
    return str(names.pop())


def without_digests(dockerfile: str) -> str:
    """Return a Dockerfile that takes images by their tags: no image of ours can have another's digest."""
    return re.sub(r"^(FROM \S+?)@sha256:[0-9a-f]{64}", r"\1", dockerfile, flags=re.MULTILINE)


@contextmanager
def base(engine: Engine, cache: Path, programs: Path, dockerfile: str, lock: Path) -> Iterator[None]:
    """Have the image that the Dockerfile builds on, and what a build fetches, as long as this lasts."""
    root = packages.system(cache, "base", ("ca-certificates", "python3", "python3-venv"), programs)
    tools = packages.repository(cache, root, BUILD_TOOLS)
    shelf = cache / "shelf"
    shelf.mkdir(exist_ok=True)
    for folder in (tools, packages.wheels(cache, lock)):
        for file in folder.iterdir():
            if not (shelf / file.name).exists():
                (shelf / file.name).hardlink_to(file)
    python = root / "usr/local/bin/python"
    python.unlink(missing_ok=True)
    python.symlink_to("/usr/bin/python3")
    _write(root, {"etc/pip.conf": _PIP})
    mirror = (root / "etc/apt/sources.list").read_text()
    try:
        _write(root, {"etc/apt/sources.list": _SOURCES})
        _import(engine, root, base_named(dockerfile))
    finally:
        _write(root, {"etc/apt/sources.list": mirror})
    with _served(engine, shelf):
        yield


def servers(engine: Engine, cache: Path, programs: Path) -> None:
    """Have an image with Mosquitto and InfluxDB."""
    wanted = ("mosquitto", "influxdb", "nginx-light", "curl", "netcat-openbsd")
    root = packages.system(cache, "servers", wanted, programs)
    _write(
        root,
        {
            "etc/footfall/influxd.conf": _INFLUXD,
            "etc/footfall/nginx.conf": _NGINX,
            "usr/local/bin/start-influxdb": _INFLUX_START,
            "usr/local/bin/influx": _PING,
        },
    )
    for name, owner in (("mosquitto/data", 1883), ("var/lib/influxdb2", 1000), ("etc/influxdb2", 1000)):
        (root / name).mkdir(parents=True, exist_ok=True)
        run(["chown", f"{owner}:{owner}", root / name], patience_s=SHORT_S)
    _import(engine, root, SERVERS)


IN_PLACE: Final[dict[str, dict[str, Any]]] = {
    "mosquitto": {"image": SERVERS},
    "influxdb": {"image": SERVERS, "entrypoint": ["/usr/local/bin/start-influxdb"]},
}
"""What a compose file says over ours."""


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)


def _import(engine: Engine, root: Path, name: str) -> None:
    with subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE) as tar:
        assert tar.stdout is not None
        engine.docker("import", "-", name, patience_s=IMPORT_S, stdin=tar.stdout)
    if tar.returncode:
        raise LackError(f"tar can't read {root}")


@contextmanager
def _served(engine: Engine, folder: Path) -> Iterator[None]:
    """Serve a folder on the loopback of the engine's own network."""
    command = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(folder), str(PORT)]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([*engine.inside, *command], stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        asked = ["python3", "-c", f"import urllib.request as web; web.urlopen('http://127.0.0.1:{PORT}/', timeout=5)"]
        answered(lambda: run([*engine.inside, *asked], patience_s=SHORT_S), SHORT_S)
        yield
    finally:
        server.terminate()
        server.wait(SHORT_S)
