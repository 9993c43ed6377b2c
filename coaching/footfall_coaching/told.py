"""A rule's words as a message for the ledger: its inputs are plain JSON, of which the same words can be made again.

The ledger's words are in kilometres. A page whose reader chose miles lets the rule speak again, in these.
"""

from datetime import datetime
from typing import ClassVar, Protocol, runtime_checkable

import msgspec

from footfall_coaching.load import Way
from footfall_coaching.message import Message


class Rule(Protocol):
    """What a rule is given, as a dataclass; what it makes of that are its words.

    Whoever changes the words, or what they follow from, raises the version, and keeps the class as it was under the old
    one in `ledger.RULES`.
    """

    NAME: ClassVar[str]
    VERSION: ClassVar[int]

    @property
    def words(self) -> str:
        """What is told; empty where there is nothing to tell."""


@runtime_checkable
class OfWays(Protocol):
    """A rule whose words have distances in them."""

    def told(self, way: Way) -> str:
        """Say it with distances as `way` tells them."""


def words_in(rule: Rule, way: Way | None) -> str:
    """Return a rule's words with distances as `way` tells them; `None` for kilometres."""
    return rule.told(way) if way is not None and isinstance(rule, OfWays) else rule.words


def message_of(rule: Rule, runner_name: str, session_id: str, told_utc: datetime) -> Message:
    """Return what a rule says as a message."""
    inputs: dict[str, object] = msgspec.to_builtins(rule)
    return Message(rule.NAME, rule.VERSION, runner_name, session_id, told_utc, rule.words, inputs)
