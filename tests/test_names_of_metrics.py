"""Names of metrics stand in the catalogue and nowhere else: whoever means one imports its row."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.metrics.session_catalogue import SESSION_METRICS

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = (
    "processing/footfall_processing",
    "coaching/footfall_coaching",
    "gateway/footfall_gateway",
    "dashboards/footfall_dashboards",
)
CATALOGUE: Final = ROOT / PACKAGES[0] / "metrics"
MODULES: Final = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if CATALOGUE not in path.parents
)
OTHERS: Final = {
    # a foot pod's and a treadmill's own values, which are no metrics of ours
    ("processing/footfall_processing/companions.py", "pod_speed_mps"),
    ("processing/footfall_processing/companions.py", "pod_cadence_spm"),
    ("processing/footfall_processing/companions.py", "pod_stride_length_m"),
    ("processing/footfall_processing/companions.py", "treadmill_speed_mps"),
}


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """Find metrics' names in a module's texts; docstrings may tell of them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    names = {*STRIDE_METRICS, "step_time_s"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            found = [name for name in names if name in node.value]
            if found and (path.relative_to(ROOT).as_posix(), node.value) not in OTHERS:
                yield node.lineno, node.value


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_outside_the_catalogue_writes_a_metric_s_name(path: Path) -> None:
    assert list(names_in(path)) == []


def test_names_are_found_where_they_are() -> None:
    rows = [name for path in (CATALOGUE / "rows").glob("*.py") for _, name in names_in(path)]
    assert set(STRIDE_METRICS) <= set(rows)
    assert "step_time_s" in SESSION_METRICS
