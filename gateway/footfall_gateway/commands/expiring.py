"""`footfall sessions expiring`: what has been kept for long enough, and is removed."""

from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from footfall_gateway import console, wire
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder
from footfall_gateway.persons.person import counted
from footfall_gateway.persons.retention import KEEP_RECORDINGS, KEEP_SESSIONS, Age, Retention, expired, remove_expired
from footfall_processing.errors import InputError


def _age(_: object, text: str) -> None:
    """Take an age, or none."""
    try:
        Age.parse(text or "1 day", "")
    except InputError:
        raise ValueError("Give an age such as 90 days, 6 months or 2 years.") from None


KeepRecordings = Annotated[
    str, Parameter(name="--keep-recordings", env_var=KEEP_RECORDINGS, show_default=False, validator=_age)
]
KeepSessions = Annotated[
    str, Parameter(name="--keep-sessions", env_var=KEEP_SESSIONS, show_default=False, validator=_age)
]


def list_expiring(
    *,
    keep_recordings: KeepRecordings = "",
    keep_sessions: KeepSessions = "",
    remove: bool = False,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """List what is older than it is to be kept, and what of it is removed. Nothing is, unless an age is given.

    `footfall process` removes it once a day, where the settings give the ages. What is not complete, or has not
    been sent on, is never removed, however old it is.

    Parameters
    ----------
    keep_recordings
        How long what the sensors sent is kept, such as 90 days or 6 months; results stay.
    keep_sessions
        How long all of a session is kept.
    remove
        Remove it now.
    data_dir
        Where recordings and the store are.
    json
        Print one JSON line for each session.
    """
    retention = Retention(
        Age.parse(keep_recordings, "--keep-recordings") if keep_recordings else None,
        Age.parse(keep_sessions, "--keep-sessions") if keep_sessions else None,
    )
    gone = expired(data_dir, retention, SystemClock().utc_now())
    if remove:
        remove_expired(data_dir, gone)
    if json:
        for one in gone:
            console.write_line(
                wire.json_line(
                    {
                        "type": "expired",
                        "session_id": one.session_id,
                        "started_utc": one.started_utc.isoformat(),
                        "recording_bytes": one.recording_bytes,
                        "with_results": one.with_results,
                        "removed": remove,
                    }
                )
            )
        return
    out = console.stdout_console()
    if retention == Retention():
        out.print(f"Everything is kept for ever: neither {KEEP_RECORDINGS} nor {KEEP_SESSIONS} is set.")
        return
    table = Table("Session", "Started", "Goes", "MB")
    for one in gone:
        what = "all of it" if one.with_results else "the recording"
        size = f"{one.recording_bytes / 1e6:.1f}"
        table.add_row(one.session_id, f"{one.started_utc.astimezone():%Y-%m-%d %H:%M}", what, size)
    out.print(table if gone else "Nothing is older than it is to be.")
    if gone and remove:
        out.print(f"Removed from {counted(len(gone), 'session')}.")
