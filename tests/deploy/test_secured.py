"""What others reach is behind passwords, and by TLS where the examples say so: broker, proxy, the demo's page."""

import asyncio
import os
import re
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from argon2.profiles import CHEAPEST

from attacks.asking import Asked
from deploy.compose_file import REPOSITORY, SERVICES
from deploy.deployed_broker import deployed_broker
from footfall_dashboards.access import Door
from footfall_dashboards.live import LiveServer, LiveView
from footfall_gateway.accounts import AccountsFile
from footfall_gateway.store.database import Store
from forked import COMMAND
from gateway.command_line import FEET
from killing import Footfall
from programs import Program
from servers import Server, free_port

PASSWORD: Final = "blue shoes at six"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certs")
    made = subprocess.run(
        [str(REPOSITORY / "scripts" / "make-certs"), str(folder), "localhost", "run.club.example", "127.0.0.1"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "good for 820 days" in made.stdout
    assert {path.name for path in folder.iterdir() if path.stat().st_mode & 0o077} == {"ca.crt", "server.crt"}
    return folder


def test_certificates_are_made_for_names_only_and_anew_by_the_same_authority(certificates: Path) -> None:
    make_certs = str(REPOSITORY / "scripts" / "make-certs")
    before = (certificates / "ca.crt").read_bytes(), (certificates / "server.crt").read_bytes()
    again = [make_certs, str(certificates), "localhost", "run.club.example", "127.0.0.1"]
    subprocess.run(again, check=True, capture_output=True)
    assert (certificates / "ca.crt").read_bytes() == before[0]
    assert (certificates / "server.crt").read_bytes() != before[1]
    for wrong in ([make_certs], [make_certs, str(certificates), "a b"], [make_certs, str(certificates), "x,DNS:y"]):
        assert subprocess.run(wrong, capture_output=True).returncode == 2


@pytest.mark.broker
def test_a_run_goes_over_tls_by_the_deployed_rules_and_passwords(certificates: Path, tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    with deployed_broker(tmp_path / "broker", certificates) as (_, port, _):
        at = ("--broker", f"mqtts://localhost:{port}")

        def user(name: str) -> dict[str, str]:
            return {
                "FOOTFALL_MQTT_USER": name,
                "FOOTFALL_MQTT_PASSWORD": f"of-{name}",
                "SSL_CERT_FILE": str(certificates / "ca.crt"),
            }

        def gateway(folder: str, environment: dict[str, str]) -> Footfall:
            replay = ("--replay", str(FEET), "--speed", "20", "--duration", "10", "--runner", "Ann", "--name", "box")
            return Footfall("gateway", *at, *replay, "--data-dir", str(tmp_path / folder), environment=environment)

        processor = Footfall("process", *at, "--data-dir", str(tmp_path / "here"), environment=user("processor"))
        sending, doubting = gateway("there", user("box")), gateway("elsewhere", {**user("box"), "SSL_CERT_FILE": ""})
        try:
            processor.start()
            sending.start()
            assert sending.wait() == 0, sending.said()
            processor.wait_for("is complete")
            processor.interrupt()
            doubting.start()
            doubting.wait_for("can't be reached")
            assert "SSL_CERT_FILE names the file of whom to trust" in doubting.said()
        finally:
            for program in (processor, sending, doubting):
                program.kill()
    with Store.open(tmp_path / "here" / "footfall.sqlite") as store:
        (session,) = store.sessions()
        assert session.header.session.runner_name == "Ann"
        assert session.strides > 0


@contextmanager
def proxied(folder: Path, certificates: Path, page_port: int) -> Iterator[int]:
    """Run nginx by the example, but for ports and folders; give its port."""
    port, plain_port = free_port(), free_port()
    example = (REPOSITORY / "deploy" / "proxy" / "footfall.conf").read_text()
    for deployed, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 80", f"listen 127.0.0.1:{plain_port}"),
        ("/etc/nginx/footfall/", f"{certificates}/"),
        ("127.0.0.1:8420", f"127.0.0.1:{page_port}"),
    ):
        assert deployed in example
        example = example.replace(deployed, here)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"worker_processes 1; pid {folder}/nginx.pid; error_log stderr notice; daemon off; master_process off;\n"
        f"events {{ worker_connections 256; }}\nhttp {{ access_log off; {temporary}\n{example} }}\n"
    )
    nginx = ("nginx", "-p", str(folder), "-e", "stderr", "-c", str(configuration))
    with Server(nginx, port, "using the"):
        yield port


@pytest.mark.proxy
async def test_the_example_of_a_proxy_lets_in_who_logs_in_and_passes_each_stride(
    certificates: Path, tmp_path: Path
) -> None:
    accounts = AccountsFile(tmp_path, CHEAPEST)
    accounts.add("Ann", "runner", PASSWORD)
    door = Door(port=0, behind_proxy=True, names=("run.club.example",), accounts=accounts)
    async with LiveServer(LiveView((), title="Ann's run"), door, "Ann") as server:
        with proxied(tmp_path, certificates, server.port) as port:
            trusting = ssl.create_default_context(cafile=certificates / "ca.crt")
            front = Asked(port, trusting)
            known: dict[str, str | None] = {"host": f"run.club.example:{port}"}
            assert (await front.ask("/events", more=known)).status == 401
            sent = {**known, "origin": f"https://run.club.example:{port}"}
            form = {"name": "Ann", "password": PASSWORD}
            assert (await front.ask("/login", form=form, more={**sent, "origin": "https://evil.example"})).status == 403
            cookie = (await front.ask("/login", form=form, more=sent)).cookie
            assert cookie.startswith("__Host-footfall-")
            reader, writer = await front.connect()
            writer.write(f"GET /events HTTP/1.1\r\nHost: {known['host']}\r\nCookie: {cookie}\r\n\r\n".encode())
            assert b"event: login" in await reader.readuntil(b"Ann's run")
            writer.close()
            form = {"name": "Eve", "password": "x"}
            for number in range(11):
                wrong = await front.ask("/login", form=form, x_forwarded_for=f"10.0.0.{number}", more=sent)
            assert wrong.status == 429, "the proxy tells who asks, not the browser"


def test_the_demos_page_in_a_container_asks_for_the_password_of_env(tmp_path: Path) -> None:
    service: dict[str, Any] = SERVICES["page"]
    (script,) = [word for word in service["entrypoint"] if word.endswith(".sh")]
    assert script == "/opt/footfall/page.sh"
    assert service["ports"] == ["127.0.0.1:8420:8420"]
    programs = tmp_path / "bin"
    programs.mkdir()
    footfall = programs / "footfall"
    # as in the container, but for the port, which may be taken here
    other_port = '[ "$1" != demo ] || set -- "$@" --port 0'
    footfall.write_text(f'#!/bin/sh\n{other_port}\nexec {COMMAND[0]} -c "{COMMAND[2]}" "$@"\n')
    footfall.chmod(0o755)
    page = REPOSITORY / "deploy" / "footfall" / "page.sh"
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "FOOTFALL_DATA_DIR": str(tmp_path / "data"),
        "FOOTFALL_PAGE_PASSWORD": "0123456789abcdef" * 3,
        "PYTHONUNBUFFERED": "1",
    }
    program = Program(["sh", str(page), str(FEET)], environment)
    try:
        program.start()
        program.wait_for("The page: http://localhost:")
        match = re.search(r"http://localhost:(\d+)/", program.said())
        assert match is not None
        asked = Asked(int(match[1]))

        async def ask() -> tuple[int, int, int]:
            before = (await asked.ask("/live/events")).status
            cookie = (await asked.log_in("Demo", environment["FOOTFALL_PAGE_PASSWORD"])).cookie
            wrong = (await asked.log_in("Demo", "0123456789")).status
            return before, wrong, (await asked.ask("/live/events", cookie=cookie, head_only=True)).status

        assert asyncio.run(ask()) == (401, 403, 200)
    finally:
        program.kill()


def test_grafana_and_influxdb_have_passwords_and_are_not_open_to_others() -> None:
    grafana, influxdb = SERVICES["grafana"], SERVICES["influxdb"]
    assert "ports" not in influxdb
    assert grafana["ports"] == ["${FOOTFALL_GRAFANA_LISTEN:-127.0.0.1}:3000:3000"]
    for environment, name in (
        (grafana["environment"], "GF_SECURITY_ADMIN_PASSWORD"),
        (influxdb["environment"], "DOCKER_INFLUXDB_INIT_PASSWORD"),
        (influxdb["environment"], "DOCKER_INFLUXDB_INIT_ADMIN_TOKEN"),
    ):
        assert environment[name].endswith(":?run scripts/make-env first}")
    assert grafana["environment"]["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert not any("ANONYMOUS" in name for name in grafana["environment"])
