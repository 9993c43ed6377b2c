"""Kill workers and nodes of a cluster at random, and compare what comes out: `scripts/kill_cluster.py --seeds 20`.

Three nodes, two workers and an InfluxDB of its own, on loopback. A line for each seed tells what was killed, how long
it took until all runs went on, and what InfluxDB lacks, has twice or has otherwise than the recording's analysis.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import fleet
import servers_influx
import servers_nats
from footfall_gateway.machine_code import make_ready
from gateway.command_line import FEET


def main() -> int:
    """Run all seeds; return 1 when anything was lost, doubled or different."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--runners", type=int, default=50)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--duration", type=float, default=60.0)
    parser.add_argument("--speed", type=float, default=2.0)
    asked = parser.parse_args()
    make_ready()
    runs = fleet.Runs.of(FEET, runners=asked.runners, duration_s=asked.duration)
    gaps, whole = [], 0
    for seed in range(asked.first, asked.first + asked.seeds):
        begun_s = time.monotonic()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for part in ("nats", "influx", "fire"):
                (folder / part).mkdir()
            with servers_nats.nats(folder / "nats") as cluster, servers_influx.influxdb(folder / "influx") as influx:
                fire = asyncio.run(
                    fleet.under_fire(
                        runs, cluster, influx, folder / "fire", seed=seed, kills=asked.kills, speed=asked.speed
                    )
                )
                compared = fleet.compare(runs, influx)
        whole += compared.is_whole
        gaps += fire.gaps_s
        seconds = ", ".join(f"{gap:.2f}" for gap in fire.gaps_s)
        print(
            f"seed {seed}: killed {', '.join(fire.kills)}; went on after {seconds} s; {compared.strides} strides, "
            f"{compared.lost} lost, {compared.doubled} doubled, {compared.different} different "
            f"({time.monotonic() - begun_s:.0f} s)",
            flush=True,
        )
    longest_s = max(gaps, default=0.0)
    print(f"{whole} of {asked.seeds} whole; after {len(gaps)} kills all runs went on within {longest_s:.2f} s")
    return 0 if whole == asked.seeds else 1


if __name__ == "__main__":
    sys.exit(main())
