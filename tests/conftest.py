"""What every test can rely on: real servers where a marker asks for one, and never a silent gap in CI.

A test marked with one of `SERVERS` is skipped where its server is missing, or fails when
`FOOTFALL_REQUIRE_SERVERS` is set. A test marked `shared` needs the validation recordings, which are not part of
this repository, and is skipped without them.
"""

import ctypes.util
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import servers
import servers_influx
from cpu_time import CpuTime
from footfall_gateway import machine_code

# how long an example takes says nothing of its law; speed is measured in benchmarks
settings.register_profile("footfall", deadline=None)
settings.load_profile("footfall")

machine_code.keep()

REPOSITORY = Path(__file__).resolve().parent.parent
# whatever the one who runs the tests has set for himself
os.environ["FOOTFALL_CONFIG"] = str(REPOSITORY / "tests" / "no-settings.toml")
SHARED_DATA = REPOSITORY.parent / "shared" / "data"


def find_chromium() -> str | None:
    """Look for a system browser; the tests never download one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def _lack_of_dbus_daemon() -> str | None:
    return None if shutil.which("dbus-daemon") else "dbus-daemon is not installed"


def _lack_of_browser() -> str | None:
    return None if find_chromium() else "no Chromium is installed"


def _lack_of_broker() -> str | None:
    return None if servers.find_server("mosquitto") else "mosquitto is not installed"


def _lack_of_compose() -> str | None:
    return None if shutil.which("docker-compose") else "docker-compose is not installed"


def _lack_of_proxy() -> str | None:
    return None if servers.find_server("nginx") else "nginx is not installed"


def _lack_of_namespaces() -> str | None:
    if not shutil.which("unshare"):
        return "unshare is not installed"
    tried = subprocess.run(["unshare", "--map-root-user", "--mount", "true"], capture_output=True, text=True)
    return f"no namespaces of one's own are allowed here ({tried.stderr.strip()})" if tried.returncode else None


def _lack_of_systemd() -> str | None:
    return None if shutil.which("systemd-analyze") else "systemd is not installed"


def _lack_of_pango() -> str | None:
    return None if ctypes.util.find_library("pangoft2-1.0") else "Pango is not installed"


SERVERS: dict[str, Callable[[], str | None]] = {
    "bluez": _lack_of_dbus_daemon,
    "browser": _lack_of_browser,
    "broker": _lack_of_broker,
    "compose": _lack_of_compose,
    "influx": servers_influx.lack_of_influx,
    "namespaces": _lack_of_namespaces,
    "pango": _lack_of_pango,
    "systemd": _lack_of_systemd,
    "proxy": _lack_of_proxy,
}


def pytest_configure(config: pytest.Config) -> None:
    """Have the end of a run tell what it cost."""
    config.pluginmanager.register(CpuTime())


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail where servers are required, before any fixture starts."""
    for marker, find_lack in SERVERS.items():
        lack = find_lack() if item.get_closest_marker(marker) else None
        if lack and os.environ.get("FOOTFALL_REQUIRE_SERVERS"):
            pytest.fail(f"{lack}, and FOOTFALL_REQUIRE_SERVERS is set; `make servers` installs programs", pytrace=False)
        if lack:
            pytest.skip(lack)
    if item.get_closest_marker("shared") and not SHARED_DATA.is_dir():
        pytest.skip("the validation recordings are not here (../shared/data)")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the system's Chromium; mark the test `browser`."""
    path = find_chromium()
    assert path is not None, "mark the test with @pytest.mark.browser"
    return path


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[servers.Server]:
    """Give a broker of one's own, that can be killed and started again; mark the test `broker`."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with servers.mosquitto(folder) as server:
        yield server


@pytest.fixture
def influxdb(tmp_path: Path) -> Iterator[servers_influx.Influx]:
    """Give an InfluxDB of one's own, that can be killed and started again; mark the test `influx`."""
    folder = tmp_path / "influxdb"
    folder.mkdir()
    with servers_influx.influxdb(folder) as server:
        yield server


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the validation recordings; mark the test `shared`."""
    return SHARED_DATA
