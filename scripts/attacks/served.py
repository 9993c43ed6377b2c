"""What the attempts on the pages are made on: Ann's page behind a login, and the same on this computer alone."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from argon2 import Parameters

from attacks.asking import Asked
from footfall_dashboards.access import Door
from footfall_dashboards.live import LiveServer, LiveView
from footfall_gateway.accounts import AccountsFile
from footfall_gateway.accounts.passwords import PARAMETERS
from footfall_gateway.clock import SystemClock
from footfall_gateway.home_certificate import HomeCertificate
from footfall_processing.session import Placement, Sensor, Side

SECRET: Final = "a title that only Ann and Cleo may read"
PASSWORDS: Final = {name: f"{name.lower()} runs at six" for name in ("Ann", "Bo", "Cleo", "Dan", "Root")}
"""Ann runs, and lets Cleo see it. Bo runs as well, Dan is another coach, Root the admin."""


@dataclass(frozen=True)
class Pages:
    """What is attacked: Ann's page behind a login, the same on this computer alone, and its accounts."""

    far: Asked
    near: Asked
    accounts: AccountsFile


@asynccontextmanager
async def pages(folder: Path, parameters: Parameters = PARAMETERS) -> AsyncIterator[Pages]:
    """Serve both in this process."""
    accounts = AccountsFile(folder, parameters)
    for name, role in zip(PASSWORDS, ("runner", "runner", "coach", "coach", "admin"), strict=True):
        await asyncio.to_thread(accounts.add, name, role, PASSWORDS[name])
    await asyncio.to_thread(accounts.agree, "Ann", "Cleo")
    door = Door(host="0.0.0.0", port=0, accounts=accounts)
    own = HomeCertificate(folder, door.certificate_names, SystemClock().utc_now)
    await asyncio.to_thread(own.renew)
    door = replace(door, tls_cert=own.path, tls_key=own.path, own_certificate=own)
    async with (
        LiveServer(_view(), door, "Ann") as far,
        LiveServer(_view(), Door(port=0)) as near,
    ):
        trusting = ssl.create_default_context(cadata=own.authority())
        yield Pages(Asked(far.port, trusting), Asked(near.port), accounts)


def _view() -> LiveView:
    return LiveView((Sensor("left", Placement.FOOT, Side.LEFT, 200.0, 16.0),), title=SECRET)
