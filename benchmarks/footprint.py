"""What a runner with two sensors at 200 Hz weighs for an hour: on each disk, and on each way between the parts.

Bytes, messages and points are counted, so other work on the machine changes nothing.
"""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from footfall_gateway import wire
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.influx.points import Item, lines_of_all
from footfall_gateway.mqtt.payloads import BatchCutter, encode_batch
from footfall_gateway.recordings.decoding import decode
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.store.database import Store
from footfall_processing.pipeline import analyze
from footfall_processing.results.summary import summarize
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from measure import Measurement, main
from startup import write_recording

HOUR_S: Final = 3600.0
_BYTES_IN_MB: Final = 1e6


def measure(duration_s: float = HOUR_S) -> list[Measurement]:
    """Count an hour of two feet in packets of the Footfall profile, from the gateway's recording on."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "hour.mcap"
        write_recording(path, duration_s)
        recording = Recording.open(path)
        began = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
        session = replace(recording.header.session, runner_name="Ann", started_utc=began)
        header = replace(recording.header, session=session)
        cutter = BatchCutter()
        batches = [*cutter.push(recording), *cutter.flush()]
        sent = [len(encode_batch(number, batch)) for number, batch in enumerate(batches, 1)]
        strides = analyze(session.sensors, decode(recording), session.runner)
        windows = [one for kind in WINDOW_KINDS.values() for one in cut_into_windows(strides, session.sensors, kind)]
        items: list[Item] = [*strides, *windows]
        lines = lines_of_all(items, header)
        make_folders(folder)
        with Store.open(store_path(folder)) as store:
            store.add_session(header)
            store.add({session.id: [*strides, *windows]})
            store.finish_session(session.id, wire.summary_object(summarize(strides, session.sensors)))
        stored = store_path(folder).stat().st_size
        recorded = path.stat().st_size
    hours = duration_s / HOUR_S
    return [
        Measurement("gateway's recording", recorded / _BYTES_IN_MB / hours, "MB/h"),
        Measurement("gateway to broker, messages", len(sent) / duration_s, "/s"),
        Measurement("gateway to broker, content", sum(sent) / 1000.0 / duration_s, "kB/s"),
        Measurement("points for InfluxDB", len(lines) / duration_s, "/s"),
        Measurement("processor to InfluxDB, lines", sum(map(len, lines)) / 1000.0 / duration_s, "kB/s"),
        Measurement("processor's store", stored / _BYTES_IN_MB / hours, "MB/h"),
    ]


if __name__ == "__main__":
    main("What a runner weighs, two sensors on the feet", measure)
