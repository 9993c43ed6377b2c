"""Old sessions from the embedded store into InfluxDB: the same points that a live run writes."""

from collections.abc import Callable, Iterator

from footfall_gateway.influx.outbox import BATCH_POINTS
from footfall_gateway.influx.points import called, lines_of, pain_line, shoe_line
from footfall_gateway.influx.writer import InfluxWriter
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.store.database import Store
from footfall_gateway.store.kept_signals import with_kept_signals
from footfall_gateway.store.standing import standing_of
from footfall_processing.gait import Stride
from footfall_processing.results.running import results_of
from footfall_processing.results.windows import Window


def session_lines(store: Store, header: RecordingHeader, whose: Callable[[str], str]) -> Iterator[str]:
    """Return a stored session's points: strides, windows, session, load and pain; the runner as `whose` calls him."""
    session = header.session
    stand, header = standing_of(store, session.id), called(header, whose)
    strides = store.strides(session.id)
    windows, summary = results_of(strides, session.sensors, session.begin_s)
    items: tuple[Stride | Window, ...] = (*strides, *windows)
    for item in items:
        yield from lines_of(item, header)
    if strides:
        yield from lines_of(with_kept_signals(summary, strides, store.session(session.id).summary), header)
    if stand is not None:
        yield from lines_of(stand, header)
    for pain in store.answers.pains_of(session.id):
        yield pain_line(pain, header)


def shoe_lines(store: Store, whose: Callable[[str], str]) -> list[str]:
    """Return all runners' changes of shoes; the runners as `whose` calls them."""
    return [shoe_line(note, whose) for note in store.answers.shoes()]


def send(lines: Iterator[str], writer: InfluxWriter, sent: Callable[[int], None]) -> list[tuple[str, str]]:
    """Send points in batches; tell after each how many have been sent, and return what InfluxDB refuses for good.

    Raises
    ------
    InfluxError
        When InfluxDB can't be reached, or does not let us write; sending all again is harmless.
    """
    refused: list[tuple[str, str]] = []
    batch: list[str] = []

    def send_batch() -> None:
        refused.extend(writer.write(batch))
        sent(len(batch))
        batch.clear()

    for line in lines:
        batch.append(line)
        if len(batch) == BATCH_POINTS:
            send_batch()
    send_batch()
    return refused
