"""`footfall push`: sessions from the embedded store to InfluxDB."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console, wire
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder
from footfall_gateway.commands.outputs import called_in_influx, influx_from_settings
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx.backfill import send, session_lines, shoe_lines
from footfall_gateway.influx.points import runner_tag
from footfall_gateway.influx.runners import InfluxRunners
from footfall_gateway.influx.settings import RUNNERS
from footfall_gateway.influx.writer import InfluxWriter
from footfall_gateway.outside import LONGEST_SESSION_S
from footfall_gateway.store.database import Store, StoredSession
from footfall_gateway.store.lookup import find_session, open_store
from footfall_processing.errors import InputError


def push(
    sessions: Annotated[tuple[str, ...], Parameter(name="SESSION")] = (),
    /,
    *,
    demos: bool = False,
    again: bool = False,
    drop_names: Annotated[bool, Parameter(name="--drop-names")] = False,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Write sessions of the store to InfluxDB, by default all but demos. Once more changes nothing there.

    InfluxDB is named by FOOTFALL_INFLUX_URL, and its token by FOOTFALL_INFLUX_TOKEN_FILE or FOOTFALL_INFLUX_TOKEN;
    organisation and bucket are footfall unless FOOTFALL_INFLUX_ORG and FOOTFALL_INFLUX_BUCKET say otherwise. Runners
    are called by pseudonym there (`footfall person list` tells whose), or by name where FOOTFALL_INFLUX_RUNNERS is
    names.

    Parameters
    ----------
    sessions
        Their ids as `footfall sessions list` shows them, or last: the newest that somebody ran.
    demos
        Also those that nobody ran: played, or synthetic. One that is named is written in any case.
    again
        First remove the strides and windows that are there of these sessions: after footfall reprocess, so that older
        ones don't stay beside the new.
    drop_names
        Then remove what is there under runners' names, from before they were called by pseudonym; sensors' health,
        of which the store has the last alone, goes with it.
    data_dir
        Where the store is.
    json
        Print one JSON line that tells what was written.
    """
    settings = influx_from_settings()
    if drop_names and (sessions or settings.with_names):
        raise InputError(f"--drop-names is for a push of all sessions under pseudonyms: name none, and unset {RUNNERS}")
    whose = called_in_influx(settings, data_dir)
    with open_store(data_dir) as store, InfluxWriter(settings) as writer:
        found = [find_session(store, name, data_dir, console.remark) for name in sessions] or [
            session for session in store.sessions() if demos or drop_names or not session.header.is_demo
        ]
        dated = [session for session in found if session.header.session.started_utc is not None]
        for session in found:
            if session not in dated:
                console.remark(f"Session {session.header.session.id} is left out: it has no date.")
        if again:
            with InfluxRunners(settings) as runners:
                for session, end in _with_ends(dated, store.sessions(with_bin=True)):
                    began = session.header.session.started_utc
                    assert began is not None
                    runners.remove_course(runner_tag(whose(session.header.session.runner_name)), began, end)
        points, refused = _push(store, writer, dated, whose)
        names = {session.header.session.runner_name for session in found} | {
            note.runner_name for note in store.answers.shoes()
        }
    if refused:
        raise GatewayError(f"InfluxDB refuses {len(refused)} of {points} points, the first with: {refused[0][1]}")
    if drop_names:
        with InfluxRunners(settings) as runners:
            for name in sorted(names - {""}):
                runners.remove(runner_tag(name))
    if json:
        ids = [session.header.session.id for session in dated]
        console.write_line(wire.json_line({"type": "push", "sessions": ids, "points": points}))
    else:
        console.write_line(f"{points} points of {len(dated)} sessions are in InfluxDB, bucket {settings.bucket}.")


def _with_ends(
    sessions: Iterable[StoredSession], known: Iterable[StoredSession]
) -> Iterator[tuple[StoredSession, datetime]]:
    """Yield sessions with when they were over at the latest: what follows of the same runner is none of theirs."""
    began: dict[str, list[datetime]] = {}
    for one in known:
        if one.header.session.started_utc is not None:
            began.setdefault(one.header.session.runner_name, []).append(one.header.session.started_utc)
    for session in sessions:
        about = session.header.session
        assert about.started_utc is not None
        later = [moment for moment in began.get(about.runner_name, ()) if moment > about.started_utc]
        over = min((*later, about.started_utc + timedelta(seconds=LONGEST_SESSION_S)))
        # whether the end counts differs between versions of InfluxDB
        yield session, over - timedelta(microseconds=1)


def _push(
    store: Store, writer: InfluxWriter, sessions: list[StoredSession], whose: Callable[[str], str]
) -> tuple[int, list[tuple[str, str]]]:
    """Return how many points were sent, and those refused for good."""
    points = 0

    def count(sent: int) -> None:
        nonlocal points
        points += sent

    refused = send(iter(shoe_lines(store, whose)), writer, count)
    with console.progress("Pushing", total_s=float(sum(session.strides for session in sessions))) as advance_to:
        done = 0
        for session in sessions:
            refused += send(session_lines(store, session.header, whose), writer, count)
            done += session.strides
            advance_to(float(done))
    return points, refused
