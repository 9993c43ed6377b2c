"""`footfall sessions rename` and its like: what is set right afterwards, and the bin."""

from typing import Annotated

from cyclopts import Parameter

from footfall_coaching.edits import beginning_from, distance_m_from
from footfall_coaching.load import km
from footfall_coaching.run import DistanceSource
from footfall_coaching.told_distance import doubt_of
from footfall_gateway import console, settings
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, RunnerName
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.persons.bin import remove_for_good
from footfall_gateway.store.lookup import find_run, open_store
from footfall_processing.errors import InputError
from footfall_processing.plain_text import shown

SessionName = Annotated[str, Parameter(name="SESSION")]


def rename(
    session: SessionName,
    title: Annotated[str, Parameter(name="TITLE")],
    /,
    *,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Give a session a title; an empty one takes it away.

    Parameters
    ----------
    session
        Its id as `footfall sessions list` shows it, or last.
    title
        One line.
    data_dir
        Where the store is.
    """
    with open_store(data_dir) as store:
        session_id = find_run(store, session, data_dir).header.session.id
        store.log.rename(session_id, title)
    console.write_line(f"Session {session_id}: {title.strip() or 'has no title'}")


def redate(
    session: SessionName, when: Annotated[str, Parameter(name="WHEN")], /, *, data_dir: DataFolder = DEFAULT_DATA_FOLDER
) -> None:
    """Say when a session began.

    Parameters
    ----------
    session
        Its id as `footfall sessions list` shows it, or last.
    when
        Date and time, such as 2026-05-03T08:15, in this computer's time zone unless it names another (Z for UTC).
    data_dir
        Where the store is.
    """
    moment = beginning_from(when, LocalZone(), SystemClock().utc_now())
    with open_store(data_dir) as store:
        session_id = find_run(store, session, data_dir).header.session.id
        store.log.redate(session_id, moment)
    console.write_line(f"Session {session_id}: began {moment.astimezone():%Y-%m-%d %H:%M}")


def shoe(
    session: SessionName, name: Annotated[str, Parameter(name="NAME")], /, *, data_dir: DataFolder = DEFAULT_DATA_FOLDER
) -> None:
    """Say which shoes a session was in.

    Parameters
    ----------
    session
        Its id as `footfall sessions list` shows it, or last.
    name
        As you call the pair; empty for unknown.
    data_dir
        Where the store is.
    """
    with open_store(data_dir) as store:
        session_id = find_run(store, session, data_dir).header.session.id
        store.log.wore(session_id, name)
    console.write_line(f"Session {session_id}: {name.strip() or 'in unknown shoes'}")


def runner(
    *words: Annotated[str, Parameter(name="SESSION... NAME", show_default=False)],
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Say who ran sessions; an empty name is nobody's. What was told of them goes along.

    With the last session without a name goes what else has none (mornings, shoes, a calibration), unless sessions
    without a name were given to several runners.

    Recordings stay as they are, and so does what was sent to another computer before.

    Parameters
    ----------
    words
        The sessions, by their ids as `footfall sessions list` shows them, or last; then the runner's name.
    data_dir
        Where the store is.
    """
    *sessions, name = words or ("",)
    if not sessions:
        raise InputError("name the sessions, and then who ran: footfall sessions runner last Anna")
    with open_store(data_dir) as store:
        if name in {one.header.session.id for one in store.sessions(with_bin=True)}:
            raise InputError(f"{name} is a session: who ran comes last, as in footfall sessions runner {name} Anna")
        found = [find_run(store, session, data_dir).header.session.id for session in sessions]
        was = {store.log.ran(session_id, name) for session_id in found}
        told = store.session(found[0]).header.session.runner_name
        names = {one.header.session.runner_name for one in store.sessions(with_bin=True)}
        is_rest_left = "" in was - names and "" in store.answers.names()
    for session_id in found:
        console.write_line(f"Session {session_id}: {f'of {shown(told)}' if told else 'of nobody who has a name'}")
    if is_rest_left:
        console.remark(
            "No session is left without a name, but mornings, signs or shoes are: sessions without a name were given "
            "to several runners, so nobody can tell whose these are. They stay where they are."
        )
    if was - {told} and settings.load().settings.influx_url:
        before = ", ".join(shown(one) or "nobody named" for one in sorted(was - {told}))
        console.remark(
            f"InfluxDB has points of them under the runner that they had ({before}). footfall push "
            f"{' '.join(found)} writes them under the new one; those before stay until they are removed there."
        )


def distance(
    session: SessionName,
    kilometres: Annotated[str, Parameter(name="KM", show_default=False)] = "",
    /,
    *,
    source: DistanceSource = DistanceSource.TOLD,
    yes: bool = False,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Say how far was run, walking left out; without a distance, it is left to the sensors again.

    A distance that nobody runs in that time, or that is far from the measured one, is asked for once more.

    Parameters
    ----------
    session
        Its id as `footfall sessions list` shows it, or last.
    kilometres
        How far, such as 8.5 or 8,5.
    source
        Who says so.
    yes
        It is so, however odd it looks.
    data_dir
        Where the store is.
    """
    distance_m = distance_m_from(kilometres, 1000.0, "km")
    with open_store(data_dir) as store:
        session_id = find_run(store, session, data_dir).header.session.id
        run = store.log.run(session_id)
        doubt = "" if yes or run is None else doubt_of(run, distance_m)
        if doubt:
            raise InputError(f"{doubt}; if it is so, say it again with --yes")
        store.log.went(session_id, distance_m, source)
    console.write_line(f"Session {session_id}: {'as the sensors say' if distance_m is None else km(distance_m)}")


def detach(session: SessionName, /, *, data_dir: DataFolder = DEFAULT_DATA_FOLDER) -> None:
    """Take a watch's run out of a session again: its distance, heart rate and places.

    Parameters
    ----------
    session
        Its id as `footfall sessions list` shows it, or last.
    data_dir
        Where the store is.
    """
    with open_store(data_dir) as store:
        found = find_run(store, session, data_dir).header.session
        if not found.sensors:
            raise InputError(
                f"session {found.id} is a watch's run itself; footfall sessions delete puts it into the bin"
            )
        was_there = store.tracks.remove(found.id)
    console.write_line(f"Session {found.id}: {'without its watch' if was_there else 'has no run of a watch'}")


def delete(*sessions: SessionName, data_dir: DataFolder = DEFAULT_DATA_FOLDER) -> None:
    """Put sessions into the bin: they count nowhere. `sessions restore` brings them back, `sessions empty-bin` doesn't.

    Parameters
    ----------
    sessions
        Their ids as `footfall sessions list` shows them.
    data_dir
        Where the store is.
    """
    with open_store(data_dir) as store:
        for session_id in _named(sessions):
            store.log.discard(session_id, SystemClock().utc_now())
            console.write_line(f"Session {session_id}: in the bin. Back: footfall sessions restore {session_id}")


def restore(*sessions: SessionName, data_dir: DataFolder = DEFAULT_DATA_FOLDER) -> None:
    """Take sessions out of the bin.

    Parameters
    ----------
    sessions
        Their ids as `footfall sessions list --bin` shows them.
    data_dir
        Where the store is.
    """
    with open_store(data_dir) as store:
        for session_id in _named(sessions):
            store.log.bring_back(session_id)
            console.write_line(f"Session {session_id}: back")


def empty_bin(
    *, runner: RunnerName | None = None, yes: bool = False, data_dir: DataFolder = DEFAULT_DATA_FOLDER
) -> None:
    """Remove for good what lies in the bin, recordings too. What is in InfluxDB and in backups stays there.

    Parameters
    ----------
    runner
        Only this runner's.
    yes
        Do it: without, it is only said what would go.
    data_dir
        Where recordings and the store are.
    """
    with open_store(data_dir) as store:
        gone = store.log.discarded(runner)
    if not gone:
        console.write_line("The bin is empty.")
    elif yes:
        remove_for_good(data_dir, gone)
        console.write_line(f"Removed for good: {', '.join(gone)}")
    else:
        console.write_line(f"Would be removed for good: {', '.join(gone)}. Do it: footfall sessions empty-bin --yes")


def _named(sessions: tuple[str, ...]) -> tuple[str, ...]:
    if not sessions:
        raise InputError("name the sessions; `footfall sessions list` shows their ids")
    return sessions
