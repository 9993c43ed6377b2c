"""The cluster's compose file: Compose takes it, and what it starts makes one cluster that computes a run."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from deploy.compose_file import REPOSITORY, SERVICES
from gateway.command_line import FEET
from killing import Footfall, variables_of
from servers import Server, free_port
from servers_influx import Influx

FILE: Final = REPOSITORY / "deploy" / "cluster" / "docker-compose.yml"
NODES: Final = ("one", "two", "three")


@pytest.fixture
def services(tmp_path: Path) -> dict[str, Any]:
    """What Compose makes of both files, with secrets as `make-env` gives them."""
    secret = tmp_path / "secrets.env"
    subprocess.run([REPOSITORY / "scripts" / "make-env", secret], check=True, capture_output=True, timeout=60)
    files = ["-f", str(REPOSITORY / "docker-compose.yml"), "-f", str(FILE)]
    command = ["docker-compose", "--env-file", str(secret), *files, "config"]
    said = subprocess.run(
        command, env={"PATH": os.environ["PATH"]}, check=True, capture_output=True, text=True, timeout=60
    )
    found: dict[str, Any] = yaml.safe_load(said.stdout)["services"]
    return found


@pytest.mark.compose
def test_compose_takes_the_file_beside_the_other(services: dict[str, Any]) -> None:
    assert {*NODES, "worker", "cluster-demo"} == services.keys() - SERVICES.keys()
    for name in (*NODES, "worker", "cluster-demo"):
        service = services[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")
    for name in NODES:
        assert re.fullmatch(r"nats:2\.1[1-9]\.\d+-alpine@sha256:[0-9a-f]{64}", services[name]["image"])
    assert services["worker"]["image"] == SERVICES["processor"]["image"]
    assert services["worker"]["build"]["context"] == services["processor"]["build"]["context"]


@pytest.fixture
def cluster(services: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Run the three nodes as they would run in containers, each on a port of loopback; give what to put for what."""
    certificates = tmp_path / "certs"
    make: list[str | Path] = [REPOSITORY / "scripts" / "make-certs", certificates, *NODES, "127.0.0.1"]
    subprocess.run(make, check=True, capture_output=True, timeout=60)
    here = {"/certs/": f"{certificates}/", "/etc/nats/": f"{REPOSITORY}/deploy/nats/"}
    ports = {name: free_port() for name in NODES}
    here |= {f"{name}:4222": f"127.0.0.1:{port}" for name, port in ports.items()}
    here |= {f"@{name}:6222": f"@127.0.0.1:{free_port()}" for name in NODES}
    with ExitStack() as stack:
        for name in NODES:
            mine = {
                '"0.0.0.0:4222"': f'"127.0.0.1:{ports[name]}"',
                '"0.0.0.0:6222"': f'"{here[f"@{name}:6222"].removeprefix("@")}"',
                "/data": str(tmp_path / name),
            }
            service = _with({**here, **mine}, services[name])
            for variable, value in service["environment"].items():
                monkeypatch.setenv(variable, value)
            command: list[str] = service["entrypoint"] + service["command"]
            stack.enter_context(Server(command, ports[name], "Listening for client connections"))
        yield here


def _with(here: dict[str, str], service: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(service)
    for there, instead in here.items():
        text = text.replace(json.dumps(there)[1:-1], json.dumps(instead)[1:-1])
    changed: dict[str, Any] = json.loads(text)
    return changed


@pytest.mark.compose
@pytest.mark.nats
@pytest.mark.influx
def test_its_nodes_and_workers_compute_a_run(
    services: dict[str, Any], cluster: dict[str, str], influxdb: Influx, tmp_path: Path
) -> None:
    def started(name: str, number: int, *more: str, **environment: str) -> Footfall:
        service = _with(cluster, services[name])
        program = Footfall(
            service["command"][0], *more,
            environment={
                **service["environment"], **environment, "FOOTFALL_DATA_DIR": str(tmp_path / f"{name}-{number}")
            },
        )  # fmt: skip
        stack.callback(program.kill)
        program.start()
        return program

    with ExitStack() as stack:
        workers = [started("worker", number, **variables_of(influxdb.settings)) for number in range(2)]
        for worker in workers:
            worker.wait_for("each kept 3 times")
        gateway = started("cluster-demo", 0, "--replay", str(FEET), "--speed", "max")
        gateway.wait_for("Nothing waits to be sent any more.")
        assert gateway.wait() == 0, gateway.said()
        for worker in workers:
            worker.interrupt()
    assert influxdb.count("stride") == 282
