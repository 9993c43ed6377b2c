"""What the attempts on the pages are made on: Ann's page behind a login, and the same on this computer alone."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argon2 import Parameters

from attacks.asking import Asked
from footfall_dashboards.access import Door
from footfall_dashboards.live import LiveServer, LiveView
from footfall_gateway.accounts import AccountsFile
from footfall_gateway.accounts.passwords import PARAMETERS
from footfall_processing.session import Placement, Sensor, Side

SECRET: Final = "a title that only Ann and Cleo may read"
PASSWORDS: Final = {name: f"{name.lower()} runs at six" for name in ("Ann", "Bo", "Cleo", "Dan", "Root")}
"""Ann runs, and lets Cleo see it. Bo runs as well, Dan is another coach, Root the admin."""
_MAKE_CERTS: Final = Path(__file__).resolve().parents[1] / "make-certs"


@dataclass(frozen=True)
class Pages:
    """What is attacked: Ann's page behind a login, the same on this computer alone, and its accounts."""

    far: Asked
    near: Asked
    accounts: AccountsFile


@asynccontextmanager
async def pages(folder: Path, parameters: Parameters = PARAMETERS) -> AsyncIterator[Pages]:
    """Serve both in this process."""
    certificates = folder / "certs"
    await asyncio.to_thread(_make_certs, certificates)
    accounts = AccountsFile(folder, parameters)
    for name, role in zip(PASSWORDS, ("runner", "runner", "coach", "coach", "admin"), strict=True):
        await asyncio.to_thread(accounts.add, name, role, PASSWORDS[name])
    await asyncio.to_thread(accounts.agree, "Ann", "Cleo")
    door = Door(
        host="0.0.0.0",
        port=0,
        tls_cert=certificates / "server.crt",
        tls_key=certificates / "server.key",
        accounts=accounts,
    )
    async with (
        LiveServer(_view(), door, "Ann") as far,
        LiveServer(_view(), Door(port=0)) as near,
    ):
        trusting = ssl.create_default_context(cafile=certificates / "ca.crt")
        yield Pages(Asked(far.port, trusting), Asked(near.port), accounts)


def _make_certs(folder: Path) -> None:
    subprocess.run([str(_MAKE_CERTS), str(folder), "localhost"], check=True, capture_output=True)


def _view() -> LiveView:
    return LiveView((Sensor("left", Placement.FOOT, Side.LEFT, 200.0, 16.0),), title=SECRET)
