"""What is left out of what comes over the wire: counted, and said ever more rarely, so that a flood floods no log."""

import logging
from collections import Counter
from typing import Final

from footfall_gateway.outside import shortened, shown
from footfall_gateway.say import Say, Told

logger = logging.getLogger(__name__)

MOST_COUNTED: Final = 1000
"""Kinds that are counted apart; further ones, which only an open broker can bring, are counted as one."""
LONGEST_TEXT: Final = 300


class LeftOut:
    """Counts by who sent it and what it was; says the first, the tenth, the hundredth.

    Parameters
    ----------
    say
        Told in one line.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._counts: Counter[tuple[str, str]] = Counter()
        self._fresh: Counter[tuple[str, str]] = Counter()

    def note(self, gateway: str, what: str, text: str) -> None:
        """Count one.

        Parameters
        ----------
        gateway, what
            Whose it was, and of what kind; few, and short.
        text
            Where it was and what is wrong with it, for people.
        """
        key = gateway, what
        if key not in self._counts and len(self._counts) >= MOST_COUNTED:
            key = "others", what
        self._counts[key] += 1
        self._fresh[key] += 1
        times = self._counts[key]
        line = shown(shortened(text, LONGEST_TEXT))
        logger.info("left out: %s", line)
        if str(times).strip("0") == "1":
            text = line if times == 1 else f"{line} ({times} such messages by now)"
            self._say(Told(text, "message left out", logging.WARNING, gateway=key[0], what=what, times=times))

    def by_kind(self) -> dict[str, int]:
        """Return how many there were since the start, by what was wrong with them, whoever sent them."""
        kinds: Counter[str] = Counter()
        for (_, what), times in self._counts.items():
            kinds[what] += times
        return dict(kinds)

    def fresh(self) -> dict[tuple[str, str], int]:
        """Return what was counted since the last time."""
        fresh, self._fresh = dict(self._fresh), Counter()
        return fresh
