"""Give the compose file's demo a past: `python scripts/demo_months.py RECORDING DATA_FOLDER`.

Takes the strides that the pipeline finds in a recording, and puts a part of that run into the store for each run of
the made-up months that `footfall demo` shows, as long and as hard as that one was beside the others; then `footfall
push` writes them to InfluxDB. A second time it only pushes.
"""

import argparse
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Final

from footfall_coaching.run import Run
from footfall_gateway import wire
from footfall_gateway.commands.push import push
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.machine_code import keep
from footfall_gateway.mqtt.pseudonyms import KEY_FILE
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.decoding import decode_packets
from footfall_gateway.store.database import Store
from footfall_gateway.virtual.months import made_up_months
from footfall_processing.gait import Activity, Stride
from footfall_processing.metrics.catalogue import PEAK_ACC
from footfall_processing.pipeline import analyze
from footfall_processing.results.summary import summarize
from footfall_processing.session import Side

RUNNER: Final = "Demo"


@dataclass(frozen=True, slots=True)
class Past:
    """How the made-up runs differ from the recording.

    Parameters
    ----------
    longest_m
        The longest of them is the whole recording; of the others as much of it as they are shorter.
    usual_g
        Each leg's impact over all of them, which the recording's stands for.
    """

    longest_m: float
    usual_g: Mapping[Side, float]

    def strides(self, run: Run, recorded: Sequence[Stride]) -> Iterator[Stride]:
        """Return a run's strides: as many as its share of the way, and each leg's impacts as that run has them."""
        end_s = (run.distance_m or 0.0) / self.longest_m * recorded[-1].next_contact_s
        factor = {side: _impact_g(run, side) / usual for side, usual in self.usual_g.items()}
        for stride in recorded:
            if stride.next_contact_s < end_s:
                peak = stride.peak_acc_mps2
                scaled = None if peak is None or stride.side is None else factor[stride.side] * peak
                yield replace(stride, peak_acc_mps2=scaled)


def _impact_g(run: Run, side: Side) -> float:
    return next(leg for leg in run.legs if leg.side is side and leg.activity is Activity.RUN).medians[PEAK_ACC.name]


def _usual_g(runs: Sequence[Run], side: Side) -> float:
    return fmean(_impact_g(run, side) for run in runs)


def fill(
    store: Store, header: RecordingHeader, recorded: Sequence[Stride], now: datetime, most: int | None = None
) -> None:
    """Put the made-up months into the store, or the last runs of them, with what their runner told."""
    months = made_up_months(now, RUNNER)
    runs = months.runs[-most:] if most else months.runs
    past = Past(max(run.distance_m or 0.0 for run in runs), {side: _usual_g(months.runs, side) for side in Side})
    names = {run.session_id for run in runs}
    store.answers.note(*months.shoes)
    for run in runs:
        session = replace(
            header.session, id=run.session_id, started_utc=run.started_utc, runner_name=RUNNER, shoe=run.shoe
        )
        store.add_session(replace(header, session=session))
        strides = tuple(past.strides(run, recorded))
        store.add_strides(run.session_id, strides)
        store.finish_session(run.session_id, wire.summary_object(summarize(strides, session.sensors)))
    store.answers.note(*(pain for pain in months.pains if pain.session_id in names))
    store.answers.note(*(effort for effort in months.efforts if effort.session_id in names))


def worn_by_somebody(header: RecordingHeader) -> RecordingHeader:
    """Take the sensors for real ones: in a store of its own, what is made up counts as if somebody had run it."""
    return replace(header, recorded_sensors=tuple(replace(one, address="") for one in header.recorded_sensors))


def _at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def main() -> None:
    """Fill the store if it is empty, and push."""
    keep()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("folder", type=Path, metavar="data_folder")
    parser.add_argument("--runs", type=_at_least_one, metavar="N", help="the last so many; by default all")
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
