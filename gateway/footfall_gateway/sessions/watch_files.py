"""A watch's run from a FIT file into the log: with the session that it goes with, or as a run of its own."""

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from footfall_coaching.load import km
from footfall_coaching.run import DistanceSource, Run
from footfall_gateway import wire
from footfall_gateway.clock import SystemClock
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.errors import OutsideError
from footfall_gateway.formats.fit.reading import RUNNING, WatchRun, read_fit
from footfall_gateway.outside import shown
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.addition import Addition, Came
from footfall_gateway.sessions.watch_place import (
    Clocks,
    NoPlaceError,
    clocks_of,
    found_place,
    is_alone,
    is_at_time_of,
    near_runs,
    placed_by_clocks,
    placed_in,
)
from footfall_gateway.store.database import Store
from footfall_gateway.store.programmes import tell_programme
from footfall_gateway.store.run_watch import LEAST_COVERED, running_s_of
from footfall_gateway.store.track import Placed, Track
from footfall_processing.results.summary import summarize
from footfall_processing.session import Session

ENDINGS: Final = (".fit", ".fit.gz")
LEAST_RUNNING_S: Final = 60.0
"""Of a run that a watch alone recorded."""

_OWN_SPORTS: Final = frozenset({RUNNING, "generic", ""})


def is_of_watch(path: Path) -> bool:
    """Tell whether a file is a watch's, by its name."""
    return path.name.lower().endswith(ENDINGS)


def add_watch(path: Path, folder: Path, runner_name: str = "", joins: str = "") -> Addition:
    """Add a watch's run to a data folder: it joins the session that it goes with. Once more adds nothing.

    The session is one whose time it shares, give or take minutes and whole hours, and whose cadence it fits. Where
    there is none, it becomes a run of its own, and joins the session once that comes.

    Parameters
    ----------
    runner_name
        Whose sessions it may go with, and who ran if with none; without, it may go with anybody's.
    joins
        The session that it goes with, where the user said so; then it takes the place of what another file told, and
        the two clocks are believed where cadence does not tell.

    Raises
    ------
    FootfallError
        When the file can't be read, its place can't be told, or the data folder can't be written; nothing is changed.
    """
    read = read_fit(path)
    track = track_of(read)
    remarks = (f"{path}: {read.left_out} records made no sense, and are left out",) if read.left_out else ()
    make_folders(folder)
    with Store.open(store_path(folder)) as store:
        try:
            added = _joined(store, track, joins) if joins else _found(store, track, runner_name)
        except NoPlaceError as error:
            raise NoPlaceError(f"{path}: {error}") from error
        if added.came is Came.ALONE:
            remarks = (*remarks, *tell_programme(store, added.session_id, SystemClock().utc_now()))
    return replace(added, remarks=remarks)


def join_waiting(store: Store, session_id: str) -> tuple[str, ...]:
    """Let what a watch alone recorded join a session that has come since; return what came of it, a line each.

    Of one of that time that can't be placed it is said that both count.
    """
    digests = store.tracks.digests()
    run = store.log.run(session_id) if digests and session_id not in digests else None
    if run is None or run.is_demo or run.started_utc is None:
        return ()
    waiting = {one.session_id for one in store.log.runs(run.runner_name) if is_alone(one)}
    twice: list[str] = []
    for alone_id in sorted(digests.keys() & waiting):
        try:
            kept = store.tracks.of(alone_id)
        except OutsideError:
            continue
        near = [] if kept is None else [one for one in near_runs(store, kept, "") if one.run.session_id == session_id]
        if kept is None or not near:
            continue
        placed = placed_in(store, kept.unplaced(), session_id)
        if placed is not None and clocks_of(placed, run.started_utc).is_likely:
            return (f"A watch's run {_join(store, placed, session_id).words}",)
        if near[0].hours == 0 and near[0].shared_s > 0.0:
            twice.append(
                f"{shown(alone_id)}, a watch's run without sensors, was at the time of session {shown(session_id)}; "
                "cadence does not tell where in it that belongs, and both count. If they are one run, join them: "
                f"footfall add FILE.fit --session {shown(session_id)}"
            )
    return tuple(twice)


