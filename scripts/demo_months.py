"""Give the compose file's demo a past: `python scripts/demo_months.py RECORDING DATA_FOLDER`.

Takes the strides that the pipeline finds in a recording, and puts a part of that run into the store every third day of
the last three months, each a little different; then `footfall push` writes them to InfluxDB. A second time it only
pushes.
"""

import argparse
import math
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from footfall_coaching.answers import Pain, PainSite, Phase, Shoe
from footfall_gateway import wire
from footfall_gateway.commands.push import push
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.machine_code import keep
from footfall_gateway.mqtt.pseudonyms import KEY_FILE
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.decoding import decode_packets
from footfall_gateway.store.database import Store
from footfall_processing.gait import Stride
from footfall_processing.pipeline import analyze
from footfall_processing.results.summary import summarize
from footfall_processing.session import Side

RUNNER: Final = "Demo"
RUNS: Final = 30
EVERY: Final = timedelta(days=3)
LONGEST: Final = 25
"""Until this run none is longer than `USUAL_SHARE` of the recording; this one and the last are the whole of it."""
USUAL_SHARE: Final = 0.8
SHOES: Final = ("Blue daily", "Grey daily")
NEW_SHOE: Final = 15
"""From this run on the newer shoe, which lands softer."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """How a run of the past differs from the recording."""

    number: int

    @property
    def shoe(self) -> str:
        """Which shoe."""
        return SHOES[self.number >= NEW_SHOE]

    @property
    def share(self) -> float:
        """How much of the recording it is."""
        if self.number in (LONGEST, RUNS - 1):
            return 1.0
        return USUAL_SHARE * (0.7 + 0.2 * self.number / RUNS + 0.1 * (self.number % 3 == 0))

    @property
    def pain(self) -> int:
        """How much the left Achilles tendon hurt: since the long run, and less each time."""
        return max(0, 4 - (self.number - LONGEST)) if self.number >= LONGEST else 0

    def strides(self, recorded: Sequence[Stride]) -> Iterator[Stride]:
        """Return its strides: impacts after the shoe's wear and the day, contacts on the left longer with the pain."""
        wear = (self.number % NEW_SHOE) / NEW_SHOE
        impact = 0.95 + 0.1 * wear + 0.03 * math.sin(self.number)
        longer_s = 0.0015 * self.pain + 0.001 * math.cos(self.number)
        end_s = self.share * recorded[-1].next_contact_s
        for stride in recorded:
            if stride.next_contact_s < end_s:
                left = stride.side is Side.LEFT and stride.toe_off_s is not None
                yield replace(
                    stride,
                    peak_acc_mps2=None if stride.peak_acc_mps2 is None else impact * stride.peak_acc_mps2,
                    toe_off_s=stride.toe_off_s + longer_s if left and stride.toe_off_s else stride.toe_off_s,
                )


def fill(store: Store, header: RecordingHeader, recorded: Sequence[Stride], now: datetime, runs: int = RUNS) -> None:
    """Put the last of the runs up to yesterday into the store, with what the runner noted."""
    first = RUNS - runs
    for run in map(PastRun, range(first, RUNS)):
        begun = now.replace(microsecond=0) - timedelta(days=1) - EVERY * (RUNS - 1 - run.number)
        name = f"{begun:%Y%m%dT%H%M%SZ}-demo"
        session = replace(header.session, id=name, started_utc=begun, runner_name=RUNNER, shoe=run.shoe)
        if run.number in (first, NEW_SHOE):
            store.answers.note(Shoe(RUNNER, begun, run.shoe))
        store.add_session(replace(header, session=session))
        strides = tuple(run.strides(recorded))
        store.add_strides(name, strides)
        store.finish_session(name, wire.summary_object(summarize(strides, session.sensors)))
        store.answers.note(Pain(RUNNER, name, begun, Phase.DURING, PainSite.ACHILLES, Side.LEFT, run.pain))


def worn_by_somebody(header: RecordingHeader) -> RecordingHeader:
    """Take the sensors for real ones: in a store of its own, what is made up counts as if somebody had run it."""
    return replace(header, recorded_sensors=tuple(replace(one, address="") for one in header.recorded_sensors))


def main() -> None:
    """Fill the store if it is empty, and push."""
    keep()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("folder", type=Path, metavar="data_folder")
    parser.add_argument(
        "--runs", type=int, choices=range(1, RUNS + 1), metavar="N", default=RUNS, help="the last so many"
    )
    parser.add_argument(
        "--key-of", type=Path, metavar="FOLDER", help="the data folder whose runs this is the past of: one pseudonym"
    )
    arguments = parser.parse_args()
    make_folders(arguments.folder)
    if arguments.key_of is not None and (arguments.key_of / KEY_FILE).exists():
        shutil.copy(arguments.key_of / KEY_FILE, arguments.folder)
    with Store.open(store_path(arguments.folder)) as store:
        if not store.sessions():
            played = open_input((arguments.recording,))
            sensors = played.header.session.sensors
            recorded = list(analyze(sensors, decode_packets(played.header, played.packets)))
            recorded.sort(key=lambda stride: stride.next_contact_s)
            fill(store, worn_by_somebody(played.header), recorded, datetime.now(UTC), arguments.runs)
    push(data_dir=arguments.folder)


if __name__ == "__main__":
    main()
