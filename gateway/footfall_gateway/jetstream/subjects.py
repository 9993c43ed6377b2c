"""What is called how in NATS: MQTT's topics as subjects, and where the stream keeps them.

::

    footfall.1.GATEWAY.RUNNER.SESSION.KIND[.SENSOR]            what gateways publish
    footfall.part.N.GATEWAY.RUNNER.SESSION.KIND[.SENSOR]       the same in the stream, by partition

A token is a topic's level, in which a point and all that NATS gives a meaning is written as `%` and two digits. The
server itself puts each session into its partition, so that a gateway need not know how many there are.
"""

import re
from hashlib import sha256
from typing import Final
from urllib.parse import unquote

from footfall_gateway.mqtt.topics import Kind, SessionKey, SessionTopic, parse

STREAM: Final = "footfall"
STATE: Final = "footfall-state"
"""The key-value store of the sessions' states."""
PARTS: Final = "footfall.part"
GROUP: Final = "workers"
WORKERS: Final = "footfall.workers"
"""Where workers say that they are there."""
IN_STREAM: Final = (Kind.SESSION, Kind.RAW, Kind.END, Kind.HEALTH)
_SET_APART: Final = re.compile(r"[^A-Za-z0-9_~$%-]")
_LONGEST: Final = 2048
"""Characters; of what is longer, nothing is ours."""


def subject_of(topic: object) -> str:
    """Return the subject of a topic, or of a filter of topics."""
    return ".".join("*" if level == "+" else token(level) for level in str(topic).split("/"))


def token(level: str) -> str:
    """Write a level as one token."""
    return _SET_APART.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), level)


def topic_of(subject: str) -> str:
    """Return the topic that `subject_of` made a subject of; names in it may be written otherwise, and are the same."""
    levels = subject.split(".")
    if len(levels) > 2:
        levels[2] = unquote(levels[2])  # a gateway's name is in no topic written otherwise
    return "/".join(levels)


def published() -> list[str]:
    """Return the subjects that the stream takes up."""
    return [f"footfall.1.*.*.*.{kind.value}" + (".*" if kind is Kind.HEALTH else "") for kind in IN_STREAM]


def mapping(partitions: int) -> tuple[str, str]:
    """Return from what to what the server maps: by session, as runners whom nobody named would all be one."""
    gateway, runner, session = (f"{{{{wildcard({number})}}}}" for number in (1, 2, 3))
    return "footfall.1.*.*.*.>", f"{PARTS}.{{{{partition({partitions},3)}}}}.{gateway}.{runner}.{session}.>"


def of_partition(partition: int) -> str:
    """Return what a partition has."""
    return f"{PARTS}.{partition}.>"


def consumer_of(partition: int) -> str:
    """Return the name of a partition's consumer."""
    return f"partition-{partition}"


def of_session(partition: int, key: SessionKey) -> str:
    """Return what a partition has of a session, whatever its runner is called."""
    return f"{PARTS}.{partition}.{token(key.gateway)}.*.{subject_of(key.topic(Kind.RAW)).split('.')[4]}.>"


def kept_topic(subject: str) -> SessionTopic | None:
    """Return what a message in the stream is of; `None` when nothing of ours."""
    tokens = subject.split(".") if len(subject) <= _LONGEST else []
    return parse(topic_of(".".join(("footfall", "1", *tokens[3:])))) if len(tokens) > 6 else None


def state_key(key: SessionKey) -> str:
    """Return where a session's state is kept; names may hold what no key can."""
    return sha256(f"{key.gateway}/{key.session_id}".encode("utf-8", "surrogatepass")).hexdigest()[:40]
