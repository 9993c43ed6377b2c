"""SQLite files: the store, the spool, the inbox, the outbox, as somebody else may have made or damaged them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from footfall_coaching.answers import Effort, Pain, PainSite, Phase, Shoe, Sign, SignNote
from footfall_coaching.course import told_speed
from footfall_coaching.message import Message
from footfall_coaching.programme.events import GivenUp
from footfall_coaching.run import DistanceSource, Minute
from footfall_gateway import wire
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx import outbox
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.mqtt import inbox, spool
from footfall_gateway.mqtt.held import BatchArrival, EndArrival, HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.payloads import End, encode_batch
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.sessions.watch_files import join_waiting
from footfall_gateway.store import salvage, schema
from footfall_gateway.store.database import Store
from footfall_gateway.store.programmes import tell_programme
from footfall_gateway.store.run_course import KeptMinutes, written_minutes
from footfall_gateway.store.salvage import Kind, is_damaged
from footfall_gateway.store.standing import plan_for, standing_of
from footfall_gateway.store.track import places_in, read_track
from footfall_processing.errors import FootfallError
from footfall_processing.session import Side
from fuzzing.door import Door, put, scratch
from fuzzing.files import check_track
from gateway.recordings_for_tests import header, packets, strides

EARLY: Final = datetime(1970, 1, 1, tzinfo=UTC)
MIDDLE: Final = datetime(2026, 11, 21, 18, tzinfo=UTC)
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
                partial(store.strides, of),
                partial(store.windows, of, "1min"),
                partial(store.answers.pains_of, of),
                partial(standing_of, store, of),
                partial(store.tracks.of, of),
                partial(join_waiting, store, of),
            )
            if session.summary is not None:
                with suppress(FootfallError):
                    wire.companion_summaries(session.summary)
        each(
            store.answers.shoes,
            lambda: store.length_gains(""),
            lambda: [len(run.minutes) for run in store.log.runs()],
            lambda: store.log.runs("", in_bin=True),
            lambda: store.answers.pains(""),
            lambda: store.answers.signs("Ann"),
            lambda: store.answers.efforts("Ann"),
            lambda: store.answers.told("Ann"),
            lambda: store.plans.events(""),
            lambda: list(store.plans.rows("")),
            lambda: plan_for(store, "", MIDDLE),
            lambda: tell_programme(store, "fresh", LATE, UTC),
            lambda: store.plans.note("", EARLY, GivenUp(EARLY)),
            store.log.discarded,
            store.tracks.digests,
            lambda: store.add_session(header("fresh")),
            lambda: store.add_strides("fresh", strides(2)),
            lambda: store.finish_session("fresh", {"strides": 2}),
            lambda: store.tracks.steps("fresh"),
            lambda: join_waiting(store, "fresh"),
            lambda: store.answers.note(Pain("", "fresh", EARLY, Phase.DURING, PainSite.KNEE, Side.LEFT, 3)),
            lambda: store.answers.note(Shoe("", EARLY, "Blue")),
            lambda: store.answers.note(SignNote("", "", LATE, Sign.SWELLING), Effort("fresh", 3, None)),
            lambda: store.answers.tell(Message("rule", 1, "", "", EARLY, "words", {"a": [1.5, None]})),
            lambda: store.log.went("fresh", 8000.0, DistanceSource.WATCH),
            lambda: store.log.rename("fresh", "Lake"),
            lambda: store.log.discard("fresh", LATE),
        )


def take_spool(data: bytes) -> None:
    """Open a file as a spool, and go on with it."""
    with closing(Spool.open(put("spool.sqlite", data))) as opened:
        for session in opened.sessions()[:5]:
            of = session.session_id
            each(
                partial(opened.batches, of, 0, 10),
                partial(opened.digest, of, 1),
                partial(opened.append, of, [tuple(packets(2))]),
                partial(opened.free, of, 1),
                partial(opened.end, of),
                partial(opened.forget, of),
            )
        each(lambda: opened.add_session("fresh", "", b"{}", Path("a.mcap")))


def take_inbox(data: bytes) -> None:
    """Open a file as an inbox, read what waits in it, and take more."""
    opened = Inbox(put("inbox.sqlite", data))
    try:
        for key, held in list(opened.sessions.items())[:5]:
            each(
                partial(opened.next_batches, held, 0, 10),
                partial(opened.checkpoint, held),
                partial(getattr, held, "digest"),
                partial(opened.take, [BatchArrival(key, 1, b"x"), EndArrival(key, End(2))]),
                partial(opened.try_again, key.session_id),
                partial(opened.end_unfinished, key.session_id),
            )
        fresh = SessionKey("gateway", "", "fresh")
        batch = encode_batch(1, tuple(packets(2)))
        each(
            lambda: opened.take([HeaderArrival(fresh, encode_header(header("fresh"))), BatchArrival(fresh, 1, batch)]),
            lambda: opened.try_after_update("another"),
        )
    finally:
        with suppress(GatewayError):
            opened.close()


def take_outbox(data: bytes) -> None:
    """Open a file as an outbox, read what waits in it, and put more there."""
    with Outbox(put("outbox.sqlite", data)) as opened:
        each(opened.waiting, opened.refused, lambda: opened.put(["a,b=c d=1 1"]))
        waiting = opened.oldest()
        if waiting is not None:
            opened.free(waiting, [("a", "b")])


_STORE: Final = (Kind(schema.APPLICATION_ID, schema.MIGRATIONS), take_store)
_KINDS: Final[Mapping[int, tuple[Kind, Callable[[bytes], None]]]] = {
    module.APPLICATION_ID: (Kind(module.APPLICATION_ID, module.MIGRATIONS), take)
    for module, take in ((spool, take_spool), (inbox, take_inbox), (outbox, take_outbox))
}


def take_damaged(data: bytes) -> None:
    """Salvage a damaged file; what comes of it is sound, and the damaged one is kept."""
    path = put("damaged.sqlite", data)
    for old in scratch().glob("damaged.sqlite.*"):
        old.unlink()
    if not is_damaged(path):
        return
    kind, take = _KINDS.get(int.from_bytes(data[68:72], "big"), _STORE)
    found = salvage.salvage(path, kind, EARLY)
    assert found.aside.read_bytes() == data, "the damaged file is another now"
    assert not is_damaged(path), "what was salvaged is damaged"
    take(path.read_bytes())


def take_minutes(data: bytes) -> None:
    """Read a run's minutes as the store keeps them; what is read is written to the same again."""
    minutes = list(KeptMinutes(data))
    again = list(KeptMinutes(written_minutes(minutes)))
    assert [_counted(one) for one in again if one.begin_s == one.begin_s] == [
        _counted(one) for one in minutes if one.begin_s == one.begin_s
    ]
    for minute in minutes:
        assert (told := told_speed(minute)) is None or told[0] > 0.0


def _counted(minute: Minute) -> tuple[float, int, int, bool]:
    return minute.begin_s, len(minute.legs), len(minute.speeds_mps), minute.slope_percent is None


def take_track(data: bytes) -> None:
    """Read what a watch recorded as the store keeps it."""
    track = read_track("", data)
    check_track(track)
    for again in (track.unplaced(), track.without_places()):
        check_track(again)
    places_in("", data)


def _doors() -> Iterator[Door]:
    door = Door("store", "the store, SQLite", take_store, most_bytes=65_536)
    yield door
    yield replace(door, name="store-damaged", bytes_are="a damaged file, SQLite", take=take_damaged)
    yield replace(door, name="run-minutes", bytes_are="a run's minutes in the store, MessagePack", take=take_minutes)
    yield replace(door, name="track", bytes_are="a watch's track in the store, MessagePack", take=take_track)
    yield replace(door, name="spool", bytes_are="a gateway's spool, SQLite", take=take_spool)
    yield replace(door, name="inbox", bytes_are="the processor's inbox, SQLite", take=take_inbox)
    yield replace(door, name="outbox", bytes_are="the outbox for InfluxDB, SQLite", take=take_outbox)


DOORS: Final = tuple(_doors())
