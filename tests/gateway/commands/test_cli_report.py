"""`footfall report`: what it writes, what it refuses, and in one line."""

from dataclasses import replace
from pathlib import Path

import pytest

from footfall_gateway.commands.report import report
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.store.database import Store
from gateway.recordings_for_tests import header


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder whose store has runs of Ann."""
    made = tmp_path / "data"
    make_folders(made)
    with Store.open(store_path(made)) as store:
        add_run(store, "one", "Ann")
    return made


def add_run(store: Store, session_id: str, runner: str) -> None:
    described = header()
    session = replace(described.session, id=session_id, runner_name=runner)
    store.add_session(replace(described, session=session))
    store.finish_session(session_id, {})


def test_it_writes_one_page_and_its_numbers_readable_by_their_owner_alone(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "ann.html"
    report(out=out, data_dir=folder)
    written = {path.name: path for path in tmp_path.glob("ann*")}
    assert sorted(written) == ["ann-pains.csv", "ann-runs.csv", "ann.html"]
    assert "Running report" in out.read_text("utf-8")
    assert {path.stat().st_mode & 0o777 for path in written.values()} == {0o600}


def test_it_overwrites_nothing(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "ann-runs.csv").write_text("mine")
    with pytest.raises(GatewayError, match=r"ann-runs\.csv: is there already"):
        report(out=tmp_path / "ann.html", data_dir=folder)
    assert not (tmp_path / "ann.html").exists()
    assert (tmp_path / "ann-runs.csv").read_text() == "mine"


def test_what_makes_no_report_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(GatewayError, match=r"ann\.doc: a report ends in \.html, \.pdf, \.png"):
        report(out=tmp_path / "ann.doc", data_dir=folder)
    with pytest.raises(GatewayError, match="--days 3 is not within 28"):
        report(out=tmp_path / "ann.html", days=3, data_dir=folder)
    with pytest.raises(GatewayError, match="holds no runs yet"):
        report(out=tmp_path / "ann.html", data_dir=tmp_path / "nowhere")
    with pytest.raises(GatewayError, match=r"holds no run of 'Nobody'; it has runs of Ann$"):
        report(out=tmp_path / "ann.html", runner="Nobody", data_dir=folder)
    with Store.open(store_path(folder)) as store:
        add_run(store, "two", "Bo")
    with pytest.raises(GatewayError, match="holds runs of Ann, Bo; say whose report with --runner"):
        report(out=tmp_path / "ann.html", data_dir=folder)
    report(out=tmp_path / "ann.html", runner=" Ann ", data_dir=folder)
    assert "Running report" in (tmp_path / "ann.html").read_text("utf-8")
