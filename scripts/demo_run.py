"""Make the quarter of an hour that the compose file's demo plays: `python scripts/demo_run.py FILE.mcap`.

It is too large to be kept beside the short ones of `recordings/`, and long enough to drift.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Final

from footfall_gateway.recordings.recording import RecordingWriter
from footfall_processing.synthetic import Leg, Runner, RunPlan, run, stand, walk
from make_recordings import SHOES, Entry, recorded_packets

MINUTES: Final = 15.0
RUN: Final = Entry(
    "demo-run",
    "Stands, walks, and runs for 14 minutes at 2.6 to 3.3 m/s; the left leg lands harder as it tires.",
    RunPlan(
        (
            *(stand(6), walk(30, 1.3)),
            *(run(180, 2.6, 3.0), run(300, 3.0), run(120, 3.3), run(240, 3.0, 2.9)),
            *(walk(20, 1.3), stand(6)),
        )
    ),
    Runner(
        left=Leg(16.0, 1.02, fatigue_landing_per_min=0.02, fatigue_strike_deg_per_min=0.3),
        right=Leg(14.0, fatigue_landing_per_min=0.004, fatigue_strike_deg_per_min=0.1),
    ),
    SHOES.setups(),
    seed=515,
)


def shortened(entry: Entry, share: float) -> Entry:
    """Let each phase last so much of its time."""
    phases = tuple(replace(phase, duration_s=share * phase.duration_s) for phase in entry.plan.phases)
    return replace(entry, plan=replace(entry.plan, phases=phases))


def main() -> None:
    """Write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="where the recording goes")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long it lasts")
    arguments = parser.parse_args()
    entry = shortened(RUN, arguments.minutes / MINUTES)
    packets, _ = recorded_packets(entry)
    with RecordingWriter(arguments.file, entry.header, batch_interval_s=5.0, sync_interval_s=60.0) as writer:
        for packet in packets:
            writer.write(packet)


if __name__ == "__main__":
    main()
