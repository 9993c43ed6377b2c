"""How a phone gets to the pages: address, code, certificate and app, on real sockets."""

import json
import ssl
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
import pytest_asyncio
import segno
from argon2.profiles import CHEAPEST
from rich.console import Console

from attacks.asking import Answer, Asked
from footfall_dashboards.access import Door, PageServer, home_network
from footfall_dashboards.access import door as door_module
from footfall_dashboards.access.phone import fingerprint
from footfall_dashboards.access.qr import qr_lines
from footfall_dashboards.live import LiveView
from footfall_dashboards.live.server import app as live_app
from footfall_gateway.accounts import AccountsFile
from footfall_gateway.commands.reached import tell_others
from footfall_gateway.home_certificate import HomeCertificate
from footfall_gateway.plain_console import PlainConsole

PASSWORD = "blue shoes at six"
AUTHORITY = "/access/footfall-authority.crt"


@dataclass
class Served:
    asked: Asked
    server: PageServer
    door: Door
    own: HomeCertificate
    addresses: list[str]


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that this computer has, which may change."""
    found = ["192.168.1.5", "fd00::2"]
    monkeypatch.setattr(door_module, "own_addresses", lambda: tuple(found))
    monkeypatch.setattr(door_module, "own_names", lambda: ("box", "box.local"))
    return found


@pytest_asyncio.fixture
async def served(tmp_path: Path, addresses: list[str]) -> AsyncIterator[Served]:
    accounts = AccountsFile(tmp_path, CHEAPEST)
    accounts.add("Ann", "runner", PASSWORD)
    door = Door(host="0.0.0.0", port=0, accounts=accounts)
    own = HomeCertificate(tmp_path, door.certificate_names, lambda: datetime.now(UTC))
    own.renew()
    door = replace(door, tls_cert=own.path, tls_key=own.path, own_certificate=own)
    view = LiveView(())
    async with PageServer(live_app(lambda: view, "Ann"), door) as server:
        trusting = ssl.create_default_context(cadata=own.authority())
        yield Served(Asked(server.port, trusting), server, door, own, addresses)
    view.end()


def content_of(answer: Answer) -> bytes:
    return answer.raw.partition(b"\r\n\r\n")[2]


async def test_the_page_shows_addresses_code_and_authority_to_who_is_logged_in(served: Served) -> None:
    asked = served.asked
    led = await asked.ask("/phone", accept="text/html")
    assert (led.status, led.headers["location"]) == (303, "/login?back=/phone")
    body = (await asked.ask("/phone", cookie=(await asked.log_in("Ann", PASSWORD)).cookie)).body
    assert f"https://192.168.1.5:{asked.port}/" in body
    assert f"https://box.local:{asked.port}/" in body
    assert "fd00::2" not in body, "it listens by IPv4"
    assert '<svg role="img" aria-label="QR code of https://192.168.1.5' in body
    assert "style=" not in body
    assert fingerprint(served.own.authority()) in body


async def test_the_authority_is_handed_out_before_a_password_is_typed_and_its_key_is_not(served: Served) -> None:
    answer = await served.asked.ask(AUTHORITY)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-x509-ca-cert")
    assert content_of(answer) == served.own.authority()
    assert AUTHORITY in (await served.asked.ask("/login")).body
    async with PageServer(live_app(lambda: LiveView(())), Door(port=0)) as server:
        assert (await Asked(server.port).ask(AUTHORITY)).status == 404


async def test_a_new_address_is_in_the_certificate_without_a_new_start(served: Served) -> None:
    async def names() -> set[str]:
        _, writer = await served.asked.connect()
        there = writer.get_extra_info("peercert")
        writer.transport.abort()
        return {name for _, name in there["subjectAltName"]}

    assert not await served.server.renew_certificate()
    assert "192.168.178.20" not in await names()
    served.addresses[0] = "192.168.178.20"
    assert await served.server.renew_certificate()
    assert {"192.168.178.20", "box.local", "127.0.0.1"} <= await names()


async def test_on_this_computer_alone_it_says_how_to_let_a_phone_in() -> None:
    async with PageServer(live_app(lambda: LiveView(())), Door(port=0)) as server:
        body = (await Asked(server.port).ask("/phone")).body
    assert "footfall serve --host 0.0.0.0 --https" in body
    assert "<svg" not in body


async def test_the_app_has_its_icons_and_the_policy_lets_it_be_installed() -> None:
    async with PageServer(live_app(lambda: LiveView(())), Door(port=0)) as server:
        asked = Asked(server.port)
        told = await asked.ask("/access/footfall.webmanifest")
        assert told.headers["content-type"].startswith("application/manifest+json")
        for path in ("/", "/phone"):
            shown = await asked.ask(path)
            assert 'rel="manifest" href="/access/footfall.webmanifest"' in shown.body
            assert "manifest-src 'self'" in shown.headers["content-security-policy"]
        for icon in json.loads(told.body)["icons"]:
            drawn = await asked.ask(icon["src"])
            assert drawn.status == 200
            if icon["type"] == "image/png":
                width, height = struct.unpack(">II", content_of(drawn)[16:24])
                assert icon["sizes"] == f"{width}x{height}"


# ---- The terminal


def told(door: Door, *, is_terminal: bool, url: str, authority: bytes = b"") -> str:
    out = PlainConsole(file=StringIO(), width=120)
    drawn = Console(file=StringIO(), force_terminal=True, color_system="truecolor", width=120, highlight=False)
    console = drawn if is_terminal else out
    tell_others(console, door, url, authority)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_terminal_tells_the_address_in_the_home_network_with_a_code(addresses: list[str]) -> None:
    door = Door(host="0.0.0.0", plain_http=True)
    address = "http://192.168.1.5:8420/live?runner=Ann"
    plain = told(door, is_terminal=False, url="http://box:8420/live?runner=Ann")
    assert plain == (f"On your phone, in the same network: {address} (or http://box.local:8420/live?runner=Ann)\n")
    drawn = told(door, is_terminal=True, url="http://box:8420/live?runner=Ann")
    assert all(line in drawn for line in qr_lines(address))
    assert fingerprint(b"an authority") in told(door, is_terminal=False, url=address, authority=b"an authority")


def test_nothing_is_told_where_nobody_else_can_come(addresses: list[str]) -> None:
    assert told(Door(), is_terminal=True, url="http://127.0.0.1:8420/") == ""


def test_names_that_were_given_come_first_and_a_proxys_alone(addresses: list[str]) -> None:
    door = Door(host="0.0.0.0", names=("run.club.example",))
    assert door.urls_for_others(8420) == (
        "http://run.club.example:8420/",
        "http://192.168.1.5:8420/",
        "http://box.local:8420/",
    )
    assert replace(door, host="127.0.0.1", behind_proxy=True).urls_for_others(8420) == ("https://run.club.example/",)
    assert replace(door, host="::", names=()).urls_for_others(8420)[0] == "http://[fd00::2]:8420/"


def test_the_lines_are_the_code() -> None:
    address = "https://192.168.1.5:8420/"
    halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    rows = [[halves[sign][half] for sign in line] for line in qr_lines(address) for half in (0, 1)]
    modules = [row[4:-4] for row in rows[4:]][: len(rows[0]) - 8]
    assert modules == [[*row] for row in segno.make_qr(address, error="l").matrix]
    assert not any(map(any, rows[:4])), "readers need light around it"


def test_own_addresses_are_those_of_no_loopback() -> None:
    for address in home_network.own_addresses():
        assert not address.startswith(("127.", "::1", "fe80", "0."))
    assert home_network.own_names()[-1].endswith(".local")
