"""All benchmarks, each in a process of its own: `python benchmarks/run_all.py`, or `make bench`."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

BENCHMARKS: Final = ("throughput", "live", "latency", "cue_latency", "startup", "day")


def main() -> None:
    """Run all, print their tables, and write one JSON file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers to FILE")
    arguments = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in BENCHMARKS:
            path = Path(folder) / f"{name}.json"
            script = Path(__file__).with_name(f"{name}.py")
            subprocess.run([sys.executable, script, "--json", path], check=True)
            found[name] = json.loads(path.read_text())
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
