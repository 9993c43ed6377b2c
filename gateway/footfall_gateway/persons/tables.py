"""A session, and lists of things, in an archive: as JSON, and as CSV for whoever has a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import msgspec

from footfall_gateway import wire
from footfall_gateway.archives import ArchiveWriter
from footfall_gateway.errors import OutsideError
from footfall_gateway.formats.export_files import safe_stem
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.store.database import Store, StoredSession
from footfall_gateway.store.track import COLUMNS
from footfall_processing.results.windows import WINDOW_KINDS


def session_folder(session_id: str) -> str:
    """Return where a session's files lie in the archive."""
    return f"sessions/{safe_stem(session_id) or 'session'}"


def add_session(archive: ArchiveWriter, store: Store, session: StoredSession) -> None:
    """Add all that the store has of a session."""
    session_id = session.header.session.id
    folder = session_folder(session_id)
    add_json(
        archive, f"{folder}/session.json", {**wire.session_object(session), "recording": None, **_changed(session)}
    )
    archive.add(f"{folder}/header.json", msgspec.json.format(encode_header(session.header)) + b"\n")
    if session.summary is not None:
        add_json(archive, f"{folder}/summary.json", session.summary)
    add_table(archive, f"{folder}/strides", [wire.stride_object(stride) for stride in store.strides(session_id)])
    windows = [wire.window_object(w) for kind in WINDOW_KINDS for w in store.windows(session_id, kind)]
    add_table(archive, f"{folder}/windows", windows)
    add_table(archive, f"{folder}/track", _rows_of_track(store, session_id))


def _rows_of_track(store: Store, session_id: str) -> list[dict[str, object]]:
    """Return what a watch recorded, a row a record; nothing where there was none, or it can't be read."""
    with suppress(OutsideError):
        track = store.tracks.of(session_id)
        if track is not None:
            columns = {name: getattr(track, name).tolist() for name in COLUMNS}
            rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
            return [{name: None if value != value else value for name, value in row.items()} for row in rows]
    return []


def _changed(session: StoredSession) -> dict[str, object]:
    """Say what the runner changed of a session."""
    changed: dict[str, object] = msgspec.to_builtins(session.edit)
    return {"changed": {name: value for name, value in changed.items() if value is not None}}


def answers_of(store: Store, names: Iterable[str]) -> dict[str, list[dict[str, object]]]:
    """Return what a person told and was told, by table; also what is of sessions that lie in the bin.

    A try-out's sealed order is in it once it was opened: before, whoever reads it would know what is still to come.
    """
    found: dict[str, list[dict[str, object]]] = {}
    for name in sorted(names):
        told = store.answers
        events = [dict(row) for row in store.plans.rows(name)]
        for title, rows in (
            ("pains", told.pains(name, with_bin=True)),
            ("signs", told.signs(name, with_bin=True)),
            ("efforts", told.efforts(name, with_bin=True)),
            ("shoes", told.shoes(name)),
            ("messages", told.told(name)),
            ("plan-events", events),
        ):
            found.setdefault(title, []).extend(msgspec.to_builtins(row) for row in rows)
    return found


def add_json(archive: ArchiveWriter, name: str, content: Mapping[str, object]) -> None:
    """Add one object."""
    archive.add(name, msgspec.json.format(msgspec.json.encode(content)) + b"\n")


def add_table(archive: ArchiveWriter, name: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows in both formats; nothing where there are none."""
    if rows:
        lines = "".join(wire.json_line(dict(row)) + "\n" for row in rows)
        archive.add(f"{name}.jsonl", lines.encode())
        archive.add(f"{name}.csv", _as_csv(rows).encode())


def _as_csv(rows: Iterable[Mapping[str, object]]) -> str:
    """Write rows with one column for each value; what is within another is named `outer.inner`."""
    flat = [dict(_flat(row)) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def _flat(row: Mapping[str, object], before: str = "") -> Iterable[tuple[str, object]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, list | tuple):
            yield f"{before}{name}", " ".join(map(str, value))
        else:
            yield f"{before}{name}", value
