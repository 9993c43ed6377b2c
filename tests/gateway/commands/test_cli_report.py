"""`footfall report`: what it writes, what it refuses, and in one line."""

from pathlib import Path

import pytest

from footfall_gateway.commands.report import report
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.store.database import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with an empty store."""
    made = tmp_path / "data"
    make_folders(made)
    with Store.open(store_path(made)):
        return made


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
