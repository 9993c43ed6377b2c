"""Debian's packages, and Python's, in folders of our own: nothing is installed on this machine.

All is fetched with the machine's own `apt-get` and `pip`, from wherever those are set up to fetch.
"""

import hashlib
import os
import platform
import re
import shutil
import sys
from pathlib import Path
from typing import Final

from packaging.markers import Marker, default_environment

from image_tests.commands import run
from image_tests.lacks import LackError

FETCH_S: Final = 600.0
ENGINE: Final = (
    *("docker.io", "containerd", "runc", "tini", "debootstrap"),
    # what makes its bridges, and names of containers
    *("iptables", "libip4tc2", "libip6tc2", "libxtables12", "libnftnl11"),
    *("libmnl0", "libnetfilter-conntrack3", "libnfnetlink0"),
)
SUITE: Final = "trixie"
"""Debian's release whose Python is as new as the Dockerfile's: 3.13."""
PYTHON: Final = "3.13"
_SLIM: Final = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/lib/apt/lists", "var/cache/apt")
"""What the `-slim` image that is stood in for lacks as well."""


def fetch_engine(cache: Path) -> Path:
    """Return a folder with Docker Engine's programs, fetched at the first call."""
    there = cache / "engine"
    if not there.exists():
        new = _fresh(cache / "engine-new")
        debs = _fresh(cache / "engine-packages")
        run(["apt-get", "download", *ENGINE], patience_s=FETCH_S, folder=debs)
        for deb in debs.glob("*.deb"):
            run(["dpkg-deb", "--extract", deb, new], patience_s=FETCH_S)
        for name in ("iptables", "ip6tables"):
            (new / "usr/sbin" / name).symlink_to("xtables-legacy-multi")  # as Debian's alternatives would
        shutil.rmtree(debs)
        new.rename(there)
    return there


def environment_of(engine: Path) -> dict[str, str]:
    """Return an environment in which the engine's programs find one another."""
    libraries = engine / "usr/lib" / f"{platform.machine()}-linux-gnu"
    return {
        **os.environ,
        "PATH": os.pathsep.join((f"{engine}/usr/sbin", f"{engine}/usr/bin", os.environ["PATH"], "/usr/sbin", "/sbin")),
        "LD_LIBRARY_PATH": str(libraries),
        "XTABLES_LIBDIR": str(libraries / "xtables"),
        "DEBOOTSTRAP_DIR": str(engine / "usr/share/debootstrap"),
        "DEBIAN_FRONTEND": "noninteractive",
    }


def system(cache: Path, name: str, packages: tuple[str, ...], engine: Path) -> Path:
    """Return a folder with the least Debian and these packages, made at the first call."""
    there = cache / name
    if not there.exists():
        new = _fresh(cache / f"{name}-new")
        mirror = run(["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"], patience_s=FETCH_S)
        if not mirror:
            raise LackError("apt-get knows no mirror of Debian: see /etc/apt/sources.list.d")
        included = f"--include={','.join(packages)}"
        run(
            ["debootstrap", "--variant=minbase", included, SUITE, new, mirror.split()[0]],
            patience_s=FETCH_S,
            environment=environment_of(engine),
        )
        _slim(new)
        new.rename(there)
    return there


def wheels(cache: Path, lock: Path) -> Path:
    """Return a folder with a wheel of all that the lock names for the image's Python, fetched at the first call."""
    text = lock.read_text()
    there = cache / f"wheels-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    if not there.exists():
        new = _fresh(cache / "wheels-new")
        chosen = cache / "wheels.lock"
        chosen.write_text(lines_for(text, PYTHON))
        machine = platform.machine()
        known = ["manylinux2014", "manylinux1", *(f"manylinux_2_{minor}" for minor in range(5, 42))]
        platforms = [f"--platform={name}_{machine}" for name in known]
        only = ["--require-hashes", "--no-deps", "--only-binary=:all:", f"--python-version={PYTHON}", *platforms]
        pip = [sys.executable, "-m", "pip", "download", "--quiet"]
        run([*pip, *only, "--requirement", chosen, "--dest", new], patience_s=FETCH_S)
        new.rename(there)
    return there


def lines_for(lock: str, python: str) -> str:
    """Return the lines of a lock that hold for a Python on this kind of machine: pip asks the one it runs on."""
    there = {name: str(value) for name, value in default_environment().items()}
    there["python_version"] = python
    there["python_full_version"] = f"{python}.0"
    there["implementation_name"] = "cpython"
    lines, holds = [], True
    for line in lock.splitlines(keepends=True):
        if not line.startswith((" ", "#")):
            _, semicolon, marker = line.rstrip("\\\n ").partition(";")
            holds = not semicolon or Marker(marker.strip()).evaluate(there)
            line = re.sub(r"\s*;[^\\\n]*", " ", line) if semicolon else line
        if holds:
            lines.append(line)
    return "".join(lines)


def repository(cache: Path, base: Path, packages: tuple[str, ...]) -> Path:
    """Return a folder that apt in `base` can fetch these packages from, with all they need; made at the first call."""
    there = cache / "repository"
    if not there.exists():
        new = _fresh(cache / "repository-new")
        into: list[str | Path] = ["chroot", base, "apt-get", "-qq", "--yes"]
        run([*into, "update"], patience_s=FETCH_S)
        run([*into, "install", "--no-install-recommends", "--download-only", *packages], patience_s=FETCH_S)
        entries = []
        for deb in sorted((base / "var/cache/apt/archives").glob("*.deb")):
            control = run(["dpkg-deb", "--field", deb], patience_s=FETCH_S)
            digest = hashlib.sha256(deb.read_bytes()).hexdigest()
            entries.append(f"{control}Filename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {digest}\n")
            shutil.copy(deb, new / deb.name)
        (new / "Packages").write_text("\n".join(entries))
        _slim(base)
        new.rename(there)
    return there


def _slim(root: Path) -> None:
    for folder in _SLIM:
        shutil.rmtree(root / folder, ignore_errors=True)
        (root / folder).mkdir(parents=True)


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
