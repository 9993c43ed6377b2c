"""A rule's words as a message for the ledger: its inputs are plain JSON, of which the same words can be made again."""

from datetime import datetime
from typing import ClassVar, Protocol

import msgspec

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


def message_of(rule: Rule, runner_name: str, session_id: str, told_utc: datetime) -> Message:
    """Return what a rule says as a message."""
    inputs: dict[str, object] = msgspec.to_builtins(rule)
    return Message(rule.NAME, rule.VERSION, runner_name, session_id, told_utc, rule.words, inputs)
