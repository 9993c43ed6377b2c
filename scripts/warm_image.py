"""Import all of Footfall, and run what loads the rest late, so that the image has the bytecode of all that runs.

`python warm_image.py RECORDING`; in a pruned image, this is also what fails if something that is needed was taken out.
"""

import importlib
import pkgutil
import subprocess
import sys
from typing import Final

PACKAGES: Final = ("footfall", "footfall_coaching", "footfall_dashboards", "footfall_gateway", "footfall_processing")
LATE: Final = ("influxdb_client", "bleak.backends.bluezdbus.client")
"""What is imported only when it is needed."""


def modules(package: str) -> list[str]:
    """Name all modules of a package, but for `__main__`, which would run."""
    found = importlib.import_module(package)
    within = [module.name for module in pkgutil.walk_packages(found.__path__, f"{package}.")]
    return [package, *(name for name in within if not name.endswith("__main__"))]


def main() -> None:
    """Do so, and say how many modules that loads."""
    for package in PACKAGES:
        for name in modules(package):
            importlib.import_module(name)
    for name in LATE:
        importlib.import_module(name)
    subprocess.run(["footfall", "analyze", sys.argv[1]], check=True, stdout=subprocess.DEVNULL)
    sys.stdout.write(f"{len(sys.modules)}\n")


if __name__ == "__main__":
    main()
