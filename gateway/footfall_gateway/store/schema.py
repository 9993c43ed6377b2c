"""The tables of the embedded store, version by version."""

from typing import Final

APPLICATION_ID: Final = 0x466F6F74
"""Marks the SQLite file as Footfall's: `Foot` in ASCII."""

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
)
"""Statements that lead from each version of the schema to the next; a published one is never changed.

The metrics' columns are not among them: they are made from the catalogue when a store is opened, and filled in for
the strides that are there already.
"""
