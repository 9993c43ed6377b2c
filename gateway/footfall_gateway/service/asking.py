"""Asking the services that use a data folder how they are, at the addresses that they note there."""

import contextlib
import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import parse_json, read_file
from footfall_gateway.service.vitals import READY, Report, address_file

SERVICES: Final = ("serve", "record", "gateway", "process")
PATIENCE_S: Final = 5.0
MOST_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking one service.

    Parameters
    ----------
    service
        Which command it is.
    report
        What it answered; `None` when no answer came.
    why
        Why none came.
    """

    service: str
    report: Report | None
    why: str = ""


def ask(folder: Path) -> Iterator[Answer]:
    """Ask each service that runs with this data folder, or was killed there. Blocks for a few seconds at most."""
    for service in SERVICES:
        file = address_file(folder, service)
        if file.exists():
            yield _asked(service, file)


def _asked(service: str, file: Path) -> Answer:
    try:
        address = urlsplit(read_file(file).decode().strip())
        host, port = address.hostname, address.port
    except (OutsideError, ValueError) as error:
        return Answer(service, None, f"its address can't be read ({error})")
    if address.scheme != "http" or not host or address.path != READY:
        return Answer(service, None, f"{file} holds no address of a service")
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_S)
    try:
        with contextlib.closing(connection):
            connection.request("GET", READY)
            text = connection.getresponse().read(MOST_BYTES + 1)
        return Answer(service, parse_json(text, Report, "its answer", MOST_BYTES))
    except ConnectionRefusedError:
        return Answer(service, None, "does not run: it was killed, or the computer went down")
    except (OSError, http.client.HTTPException) as error:
        return Answer(service, None, f"does not answer within {PATIENCE_S:g} s ({type(error).__name__})")
    except OutsideError as error:
        return Answer(service, None, str(error))
