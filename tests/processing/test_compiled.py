"""Machine code is kept between runs, and done without where nothing can be kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import footfall_processing

SUM_OF_SQUARES = """
import sys
import numpy as np
from footfall_processing.signal.strapdown import dot
print(dot(np.ones(3), np.ones(3)), sum(dot.stats.cache_hits.values()))
print(*sorted(name for name in sys.modules if name.startswith("scipy.linalg")))
"""


USE_A_VERSION = """
import os
from footfall_processing.compiled import KERNEL_CACHE, remove_unused
days = {"a": 0.5, "b": 2, "c": 3, "d": 4, "e": 5, "f": 0.9}
KERNEL_CACHE.mkdir(parents=True)
now_s = KERNEL_CACHE.stat().st_mtime
for name, age in days.items():
    folder = KERNEL_CACHE.with_name(f"kernels-{name}")
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "kernel.nbc").touch()
    os.utime(folder, (now_s - 86_400 * age, now_s - 86_400 * age))
(KERNEL_CACHE.parent / "else").mkdir()
os.utime(KERNEL_CACHE, (0, 0))
remove_unused()
print(*sorted(folder.name for folder in KERNEL_CACHE.parent.iterdir() if folder != KERNEL_CACHE))
print(KERNEL_CACHE.is_dir())
"""


def run_python(code: str, folder: Path, **more: str) -> list[str]:
    environment = os.environ | {"XDG_CACHE_HOME": str(folder), "HOME": str(folder)} | more
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.split("\n")


def run_with_cache(folder: Path) -> tuple[str, str]:
    answer, modules = run_python(SUM_OF_SQUARES, folder)[:2]
    return answer, modules


def test_a_second_run_takes_the_machine_code_of_the_first(tmp_path: Path) -> None:
    assert run_with_cache(tmp_path)[0] == "3.0 0"
    assert run_with_cache(tmp_path)[0] == "3.0 1"


def test_a_change_in_any_room_of_the_package_makes_new_machine_code(tmp_path: Path) -> None:
    """Numba's own cache looks at the outermost function's file only: what it calls may lie in a sub-package."""
    package = Path(footfall_processing.__file__).parent
    copy = tmp_path / "copy" / package.name
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    code = "from footfall_processing.compiled import KERNEL_CACHE; print(KERNEL_CACHE.name)"

    def cache_name() -> str:
        return run_python(code, tmp_path, PYTHONPATH=str(copy.parent))[0]

    names = [cache_name()]
    for folder in sorted({module.parent for module in copy.rglob("*.py")}):
        with (folder / "__init__.py").open("a") as module:
            module.write("# changed\n")
        names.append(cache_name())
    assert len(names) > 3
    assert len(set(names)) == len(names)


def test_where_the_cache_cannot_be_written_it_runs_all_the_same_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """A copy of the package shows what is written; its folder must not become the cache, which would grow stale."""
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("")
    package = Path(footfall_processing.__file__).parent
    shutil.copytree(package, tmp_path / "copy" / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    code = SUM_OF_SQUARES + "print(__import__('footfall_processing').__file__)"
    answer, _, used, _ = run_python(code, blocked, PYTHONPATH=str(tmp_path / "copy"), PYTHONDONTWRITEBYTECODE="1")
    assert answer == "3.0 0"
    assert Path(used).is_relative_to(tmp_path)
    assert [*tmp_path.rglob("*.nb?"), *tmp_path.rglob("__pycache__")] == []


def test_machine_code_that_nobody_uses_any_more_is_removed(tmp_path: Path) -> None:
    left, still_there = run_python(USE_A_VERSION, tmp_path)[:2]
    assert left == "else kernels-a kernels-b kernels-f", "the four used last with this one, and no other folder touched"
    assert still_there == "True"


def test_numba_does_not_load_scipy_to_ignore_it(tmp_path: Path) -> None:
    assert run_with_cache(tmp_path)[1] == ""
