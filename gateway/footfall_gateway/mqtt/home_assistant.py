"""Home Assistant's discovery over MQTT: a device for each runner of a gateway, announced once, and withdrawn.

One retained message tells Home Assistant what stands on our topics (device-based discovery,
https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload). Nothing is published for its sake beside it:
its values are read off what every listener is told. Session ids change and runners stay, so where a session's id stands
in a topic there is a wildcard, which Home Assistant subscribes to as to any topic.

No name is in it: a runner is called by the pseudonym that stands in topics.
"""

import os
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final, Self

import msgspec

from footfall_coaching.light_rule import Colour
from footfall_gateway.errors import SettingsError
from footfall_gateway.mqtt.broker import Connection, RefusedError
from footfall_gateway.mqtt.topics import UNNAMED, Kind, SessionKey, of_all_sessions, status_topic
from footfall_gateway.outside import NoSuchFileError, read_file
from footfall_gateway.own_files import touch_own
from footfall_gateway.say import Say
from footfall_gateway.settings import Settings
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, PEAK_ACC, PEAK_TIBIAL_ACC
from footfall_processing.metrics.metric import Metric
from footfall_processing.plain_text import shown
from footfall_processing.session import Placement, Sensor

FILE: Final = "home-assistant.txt"
"""What was announced and not withdrawn, a topic a line; in the data folder."""
MOST_BYTES: Final = 1 << 20
PREFIX: Final = "homeassistant"
EXPIRES_S: Final = 60
"""A value of a run is old by then: the next comes each ten seconds."""
MOST_TRIES: Final = 2
"""Mosquitto 2.0.11 ends the connection in place of a refusal where nothing is in a message."""

_PREFIX: Final = re.compile(r"[^+#\x00/]+(/[^+#\x00/]+)*")
_WINDOW: Final = "10s"
_LONGEST_STATE: Final = 250
"""Home Assistant takes 255 characters."""


def checked_prefix(prefix: str) -> str:
    """Return a prefix if topics can begin with it; `SettingsError` when they can't."""
    # a line break would make two topics of one in the file of what was announced; `$` begins a broker's own topics
    if not _PREFIX.fullmatch(prefix) or len(prefix) > 100 or shown(prefix) != prefix or prefix.startswith("$"):
        raise SettingsError(f"home_assistant_prefix: {prefix[:100]!r} can't begin a topic; the usual one is {PREFIX}")
    return prefix


def discovery_topic(prefix: str, gateway: str, runner: str) -> str:
    """Return where a runner of a gateway is announced; `runner` is the pseudonym."""
    return f"{prefix}/device/{_device_id(gateway, runner)}/config"


def discovery_payload(gateway: str, runner: str, sensors: Sequence[Sensor], *, with_gateway: bool = True) -> bytes:
    """Return what announces a runner's device.

    Parameters
    ----------
    sensors
        Those of the session that begins.
    with_gateway
        Whether there is a gateway that tells of its sensors' health, and of itself; `live` does not.
    """
    device_id = _device_id(gateway, runner)
    components = dict(_components(SessionKey(gateway, runner, ""), sensors, with_gateway=with_gateway))
    for name, component in components.items():
        component["unique_id"] = f"{device_id}-{name}"
    return msgspec.json.encode(
        {
            "device": {
                "identifiers": [device_id],
                "name": f"Footfall {runner or UNNAMED}",
                "manufacturer": "Footfall",
                "model": f"Runner at {gateway}",
                "sw_version": version("footfall"),
            },
            "origin": {"name": "footfall", "sw_version": version("footfall")},
            "components": components,
            "qos": 1,
        }
    )


