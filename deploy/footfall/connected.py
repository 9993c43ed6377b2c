"""Healthy while this container is connected to the broker, which closes the connection of whoever falls silent.

A process that hangs sends no sign of life, and one whose password is refused is never let in; so this says more than
that the broker can be reached. Nothing of the process is asked, and no broker learns of it.
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

ESTABLISHED = "01"

broker = urlsplit(os.environ["FOOTFALL_BROKER"])
port = broker.port or {"mqtt": 1883, "mqtts": 8883}[broker.scheme]
connections = [
    line.split()
    for table in ("tcp", "tcp6")
    if (path := Path("/proc/net", table)).exists()
    for line in path.read_text().splitlines()[1:]
]
connected = any(remote.endswith(f":{port:04X}") and state == ESTABLISHED for _, _, remote, state, *_ in connections)
sys.exit(0 if connected else f"no connection to {broker.hostname}:{port}")
