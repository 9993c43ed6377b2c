"""What this version of Footfall is made of: what was stored by other code is not taken for its own."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable


@cache
def digest_of(*packages: str) -> str:
    """Return a digest of all sources of packages and their sub-packages."""
    digest = hashlib.sha256()
    for package in packages:
        for name, content in _sources(resources.files(package), f"{package}/"):
            digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:16]


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each module."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _sources(entry, f"{name}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield name + entry.name, entry.read_bytes()
