"""/healthz over HTTP, and who asks it: `footfall health` and `footfall doctor`."""

import asyncio
import json
import stat
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from footfall_gateway import cli
from footfall_gateway.commands.doctor import _service_finding
from footfall_gateway.errors import GatewayError
from footfall_gateway.exit_status import ExitStatus
from footfall_gateway.service.asking import ask
from footfall_gateway.service.health_page import served
from footfall_gateway.service.vitals import Sign, Vitals, address_file


def get(url: str, path: str, host: str | None = None) -> tuple[int, dict[str, object]]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60.0)
    connection.request("GET", path, headers={} if host is None else {"Host": host})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if answer.headers["content-type"] == "application/json" else {}


async def test_it_answers_with_the_report_and_a_plain_status(tmp_path: Path) -> None:
    trouble, vitals = "", Vitals("process", "footfall 0.2.0", overdue_s=3600.0)

    async def look() -> Sign:
        return Sign({"reached": not trouble}, trouble)

    vitals.look_at("broker", look)
    async with served(vitals, tmp_path, "127.0.0.1", 0) as url:
        file = address_file(tmp_path, "process")
        assert file.read_text() == f"{url}\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        for path in ("/healthz", "/healthz/ready", "/healthz/live"):
            status, report = await asyncio.to_thread(get, url, path)
            assert (status, report["ready"], report["service"]) == (200, True, "process")
        assert await asyncio.to_thread(cli.run, ["health", "--data-dir", str(tmp_path)]) == 0

        trouble = "the broker has not been reached for 9 s"
        statuses = [(await asyncio.to_thread(get, url, f"/healthz{path}"))[0] for path in ("", "/ready", "/live")]
        assert statuses == [503, 503, 200]

        vitals._overdue_s = -1.0
        vitals.beat("computing")
        assert (await asyncio.to_thread(get, url, "/healthz/live"))[0] == 503
        assert (await asyncio.to_thread(get, url, "/elsewhere"))[0] == 404
        # another site that points its own name here learns nothing
        assert (await asyncio.to_thread(get, url, "/healthz", "evil.example"))[0] == 400
        with pytest.raises(GatewayError, match="choose another with --health-port"):
            async with served(vitals, tmp_path, "127.0.0.1", urlsplit(url).port or 0):
                pass
        with pytest.raises(GatewayError, match=r"\(Cannot assign requested address\); choose another"):
            async with served(vitals, tmp_path, "203.0.113.7", 0):
                pass
    assert not file.exists()


async def test_health_and_doctor_say_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def look() -> Sign:
        return Sign({"reached": False, "for_s": 9.0}, "the broker has not been reached for 9 s")

    async def look_at_disk() -> Sign:
        return Sign({"free_bytes": 21474836480, "last_data_s_ago": 7503.2, "bytes": None, "writable": True})

    vitals = Vitals("gateway")
    vitals.look_at("broker", look)
    vitals.look_at("disk", look_at_disk)
    asked = ["health", "--data-dir", str(tmp_path)]
    assert cli.run(asked) == ExitStatus.NOT_NOW
    assert "no service of Footfall's uses this folder" in capsys.readouterr().err
    async with served(vitals, tmp_path, "127.0.0.1", 0):
        assert await asyncio.to_thread(cli.run, asked) == ExitStatus.NOT_NOW
        out, err = capsys.readouterr()
        assert "  broker: reached no, for 9 s" in out
        assert "  disk: free 21.5 GB, last data 2 h 5 min ago, bytes –, writable yes" in out
        assert err == "footfall: gateway: the broker has not been reached for 9 s\n"
        assert await asyncio.to_thread(cli.run, [*asked, "--json"]) == ExitStatus.NOT_NOW
        assert json.loads(capsys.readouterr().out)["signs"]["broker"]["for_s"] == 9.0
        (answer,) = await asyncio.to_thread(lambda: list(ask(tmp_path)))
        finding = _service_finding(answer)
        assert (finding.subject, finding.state, finding.text) == (
            "Service gateway",
            "doubtful",
            "the broker has not been reached for 9 s",
        )


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ("http://127.0.0.1:1/healthz", "does not run: it was killed"),
        ("http://127.0.0.1:99999/healthz", "its address can't be read"),
        ("file:///etc/passwd", "holds no address of a service"),
        ("http://127.0.0.1:1/other", "holds no address of a service"),
        ("x" * 100_000, "its address can't be read"),
    ],
)
def test_an_address_that_is_stale_or_none_is_said(tmp_path: Path, noted: str, said: str) -> None:
    address_file(tmp_path, "process").write_text(noted)
    (answer,) = ask(tmp_path)
    assert answer.report is None
    assert said in answer.why


async def test_an_answer_that_is_none_is_said(tmp_path: Path) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[[[[[")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address_file(tmp_path, "process").write_text(f"http://127.0.0.1:{port}/healthz\n")
    (told,) = await asyncio.to_thread(lambda: list(ask(tmp_path)))
    assert told.report is None
    assert told.why.startswith("its answer: ")
    server.close()
    await server.wait_closed()
