"""Who is logged in: kept here, known to browsers by a random token alone."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

IDLE_S: Final = 12 * 3600.0
LONGEST_S: Final = 7 * 86_400.0
MOST_OF_ONE: Final = 16
"""Logins of one account at once; another one ends the oldest."""


@dataclass(slots=True, eq=False)
class Session:
    """One login.

    Parameters
    ----------
    name, stamp
        The account's, when it was made.
    begun_s, used_s
        On the clock that the sessions are timed by.
    """

    name: str
    stamp: str
    begun_s: float
    used_s: float


class Sessions:
    """All logins of a server, in memory: when it ends, so do they.

    Parameters
    ----------
    now_s
        A clock that never goes back, in seconds.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._by_digest: dict[bytes, Session] = {}

    def begin(self, name: str, stamp: str) -> str:
        """Begin a session, and return its token."""
        now_s = self._now_s()
        for digest, session in list(self._by_digest.items()):
            if not self._lasts(session):
                del self._by_digest[digest]
        own = [digest for digest, session in self._by_digest.items() if session.name == name]
        for digest in own[: max(0, len(own) - MOST_OF_ONE + 1)]:
            del self._by_digest[digest]
        token = secrets.token_urlsafe(32)
        self._by_digest[_digest(token)] = Session(name, stamp, now_s, now_s)
        return token

    def find(self, token: str) -> Session | None:
        """Return a session that lasts, and count it as used."""
        session = self._by_digest.get(_digest(token))
        if session is None:
            return None
        if not self._lasts(session):
            self.end(token)
            return None
        session.used_s = self._now_s()
        return session

    def holds(self, session: Session) -> bool:
        """Tell whether a session still lasts, without counting it as used."""
        return session in self._by_digest.values() and self._lasts(session)

    def end(self, token: str) -> None:
        """End a session, if there is one."""
        self._by_digest.pop(_digest(token), None)

    def __len__(self) -> int:
        return len(self._by_digest)

    def _lasts(self, session: Session) -> bool:
        now_s = self._now_s()
        return now_s - session.used_s < IDLE_S and now_s - session.begun_s < LONGEST_S


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
