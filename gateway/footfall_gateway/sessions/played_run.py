"""A run that virtual sensors play: all behind them is as with real ones."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from footfall_gateway import data_folder
from footfall_gateway.ble.hub import SensorHub
from footfall_gateway.clock import SystemClock
from footfall_gateway.devices import CompanionWish
from footfall_gateway.formats.inputs import Input
from footfall_gateway.packets import VIRTUAL_ADDRESSES, RecordingHeader
from footfall_gateway.sessions.ready_run import End, Place, ReadyRun, ResultT, TakeRun, new_header
from footfall_gateway.store.length_gains import SensorSite, with_gains
from footfall_gateway.virtual.models import standard
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.models.standard import companion_sensor
from footfall_gateway.virtual.playback import Playback
from footfall_gateway.virtual.sensor import VirtualSensor
from footfall_gateway.virtual.timed_packets import from_recording, with_known_ranges

FIND_TIMEOUT_S: Final = 30.0


async def play(
    take: TakeRun[ResultT], played: Input, place: Place, *, speed: float, duration_s: float | None, quick: bool = False
) -> ResultT:
    """Play a session through virtual sensors and Bluetooth: until it is over, `duration_s` have passed, or Ctrl-C.

    Parameters
    ----------
    take
        Takes the run.
    speed
        Seconds of the session in one second; infinity for as fast as the computer can.
    quick
        Whether the sensors are asked for short packets.
    """
    data_folder.make_folders(place.folder)
    sensors, companions = _virtual_sensors(played), _virtual_companions(played)
    wishes = {
        sensor.address: CompanionWish(companion.id, companion.profile)
        for sensor, companion in zip(companions, played.header.companions, strict=True)
    }
    async with (
        Playback([*sensors, *companions], speed=speed, clock=SystemClock()) as playback,
        SensorHub(clock=playback.clock, backends=playback.radio.backends(), companions=wishes, quick=quick) as hub,
    ):
        playback.throttle(hub.has_room)
        recorded_sensors = await hub.find(len(sensors), timeout_s=FIND_TIMEOUT_S, companions=len(companions))

        def start() -> RecordingHeader:
            hub.start()  # whose clock runs as fast as the session is played, and is ahead by now
            was, now_utc = played.header.session, SystemClock().utc_now()
            header = new_header(recorded_sensors, now_utc, was.runner, was.runner_name, was.shoe, hub.companions())
            return with_gains(header, _own_gains(played))

        ends: list[End] = [playback.finished]
        if duration_s is not None:
            ends.append(partial(playback.clock.sleep, duration_s))
        return await take(
            ReadyRun(hub, recorded_sensors, start, ends, duration_s, unheard_packets=lambda: playback.unheard_packets),
            place,
        )


def _virtual_sensors(played: Input) -> Sequence[VirtualSensor]:
    sensors = []
    for number, recorded in enumerate(played.header.recorded_sensors, start=1):
        known = replace(recorded, sensor=with_known_ranges(recorded.sensor))
        packets = from_recording(known, played.packets)
        sensors.append(footfall_sensor(known.sensor, packets, address=f"{VIRTUAL_ADDRESSES}00:{number:02X}"))
    return sensors


def _virtual_companions(played: Input) -> Sequence[VirtualSensor]:
    return [
        companion_sensor(
            standard.MODELS[companion.profile](),
            standard.recorded_packets(companion, played.packets),
            address=f"{VIRTUAL_ADDRESSES}01:{number:02X}",
            name=companion.name,
        )
        for number, companion in enumerate(played.header.companions, start=1)
    ]


def _own_gains(played: Input) -> dict[SensorSite, float]:
    """Return the gains that a session was recorded with; its virtual sensors do not know them."""
    return {(s.placement, s.side): s.length_gain for s in played.header.session.sensors if s.length_gain != 1.0}