class HomeAssistant:
    """Announces runners as their sessions begin, or withdraws what was announced.

    Parameters
    ----------
    folder
        The data folder, which remembers what was announced.
    is_wanted
        Whether to announce; otherwise all that was is withdrawn at the first connection, and else what was under
        another prefix.
    prefix
        What Home Assistant's topics begin with.
    say
        Told when the broker does not take it.
    """

    def __init__(self, folder: Path, say: Say, *, is_wanted: bool, prefix: str = PREFIX) -> None:
        self.is_wanted: Final = is_wanted
        self._folder = folder
        self._say = say
        self._prefix = checked_prefix(prefix)
        self._tries = 0
        self._refused = False

    async def announce(
        self, connection: Connection, gateway: str, runner: str, sensors: Sequence[Sensor], *, with_gateway: bool
    ) -> None:
        """Announce a runner's device, where that is wanted; it replaces what was announced before.

        Raises
        ------
        BrokerLostError
            When the connection breaks.
        OutsideError
            When the data folder can't be written.
        """
        if not self.is_wanted:
            return
        topic = discovery_topic(self._prefix, gateway, runner)
        note_announced(self._folder, topic)
        try:
            await connection.publish(
                topic, discovery_payload(gateway, runner, sensors, with_gateway=with_gateway), retain=True
            )
        except RefusedError as error:
            if not self._refused:
                self._refused = True
                self._say(
                    f"The broker does not take the announcement to Home Assistant ({error}). Its access list must let "
                    f"this user write {self._prefix}/device/+/config."
                )

    @classmethod
    def of(cls, known: Settings, folder: Path, say: Say) -> Self:
        """Do as the settings say; `SettingsError` when the prefix can't be one."""
        return cls(folder, say, is_wanted=known.home_assistant, prefix=known.home_assistant_prefix)

    def before(self, work: Callable[[Connection], Awaitable[None]]) -> Callable[[Connection], Awaitable[None]]:
        """Return what is done over a connection, after what is not wanted any more was withdrawn."""

        async def withdraw_and_work(connection: Connection) -> None:
            await self.withdraw(connection)
            await work(connection)

        return withdraw_and_work

    async def withdraw(self, connection: Connection) -> None:
        """Withdraw what is not wanted any more: all that was announced, or what begins with another prefix.

        `BrokerLostError` as in `announce`.
        """
        topics = frozenset(
            topic for topic in announced(self._folder) if not (self.is_wanted and _prefix_of(topic) == self._prefix)
        )
        if not topics or self._tries >= MOST_TRIES:
            return
        self._tries += 1
        refused = await withdraw(connection, topics)
        forget_announced(self._folder, topics - refused)
        if refused:
            where = " and ".join(f"{prefix}/device/+/config" for prefix in sorted({_prefix_of(one) for one in refused}))
            self._say(
                f"{len(refused)} announcement{'s' * (len(refused) > 1)} to Home Assistant can't be withdrawn: the "
                f"broker's access list must let this user write {where}."
            )


async def withdraw(connection: Connection, topics: Collection[str]) -> frozenset[str]:
    """Clear announcements at the broker; return those that it does not let us clear."""
    refused = set()
    for topic in topics:
        try:
            await connection.publish(topic, b"", retain=True)
        except RefusedError:
            refused.add(topic)
    return frozenset(refused)


def announced(folder: Path) -> frozenset[str]:
    """Return the topics on which something was announced; `OutsideError` when the file can't be read."""
    try:
        return frozenset(read_file(folder / FILE, MOST_BYTES).decode("utf-8", "replace").splitlines()) - {""}
    except NoSuchFileError:
        return frozenset()


def announced_of(folder: Path, keys: Collection[SessionKey]) -> frozenset[str]:
    """Return the topics on which the runners of sessions were announced."""
    ids = {_device_id(key.gateway, key.runner) for key in keys}
    return frozenset(topic for topic in announced(folder) if topic.split("/")[-2:-1] and topic.split("/")[-2] in ids)


def note_announced(folder: Path, topic: str) -> None:
    """Note an announcement, before it is made; on return it is on the disk. `OSError` when it can't be written."""
    if topic not in announced(folder):
        _write(folder, announced(folder) | {topic})


def forget_announced(folder: Path, topics: Collection[str]) -> None:
    """Forget announcements that are gone; `OSError` when it can't be written."""
    left = announced(folder) - frozenset(topics)
    if left:
        _write(folder, left)
    else:
        (folder / FILE).unlink(missing_ok=True)


def _prefix_of(topic: str) -> str:
    return topic.rsplit("/", 3)[0]


def _write(folder: Path, topics: Collection[str]) -> None:
    fresh = folder / f".{FILE}.new"
    touch_own(fresh)
    with fresh.open("wb") as file:
        file.write("".join(f"{topic}\n" for topic in sorted(topics)).encode())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / FILE)