def _found(store: Store, track: Track, runner_name: str) -> Addition:
    """Put a track where it belongs by itself."""
    holders = [session_id for session_id, digest in store.tracks.digests().items() if digest == track.digest]
    runs = {one: run for one in holders if (run := store.log.run(one)) is not None}
    binned = {run.session_id for run in store.log.runs(in_bin=True)}
    there = next((run for run in runs.values() if not is_alone(run) and run.session_id not in binned), None)
    if there is not None:
        return named(store, _addition(there, Came.THERE), runner_name)
    alone = next((run for run in runs.values() if run.session_id not in binned), None)
    near = near_runs(store, track, runner_name)
    found = found_place(store, track, near)
    if found is not None:
        session_id, placed = found
        other = store.tracks.digests().get(session_id)
        if other is not None:
            raise NoPlaceError(
                f"session {shown(session_id)} has another file's run of a watch already; put this in its place with "
                f"--session {shown(session_id)}"
            )
        return _join(store, placed, session_id)
    if alone is not None:
        return named(store, _addition(alone, Came.THERE), runner_name)
    if runs:
        return _addition(next(iter(runs.values())), Came.IN_BIN)
    same_time = next((one for one in near if one.hours == 0 and one.shared_s > 0.0), None)
    if same_time is not None:
        of = shown(same_time.run.session_id)
        raise NoPlaceError(
            f"session {of} was at that time, and cadence does not tell where in it this belongs; have it placed by the "
            f"two clocks with --session {of}"
        )
    for session in store.sessions():
        if session.summary is None and is_at_time_of(session.header.session, track):
            raise NoPlaceError(
                f"session {shown(session.header.session.id)} was at that time and is not over, or was cut off; add it "
                "once that is over, or its recording is added whole"
            )
    return _alone(store, track, runner_name)


def _joined(store: Store, track: Track, session_id: str) -> Addition:
    """Put a track into the session that the user named."""
    session = store.session(session_id)
    run = store.log.run(session_id)
    if not session.header.session.sensors or run is None:
        why = "is not over yet" if session.header.session.sensors else "is a watch's run itself"
        raise NoPlaceError(f"session {shown(session_id)} {why}; name another one")
    if store.tracks.digests().get(session_id) == track.digest:
        return _addition(run, Came.THERE)
    placed = placed_in(store, track, session_id) or placed_by_clocks(track, run)
    if placed is None:
        raise NoPlaceError(
            f"cadence does not tell where in session {shown(session_id)} this belongs, and by date it was at another "
            "time; is it the right one? footfall sessions redate sets its date right"
        )
    return _join(store, placed, session_id)


def _join(store: Store, track: Track, session_id: str) -> Addition:
    """Keep a placed track, which is taken from wherever it was before."""
    gone = ""
    for other, digest in store.tracks.digests().items():
        if digest != track.digest or other == session_id:
            continue
        run = store.log.run(other)
        if run is not None and is_alone(run):
            store.log.give_way(other, session_id, SystemClock().utc_now())
            gone = f". Its run without sensors, {shown(other)}, is in the bin now; what was told of it is of this one"
        else:
            store.tracks.remove(other)
            gone = f". It is taken out of session {shown(other)}"
    store.tracks.keep(session_id, track)
    run = store.log.run(session_id)
    assert run is not None, "only a session that is over has a place for a watch"
    clocks = None if run.started_utc is None else clocks_of(track, run.started_utc)
    words = f"joins session {shown(session_id)}: {_placed_words(track, clocks)}. {brought_words(run)}{gone}"
    return Addition(session_id, Came.JOINED, run.started_utc, run.is_demo, words=words)


