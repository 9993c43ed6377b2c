"""SQLite files: the store, the spool, the inbox, the outbox, as somebody else may have made or damaged them."""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from footfall_gateway import wire
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.mqtt.held import BatchArrival, EndArrival, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import End, encode_batch
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.store import salvage, schema
from footfall_gateway.store.database import Store
from footfall_gateway.store.notes import PainNote, PainSite, ShoeNote
from footfall_gateway.store.progress import progress_of
from footfall_gateway.store.salvage import Kind, is_damaged
from footfall_processing.errors import FootfallError
from footfall_processing.session import Side
from fuzzing.door import Door, put, scratch
from gateway.recordings_for_tests import header, packets, strides

EARLY: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATE: Final = datetime(2200, 1, 1, tzinfo=UTC)


def each(*calls: Callable[[], object]) -> None:
    """Do all, whatever is refused of it."""
    for call in calls:
        with suppress(GatewayError):
            call()


def take_store(data: bytes) -> None:
    """Open a file as a store, read all that is in it, and write to it."""
    with Store.open(put("store.sqlite", data)) as store:
        sessions = store.sessions()
        for session in sessions:
            of = session.header.session.id
            wire.json_line(wire.session_object(session))
            each(
                lambda of=of: store.strides(of),  # type: ignore[misc]
                lambda of=of: store.windows(of, "minute"),  # type: ignore[misc]
                lambda of=of: store.pains(of),  # type: ignore[misc]
                lambda session=session: progress_of(store, session.header),  # type: ignore[misc]
            )
            if session.summary is not None:
                with suppress(FootfallError):
                    wire.companion_summaries(session.summary)
        each(
            store.shoes,
            lambda: store.length_gains(""),
            lambda: store.distances_m("", EARLY, LATE),
            lambda: store.add_session(header("fresh")),
            lambda: store.add_strides("fresh", strides(2)),
            lambda: store.finish_session("fresh", {"strides": 2}),
            lambda: store.note_pain(PainNote("fresh", PainSite.KNEE, Side.LEFT, 3)),
            lambda: store.note_shoe(ShoeNote("", EARLY, "Blue")),
        )


def take_spool(data: bytes) -> None:
    """Open a file as a spool, and go on with it."""
    with closing(Spool.open(put("spool.sqlite", data))) as spool:
        for session in spool.sessions()[:5]:
            of = session.session_id
            each(
                lambda of=of: spool.batches(of, 0, 10),  # type: ignore[misc]
                lambda of=of: spool.digest(of, 1),  # type: ignore[misc]
                lambda of=of: spool.append(of, [tuple(packets(2))]),  # type: ignore[misc]
                lambda of=of: spool.free(of, 1),  # type: ignore[misc]
                lambda of=of: spool.end(of),  # type: ignore[misc]
                lambda of=of: spool.forget(of),  # type: ignore[misc]
            )
        each(lambda: spool.add_session("fresh", "", b"{}", Path("a.mcap")))


def take_inbox(data: bytes) -> None:
    """Open a file as an inbox, read what waits in it, and take more."""
    inbox = Inbox(put("inbox.sqlite", data))
    try:
        for key, held in list(inbox.sessions.items())[:5]:
            each(
                lambda held=held: inbox.batches(held, 0, 10),  # type: ignore[misc]
                lambda held=held: inbox.checkpoint(held),  # type: ignore[misc]
                lambda held=held: held.digest,  # type: ignore[misc]
                lambda key=key: inbox.take([BatchArrival(key, 1, b"x"), EndArrival(key, End(2))]),  # type: ignore[misc]
                lambda key=key: inbox.try_again(key.session_id),  # type: ignore[misc]
                lambda key=key: inbox.end_unfinished(key.session_id),  # type: ignore[misc]
            )
        fresh = SessionKey("gateway", "", "fresh")
        batch = encode_batch(1, tuple(packets(2)))
        each(
            lambda: inbox.take([HeaderArrival(fresh, encode_header(header("fresh"))), BatchArrival(fresh, 1, batch)]),
            lambda: inbox.try_after_update("another"),
        )
    finally:
        with suppress(GatewayError):
            inbox.close()


def take_outbox(data: bytes) -> None:
    """Open a file as an outbox, read what waits in it, and put more there."""
    with Outbox(put("outbox.sqlite", data)) as outbox:
        each(outbox.waiting, outbox.refused, lambda: outbox.put(["a,b=c d=1 1"]))
        waiting = outbox.oldest()
        if waiting is not None:
            outbox.free(waiting, [("a", "b")])


KINDS: Final = (Kind(schema.APPLICATION_ID, schema.MIGRATIONS),)


def take_damaged(data: bytes) -> None:
    """Salvage a damaged store; what comes of it is sound, and the damaged one is kept."""
    path = put("damaged.sqlite", data)
    for old in scratch().glob("damaged.sqlite.*"):
        old.unlink()
    if not is_damaged(path):
        return
    found = salvage.salvage(path, KINDS[0], EARLY)
    assert found.aside.read_bytes() == data, "the damaged file is another now"
    assert not is_damaged(path), "what was salvaged is damaged"
    take_store(path.read_bytes())


def _doors() -> Iterator[Door]:
    door = Door("store", "the store, SQLite", take_store, most_bytes=65_536)
    yield door
    yield replace(door, name="store-damaged", bytes_are="a store that is to be salvaged", take=take_damaged)
    yield replace(door, name="spool", bytes_are="a gateway's spool, SQLite", take=take_spool)
    yield replace(door, name="inbox", bytes_are="the processor's inbox, SQLite", take=take_inbox)
    yield replace(door, name="outbox", bytes_are="the outbox for InfluxDB, SQLite", take=take_outbox)


DOORS: Final = tuple(_doors())
