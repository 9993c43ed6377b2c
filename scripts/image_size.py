"""Tell what takes how much of Footfall's image: `python scripts/image_size.py [IMAGE] [--at-most MB]`.

Sizes are of what is unpacked, in MB of a million bytes, as `docker images` tells them. Needs a Docker Engine.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

IMAGE: Final = "footfall:0.2.0"
AT_MOST_MB: Final = 450.0
SHOWN_MB: Final = 1.0
"""What takes less is told together."""
PATIENCE_S: Final = 120.0
BASE: Final = "what it is built on: Debian and Python"

_COUNT: Final = """
import json, pathlib, sysconfig
home, packages = pathlib.Path("/opt/footfall"), pathlib.Path(sysconfig.get_path("purelib"))
sizes = {}
for file in home.rglob("*"):
    if file.is_symlink() or not file.is_file():
        continue
    if file.suffix == ".pyc":
        name = "bytecode"
    elif packages in file.parents:
        name = file.relative_to(packages).parts[0].removesuffix(".libs")
        name = "footfall" if name.startswith("footfall") else name
    else:
        name = file.relative_to(home).parts[0]
    sizes[name] = sizes.get(name, 0) + file.stat().st_size
print(json.dumps(sizes))
"""


class UnknownError(Exception):
    """The image's size can't be told; its text says why."""


def components(image: str, environment: Mapping[str, str] | None = None) -> dict[str, float]:
    """Return what takes how much, in MB, the most first; all of it together is the image's size.

    Raises
    ------
    UnknownError
        No engine runs that `docker` reaches by this environment, by default ours; or it has no such image, or one that
        isn't Footfall's.
    """
    inside = ("run", "--rm", "--network", "none", "--entrypoint", "python", image, "-c", _COUNT)
    try:
        whole = int(_docker("image", "inspect", "--format", "{{.Size}}", image, environment=environment)) / 1e6
        counted = json.loads(_docker(*inside, environment=environment))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise UnknownError(
            f"{image}: can't be asked ({error}); is Docker Engine running, and the image built?"
        ) from error
    sizes_mb = {name: size / 1e6 for name, size in counted.items()}
    small = [name for name, size_mb in sizes_mb.items() if size_mb < SHOWN_MB]
    rest_mb = sum(sizes_mb.pop(name) for name in small)
    sizes_mb[f"{len(small)} more packages and files"] = rest_mb
    sizes_mb[BASE] = whole - sum(sizes_mb.values())
    return dict(sorted(sizes_mb.items(), key=lambda item: -item[1]))


def table(sizes_mb: dict[str, float]) -> str:
    """Return it in lines."""
    lines = [f"{size_mb:8.1f} MB  {name}" for name, size_mb in sizes_mb.items()]
    return "\n".join([*lines, f"{sum(sizes_mb.values()):8.1f} MB  in all"])


def _docker(*arguments: str, environment: Mapping[str, str] | None) -> str:
    command = ["docker", *arguments]
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S, env=environment
    ).stdout


def main() -> int:
    """Print it; return 1 if it is too much, and 2 if that can't be told."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", nargs="?", default=IMAGE)
    parser.add_argument("--at-most", type=float, default=AT_MOST_MB, metavar="MB", help="fail if it is more")
    arguments = parser.parse_args()
    try:
        sizes_mb = components(arguments.image)
    except UnknownError as error:
        print(error, file=sys.stderr)
        return 2
    print(table(sizes_mb))
    whole_mb = sum(sizes_mb.values())
    if whole_mb > arguments.at_most:
        print(f"{arguments.image}: {whole_mb:.0f} MB is more than {arguments.at_most:.0f}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
