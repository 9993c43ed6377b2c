"""What is in deploy/nats, on the real server: by TLS, and nobody reads or writes what is another's."""

import asyncio
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import nats
import pytest
from nats.aio.client import Client

from footfall_gateway.jetstream.address import ClusterAddress
from footfall_gateway.jetstream.connection import connected
from footfall_gateway.jetstream.stream import set_up
from footfall_gateway.jetstream.uplink import JetStreamConnection
from footfall_gateway.mqtt.broker import BrokerLostError, RefusedError
from footfall_gateway.mqtt.topics import Kind, SessionKey
from gateway.command_line import FEET
from killing import Footfall, variables_of
from programs import PATIENCE_S
from servers import Server, free_port
from servers_influx import Influx

REPOSITORY: Final = Path(__file__).resolve().parents[2]
NATS: Final = REPOSITORY / "deploy" / "nats"
PASSWORDS: Final = {"worker": "w-secret", "box": "b-secret", "other": "o-secret"}
OTHER: Final = """
    {
      user: other
      password: o-secret
      permissions {
        publish { allow: ["footfall.1.other.*.*.raw"] }
        subscribe { allow: ["_INBOX.other.>", "footfall.1.other.*.*.ack"] }
      }
    }
  ]
}
"""

pytestmark = pytest.mark.nats


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make = str(REPOSITORY / "scripts" / "make-certs")
    subprocess.run([make, str(folder), "localhost", "127.0.0.1"], check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture
def node(tmp_path: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Run a node as single.conf says, with one more gateway."""
    folder = tmp_path / "conf"
    folder.mkdir()
    for name in ("single.conf", "users.conf"):
        (folder / name).write_text((NATS / name).read_text())
    users = (folder / "users.conf").read_text()
    assert users.endswith("    }\n  ]\n}\n")
    (folder / "users.conf").write_text(users.removesuffix("  ]\n}\n") + OTHER.lstrip("\n"))
    port = free_port()
    environment = {
        "NATS_NAME": "one",
        "NATS_LISTEN": f'"127.0.0.1:{port}"',
        "NATS_DATA": str(tmp_path / "data"),
        "NATS_TLS_CERT": str(certificates / "server.crt"),
        "NATS_TLS_KEY": str(certificates / "server.key"),
        "NATS_WORKER_PASSWORD": PASSWORDS["worker"],
        "NATS_BOX_PASSWORD": PASSWORDS["box"],
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.crt"))
    with Server(("nats-server", "-c", str(folder / "single.conf")), port, "Server is ready") as server:
        yield server


async def _as(user: str, node: Server, refused: asyncio.Queue[str]) -> Client:
    async def note(error: Exception) -> None:
        refused.put_nowait(str(error).lower())

    return await nats.connect(
        f"tls://127.0.0.1:{node.port}", user=user, password=PASSWORDS[user], tls=ssl.create_default_context(),
        inbox_prefix=f"_INBOX.{user}", error_cb=note, allow_reconnect=False,
    )  # fmt: skip


@pytest.mark.influx
def test_a_run_comes_by_tls_from_a_gateway_of_its_own_name(node: Server, influxdb: Influx, tmp_path: Path) -> None:
    at = f"tls://127.0.0.1:{node.port}"

    def who(user: str) -> dict[str, str]:
        return {"FOOTFALL_NATS_USER": user, "FOOTFALL_NATS_PASSWORD": PASSWORDS[user], "FOOTFALL_PARTITIONS": "2"}

    worker = Footfall(
        "process", "--cluster", at, "--data-dir", str(tmp_path / "worker"),
        environment={**variables_of(influxdb.settings), **who("worker")},
    )  # fmt: skip
    gateway = Footfall(
        "gateway", "--uplink", at, "--data-dir", str(tmp_path / "box"), "--replay", str(FEET), "--speed", "max",
        environment=who("box"),
    )  # fmt: skip
    with ExitStack() as stack:
        for program in (worker, gateway):
            stack.callback(program.kill)
        worker.start()
        worker.wait_for("each kept 1 times")
        gateway.start()
        gateway.wait_for("Nothing waits to be sent any more.")
        assert gateway.wait() == 0, gateway.said()
        worker.interrupt()
    assert influxdb.count("stride") == 282


async def test_who_is_not_let_in_is_told_why(node: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def address(user: str, password: str) -> ClusterAddress:
        return ClusterAddress.parse(f"tls://127.0.0.1:{node.port}", user=user, password=password)

    async def refusal(where: ClusterAddress) -> str:
        with pytest.raises(BrokerLostError) as caught:
            async with connected(where, "test"):
                pass
        return str(caught.value)

    # the system may break the connection before what the server says on it was read
    why = [await refusal(address("box", "guessed")) for _ in range(5)]
    assert any("it refuses this user or password: FOOTFALL_NATS_USER" in one for one in why), why
    async with connected(address("other", PASSWORDS["other"]), "test") as line:
        with pytest.raises(RefusedError, match="its permissions do not allow it to this user"):
            await JetStreamConnection(line).publish(SessionKey("box", "", "s").topic(Kind.END), b"{}")
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "SSL_CERT_FILE names the file of whom to trust" in await refusal(address("box", PASSWORDS["box"]))


async def test_nobody_reads_or_writes_what_is_anothers(node: Server) -> None:
    refused: asyncio.Queue[str] = asyncio.Queue()
    worker, box, other = [await _as(user, node, refused) for user in ("worker", "box", "other")]
    try:
        await set_up(worker, 2)
        heard = await box.subscribe("footfall.1.box.*.*.ack")
        await box.flush()
        tries = (
            ("publish", "footfall.1.box.unnamed.s.raw"),
            ("publish", "footfall.1.box.unnamed.s.ack"),
            ("publish", "footfall.part.0.box.unnamed.s.raw"),
            ("publish", "$JS.API.STREAM.PURGE.footfall"),
            ("publish", "$JS.API.STREAM.MSG.GET.footfall"),
            ("publish", "$JS.API.DIRECT.GET.footfall"),
            ("publish", "$KV.footfall-state.key"),
            ("subscription", "footfall.1.box.*.*.ack"),
            ("subscription", "footfall.>"),
            ("subscription", "_INBOX.box.>"),
            ("subscription", "$JS.>"),
        )
        for kind, subject in tries:
            if kind == "publish":
                await other.publish(subject, b"x")
            else:
                await other.subscribe(subject)
            async with asyncio.timeout(PATIENCE_S):
                why = await refused.get()
            assert "permissions violation" in why
            assert f'"{subject.lower()}"' in why
        info = await worker.request("$JS.API.STREAM.INFO.footfall", b"", timeout=5)
        assert b'"messages":0' in info.data
        await worker.publish("footfall.1.box.unnamed.s.ack", b"for box")
        assert (await heard.next_msg(timeout=5)).data == b"for box"
    finally:
        for client in (worker, box, other):
            await client.close()


def test_three_nodes_find_each_other_by_tls_and_password(
    tmp_path: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.crt"))
    ports = [(free_port(), free_port()) for _ in range(3)]
    with ExitStack() as stack:
        nodes = []
        for number, (port, cluster_port) in enumerate(ports):
            folder = tmp_path / f"node{number}"
            folder.mkdir()
            for name in ("node.conf", "users.conf"):
                (folder / name).write_text((NATS / name).read_text())
            routes = (NATS / "routes.conf").read_text().replace("PASSWORD@", "c-secret@")
            for name, (_, route_port) in zip(("one", "two", "three"), ports, strict=True):
                routes = routes.replace(f"{name}.example:6222", f"127.0.0.1:{route_port}")
            (folder / "routes.conf").write_text(routes)
            environment = {
                "NATS_NAME": f"node{number}",
                "NATS_LISTEN": f'"127.0.0.1:{port}"',
                "NATS_CLUSTER_LISTEN": f'"127.0.0.1:{cluster_port}"',
                "NATS_DATA": str(folder / "data"),
                "NATS_TLS_CERT": str(certificates / "server.crt"),
                "NATS_TLS_KEY": str(certificates / "server.key"),
                "NATS_TLS_CA": str(certificates / "ca.crt"),
                "NATS_CLUSTER_PASSWORD": "c-secret",
                "NATS_WORKER_PASSWORD": PASSWORDS["worker"],
                "NATS_BOX_PASSWORD": PASSWORDS["box"],
            }
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            node = Server(("nats-server", "-c", str(folder / "node.conf")), port, "Server is ready")
            stack.callback(node.kill)
            node.start()
            nodes.append(node)
        nodes[0].wait_for("metadata leader")

        async def replicas() -> int:
            where = ",".join(f"tls://127.0.0.1:{port}" for port, _ in ports)
            async with connected(
                ClusterAddress.parse(where, user="worker", password=PASSWORDS["worker"]), "test"
            ) as line:
                return (await set_up(line.client, 1)).replicas

        assert asyncio.run(replicas()) == 3
