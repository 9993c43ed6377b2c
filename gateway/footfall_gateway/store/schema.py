"""The tables of the embedded store, version by version."""

from typing import Final

APPLICATION_ID: Final = 0x466F6F74
"""Marks the SQLite file as Footfall's: `Foot` in ASCII."""

_WHOSE_PAIN: Final = """
    UPDATE pain SET
        runner = coalesce(
            (SELECT CASE WHEN json_valid(header) THEN json_extract(header, '$.runner_name') END
             FROM session WHERE session.session_id = pain.session_id), ''),
        noted_utc = coalesce(
            (SELECT started_utc FROM session WHERE session.session_id = pain.session_id),
            strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))
    WHERE noted_utc = ''
"""
"""Of a pain of which no more was kept than its session, say whose it was, and when; a damaged header names nobody."""
AFTER_SALVAGE: Final = (_WHOSE_PAIN,)
"""What is to be done with rows that a file of an older version had."""

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """
        CREATE TABLE session (
            session_id TEXT NOT NULL PRIMARY KEY,
            started_utc TEXT,
            software TEXT NOT NULL,
            recording TEXT,
            header TEXT NOT NULL,
            summary TEXT
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE sensor (
            session_id TEXT NOT NULL REFERENCES session,
            sensor_id TEXT NOT NULL,
            placement TEXT NOT NULL,
            side TEXT,
            sampling_rate_hz REAL NOT NULL,
            has_gyro INTEGER NOT NULL,
            profile TEXT NOT NULL,
            address TEXT NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (session_id, sensor_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE stride (
            session_id TEXT NOT NULL REFERENCES session,
            sensor_id TEXT NOT NULL,
            initial_contact_us INTEGER NOT NULL,
            initial_contact_s REAL NOT NULL,
            toe_off_s REAL,
            next_contact_s REAL NOT NULL,
            side TEXT,
            activity TEXT NOT NULL,
            strike TEXT,
            strike_confidence REAL,
            confidence REAL NOT NULL,
            quality TEXT NOT NULL,
            stride TEXT NOT NULL,
            PRIMARY KEY (session_id, sensor_id, initial_contact_us)
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE length_gain (
            runner TEXT NOT NULL,
            placement TEXT NOT NULL,
            side TEXT NOT NULL,
            factor REAL NOT NULL,
            sd REAL NOT NULL,
            session_id TEXT NOT NULL,
            PRIMARY KEY (runner, placement, side)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE window (
            session_id TEXT NOT NULL REFERENCES session,
            sensor_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            position INTEGER NOT NULL,
            activity TEXT NOT NULL,
            begin_s REAL NOT NULL,
            end_s REAL NOT NULL,
            strides INTEGER NOT NULL,
            summary TEXT NOT NULL,
            PRIMARY KEY (session_id, sensor_id, kind, position, activity)
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE pain (
            session_id TEXT NOT NULL REFERENCES session,
            site TEXT NOT NULL,
            side TEXT NOT NULL,
            level INTEGER NOT NULL,
            PRIMARY KEY (session_id, site, side)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE shoe (
            runner TEXT NOT NULL,
            since_utc TEXT NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (runner, since_utc)
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE run (
            session_id TEXT NOT NULL REFERENCES session,
            version INTEGER NOT NULL,
            stamp INTEGER NOT NULL,
            runner TEXT NOT NULL,
            digest BLOB NOT NULL,
            minutes BLOB NOT NULL,
            PRIMARY KEY (session_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE edit (
            session_id TEXT NOT NULL REFERENCES session,
            title TEXT,
            started_utc TEXT,
            shoe TEXT,
            distance_m REAL,
            distance_source TEXT,
            discarded_utc TEXT,
            PRIMARY KEY (session_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE hurt (
            runner TEXT NOT NULL DEFAULT '',
            session_id TEXT NOT NULL,
            noted_utc TEXT NOT NULL DEFAULT '',
            phase TEXT NOT NULL DEFAULT 'during',
            site TEXT NOT NULL,
            side TEXT NOT NULL,
            level INTEGER NOT NULL,
            PRIMARY KEY (runner, session_id, noted_utc, phase, site, side)
        ) STRICT, WITHOUT ROWID
        """,
        # what was noted before is of the run; a header that can't be read names nobody
        "INSERT INTO hurt (session_id, site, side, level) SELECT session_id, site, side, level FROM pain",
        "DROP TABLE pain",
        "ALTER TABLE hurt RENAME TO pain",
        _WHOSE_PAIN,
        "ALTER TABLE shoe ADD COLUMN is_minimal INTEGER NOT NULL DEFAULT 0",
        """
        CREATE TABLE sign (
            runner TEXT NOT NULL,
            session_id TEXT NOT NULL,
            noted_utc TEXT NOT NULL,
            sign TEXT NOT NULL,
            PRIMARY KEY (runner, session_id, noted_utc, sign)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE effort (
            session_id TEXT NOT NULL REFERENCES session,
            exertion INTEGER,
            feeling INTEGER,
            PRIMARY KEY (session_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE message (
            key TEXT NOT NULL,
            runner TEXT NOT NULL,
            session_id TEXT NOT NULL,
            rule TEXT NOT NULL,
            version INTEGER NOT NULL,
            told_utc TEXT NOT NULL,
            words TEXT NOT NULL,
            inputs TEXT NOT NULL,
            PRIMARY KEY (key)
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE track (
            session_id TEXT NOT NULL REFERENCES session,
            digest TEXT NOT NULL,
            track BLOB NOT NULL,
            PRIMARY KEY (session_id)
        ) STRICT, WITHOUT ROWID
        """,
    ),
    ("ALTER TABLE edit ADD COLUMN runner TEXT",),
    (
        """
        CREATE TABLE plan_event (
            runner TEXT NOT NULL,
            number INTEGER NOT NULL,
            told_utc TEXT NOT NULL,
            kind TEXT NOT NULL,
            session_id TEXT NOT NULL,
            event TEXT NOT NULL,
            PRIMARY KEY (runner, number)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE opening (
            runner TEXT NOT NULL,
            seal TEXT NOT NULL,
            opening TEXT NOT NULL,
            PRIMARY KEY (runner, seal)
        ) STRICT, WITHOUT ROWID
        """,
    ),
)
"""Statements that lead from each version of the schema to the next; a published one is never changed.

The metrics' columns are not among them: they are made from the catalogue when a store is opened, and filled in for
the strides that are there already.
"""
