"""The live page's server on real sockets, without a browser."""

import asyncio
import json
import signal
from pathlib import Path

import pytest
from argon2.profiles import CHEAPEST

from dashboards.made_up_run import FEET, run_of, stride_at
from footfall_dashboards.access import Door, PageError
from footfall_dashboards.live import LiveServer, LiveView
from footfall_gateway.accounts import AccountsFile


async def _get(url: str, path: str, host: str | None = None, more: str = "") -> tuple[str, str]:
    """Return the head and the body of one request."""
    authority = url.removeprefix("http://").rstrip("/")
    name, _, port = authority.rpartition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host or authority}\r\nConnection: close\r\n{more}\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition("\r\n\r\n")
    return head, body


async def test_a_used_port_is_refused_in_one_clear_line() -> None:
    async with LiveServer(LiveView(FEET), Door(port=0)) as first:
        port = int(first.url.rstrip("/").rpartition(":")[2])
        with pytest.raises(PageError) as refusal:
            await LiveServer(LiveView(FEET), Door(port=port)).__aenter__()
    assert str(refusal.value) == f"port {port} on 127.0.0.1 is already in use; choose another with --port"


async def test_an_impossible_address_is_refused_in_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(PageError, match=r"^port 70000 does not exist; choose one from 1 to 65535 with --port$"):
        await LiveServer(LiveView(FEET), Door(port=70000)).__aenter__()
    accounts = AccountsFile(tmp_path, CHEAPEST)
    accounts.add("Ann", "runner", "blue shoes at six")
    taken_by_nobody = Door(host="192.0.2.1", port=0, plain_http=True, accounts=accounts)
    with pytest.raises(PageError, match=r"^port 0 on 192\.0\.2\.1 can't be opened \(.+\); check"):
        await LiveServer(LiveView(FEET), taken_by_nobody, "Ann").__aenter__()


async def test_the_page_forbids_everything_foreign() -> None:
    async with LiveServer(LiveView(FEET), Door(port=0)) as server:
        head, body = await _get(server.url, "/")
    assert head.startswith("HTTP/1.1 200")
    assert "content-security-policy: default-src 'none'" in head
    assert "http" not in body


async def test_a_foreign_name_for_this_machine_is_refused() -> None:
    async with LiveServer(LiveView(FEET), Door(port=0)) as server:
        head, _ = await _get(server.url, "/events", host="rebound.example")
    assert head.startswith("HTTP/1.1 400")


async def test_whoever_watches_the_page_is_told_that_it_is_there_and_nothing_of_the_run() -> None:
    async with LiveServer(LiveView(FEET, title="Anna's run"), Door(port=0)) as server:
        head, body = await _get(server.url, "/healthz")
    assert head.startswith("HTTP/1.1 200")
    assert json.loads(body) == {"service": "page", "live": True, "ready": True, "run_is_over": False}


async def test_ctrl_c_stays_with_the_command_line() -> None:
    before = signal.getsignal(signal.SIGINT)
    async with LiveServer(LiveView(FEET), Door(port=0)):
        assert signal.getsignal(signal.SIGINT) is before


async def test_the_chart_library_comes_from_the_installed_package_and_is_sent_once() -> None:
    async with LiveServer(LiveView(FEET), Door(port=0)) as server:
        head, body = await _get(server.url, "/plotly/plotly.min.js")
        (tag,) = [line.partition(": ")[2] for line in head.split("\r\n") if line.startswith("etag")]
        again, nothing = await _get(server.url, "/plotly/plotly.min.js", more=f"If-None-Match: {tag}\r\n")
    assert "content-type: text/javascript" in head
    assert "plotly.js v" in body[:200]
    assert (again.split("\r\n")[0], nothing) == ("HTTP/1.1 304 Not Modified", "")


async def test_a_browser_that_never_reads_delays_neither_the_run_nor_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    view = LiveView(FEET, title="more than the network's buffers hold " * 400_000)
    async with LiveServer(view, Door(port=0)) as server:
        host, _, port = server.url.removeprefix("http://").rstrip("/").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1)
        writer.write(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await reader.readexactly(1)
        for item in run_of(FEET, 300.0):
            view.write(item)
        view.write(stride_at(FEET[0], 400.0))
        told = await anext(view.updates(60.0))
        assert told is not None
        assert b'"elapsed":"6:40"' in told
    writer.close()
    assert caplog.messages == []
