"""Mosquitto by the deployed start script, rules and settings, but for ports, folders and how much it says."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.compose_file import REPOSITORY
from servers import MOSQUITTO_READY, SEARCH_PATH, Server, free_port

MQTT: Final = REPOSITORY / "deploy" / "mosquitto"


@contextmanager
def deployed_broker(folder: Path, certificates: Path | None = None) -> Iterator[tuple[int, int, Server]]:
    """Run it with its files in `folder`; give its port, the one for TLS, and itself.

    A user's password is `of-` its name.
    """
    port, tls_port = free_port(), free_port()
    settings = (MQTT / "mosquitto.conf").read_text()
    for deployed, here in (
        ("listener 1883", f"listener {port} 127.0.0.1\nuser {os.environ.get('USER', 'root')}"),
        ("/tmp/passwords", str(folder / "passwords")),
        ("/tmp/acl", str(folder / "acl")),
        ("/tmp/tls", str(folder / "tls")),
        ("/mosquitto/data/", f"{folder}/"),
        ("log_dest stdout", "log_dest stderr\nlog_type information"),
    ):
        assert deployed in settings
        settings = settings.replace(deployed, here)
    configuration = folder / "mosquitto.conf"
    configuration.write_text(settings)
    variables = {"box": "GATEWAY", "demo": "DEMO", "processor": "PROCESSOR", "reader": "READER"}
    passwords = " ".join(f"{variable}_PASSWORD=of-{user}" for user, variable in variables.items())
    passwords += " MORE_GATEWAYS=' track-1:of-track-1 processor:mine a/b:c'"
    own = f"OWN={folder} CERTS={certificates or folder / 'none'} TLS_PORT={tls_port} TLS_ADDRESS=127.0.0.1"
    start = f"PATH={SEARCH_PATH} {own} {passwords} exec sh {MQTT / 'start.sh'} {configuration}"
    with Server(("sh", "-c", start), port, MOSQUITTO_READY) as server:
        yield port, tls_port, server
