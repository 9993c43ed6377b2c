"""Machine code is kept between runs, and done without where nothing can be kept."""

import os
import subprocess
import sys
from pathlib import Path

SUM_OF_SQUARES = """
import sys
import numpy as np
from footfall_processing.strapdown import dot
print(dot(np.ones(3), np.ones(3)), sum(dot.stats.cache_hits.values()))
print(*sorted(name for name in sys.modules if name.startswith("scipy.linalg")))
"""


def run_with_cache(folder: Path) -> tuple[str, str]:
    environment = os.environ | {"XDG_CACHE_HOME": str(folder), "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", SUM_OF_SQUARES], env=environment, check=True, capture_output=True, text=True
    )
    answer, modules = done.stdout.split("\n")[:2]
    return answer, modules


def test_a_second_run_takes_the_machine_code_of_the_first(tmp_path: Path) -> None:
    assert run_with_cache(tmp_path)[0] == "3.0 0"
    assert run_with_cache(tmp_path)[0] == "3.0 1"


def test_where_the_cache_cannot_be_written_it_runs_all_the_same(tmp_path: Path) -> None:
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("")
    assert run_with_cache(blocked)[0].startswith("3.0")


def test_numba_does_not_load_scipy_to_ignore_it(tmp_path: Path) -> None:
    assert run_with_cache(tmp_path)[1] == ""
