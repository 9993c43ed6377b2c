"""Kill broker, gateway, processor and database at random moments; no stride may be lost, doubled or different.

Each seed replays a recording through `footfall gateway`, a real Mosquitto and `footfall process`, and compares the
store, and with --database a real InfluxDB, with `footfall analyze` of what the gateway recorded, field by field.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from from_tests import RECORDINGS, run_under_fire


def main() -> int:
    """Run; exit status 1 when anything was lost, doubled or different."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--kills", type=int, default=4, help="in each run")
    parser.add_argument("--recording", type=Path, default=RECORDINGS / "rearfoot-runner.mcap")
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--duration", type=float, default=120.0, help="seconds of the recording to replay")
    parser.add_argument("--database", action="store_true", help="write to an InfluxDB as well, and kill it, too")
    arguments = parser.parse_args()
    whole = True
    total = [0, 0, 0, 0]
    columns = "{:4}  {:44}  {:>8}  {:>7}  {:>4}  {:>7}  {:>9}  {:>4}\n"
    sys.stdout.write(columns.format("seed", "killed", "sessions", "strides", "lost", "doubled", "different", "s"))
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        begun_s = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            outcome = run_under_fire(
                Path(folder),
                arguments.recording,
                seed=seed,
                kills=arguments.kills,
                speed=arguments.speed,
                duration_s=arguments.duration,
                database=arguments.database,
            )
        whole &= outcome.is_whole
        counts = (outcome.strides, outcome.lost, outcome.doubled, outcome.different + outcome.wrong_points)
        total = [so_far + count for so_far, count in zip(total, counts, strict=True)]
        took_s = round(time.monotonic() - begun_s)
        sys.stdout.write(columns.format(seed, " ".join(outcome.kills), outcome.sessions, *counts, took_s))
        sys.stdout.flush()
    sys.stdout.write(columns.format("all", "", "", *total, ""))
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
