"""`footfall add` of a watch's file, its exit status, and what takes it out again."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from footfall_gateway import cli
from footfall_gateway.data_folder import store_path
from footfall_gateway.exit_status import ExitStatus
from footfall_gateway.formats.fit.reading import read_fit
from footfall_gateway.sessions.inbox_folder import STILL_LOOKS, InboxFolder
from footfall_gateway.store.database import Store
from gateway.a_watch import LATITUDE_DEG, AWatch, header_of, keep

Did = Callable[..., tuple[int, str, str]]


@pytest.fixture
def did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Did:
    """Run a command on a data folder with a run on shins in it; return exit status, output and complaints."""
    monkeypatch.setenv("FOOTFALL_DATA_DIR", str(tmp_path / "data"))
    keep(tmp_path / "data", header_of())

    def run(*arguments: object) -> tuple[int, str, str]:
        status = cli.run([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def test_a_watchs_file_is_added_shown_exported_and_taken_out(did: Did, tmp_path: Path) -> None:
    file = AWatch(ahead_s=-7.0).write(tmp_path / "run.fit")
    bad = tmp_path / "bad.fit.gz"
    bad.write_bytes(b"\x1f\x8b nothing")
    status, out, complaints = did("add", bad, file)
    assert status == ExitStatus.NOT_DONE
    assert out.startswith("run.fit: joins session shins: placed by cadence to within ")
    assert "7 s behind" in out
    assert "bad.fit.gz: can't be unpacked" in complaints
    status, out, _ = did("add", file, "--json")
    assert (status, json.loads(out)["came"], json.loads(out)["session_id"]) == (0, "there", "shins")
    (line,) = did("sessions", "list", "--json")[1].splitlines()
    assert (json.loads(line)["distance_source"], round(json.loads(line)["distance_m"], -2)) == ("watch", 1600.0)
    assert "Watch: 1.6" in did("sessions", "show", "shins")[1]
    assert did("export", "shins", "--format", "fit", "--out", tmp_path / "out.fit")[0] == 0
    assert read_fit(tmp_path / "out.fit").latitude_deg[30] == pytest.approx(LATITUDE_DEG, abs=0.01)
    assert did("sessions", "detach", "last")[1] == "Session shins: without its watch\n"
    assert did("sessions", "detach", "last")[1] == "Session shins: has no run of a watch\n"
    assert did("add", file, "--session", "last")[1].startswith("run.fit: joins session shins")
    for wrong in (
        ("add", file, "--session", "none"),
        ("add", file, bad, "--session", "last"),
        ("add", "--session", "x"),
    ):
        status, out, complaints = did(*wrong)
        assert (status, out) == (ExitStatus.NOT_DONE, "")
        assert len(complaints.splitlines()) == 1


def test_a_watched_folder_takes_a_watchs_file(tmp_path: Path) -> None:
    said: list[str] = []
    inbox = InboxFolder(tmp_path / "inbox", tmp_path / "data", "Ann", said.append)
    inbox.look()
    AWatch().write(tmp_path / "inbox" / "Morning.FIT")
    for _ in range(STILL_LOOKS + 1):
        inbox.look()
    (line,) = said
    assert line.startswith("Morning.FIT: added as session 20260503T081440Z-w")
    assert [path.name for path in (tmp_path / "inbox" / "added").iterdir()] == ["Morning.FIT"]
    with Store.open(store_path(tmp_path / "data")) as store:
        (run,) = store.log.runs("Ann")
        assert run.distance_m is not None