def _alone(store: Store, track: Track, runner_name: str) -> Addition:
    """Keep a track as a run of its own."""
    if track.sport not in _OWN_SPORTS:
        raise NoPlaceError(f"is of {shown(track.sport)}, and fits into no session; without sensors only runs are added")
    if running_s_of(track) < LEAST_RUNNING_S:
        raise NoPlaceError("has less than a minute of running in it, and fits into no session")
    session_id = f"{track.started_utc:%Y%m%dT%H%M%SZ}-w{track.digest[:4]}"
    worn = [one.name for one in store.answers.shoes(runner_name) if one.since_utc <= track.started_utc]
    session = Session(
        id=session_id,
        started_utc=track.started_utc,
        sensors=(),
        software=f"footfall {version('footfall')}",
        runner_name=runner_name,
        shoe=worn[-1] if worn else "",
    )
    store.add_session(RecordingHeader(session, ()))
    store.tracks.keep(session_id, track)
    lasted = {"duration_s": float(track.t_s[-1])}
    store.finish_session(session_id, wire.summary_object(summarize([], ())) | lasted)
    run = store.log.run(session_id)
    assert run is not None, "what was kept a moment ago is there"
    words = f"added as session {session_id}, a run without sensors, as none of the log was at that time. "
    return replace(_addition(run, Came.ALONE), words=f"{words}{brought_words(run)}")


def named(store: Store, added: Addition, runner_name: str) -> Addition:
    """Say who ran a session that is there already, unless somebody has said so."""
    if added.came is not Came.THERE or not runner_name or store.session(added.session_id).header.session.runner_name:
        return added
    store.log.ran(added.session_id, runner_name)
    return replace(added, came=Came.NAMED, words=f"it is of {shown(runner_name)} now")


def _addition(run: Run, came: Came) -> Addition:
    return Addition(run.session_id, came, run.started_utc, run.is_demo)


def track_of(read: WatchRun) -> Track:
    """Return a watch's run on the watch's own seconds."""
    return Track(
        read.started_utc,
        read.sport,
        read.digest,
        Placed(),
        read.t_s,
        read.cadence_spm,
        read.distance_m,
        read.speed_mps,
        read.heart_rate_bpm,
        read.latitude_deg,
        read.longitude_deg,
        read.altitude_m,
    )


def _placed_words(track: Track, clocks: Clocks | None) -> str:
    """Say how a track was placed, and how the two clocks differ."""
    placed = track.placed
    told = [
        "placed by the two clocks, as cadence does not tell"
        if placed.error_s is None
        else f"placed by cadence to within {max(placed.error_s, 0.1):.1f} s"
    ]
    if clocks is not None and placed.error_s is not None:
        told.append(
            f"the watch's clock was {_long(abs(clocks.ahead_s))} {'ahead' if clocks.ahead_s > 0.0 else 'behind'}"
            if abs(clocks.ahead_s) >= 1.0
            else "the two clocks agreed"
        )
    if clocks is not None and clocks.hours:
        hours = f"{abs(clocks.hours)} h {'ahead' if clocks.hours > 0 else 'behind'}"
        told.append(f"its time zone {hours}, which was set right")
    if abs(placed.rate - 1.0) * 3600.0 >= 0.5:
        loses = "loses" if placed.rate > 1.0 else "gains"
        told.append(f"in an hour it {loses} {3600.0 * abs(placed.rate - 1.0):.1f} s")
    return ", ".join(told)


def brought_words(run: Run) -> str:
    """Say what a run has from its watch."""
    watch = run.watch
    if watch is None:
        return "It can't be read again"
    told = []
    if watch.distance_m is None:
        told.append("It tells no distance")
    elif run.distance_source is DistanceSource.WATCH:
        told.append(f"{km(watch.distance_m)} run, by the watch")
    elif watch.covers < LEAST_COVERED:
        told.append(
            f"{km(watch.distance_m)} run by the watch, which saw {100.0 * watch.covers:.0f} % of the running: "
            "the run's distance stays as it was"
        )
    else:
        own = "" if run.distance_m is None else f", {km(run.distance_m)} as the run has it"
        told.append(f"{km(watch.distance_m)} run by the watch{own}")
    if watch.heart_rate_bpm is not None:
        told.append(f"heart rate {watch.heart_rate_bpm:.0f} per minute on average")
    return "; ".join(told)


def _long(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
