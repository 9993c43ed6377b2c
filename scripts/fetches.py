"""Fetch a simulated run again and again while program, disk and link end at random: `python scripts/fetches.py`.

Each fetch is of two sensors that recorded the run by themselves; its recording is compared, file against file, with
that of a fetch that nothing disturbs, and every record is looked for after each kill. The same seeds do the same.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def main() -> int:
    """Fetch as often as is asked for, and tell what came of it as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fetches", type=int, default=1000, help="how many (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long the run is (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first; the others follow (default: %(default)s)")
    asked = parser.parse_args()
    sys.path[:0] = [str(REPOSITORY / "tests")]
    from gateway.onboard.simulated import Fetches

    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        fetches = Fetches(Path(folder), asked.minutes)
        outcomes = [fetches.fetch(seed) for seed in range(asked.seed, asked.seed + asked.fetches)]
    told = {
        "fetches": len(outcomes),
        "minutes": asked.minutes,
        "ends": sum(outcome.ends for outcome in outcomes),
        "records": sum(outcome.records for outcome in outcomes),
        "lost": sum(outcome.lost for outcome in outcomes),
        "doubled": sum(outcome.doubled for outcome in outcomes),
        "unequal": sum(not outcome.is_equal for outcome in outcomes),
        "seconds": round(time.monotonic() - begun_s),
    }
    print(json.dumps(told))
    return int(any(told[name] for name in ("lost", "doubled", "unequal")))


if __name__ == "__main__":
    sys.exit(main())
