"""The topic tree: the one place that knows what is published where.

    footfall/1/GATEWAY/status
    footfall/1/GATEWAY/RUNNER/SESSION/KIND[/SENSOR]

The gateway comes first, so that a broker's access list can shut each one in below its own name. The runner stands
there under a pseudonym (`pseudonyms.py`): topics are seen by more people than names should be. The sensor is there for
what is of one sensor, so that a listener can ask for one runner, or for one leg.
"""

import platform
import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import unquote

from footfall_gateway.errors import GatewayError

ROOT: Final = "footfall/1"
"""The second level is raised when an older Footfall could misread what is published."""
UNNAMED: Final = "unnamed"
"""Stands for a name that nobody gave, as in InfluxDB."""
LONGEST_NAME: Final = 64
"""Characters of a runner's or sensor's name; a longer one is cut, and ends in a digest that tells it from others."""
LONGEST_TOPIC: Final = 1024
"""Characters; of what is longer, nothing is ours."""

_GATEWAY_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_DIGEST_LENGTH: Final = 8
_NO_CHARACTERS: Final = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_SET_APART: Final = re.compile(rf"[%/+#\x00-\x1f\x7f-\x9f\ufdd0-\ufdef{_NO_CHARACTERS}]|\A\$|\Au(?={UNNAMED[1:]}\Z)")
"""What would end a level, stand for others, or have the broker close the connection; and who is really called so."""


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
    NEWS = "news"
    """By the processor, for whoever listens: the strides, windows and landings of all sensors, as they come."""
    SUMMARY = "summary"
    STRIDE = "stride"
    WINDOW = "window"
    CUE = "cue"
    """The same again, each stride, window and landing by itself."""
    SOUND = "sound"
    """Where the run is taken, for a loudspeaker elsewhere: what the runner is to hear now."""


OF_ONE_SENSOR: Final = frozenset({Kind.HEALTH, Kind.STRIDE, Kind.WINDOW, Kind.CUE})
"""What has the sensor as its last level."""
_KINDS: Final = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class SessionKey:
    """A session, known by its gateway and its id; the runner only says where in the tree it stands.

    Parameters
    ----------
    runner
        The runner's pseudonym, empty when nobody said who runs.
    """

    gateway: str
    runner: str = field(compare=False)
    session_id: str

    def topic(self, kind: Kind, sensor_id: str = "") -> "SessionTopic":
        """Return the topic of what is published of this session."""
        return SessionTopic(self.gateway, self.runner, self.session_id, kind, sensor_id)


@dataclass(frozen=True, slots=True)
class SessionTopic:
    """A topic of one session; its text is what is on the wire.

    Parameters
    ----------
    runner
        The runner's pseudonym, empty when nobody said who runs.
    sensor_id
        Of what is of one sensor; empty for all else.
    """

    gateway: str
    runner: str
    session_id: str
    kind: Kind
    sensor_id: str = ""

    def __str__(self) -> str:
        levels = [ROOT, self.gateway, _level(_short(self.runner)), _level(self.session_id), self.kind.value]
        if self.kind in OF_ONE_SENSOR:
            levels.append(_level(_short(self.sensor_id)))
        return "/".join(levels)

    @property
    def key(self) -> SessionKey:
        """Which session it is of."""
        return SessionKey(self.gateway, self.runner, self.session_id)


def status_topic(gateway: str) -> str:
    """Return where a gateway says that it is there, and the broker that it is gone."""
    return f"{ROOT}/{gateway}/status"


def of_all_sessions(key: SessionKey, kind: Kind, sensor_id: str = "+") -> str:
    """Return the filter for one kind of all sessions of a gateway and runner, of one sensor or of all."""
    levels = str(SessionTopic(key.gateway, key.runner, "any", kind, sensor_id)).split("/")
    levels[4] = "+"
    if kind in OF_ONE_SENSOR and sensor_id == "+":
        levels[-1] = "+"
    return "/".join(levels)


def topics_of(kind: Kind, gateway: str = "+") -> str:
    """Return the filter for one kind of all sessions, of one gateway or of all."""
    return f"{ROOT}/{gateway}/+/+/{kind.value}" + "/+" * (kind in OF_ONE_SENSOR)


@lru_cache(4096)
def parse(topic: str) -> SessionTopic | None:
    """Return the session's topic that a text stands for; `None` when it is none, or none that can be written as text.

    Names come back as they were, but for those longer than `LONGEST_NAME`.
    """
    levels = topic.split("/") if len(topic) <= LONGEST_TOPIC else []
    kind = _KINDS.get(levels[5]) if len(levels) in (6, 7) else None
    if kind is None or "/".join(levels[:2]) != ROOT or len(levels) != 6 + (kind in OF_ONE_SENSOR):
        return None
    try:
        return SessionTopic(levels[2], _name(levels[3]), _name(levels[4]), kind, *map(_name, levels[6:]))
    except UnicodeDecodeError:
        return None


@lru_cache(4096)
def _level(name: str) -> str:
    """Write a name as one level."""
    return _SET_APART.sub(_escaped, _text(name)) or UNNAMED


def _name(level: str) -> str:
    """Read a level back."""
    return "" if level == UNNAMED else unquote(level, errors="strict")


def _text(name: str) -> str:
    """Replace what is no text: half a pair of UTF-16, which a command line can hold, and no message."""
    return name.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def _short(name: str) -> str:
    if len(name) <= LONGEST_NAME:
        return name
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
    return f"{name[: LONGEST_NAME - _DIGEST_LENGTH - 1]}~{digest}"


def gateway_name(text: str) -> str:
    """Return `text` if it can name a gateway.

    Raises
    ------
    GatewayError
        When it can't, as it would break the topic tree.
    """
    if not _GATEWAY_NAME.fullmatch(text):
        raise GatewayError(
            f"{text!r} can't name a gateway: use letters, digits, '-', '_' and '.', up to 64, such as track-1"
        )
    return text


def this_gateway(name: str = "") -> str:
    """Return what this computer's gateway is called; by default after the computer.

    Raises
    ------
    GatewayError
        When it can't be called so.
    """
    return gateway_name(name or re.sub(r"[^A-Za-z0-9_.-]+", "-", platform.node()).strip("-._") or "gateway")
