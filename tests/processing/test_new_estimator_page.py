"""The page for researchers says what works: its code is run as it stands there."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from footfall_processing.estimators.base import Estimator
from footfall_processing.estimators.conformance import LAWS, accuracy
from footfall_processing.estimators.registry import _BY_NAME, find_estimator
from footfall_processing.pipeline import GaitPipeline
from footfall_processing.session import Placement

PAGE = Path(__file__).resolve().parents[2] / "docs" / "new-estimator.md"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The page's code as a module of its own, as a researcher has it; what it registers is taken back."""
    code = "\n\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL))
    folder = tmp_path_factory.mktemp("researcher")
    (folder / "shock_front.py").write_text(code)
    known = dict(_BY_NAME)
    sys.path.insert(0, str(folder))
    try:
        import shock_front  # type: ignore[import-not-found]

        yield shock_front
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("shock_front", None)
        _BY_NAME.clear()
        _BY_NAME.update(known)


@pytest.mark.parametrize("law", LAWS)
def test_the_pages_estimator_keeps_the_law(page: ModuleType, law: Callable[[Estimator], None]) -> None:
    law(page.SHOCK_FRONT)


def test_the_pages_figures_are_measured(page: ModuleType) -> None:
    found = accuracy(page.SHOCK_FRONT, Placement.SHANK)
    assert found == page.found
    text = " ".join(PAGE.read_text().split())
    assert f"{found.found_strides} of {found.true_strides} strides" in text
    assert f"{1000 * found.bias_s:.0f} ms late, ± {1000 * found.sd_s:.0f} ms" in text
    assert found.false_strides == 0


def test_the_pages_estimators_are_chosen_by_name(page: ModuleType) -> None:
    assert find_estimator("shock-front") is page.SHOCK_FRONT
    assert isinstance(page.pipeline, GaitPipeline)
    assert find_estimator("shank:swing-end-40ms").contact == "swing-end-40ms"
