"""Take out of the image's Python what nothing that runs in it needs: `python prune_image.py SITE_PACKAGES`.

What is taken out, and why nothing asks for it, stands here alone. A part that is not there any more is an error: then a
package has changed, and this list is to be read again. Needs `strip`, of Debian's binutils.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PARTS: Final[dict[str, str]] = {
    "footfall_processing/synthetic": "the synthetic runner makes recordings for tests, and nothing that runs",
    "footfall_processing/estimators/conformance.py": "laws for new estimators, which need the synthetic runner",
    "footfall_gateway/virtual/conformance": "laws for new drivers",
    "footfall_dashboards/grafana": "writes dashboards, ahead of time",
    "llvmlite/tests": "tests",
    "narwhals": "data frames, for Plotly's Python side",
    "narwhals-*.dist-info": "the same",
    "numba/cuda": "no graphics processor computes here",
    "numba/tests": "tests",
    "numba/np/ufunc/omppool.*.so": "threads of one kernel: ours have none",
    "numba/np/ufunc/tbbpool.*.so": "the same",
    "numpy/_core/_simd.*.so": "for NumPy's own tests",
    "plotly/*": "pages draw by its script alone, in the browser",
    "pygments/lexers/*": "colours for languages: no page or command shows any",
    "scipy": "for the synthetic runner alone",
    "scipy.libs": "the same",
    "scipy-*.dist-info": "the same",
    "zstandard/_cffi.*.so": "for PyPy",
}
KEPT: Final = ("plotly/package_data/plotly.min.js", "pygments/lexers/__init__.py", "pygments/lexers/_mapping.py")
"""What stays of those parts."""
FOR_COMPILERS: Final = ("*.a", "*.c", "*.cpp", "*.h", "*.hpp", "*.pxd", "*.pyi", "*.pyx", "*.f", "*.f90")
STRIPPED: Final = ("llvmlite", "numba", "zstandard", "lz4", "yaml", "cryptography")
"""Packages whose libraries come with symbols for debuggers. Those of NumPy stay as they are: what built them has
changed them in a way that `strip` may not know."""


def unneeded(packages: Path) -> Iterator[Path]:
    """Yield what of `PARTS` is there; raise `ValueError` for a part that isn't."""
    kept = {packages / name for name in KEPT}
    for pattern in PARTS:
        found = set(packages.glob(pattern))
        if not found:
            raise ValueError(f"there is no {pattern} any more: read scripts/prune_image.py again")
        for path in sorted(found):
            inside = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
            if kept.isdisjoint(inside):
                yield path
            else:
                yield from (file for file in inside if file not in kept)


def prune(packages: Path) -> None:
    """Take out parts, tests, what is for compilers, and bytecode, which is to be made anew."""
    for path in [*unneeded(packages)]:
        _remove(path)
    for name in ("tests", "__pycache__"):
        for folder in [*packages.rglob(name)]:
            _remove(folder)
    for pattern in FOR_COMPILERS:
        for file in [*packages.rglob(pattern)]:
            file.unlink()


def strip(packages: Path) -> None:
    """Take symbols for debuggers out of libraries."""
    libraries = [file for name in STRIPPED for file in (packages / name).rglob("*.so")]
    subprocess.run(["strip", "--strip-unneeded", *libraries], check=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def size_mb(folder: Path) -> float:
    """Return how much the files in a folder take, in MB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink()) / 1e6


def main() -> None:
    """Prune the folder that the command line names, and say what that was worth."""
    packages = Path(sys.argv[1])
    before_mb = size_mb(packages)
    prune(packages)
    strip(packages)
    sys.stdout.write(f"{packages}: {before_mb:.0f} MB before, {size_mb(packages):.0f} MB after\n")


if __name__ == "__main__":
    main()
