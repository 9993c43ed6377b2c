"""`footfall demo --programme`: pages whose days pass, lines that say what happens, and an end by Ctrl-C."""

import re
import signal
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from forked import COMMAND
from gateway.command_line import FEET, environment, footfall
from programs import PATIENCE_S, Program


def test_a_programme_is_played_on_the_pages_until_it_is_ended(tmp_path: Path) -> None:
    command = [*COMMAND, "demo", "--programme", "--no-browser", "--port", "0", "--data-dir", str(tmp_path)]
    demo = Program(command, environment(COLUMNS="200"))
    demo.start()
    try:
        demo.wait_for("no plan yet")
        address = re.search(r"http://\S+", demo.said())
        assert address is not None
        with closing(HTTPConnection(urlsplit(address[0]).netloc, timeout=PATIENCE_S)) as connection:
            connection.request("GET", "/plan")
            page = connection.getresponse().read().decode()
        shown = re.search(r'data-scene="\d+"><p><strong>([^<]*\d{4}, \d\d:\d\d)</strong>', page)
        assert shown is not None, "the day that is played stands on the page"
        assert "A demo: this runner" in page
        assert demo.stop(signal.SIGINT) == 0
    finally:
        demo.kill()


def test_a_programme_plays_no_file(tmp_path: Path) -> None:
    complaint = footfall("demo", FEET, "--programme", "--no-browser", "--data-dir", tmp_path).complaint
    assert "leave the file away" in complaint


@pytest.mark.parametrize("option", [("--cue", "impact"), ("--target", "impact=6"), ("--tones",), ("--quiet",)])
def test_a_programme_plays_no_cue_and_says_so(tmp_path: Path, option: tuple[str, ...]) -> None:
    refused = footfall("demo", "--programme", *option, "--no-browser", "--data-dir", tmp_path)
    assert refused.status != 0
    assert f"{option[0]} is of a run, and --programme plays none" in refused.complaint
    assert not any(tmp_path.iterdir()), "nothing was begun"