def _device_id(gateway: str, runner: str) -> str:
    """Return what Home Assistant knows a device by: letters, digits and dashes, which names need not be."""
    return f"footfall-{sha256(f'{gateway}/{runner}'.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _components(
    key: SessionKey, sensors: Sequence[Sensor], *, with_gateway: bool
) -> Iterator[tuple[str, dict[str, object]]]:
    def topic(kind: Kind, sensor_id: str = "+") -> str:
        return of_all_sessions(key, kind, sensor_id)

    available: dict[str, object] = {}
    if with_gateway:
        status = status_topic(key.gateway)
        template = "{{ 'online' if value_json.online else 'offline' }}"
        available = {"availability": [{"topic": status, "value_template": template}]}
        yield (
            "gateway",
            {
                "platform": "binary_sensor",
                "name": "Gateway",
                "device_class": "connectivity",
                "entity_category": "diagnostic",
                "state_topic": status,
                "value_template": "{{ 'ON' if value_json.online else 'OFF' }}",
            },
        )
    now: dict[str, object] = {
        "platform": "sensor",
        "state_class": "measurement",
        "expire_after": EXPIRES_S,
        **available,
    }
    yield "cadence", {**now, "name": "Cadence", "icon": "mdi:run-fast", **_measured(topic(Kind.WINDOW), (CADENCE,))}
    for sensor in sensors:
        which, whose = sha256(sensor.id.encode("utf-8", "surrogatepass")).hexdigest()[:8], _whose(sensor)
        window = topic(Kind.WINDOW, sensor.id)
        impact = (PEAK_TIBIAL_ACC, PEAK_ACC) if sensor.placement is Placement.SHANK else (PEAK_ACC,)
        yield f"impact-{which}", {**now, "name": f"Impact, {whose}", **_measured(window, impact)}
        yield f"contact-{which}", {**now, "name": f"Contact time, {whose}", **_measured(window, (CONTACT_TIME,))}
        if with_gateway:
            yield (
                f"battery-{which}",
                {
                    "platform": "sensor",
                    "name": f"Battery, {whose}",
                    "device_class": "battery",
                    "state_class": "measurement",
                    "unit_of_measurement": "%",
                    "entity_category": "diagnostic",
                    "state_topic": topic(Kind.HEALTH, sensor.id),
                    "value_template": "{% if value_json.battery_percent is number %}{{ value_json.battery_percent }}"
                    "{% endif %}",
                    **available,
                },
            )
    yield from _of_the_last_run(topic(Kind.SUMMARY, ""))


def _of_the_last_run(summary: str) -> Iterator[tuple[str, dict[str, object]]]:
    for name, field, label in (
        ("distance", "distance_m", "Last run"),
        ("ceiling", "ceiling_m", "Ceiling of the last run"),
    ):
        value = f"value_json.load.{field}"
        yield (
            name,
            {
                "platform": "sensor",
                "name": label,
                "device_class": "distance",
                "unit_of_measurement": "km",
                "suggested_display_precision": 2,
                "state_topic": summary,
                "value_template": f"{{% if value_json.load and {value} is number %}}"
                f"{{{{ ({value} / 1000) | round(3) }}}}{{% endif %}}",
            },
        )
    yield (
        "stand",
        {
            "platform": "sensor",
            "name": "Where the last run stands",
            "icon": "mdi:sign-direction",
            "state_topic": summary,
            "value_template": "{% if value_json.load %}"
            f"{{{{ value_json.load.words | truncate({_LONGEST_STATE}, true, '…') }}}}{{% endif %}}",
            "json_attributes_topic": summary,
            "json_attributes_template": "{{ (value_json.load or {}) | tojson }}",
        },
    )
    yield (
        "light",
        {
            "platform": "sensor",
            "name": "Light",
            "icon": "mdi:traffic-light",
            "device_class": "enum",
            "options": [colour.value for colour in Colour],
            "state_topic": summary,
            "value_template": "{% if value_json.light %}{{ value_json.light.colour }}{% endif %}",
            "json_attributes_topic": summary,
            "json_attributes_template": "{{ (value_json.light or {}) | tojson }}",
        },
    )


def _measured(topic: str, metrics: Sequence[Metric]) -> dict[str, object]:
    """Read the first of the metrics that a window of ten seconds of running has; what it lacks changes nothing."""
    of_running = f"value_json.window == '{_WINDOW}' and value_json.activity == 'run'"
    read = [
        f"{{% {word} value_json.metrics.{metric.name} is defined %}}{{{{ {_people_read(metric)} }}}}"
        for word, metric in zip(("if", "elif"), metrics, strict=False)
    ]
    template = f"{{% if {of_running} %}}{''.join(read)}{{% endif %}}{{% endif %}}"
    return {"state_topic": topic, "unit_of_measurement": metrics[0].shown_unit, "value_template": template}


def _people_read(metric: Metric) -> str:
    """Return the expression of a metric's median in the unit and with the digits that people read."""
    whole = " | int" if metric.decimals == 0 else ""
    return f"(value_json.metrics.{metric.name}.median * {metric.shown(1.0):g}) | round({metric.decimals}){whole}"


def _whose(sensor: Sensor) -> str:
    if sensor.side is not None:
        return f"{sensor.side.value} {'shin' if sensor.placement is Placement.SHANK else 'foot'}"
    return shown(sensor.id)[:40]
