"""The examples, and the lines that the documents show: they run as they stand, without a warning."""

import re
import runpy
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

import footfall
from conftest import REPOSITORY

EXAMPLES = sorted((REPOSITORY / "examples").glob("*.py"))


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_runs_and_draws_its_picture(example: Path, tmp_path: Path) -> None:
    runpy.run_path(str(example))
    (picture,) = tmp_path.iterdir()
    assert picture.name == f"{example.stem}.png"
    pixels = plt.imread(picture)
    assert min(pixels.shape[:2]) > 300
    assert len(np.unique(pixels[..., :3].reshape(-1, 3), axis=0)) > 20, "an empty picture has few colours"
    plt.close("all")


def test_every_example_is_listed() -> None:
    for page in ("examples/README.md", "docs/for-researchers.md"):
        text = (REPOSITORY / page).read_text("utf-8")
        assert [path.name for path in EXAMPLES if f"{path.name}" not in text] == [], page


def code_in(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (REPOSITORY / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


def test_the_readme_s_six_lines_run(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = code_in("README.md")
    exec(code, {})
    assert "run" in capsys.readouterr().out


def test_the_researchers_page_s_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    own = footfall.read(footfall.example_recording()).samples("foot-left")
    assert own.gyro_dps is not None
    names: dict[str, object] = {
        "np": np,
        "t_s": own.t_s,
        "acc_mps2": own.acc_g * footfall.STANDARD_GRAVITY_MPS2,
        "gyr_radps": np.radians(own.gyro_dps),
    }
    for code in code_in("docs/for-researchers.md"):
        exec(code, names)
    assert "contact_time_s" in capsys.readouterr().out
    analysis = names["analysis"]
    assert isinstance(analysis, footfall.Analysis)
    assert len(analysis.strides) > 100
