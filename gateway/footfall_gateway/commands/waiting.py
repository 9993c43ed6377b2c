"""`footfall sessions waiting`: what `footfall process` has and has not computed, and why."""

from rich.table import Table
from rich.text import Text

from footfall_gateway import console, wire
from footfall_gateway.commands.kept_files import WaitingSession, in_inbox
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder
from footfall_gateway.outside import shown


def list_waiting(*, data_dir: DataFolder = DEFAULT_DATA_FOLDER, json: bool = False) -> None:
    """List the sessions that gateways sent and that are not done: those that wait for their rest, or are set aside.

    One that was set aside is tried again after an update, or with `footfall process --retry SESSION`; one whose gateway
    is gone for good is ended with `footfall process --end SESSION`.

    Parameters
    ----------
    data_dir
        Where `footfall process` keeps what has arrived.
    json
        Print one JSON line for each session.
    """
    sessions = in_inbox(data_dir).sessions
    if json:
        for session in sessions:
            console.write_line(wire.json_line(_object(session)))
        return
    table = Table("Session", "Gateway", "Batches", "MB", "State")
    for session in sessions:
        of = "" if session.last_sequence is None else f" of {session.last_sequence}"
        row = session.session_id, session.gateway, f"{session.batches}{of}", f"{session.batch_bytes / 1e6:.1f}"
        table.add_row(*(Text(shown(text)) for text in (*row, _state(session))))
    console.stdout_console().print(table if sessions else "Nothing waits: all that came is computed.")


def _object(session: WaitingSession) -> wire.JsonObject:
    return {
        "type": "waiting",
        "session_id": session.session_id,
        "gateway": session.gateway,
        "batches": session.batches,
        "last_sequence": session.last_sequence,
        "bytes": session.batch_bytes,
        "set_aside": session.aside or None,
    }


def _state(session: WaitingSession) -> str:
    if session.aside:
        return f"set aside: {session.aside}"
    if session.last_sequence is None or session.batches < session.last_sequence:
        return "waits for its rest"
    return "is to be computed"
