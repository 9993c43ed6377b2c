"""What a runner is told: a message, the rule that made it, and what of, so that it can be made again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


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
