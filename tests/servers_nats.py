"""Real JetStream for the tests: one node or three, on loopback, each killed and started again on its port and data."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

from nats import connect

from programs import PATIENCE_S
from servers import Server, find_server, free_port

READY: Final = "Server is ready"

_NODE: Final = """
server_name: {name}
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{http_port}"
jetstream {{ store_dir: "{folder}", max_mem: 64M, max_file: 1G{sync} }}
"""
_CLUSTER: Final = """
cluster {{ name: tests, listen: "127.0.0.1:{port}", no_advertise: true, routes: [{routes}] }}
"""


def lack_of_nats() -> str | None:
    """Say why there is no server."""
    return None if find_server("nats-server") else "nats-server is not installed"


@dataclass(frozen=True)
class Nats:
    """Running nodes.

    Parameters
    ----------
    nodes
        Each may be killed, and started again.
    http_ports
        Where each is asked how it is, in the same order.
    """

    nodes: Sequence[Server]
    http_ports: Sequence[int]

    @property
    def url(self) -> str:
        """Where it is, all nodes."""
        return ",".join(f"nats://127.0.0.1:{node.port}" for node in self.nodes)

    def node(self, name: str) -> Server:
        """Return a node by its name, such as `n2`."""
        return self.nodes[int(name[1:]) - 1]

    def leader(self, stream: str = "footfall") -> str:
        """Return the name of the node that leads the stream."""
        for index, node in enumerate(self.nodes):
            if node.status is None:
                for account in self.ask(index, "/jsz?streams=true")["account_details"]:
                    for detail in account.get("stream_detail", ()):
                        if detail["name"] == stream and detail.get("cluster", {}).get("leader"):
                            return str(detail["cluster"]["leader"])
        raise AssertionError(f"{stream} has no leader")

    def wait_until_current(self) -> None:
        """Return when all nodes that run say that they have caught up."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            with contextlib.suppress(OSError):
                if all(self.ask(index, "/healthz")["status"] == "ok" for index in range(len(self.nodes))):
                    return
            time.sleep(0.05)
        raise AssertionError("a node does not catch up")

    def clear(self) -> None:
        """Start what is down, and remove all that it holds."""
        for node in self.nodes:
            if node.status is not None:
                node.start()
        self.wait_until_current()
        asyncio.run(_remove_streams(self.url))

    def ask(self, index: int, path: str) -> dict[str, Any]:
        """Ask a node's page for watchers."""
        connection = HTTPConnection("127.0.0.1", self.http_ports[index], timeout=PATIENCE_S)
        try:
            connection.request("GET", path)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
            return answer
        finally:
            connection.close()


@contextmanager
def nats(folder: Path, nodes: int = 3, settings: str = "") -> Iterator[Nats]:
    """Run so many nodes with their data in `folder`; what `settings` says is in the configuration of each."""
    ports, http_ports, routes = ([free_port() for _ in range(nodes)] for _ in range(3))
    servers = []
    for index in range(nodes):
        name = f"n{index + 1}"
        lines = _NODE.format(
            name=name, port=ports[index], http_port=http_ports[index], folder=folder / name,
            sync=", sync_interval: always" if nodes == 1 else "",
        )  # fmt: skip
        if nodes > 1:
            to = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
            lines += _CLUSTER.format(port=routes[index], routes=to)
        configuration = folder / f"{name}.conf"
        configuration.write_text(lines + settings)
        servers.append(Server(("nats-server", "-c", str(configuration)), ports[index], READY))
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.kill)
            server.start()
        if nodes > 1:
            servers[0].wait_until(lambda: _has_leader(servers), "a leader of the nodes")
        yield Nats(servers, http_ports)


async def _remove_streams(url: str) -> None:
    client = await connect(url.split(","))
    try:
        context = client.jetstream()
        for stream in await context.streams_info():
            await context.delete_stream(str(stream.config.name))
    finally:
        await client.close()


def _has_leader(servers: Sequence[Server]) -> bool:
    return any("metadata leader" in server.said() for server in servers)
