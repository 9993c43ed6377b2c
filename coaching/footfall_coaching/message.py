"""What a runner is told: a message, the rule that made it, and what it was made from, so that it can be made again."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was told, for the ledger.

    Parameters
    ----------
    rule, version
        Which rule made it, and which version of that rule.
    runner_name, session_id
        Who was told; after which run, empty where there was none.
    told_utc
        When.
    words
        What was said.
    inputs
        What the rule was given: plain JSON values. The same rule and version make the same words of them.
    """

    rule: str
    version: int
    runner_name: str
    session_id: str
    told_utc: datetime
    words: str
    inputs: Mapping[str, object]

    @property
    def key(self) -> str:
        """A digest of all but when it was told: messages with the same key are one message, told again."""
        all_but_when = (self.rule, self.version, self.runner_name, self.session_id, self.words, self.inputs)
        return hashlib.sha256(msgspec.json.encode(all_but_when, order="sorted")).hexdigest()
