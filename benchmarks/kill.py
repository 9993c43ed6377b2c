"""Kill broker, gateway, processor and database at random moments; no stride may be lost, doubled or different.

Each seed replays a recording through `footfall gateway`, a real Mosquitto and `footfall process`, and compares the
store, and with --database a real InfluxDB, with `footfall analyze` of what the gateway recorded, field by field. With
--hour it is an hour of two feet, as fast as this machine can.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from from_tests import RECORDINGS, run_under_fire
from startup import write_recording

HOUR_S: Final = 3600.0
HOUR_PAUSE_S: Final = 6.0
"""An hour goes through in some 20 s, so four kills fall all over it."""
REPLAYED_PAUSE: Final = 1.2
"""Of what the replay takes: some kills fall behind its end."""


def main() -> int:
    """Run; exit status 1 when anything was lost, doubled or different."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--kills", type=int, default=4, help="in each run")
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--duration", type=float, default=120.0, help="seconds of a recorded run to replay")
    parser.add_argument("--hour", action="store_true", help="replay an hour instead, as fast as this machine can")
    parser.add_argument("--database", action="store_true", help="write to an InfluxDB as well, and kill it, too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hour = Path(folder) / "hour.mcap"
        if arguments.hour:
            write_recording(hour, HOUR_S)
            return kill(arguments, hour, float("inf"), HOUR_S, HOUR_PAUSE_S)
        pause_s = REPLAYED_PAUSE * arguments.duration / arguments.speed
        return kill(arguments, RECORDINGS / "rearfoot-runner.mcap", arguments.speed, arguments.duration, pause_s)


def kill(
    arguments: argparse.Namespace, recording: Path, speed: float, duration_s: float, longest_pause_s: float
) -> int:
    """Replay a recording once for each seed; return the exit status."""
    whole = True
    total = [0, 0, 0, 0]
    columns = "{:4}  {:44}  {:>8}  {:>7}  {:>4}  {:>7}  {:>9}  {:>4}\n"
    sys.stdout.write(columns.format("seed", "killed", "sessions", "strides", "lost", "doubled", "different", "s"))
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        begun_s = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            outcome = run_under_fire(
                Path(folder),
                recording,
                seed=seed,
                kills=arguments.kills,
                speed=speed,
                duration_s=duration_s,
                longest_pause_s=longest_pause_s,
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
