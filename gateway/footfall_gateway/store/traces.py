"""What the store tells of sensors, and of sessions that go on while another program keeps them."""

from datetime import datetime
from typing import Final

from footfall_gateway.recordings.header import HeaderError, decode_header
from footfall_gateway.store.part import Part
from footfall_gateway.store.rows import read_sensor_summary, read_stride
from footfall_processing.gait import Stride
from footfall_processing.results.windows import Window

_FROM: Final = "FROM session LEFT JOIN edit ON edit.session_id = session.session_id WHERE discarded_utc IS NULL"
_NEWEST_FIRST: Final = "ORDER BY coalesce(edit.started_utc, session.started_utc) DESC, session.session_id DESC"
MOST_UNFINISHED: Final = 16


class Traces(Part):
    """Sessions by what they hold; none of the bin."""

    def ids_with(self, words: str) -> list[str]:
        """Return the sessions whose description holds a word, such as an address in upper case, newest first."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT session.session_id {_FROM} AND instr(upper(header), ?) {_NEWEST_FIRST}", (words,)
            )
            return [session_id for (session_id,) in rows]

    def unfinished(self) -> list[str]:
        """Return the newest sessions that are not over, or were cut off, newest first."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT session.session_id {_FROM} AND summary IS NULL {_NEWEST_FIRST} LIMIT {MOST_UNFINISHED}"
            )
            return [session_id for (session_id,) in rows]

    def strides_after(self, session_id: str, sensor_id: str, initial_contact_s: float) -> list[Stride]:
        """Return a sensor's strides that began later, by initial contact."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT stride FROM stride WHERE session_id = ? AND sensor_id = ? AND initial_contact_us > ? "
                "ORDER BY initial_contact_us",
                (session_id, sensor_id, round(1e6 * initial_contact_s)),
            )
            return [read_stride(text) for (text,) in rows]

    def strides_from(self, runner_name: str, begin_utc: datetime) -> tuple[float, list[Stride]] | None:
        """Return a moment in the seconds of a runner's session that is not over, and its strides from then on.

        `None` where no session of the runner has strides after it; a description that can't be read hides no other.
        """
        for session_id in self.unfinished():
            with self._reading() as connection:
                rows = connection.execute("SELECT header FROM session WHERE session_id = ?", (session_id,)).fetchall()
            for (text,) in rows:
                try:
                    session = decode_header(text.encode()).session
                except HeaderError:
                    continue
                if session.runner_name != runner_name or session.started_utc is None:
                    continue
                begin_s = (begin_utc - session.started_utc).total_seconds()
                strides = [
                    stride
                    for sensor in session.sensors
                    for stride in self.strides_after(session_id, sensor.id, begin_s)
                ]
                if strides:
                    return begin_s, strides
        return None

    def windows_after(self, session_id: str, kind: str, end_s: float) -> list[Window]:
        """Return a session's windows of a kind that ended later, by their end."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT position, begin_s, end_s, summary FROM window WHERE session_id = ? AND kind = ? AND end_s > ? "
                "ORDER BY end_s, sensor_id, activity",
                (session_id, kind, end_s),
            )
            return [
                Window(kind, position, begin_s, ended_s, read_sensor_summary(text))
                for position, begin_s, ended_s, text in rows
            ]
