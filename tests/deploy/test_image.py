"""What the image leaves out, nothing that runs asks for; and `make test-image` says what it lacks.

The image itself is built by `make test-image`, which needs an engine.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import image_size
import image_test
import prune_image
from deploy.compose_file import REPOSITORY
from image_tests import packages, stand_ins
from image_tests.commands import run
from image_tests.engine import Engine
from image_tests.lacks import LackError

DOCKERFILE: Final = (REPOSITORY / "Dockerfile").read_text()

IMPORT_WITHOUT: Final = """
import importlib, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from prune_image import KEPT, PARTS
from warm_image import LATE, PACKAGES, modules

def module_of(pattern):
    return pattern.split(".")[0].replace("/", ".").removesuffix(".*").removesuffix(".py")

gone = {module_of(pattern) for pattern in PARTS if "-" not in pattern}
gone |= {name for name in ("numba.np.ufunc.omppool", "numba.np.ufunc.tbbpool")}

class Gone:
    def find_spec(self, name, path=None, target=None):
        within = [part for part in gone if name == part or name.startswith(part + ".")]
        kept = [k for k in KEPT if name in (module_of(k), module_of(k).removesuffix(".__init__"))]
        if within and not kept:
            raise ImportError(f"{name} is left out of the image")

sys.meta_path.insert(0, Gone())
count = 0
for package in PACKAGES:
    for name in modules(package):
        if not any(name == part or name.startswith(part + ".") for part in gone):
            importlib.import_module(name)
            count += 1
for name in LATE:
    importlib.import_module(name)
try:
    import scipy
except ImportError:
    print(count)
"""


def test_nothing_that_runs_imports_what_the_image_leaves_out() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_WITHOUT, str(REPOSITORY / "scripts")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 300


def a_site(folder: Path) -> Path:
    """Make a folder that has each part, and what stays."""
    for pattern in prune_image.PARTS:
        name = pattern.replace("/*", "/some").replace(".*", ".x").replace("-*", "-1")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in {".py", ".so", ".x"}:
            path.write_text("")
        else:
            path.mkdir(exist_ok=True)
            (path / "inside.py").write_text("")
    for kept in (*prune_image.KEPT, "numpy/__init__.py"):
        path = folder / kept
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    for more in ("numpy/lib/tests/test_a.py", "numpy/__pycache__/a.pyc", "numpy/_core/a.h"):
        path = folder / more
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return folder


def test_pruning_leaves_what_stays(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    prune_image.prune(site)
    left = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}
    assert left == {*prune_image.KEPT, "numpy/__init__.py"}


@pytest.mark.parametrize("part", ["numba/tests", "zstandard/_cffi.x.so"])
def test_a_part_that_is_gone_is_an_error(part: str, tmp_path: Path) -> None:
    site = a_site(tmp_path)
    (site / part).rename(site / "elsewhere")
    with pytest.raises(ValueError, match=r"read scripts/prune_image\.py again"):
        prune_image.prune(site)


def test_the_image_has_what_the_compose_file_starts() -> None:
    compose = (REPOSITORY / "docker-compose.yml").read_text()
    for name in set(re.findall(r"/opt/footfall/([\w.-]+)", compose)):
        assert name in DOCKERFILE, f"{name} is not copied into the image"


def test_what_is_copied_reaches_the_build() -> None:
    let_through = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in line.split():
            assert (REPOSITORY / source).exists()
            assert any(Path(source).is_relative_to(path) for path in let_through), source


def test_the_dockerfile_s_base_is_told_and_stood_in_for() -> None:
    assert re.fullmatch(r"python:3\.13\.\d+-slim-bookworm", stand_ins.base_named(DOCKERFILE))
    stood_in = stand_ins.without_digests(DOCKERFILE)
    assert "@sha256" not in stood_in
    assert re.sub(r"@sha256:[0-9a-f]{64}", "", DOCKERFILE) == stood_in
    with pytest.raises(LackError, match="one image"):
        stand_ins.base_named(DOCKERFILE.replace("slim-bookworm", "bookworm", 1))
    assert packages.PYTHON in stand_ins.base_named(DOCKERFILE)


def test_the_lock_is_read_for_the_image_s_python() -> None:
    lock = (REPOSITORY / "requirements.lock").read_text()
    lines = packages.lines_for(lock, "3.13")
    assert ";" not in lines
    assert not re.search(r"^(winrt|pyobjc)", lines, re.MULTILINE)
    for name in ("numpy", "scipy"):
        (now,) = re.findall(rf"^{name}==(\S+)", lines, re.MULTILINE)
        (older,) = re.findall(rf"^{name}==(\S+)", packages.lines_for(lock, "3.11"), re.MULTILINE)
        assert now != older
    assert all(line.startswith(("#", " ", "\n")) or line.rstrip().endswith("\\") for line in lines.splitlines())


def test_without_an_engine_it_says_what_is_missing() -> None:
    environment = {**os.environ, "PATH": "/nonexistent", "DOCKER_HOST": "unix:///nonexistent"}
    command = [sys.executable, str(REPOSITORY / "scripts" / "image_test.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no Docker Engine runs here, and to start Debian's this lacks apt-get, " in done.stderr
    size = [sys.executable, str(REPOSITORY / "scripts" / "image_size.py")]
    asked = subprocess.run(size, env=environment, capture_output=True, text=True)
    assert (asked.returncode, "is Docker Engine running" in asked.stderr) == (2, True)


def test_a_command_that_fails_hangs_or_is_not_there_is_told() -> None:
    assert run(["cat"], patience_s=60.0, text="as it came") == "as it came"
    with pytest.raises(LackError, match="status 3:\nwhy"):
        run(["sh", "-c", "echo why >&2; exit 3"], patience_s=60.0)
    with pytest.raises(LackError, match="longer than"):
        run(["sleep", "60"], patience_s=0.1)
    with pytest.raises(LackError, match="no-such-program is not installed"):
        run(["no-such-program"], patience_s=60.0)


def test_sizes_are_told_largest_first_with_their_sum() -> None:
    assert image_size.table({"a": 2.0, "b": 1.0}).splitlines()[-1].split() == ["3.0", "MB", "in", "all"]


def test_an_image_that_is_too_large_is_told_from_one_that_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Engine({"PATH": os.environ["PATH"], "DOCKER_HOST": "unix:///nonexistent"})
    with pytest.raises(LackError, match="is Docker Engine running"):
        image_test.check_size(nowhere, 450.0)
    monkeypatch.setattr(image_size, "components", lambda *_: {"a": 400.0, "b": 51.0})
    image_test.check_size(nowhere, 452.0)
    with pytest.raises(image_test.WrongError, match="too large: 451 MB, and 450 it may be"):
        image_test.check_size(nowhere, 450.0)
