"""The pages that stay: `footfall serve`, and what a demo leaves open on a terminal."""

import os
import pty
import re
import signal
import subprocess
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from footfall_gateway import wire
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.service.asking import ask
from footfall_gateway.store.database import Store
from footfall_processing.results.summary import summarize
from forked import COMMAND
from gateway.command_line import FEET, environment, footfall
from gateway.recordings_for_tests import header
from programs import PATIENCE_S, Program


def asked(address: str, path: str) -> tuple[int, str]:
    with closing(HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_S)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_serve_shows_what_the_store_holds_and_what_a_folder_brings_until_it_is_ended(tmp_path: Path) -> None:
    make_folders(tmp_path)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "no run.mcap").write_text("nothing")
    command = [*COMMAND, "serve", "--no-browser", "--port", "0", "--watch", str(inbox), "--data-dir", str(tmp_path)]
    server = Program(command, environment(COLUMNS="200"))
    server.start()
    try:
        server.wait_for("Ctrl-C ends")
        address = re.search(r"http://\S+", server.said())
        assert address is not None
        assert address[0].endswith("/today")
        status, body = asked(address[0], "/today")
        assert status == 200
        assert "No run yet" in body
        with Store.open(store_path(tmp_path)) as store:
            store.add_session(header())
            store.finish_session(header().session.id, wire.summary_object(summarize([], header().session.sensors)))
        server.wait_for("not added: ")
        body = asked(address[0], "/runs")[1]
        assert "1 session." in body, "what comes meanwhile needs no restart"
        assert "Could not be added" in body
        assert "<b>no run.mcap</b>" in body
        (answer,) = ask(tmp_path)
        assert answer.report is not None
        assert (answer.service, answer.report.ready) == ("serve", True)
        assert answer.report.signs["watched_folder"] == {"adding": False, "refused": 1}
        assert answer.report.signs["disk"]["writable"] is True
        assert (inbox / "refused" / "no run.mcap.why.txt").stat().st_mode & 0o077 == 0
        assert server.stop(signal.SIGINT) == 0
        assert list(ask(tmp_path)) == []
    finally:
        server.kill()


def test_serve_refuses_others_without_accounts(tmp_path: Path) -> None:
    complaint = footfall("serve", "--host", "0.0.0.0", "--plain-http", "--data-dir", tmp_path).complaint
    assert "footfall login add NAME" in complaint


def test_a_demo_on_a_terminal_stays_until_ctrl_c_with_three_months_and_the_run(tmp_path: Path) -> None:
    near, far = pty.openpty()
    command = [*COMMAND, "demo", str(FEET), "--speed", "max", "--duration", "20", "--no-browser", "--port", "0"]
    with subprocess.Popen(
        [*command, "--data-dir", str(tmp_path)],
        stdin=far,
        stdout=far,
        stderr=far,
        env=environment(COLUMNS="200", TERM="xterm"),
        start_new_session=True,
    ) as demo:
        os.close(far)
        try:
            said = b""
            while b"until Ctrl-C" not in said or not re.search(rb"This run: \S+\s", said):
                said += os.read(near, 4096)
            found = re.search(r"This run: (\S+)", said.decode())
            assert found is not None
            run = urlsplit(found[1])
            assert run.path.startswith("/runs/")
            status, body = asked(found[1], f"{run.path}?{run.query}")
            assert (status, "A demo: this runner" in body) == (200, True)
            status, body = asked(found[1], "/today")
            assert status == 200
            assert "Last run" in body
            demo.send_signal(signal.SIGINT)
            assert demo.wait(PATIENCE_S) == 0
        finally:
            demo.kill()
            os.close(near)
    with Store.open(store_path(tmp_path / "demo")) as store:
        runs = store.log.runs()
    assert len([run for run in runs if not run.is_demo]) > 30
    assert len([run for run in runs if run.is_demo]) == 1


def test_a_demo_leaves_a_folder_alone_that_none_made(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    mine = tmp_path / "demo" / "footfall.sqlite"
    mine.write_text("mine")
    complaint = footfall("demo", FEET, "--no-browser", "--port", "0", "--data-dir", tmp_path).complaint
    assert "no demo made it" in complaint
    assert mine.read_text() == "mine"
