"""A virtual sensor of any model: it plays timed packets, with faults where asked for."""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Protocol

from footfall_gateway.clock import Clock
from footfall_gateway.devices.kit.base import NO_DATA
from footfall_gateway.devices.kit.standard import BATTERY_LEVEL, BATTERY_SERVICE
from footfall_gateway.virtual.models import GattTable, Model, RefusedError
from footfall_gateway.virtual.timed_packets import TimedPacket


class Link(Protocol):
    """The central's end of a connection, as the sensor sees it."""

    def notified(self, characteristic: str, data: bytes) -> None:
        """Take a notification."""
        ...

    def lost(self) -> None:
        """Learn that the link broke."""
        ...


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong with a sensor while it plays; times are seconds since playing began.

    Parameters
    ----------
    loss_fraction, mean_burst_packets
        Share of packets that never arrive, and how many are lost in a row on average (Gilbert's two-state channel).
    drops_s
        Moments at which the link breaks; the sensor stays in range.
    absences_s
        Spans, from and to, in which the sensor is out of range.
    freezes_s
        Moments from which the link stays up but carries nothing, until it is closed.
    drops_after
        Notified answers, counted from the first, after which the link breaks; the sensor stays in range.
    connect_errors, refused_commands
        How many attempts to connect, and to start the sensor, fail at first.
    battery_percent, battery_drain_percent_per_h
        The battery's level at the start, and how fast it empties.
    """

    loss_fraction: float = 0.0
    mean_burst_packets: float = 4.0
    drops_s: tuple[float, ...] = ()
    absences_s: tuple[tuple[float, float], ...] = ()
    freezes_s: tuple[float, ...] = ()
    drops_after: tuple[int, ...] = ()
    connect_errors: int = 0
    refused_commands: int = 0
    battery_percent: float = 100.0
    battery_drain_percent_per_h: float = 0.0


@dataclass(slots=True)
class BurstChannel:
    """Loses packets in bursts of geometric length.

    Gilbert (1960), Capacity of a burst-noise channel, doi:10.1002/j.1538-7305.1960.tb03959.x.
    """

    loss_fraction: float
    mean_burst_packets: float
    random: Random
    _losing: bool = False

    def loses(self) -> bool:
        """Decide about the next packet."""
        if self.loss_fraction <= 0.0:
            return False
        leave = 1.0 / max(self.mean_burst_packets, 1.0)
        enter = leave * self.loss_fraction / max(1.0 - self.loss_fraction, 1e-9)
        self._losing = self.random.random() < ((1.0 - leave) if self._losing else enter)
        return self._losing


def _script(faults: Faults) -> list[tuple[float, Callable[["VirtualSensor"], None]]]:
    """When to do what; the next is last."""
    events: list[tuple[float, Callable[[VirtualSensor], None]]] = [
        *((at_s, VirtualSensor.drop_link) for at_s in faults.drops_s),
        *((at_s, VirtualSensor.freeze_link) for at_s in faults.freezes_s),
    ]
    for from_s, to_s in faults.absences_s:
        events += [(from_s, VirtualSensor.leave_range), (to_s, VirtualSensor.return_to_range)]
    return sorted(events, key=lambda event: event[0], reverse=True)


class VirtualSensor:
    """One sensor: a GATT server and a player.

    Parameters
    ----------
    model
        What it is and answers.
    packets
        What it sends, in order of time. A packet made while nobody listens is gone, as with a real sensor.
    address, name
        How it announces itself.
    faults, random
        What goes wrong, and the source of chance for it.
    service_data
        What it says of its services in its advertisement, by UUID.

    Attributes
    ----------
    sent_packets, lost_packets, unheard_packets
        Sample packets handed to the link, lost on the air, and made while nobody was subscribed.
    commands
        What was written and accepted, with the characteristic.
    started, finished
        Set when it was started for the first time, and when it has sent its last packet.
    """

    def __init__(
        self,
        model: Model,
        packets: Iterable[TimedPacket],
        *,
        address: str,
        name: str,
        faults: Faults | None = None,
        random: Random | None = None,
        service_data: Mapping[str, bytes] = NO_DATA,
    ) -> None:
        self.service_data = service_data
        self.address = address
        self.name = name
        self.sent_packets = self.lost_packets = self.unheard_packets = 0
        self.commands: list[tuple[str, bytes]] = []
        self._awaited: list[tuple[int, asyncio.Future[None]]] = []
        self.started = asyncio.Event()
        self.finished = asyncio.Event()
        self._model = model
        self._packets = iter(packets)
        self._head = next(self._packets, None)
        self._faults = faults or Faults()
        self._channel = BurstChannel(
            self._faults.loss_fraction, self._faults.mean_burst_packets, random or Random(address)
        )
        self._script = _script(self._faults)
        self._battery_percent = self._faults.battery_percent
        self._connect_errors_left = self._faults.connect_errors
        self._refused_commands_left = self._faults.refused_commands
        self._answers = 0
        self._frozen = False
        self._in_range = True
        self._link: Link | None = None
        self._subscribed: set[str] = set()

    # What a radio asks of the sensor.

    @property
    def advertising(self) -> bool:
        """Whether a scanner would see it now."""
        return self._in_range and self._link is None

    @property
    def reachable(self) -> bool:
        """Whether it is in range."""
        return self._in_range

    def connect(self, link: Link) -> None:
        """Accept a connection, or raise `RefusedError`."""
        if self._connect_errors_left > 0:
            self._connect_errors_left -= 1
            raise RefusedError("Software caused connection abort")
        if not self.advertising:
            raise RefusedError("the sensor does not answer")
        self._link = link

    @property
    def advertised(self) -> tuple[str, ...]:
        """UUIDs of the services in its advertisement."""
        return self._model.advertised

    @property
    def services(self) -> GattTable:
        """The GATT table."""
        return {**self._model.services, BATTERY_SERVICE: {BATTERY_LEVEL: ("read", "notify")}}

    def disconnect(self) -> None:
        """End the connection from the central's side; subscriptions end with it."""
        self._link, self._frozen = None, False
        self._subscribed.clear()
        self._model.disconnected()

    def read(self, characteristic: str) -> bytes:
        """Read a value, or raise `RefusedError`."""
        if characteristic == BATTERY_LEVEL:
            return bytes([max(0, min(100, round(self._battery_percent)))])
        return self._model.read(characteristic)

    def write(self, characteristic: str, data: bytes) -> None:
        """Take a command, or raise `RefusedError`."""
        if self._refused_commands_left > 0:
            self._refused_commands_left -= 1
            raise RefusedError("the sensor is busy")
        answers = self._model.write(characteristic, data)
        self.commands.append((characteristic, data))
        for answer in answers:
            self._notify(*answer)
            self._answers += 1
            if self._answers in self._faults.drops_after:
                self.drop_link()
        if self._model.streaming:
            self.started.set()

    def subscribe(self, characteristic: str, *, enabled: bool) -> None:
        """Switch notifications of a characteristic on or off."""
        (self._subscribed.add if enabled else self._subscribed.discard)(characteristic)
        if enabled and self._model.streaming:
            self.started.set()

    # What happens to the sensor.

    def drop_link(self) -> None:
        """Break the link, if there is one."""
        link = self._link
        self.disconnect()
        if link is not None:
            link.lost()

    def leave_range(self) -> None:
        """Go out of range: the link breaks, advertisements are not heard."""
        self._in_range = False
        self.drop_link()

    def return_to_range(self) -> None:
        """Be in range again."""
        self._in_range = True

    def freeze_link(self) -> None:
        """Let nothing through any more, until the link is closed."""
        self._frozen = self._link is not None

    def set_battery(self, percent: float) -> None:
        """Set the battery's level; a subscriber hears of every whole percent."""
        before = self.read(BATTERY_LEVEL)
        self._battery_percent = percent
        after = self.read(BATTERY_LEVEL)
        if after != before:
            self._notify(BATTERY_LEVEL, after)

    # Playing.

    @property
    def first_due_s(self) -> float:
        """When its first packet is due, on the packets' own axis; infinity when it has none."""
        return math.inf if self._head is None else self._head.due_s

    async def sends(self, packets: int) -> None:
        """Return when it has handed so many packets more to the link."""
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited.append((self.sent_packets + packets, sent))
        await sent

    async def play(self, clock: Clock, *, origin_s: float) -> None:
        """Send every packet at its time, from now on.

        Parameters
        ----------
        clock
            Paces the packets.
        origin_s
            The moment of the packets' axis that is now.
        """
        begun_s = clock.now_s()
        packet = self._head
        while packet is not None:
            playing_s = packet.due_s - origin_s
            await clock.sleep(begun_s + playing_s - clock.now_s())
            self._suffer(playing_s)
            self._send(packet)
            packet = next(self._packets, None)
        self.finished.set()

    def _suffer(self, playing_s: float) -> None:
        while self._script and self._script[-1][0] <= playing_s:
            self._script.pop()[1](self)
        if self._faults.battery_drain_percent_per_h > 0.0:
            drained = self._faults.battery_drain_percent_per_h * playing_s / 3600.0
            self.set_battery(self._faults.battery_percent - drained)

    def _send(self, packet: TimedPacket) -> None:
        if self._link is None or not self._model.streaming or packet.characteristic not in self._subscribed:
            self.unheard_packets += 1
        elif self._frozen or self._channel.loses():
            self.lost_packets += 1
        else:
            self.sent_packets += 1
            for enough, sent in self._awaited:
                if self.sent_packets >= enough and not sent.done():
                    sent.set_result(None)
            self._link.notified(packet.characteristic, packet.data)

    def _notify(self, characteristic: str, data: bytes) -> None:
        if self._link is not None and not self._frozen and characteristic in self._subscribed:
            self._link.notified(characteristic, data)
