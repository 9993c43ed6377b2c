"""The topic tree: the one place that knows what is published where."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from footfall_gateway.errors import GatewayError

ROOT: Final = "footfall/1"
"""The second level is raised when an older Footfall could misread what is published."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Kind(StrEnum):
    """What is published of a session, each on a topic of its own."""

    SESSION = "session"
    """Retained, by the gateway: who measures what, as at the head of a recording."""
    RAW = "raw"
    """By the gateway: batches of packets, in sequence."""
    END = "end"
    """Retained, by the gateway: how many batches the session has."""
    ACK = "ack"
    """Retained, by the processor: up to which batch all is safe."""
    HEALTH = "health"
    """By the gateway: how a sensor is doing."""
    STRIDE = "stride"
    WINDOW = "window"
    SUMMARY = "summary"
    CUE = "cue"
    """By the processor, for whoever listens: landings, before their strides are known."""


_KINDS: Final = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class SessionTopic:
    """A topic of one session; its text is what is on the wire."""

    gateway: str
    session_id: str
    kind: Kind

    def __str__(self) -> str:
        return f"{ROOT}/{self.gateway}/{self.session_id}/{self.kind.value}"


def status_topic(gateway: str) -> str:
    """Return where a gateway says that it is there, and the broker that it is gone."""
    return f"{ROOT}/{gateway}/status"


def topics_of(kind: Kind, gateway: str = "+") -> str:
    """Return the filter for one kind of all sessions, of one gateway or of all."""
    return f"{ROOT}/{gateway}/+/{kind.value}"


def parse(topic: str) -> SessionTopic | None:
    """Return the session's topic that a text stands for; `None` when it is none."""
    levels = topic.split("/")
    if len(levels) != 5 or "/".join(levels[:2]) != ROOT or levels[4] not in _KINDS:
        return None
    return SessionTopic(levels[2], levels[3], Kind(levels[4]))


def gateway_name(text: str) -> str:
    """Return `text` if it can name a gateway.

    Raises
    ------
    GatewayError
        When it can't, as it would break the topic tree.
    """
    if not _NAME.fullmatch(text):
        raise GatewayError(
            f"{text!r} can't name a gateway: use letters, digits, '-', '_' and '.', up to 64, such as track-1"
        )
    return text
