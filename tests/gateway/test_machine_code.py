"""Machine code is kept between runs, never that of other sources, and done without where nothing can be kept."""

import os
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import footfall_processing
from footfall_gateway import machine_code
from footfall_gateway.own_files import only_ours_to_write

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


IS_THE_FOOT_KEPT = """
from footfall_gateway.machine_code import is_kept
from footfall_processing.estimators.registry import BUILT_IN
print(is_kept(BUILT_IN[0]))
"""


def run_python(code: str, folder: Path, *before: str, **more: str) -> list[str]:
    environment = os.environ | {"XDG_CACHE_HOME": str(folder), "HOME": str(folder)} | more
    command = [*before, sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
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


NAME_AFTER_EACH_CHANGE = """
from pathlib import Path
import footfall_processing
from footfall_gateway.machine_code import kernel_folder
from footfall_gateway.sources import digest_of
package = Path(footfall_processing.__file__).parent
print(package)
print(kernel_folder().name)
for folder in sorted({module.parent for module in package.rglob("*.py")}):
    with (folder / "__init__.py").open("a") as module:
        module.write("# changed\\n")
    digest_of.cache_clear()
    kernel_folder.cache_clear()
    print(kernel_folder().name)
"""


def test_a_change_in_any_room_of_the_package_makes_new_machine_code(tmp_path: Path) -> None:
    """Numba's own cache looks at the outermost function's file only: what it calls may lie in a sub-package."""
    package = Path(footfall_processing.__file__).parent
    copy = tmp_path / "copy" / package.name
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    changed, *names = run_python(NAME_AFTER_EACH_CHANGE, tmp_path, PYTHONPATH=before_ours(copy.parent))[:-1]
    assert Path(changed) == copy
    assert len(names) > 4
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
from footfall_gateway.machine_code import is_kept, kernels_to_compile, make_ready
from footfall_processing.estimators.sensor import kernel_of
from the_method import METHOD
told = []
kept, before = is_kept(METHOD), len(kernels_to_compile([METHOD]))
make_ready([METHOD], lambda: told.append(None))
print(kept, sum(kernel_of(METHOD).stats.cache_hits.values()), is_kept(METHOD))
print(before, len(told), len(kernels_to_compile([METHOD])))
"""

IS_THE_METHOD_KEPT = """
from footfall_gateway.machine_code import is_kept
from the_method import METHOD
print(is_kept(METHOD))
"""


@pytest.fixture(scope="module")
def method_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An estimator from outside, and a folder for its machine code, which is dear to compile."""
    folder = tmp_path_factory.mktemp("method")
    (folder / "the_method.py").write_text(METHOD)
    (folder / "the_method_constants.py").write_text(CONSTANTS)
    return folder


def run_with_the_method(code: str, folder: Path) -> list[str]:
    return run_python(code, folder, PYTHONPATH=before_ours(folder), PYTHONDONTWRITEBYTECODE="1")


@pytest.fixture(scope="module")
def told_at_first(method_folder: Path) -> list[str]:
    return run_with_the_method(USE_THE_METHOD, method_folder)


def flip_a_bit(file: Path, where: float) -> None:
    content = bytearray(file.read_bytes())
    content[int(where * (len(content) - 1))] ^= 4
    file.write_bytes(content)


def test_a_change_in_an_estimator_from_outside_is_noticed_wherever_it_stands(
    method_folder: Path, told_at_first: list[str]
) -> None:
    """In a function that another calls, in a constant of another file."""
    method, constants = method_folder / "the_method.py", method_folder / "the_method_constants.py"

    def told() -> str:
        return run_with_the_method(USE_THE_METHOD, method_folder)[0]

    new, known = "False 0 True", "True 1 True"
    assert told_at_first[0] == new
    assert told() == known
    for file, before, after in (
        (method, "memory.sum +=", "memory.sum -="),
        (constants, "OTHER = 4.0", "OTHER = 4.5"),
    ):
        file.write_text(file.read_text().replace(before, after))
        assert told() == new, after
    assert told() == known
    constants.write_text(CONSTANTS + "# a remark changes no machine code\n")
    method.write_text(METHOD)
    assert told() == known, "what it was at first is still there"
    for file in method_folder.rglob("*.the-method-*.nbc"):
        flip_a_bit(file, 0.5)
    assert run_with_the_method(IS_THE_METHOD_KEPT, method_folder)[0] == "False", "what is damaged is not there"


def test_each_kernel_that_is_compiled_is_told_once(told_at_first: list[str]) -> None:
    before, told, left = map(int, told_at_first[1].split())
    assert before == told > 10
    assert left == 0


def test_another_processor_gets_machine_code_of_its_own(tmp_path: Path) -> None:
    assert run_with_cache(tmp_path)[0] == "3.0 0"
    another = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    assert [run_python(SUM_OF_SQUARES, tmp_path, **another)[0] for _ in range(2)] == ["3.0 0", "3.0 1"]


CALL_KERNELS = """
import sys
from types import ModuleType
import numpy as np
from footfall_gateway.machine_code import keep
from footfall_processing.compiled import compiled_with
from footfall_processing.estimators.sensor import tell_doing
keep()
memory = np.ones(1, [("activity", [("state", np.int64)])])[0]

def kernel_with(source):
    sys.modules["outside"] = outside = ModuleType("outside")
    exec(source, vars(outside))
    return outside, compiled_with(tell_doing.py_func, "outside", {"post_doing": outside.post})

def tell_of(kernel):
    answer = np.zeros(1)
    try:
        kernel(memory, 0, 0.0, answer)
    except ZeroDivisionError:
        answer[0] = -1.0
    print(answer[0], sum(kernel.stats.cache_hits.values()))
"""

A_KERNEL = """
from collections import namedtuple
from enum import Enum, IntEnum
import numba
import numpy as np
from numba.extending import overload
from footfall_processing.compiled import compiled
def declared(): ...
{}
@compiled
def post(answer, ring, doing):
    answer[0] = {}
"""

TOLD_APART = {
    "an array's element": ("X = np.array([1.0, HERE])", "X[1]", {"2.0": 2.0, "2.5": 2.5}),
    "a default": ("@compiled\ndef inner(x=HERE): return x", "inner()", {"1.0": 1.0, "5.0": 5.0}),
    "what a closure holds": (
        "def make(x):\n    @compiled\n    def inner(): return x\n    return inner\ninner = make(HERE)",
        "inner()",
        {"1.0": 1.0, "5.0": 5.0},
    ),
    "an option": (
        "@numba.njit(error_model=HERE)\ndef inner(x): return 1 // x",
        "inner(0)",
        {"'numpy'": 0.0, "'python'": -1.0},
    ),
    "names of arguments": (
        "@compiled\ndef inner(HERE",
        "inner(a=3.0, b=4.0)",
        {"a, b): return a": 3.0, "b, a): return b": 4.0},
    ),
    "a member": ("class Kind(IntEnum): SLOW = HERE", "doing == Kind.SLOW", {"1": 1.0, "5": 0.0}),
    "a member's value": ("class Kind(Enum): SLOW = HERE", "Kind.SLOW.value", {"1.0": 1.0, "5.0": 5.0}),
    "a tuple's fields": ("X = namedtuple('X', HERE)(3.0, 4.0)", "X.low", {"'low high'": 3.0, "'high low'": 4.0}),
    "its class's fields": ("X = namedtuple('X', HERE)", "X(low=3.0, up=4.0)[0]", {"'low up'": 3.0, "'up low'": 4.0}),
    "a library's function": ("from numpy import HERE as f", "f(1.5)", {"floor": 1.0, "ceil": 2.0}),
    "a tuple in a tuple": ("X = HERE", "len(X)", {"((1, 2), 3)": 2.0, "(1, 2, 3)": 3.0}),
}


def test_whatever_a_kernel_reads_tells_its_machine_code_apart(tmp_path: Path) -> None:
    """One after the other, and the first once more: it alone is known."""
    kernels, answers = [], []
    for source, read, variants in TOLD_APART.values():
        one, other = variants
        kernels += [A_KERNEL.format(source.replace("HERE", variant), read) for variant in (one, other, one)]
        answers += [f"{variants[one]} 0", f"{variants[other]} 0", f"{variants[one]} 1"]
    code = f"{CALL_KERNELS}\nfor source in {kernels!r}: tell_of(kernel_with(source)[1])"
    assert run_python(code, tmp_path)[:-1] == answers


def test_what_cannot_be_told_wholly_is_compiled_each_time(tmp_path: Path) -> None:
    declared = A_KERNEL.format("@overload(declared)\ndef meant():\n    return lambda: HERE", "declared()")
    kernels = [declared.replace("HERE", value) for value in ("1.0", "5.0", "1.0")]
    code = f"{CALL_KERNELS}\nfor source in {kernels!r}: tell_of(kernel_with(source)[1])"
    assert run_python(code, tmp_path)[:-1] == ["1.0 0", "5.0 0", "1.0 0"]
    assert [*tmp_path.rglob("*.nbc")] == []


def test_machine_code_is_known_by_what_was_compiled_not_by_what_was_declared(tmp_path: Path) -> None:
    source = A_KERNEL.format("LIMIT = 1.0", "LIMIT")
    code = CALL_KERNELS + f"outside, kernel = kernel_with({source!r})\noutside.LIMIT = 5.0\ntell_of(kernel)\n"
    code += f"tell_of(kernel_with({source!r})[1])\n"
    assert run_python(code, tmp_path)[:2] == ["5.0 0", "1.0 0"]


def test_machine_code_that_is_damaged_is_compiled_anew(tmp_path: Path) -> None:
    """Cut off; or one bit is another in the names that are pickled first, or in the code itself."""
    assert run_with_cache(tmp_path)[0] == "3.0 0"
    (file,) = tmp_path.rglob("*.nbc")
    file.write_bytes(file.read_bytes()[:100])
    assert run_with_cache(tmp_path)[0] == "3.0 0"
    for where in (0.02, 0.5):
        flip_a_bit(file, where)
        assert run_with_cache(tmp_path)[0] == "3.0 0"
    assert run_with_cache(tmp_path)[0] == "3.0 1"


def test_machine_code_that_others_may_have_written_is_not_run(tmp_path: Path) -> None:
    assert run_with_cache(tmp_path)[0] == "3.0 0"
    (file,) = tmp_path.rglob("*.nbc")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for stranger, mode, ours in ((file, 0o646, 0o600), (file.parent, 0o770, 0o700)):
        stranger.chmod(mode)
        assert not only_ours_to_write(stranger)
        stranger.chmod(ours)
        assert only_ours_to_write(stranger)
    file.parent.chmod(0o770)
    assert run_with_cache(tmp_path)[0] == "3.0 0"


@pytest.mark.namespaces
def test_machine_code_is_read_from_where_it_cannot_be_written(tmp_path: Path) -> None:
    assert run_with_cache(tmp_path)[0] == "3.0 0"
    (file,) = tmp_path.rglob("*.nbc")
    read_only = f'mount --bind "{tmp_path}" "{tmp_path}" && mount -o remount,bind,ro "{tmp_path}" && exec "$@"'
    code = SUM_OF_SQUARES + IS_THE_FOOT_KEPT
    before = ("unshare", "--map-root-user", "--mount", "sh", "-c", read_only, "sh")
    answer, _, kept, _ = run_python(code, tmp_path, *before)
    assert answer == "3.0 1"
    assert kept == "None", "what is not there can't be put there"
    assert [*tmp_path.rglob("*.nbc")] == [file]


def test_machine_code_that_nobody_uses_any_more_is_removed(tmp_path: Path) -> None:
    left, still_there = run_python(USE_A_VERSION, tmp_path)[:2]
    assert left == "else kernels-a kernels-b kernels-f", "the four used last with this one, and no other folder touched"
    assert still_there == "True"


def test_numba_does_not_load_scipy_to_ignore_it(tmp_path: Path) -> None:
    assert run_with_cache(tmp_path)[1] == ""


def test_of_processes_that_start_together_one_compiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made, kept = list[int](), tmp_path / "kept"

    def make_ready() -> None:
        made.append(1)
        kept.touch()

    monkeypatch.setattr(machine_code, "kernel_folder", lambda: tmp_path)
    monkeypatch.setattr(machine_code, "keep", lambda: None)
    monkeypatch.setattr(machine_code, "is_kept", lambda _: kept.exists())
    monkeypatch.setattr(machine_code, "make_ready", make_ready)
    own = machine_code.ready_among_others.__wrapped__  # each thread stands for a process
    with ThreadPoolExecutor(4) as threads:
        for one in [threads.submit(own) for _ in range(4)]:
            one.result()
    assert made == [1]
