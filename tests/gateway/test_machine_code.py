"""Machine code is kept between runs, never that of other sources, and done without where nothing can be kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import footfall_processing

SUM_OF_SQUARES = """
import sys
import numpy as np
from footfall_gateway.machine_code import keep
from footfall_processing.signal.strapdown import dot
keep()
print(dot(np.ones(3), np.ones(3)), sum(dot.stats.cache_hits.values()))
print(*sorted(name for name in sys.modules if name.startswith("scipy.linalg")))
"""


USE_A_VERSION = """
import os
from footfall_gateway.machine_code import kernel_folder, remove_unused
KERNEL_CACHE = kernel_folder()
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


def before_ours(folder: Path) -> str:
    """A search path on which the package in `folder` goes before the one under test."""
    return os.pathsep.join([str(folder), *sys.path[1:]])


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
    code = "from footfall_gateway.machine_code import kernel_folder; print(kernel_folder().name)"

    def cache_name() -> str:
        return run_python(code, tmp_path, PYTHONPATH=before_ours(copy.parent))[0]

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
    answer, _, used, _ = run_python(
        code, blocked, PYTHONPATH=before_ours(tmp_path / "copy"), PYTHONDONTWRITEBYTECODE="1"
    )
    assert answer == "3.0 0"
    assert Path(used).is_relative_to(tmp_path)
    assert [*tmp_path.rglob("*.nb?"), *tmp_path.rglob("__pycache__")] == []


METHOD = """
import math
import numpy as np
from footfall_processing.compiled import compiled
from footfall_processing.estimators.activity import ACTIVITY, note_cell
from footfall_processing.estimators.base import Estimator
from footfall_processing.session import Placement
from the_method_constants import LIMIT, WEIGHTS
import the_method_constants as constants

MEMORY = np.dtype([("activity", ACTIVITY), ("sum", np.float64)], align=True)

@compiled
def _more(memory):
    memory.sum += LIMIT + WEIGHTS[1] + constants.OTHER

@compiled
def begin(memory, cell):
    memory.sum = 0.0

@compiled
def advance(memory, ring, outbox):
    note_cell(memory.activity, ring)
    _more(memory)

@compiled
def end(memory, ring, outbox):
    memory.sum = math.floor(memory.sum)

METHOD = Estimator("the-method", (Placement.FOOT,), False, MEMORY, begin, advance, end, latency_s=0.1)
"""

CONSTANTS = """
import numpy as np
LIMIT = 1.0
WEIGHTS = np.array([1.0, 2.0])
OTHER = 4.0
"""

USE_THE_METHOD = """
from footfall_gateway.machine_code import is_kept, make_ready
from footfall_processing.estimators.sensor import kernel_of
from the_method import METHOD
kept = is_kept(METHOD)
make_ready([METHOD])
print(kept, sum(kernel_of(METHOD).stats.cache_hits.values()), is_kept(METHOD))
"""


def test_a_change_in_an_estimator_from_outside_is_noticed_wherever_it_stands(tmp_path: Path) -> None:
    """In a function that another calls, in a constant from another file, in an array's element."""
    method, constants = tmp_path / "the_method.py", tmp_path / "the_method_constants.py"
    method.write_text(METHOD)
    constants.write_text(CONSTANTS)
    use = {"PYTHONPATH": before_ours(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    new, known = "False 0 True", "True 1 True"
    assert run_python(USE_THE_METHOD, tmp_path, **use)[0] == new
    assert run_python(USE_THE_METHOD, tmp_path, **use)[0] == known
    for file, before, after in (
        (method, "memory.sum +=", "memory.sum -="),
        (constants, "LIMIT = 1.0", "LIMIT = 1.5"),
        (constants, "[1.0, 2.0]", "[1.0, 2.5]"),
        (constants, "OTHER = 4.0", "OTHER = 4.5"),
    ):
        file.write_text(file.read_text().replace(before, after))
        assert run_python(USE_THE_METHOD, tmp_path, **use)[0] == new, after
    assert run_python(USE_THE_METHOD, tmp_path, **use)[0] == known
    constants.write_text(CONSTANTS + "# a remark changes no machine code\n")
    method.write_text(METHOD)
    assert run_python(USE_THE_METHOD, tmp_path, **use)[0] == known, "what it was at first is still there"


COUNT_KERNELS = """
from footfall_gateway.machine_code import kernels_to_compile, make_ready
from the_method import METHOD
told = []
before = len(kernels_to_compile([METHOD]))
make_ready([METHOD], lambda: told.append(None))
print(before, len(told), len(kernels_to_compile([METHOD])))
"""


def test_each_kernel_that_is_compiled_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "the_method.py").write_text(METHOD)
    (tmp_path / "the_method_constants.py").write_text(CONSTANTS)
    before, told, left = map(int, run_python(COUNT_KERNELS, tmp_path, PYTHONPATH=before_ours(tmp_path))[0].split())
    assert before == told > 10
    assert left == 0


def test_machine_code_that_is_damaged_is_compiled_anew(tmp_path: Path) -> None:
    assert run_with_cache(tmp_path)[0] == "3.0 0"
    for file in tmp_path.rglob("*.nbc"):
        file.write_bytes(file.read_bytes()[:100])
    assert run_with_cache(tmp_path)[0] == "3.0 0"
    assert run_with_cache(tmp_path)[0] == "3.0 1"


def test_machine_code_that_nobody_uses_any_more_is_removed(tmp_path: Path) -> None:
    left, still_there = run_python(USE_A_VERSION, tmp_path)[:2]
    assert left == "else kernels-a kernels-b kernels-f", "the four used last with this one, and no other folder touched"
    assert still_there == "True"


def test_numba_does_not_load_scipy_to_ignore_it(tmp_path: Path) -> None:
    assert run_with_cache(tmp_path)[1] == ""
