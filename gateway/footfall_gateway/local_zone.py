"""The clock on the wall where this computer stands."""

from datetime import UTC, datetime, timedelta, tzinfo


class LocalZone(tzinfo):
    """The computer's time zone, with its summer time at any date; what `datetime` knows without a name for it."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        """Return how far local time is ahead at that local time."""
        return None if when is None else when.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, when: datetime | None) -> timedelta | None:
        """Return nothing: only the offset is known."""
        return None

    def tzname(self, when: datetime | None) -> str | None:
        """Return what the zone is called at that local time."""
        return None if when is None else when.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, when: datetime) -> datetime:
        """Return a moment, given in UTC, as local time."""
        there = when.replace(tzinfo=UTC).astimezone()
        local = there.replace(tzinfo=self)
        # of the hour that comes twice, the second one
        return local if local.utcoffset() == there.utcoffset() else local.replace(fold=1)
