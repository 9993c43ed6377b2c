"""An attempt, and what came of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attempt:
    """One attempt to get what one should not.

    Parameters
    ----------
    kind
        What it is an example of.
    what
        What was tried.
    answer
        What came back, in a few words.
    got
        Whether it got something.
    """

    kind: str
    what: str
    answer: str
    got: bool
