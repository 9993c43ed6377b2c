"""Movesense sensors over their GATT SensorData protocol, which their stock firmware speaks from version 2.3 on.

IMU6 at 208 Hz is longer than the published firmware can send, so acceleration and angular rate are two subscriptions,
joined on time. The protocol can't set the range of the accelerometer: it is read where the firmware tells it, and
taken for 8 g where not.
"""

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from footfall_gateway.devices.kit.base import (
    DecoderCounts,
    DeviceProfile,
    PacketwiseDecoder,
    Peer,
    Wearing,
    require_wearing,
)
from footfall_gateway.devices.kit.once import Replays
from footfall_gateway.devices.kit.stamped import Stamped, StampedImu, Stream
from footfall_gateway.devices.kit.standard import device_information
from footfall_gateway.devices.protocols.movesense import (
    ACC_RANGES_G,
    GYRO_RANGE_DPS,
    LONGEST_NOTIFICATION,
    TICK_S,
    TRIPLE_BYTES,
    Assembly,
    Command,
    Notification,
    begins,
    decode_block,
)
from footfall_gateway.packets import RawPacket, RecordedSensor, Setting
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

NAME: Final = "movesense-gsp"
PRODUCT: Final = "Movesense sensor"

SERVICE: Final = "34802252-7185-4d5d-b431-630e7050e8f0"
COMMAND: Final = "34800001-7185-4d5d-b431-630e7050e8f0"
DATA: Final = "34800002-7185-4d5d-b431-630e7050e8f0"

ACC_CONFIGURATION: Final = "/Meas/Acc/Config"

_KIND: Final = f"{NAME} 2"
_BELIEVED_ACC_RANGE_G: Final = 8


class Reference(IntEnum):
    """Our names for subscriptions and commands, by which notifications are told apart."""

    ACC = 1
    GYRO = 2
    IMU6 = 3
    CONFIGURATION = 4


# Apart from the session's, so that no late answer is taken for another.
_TRIAL: Final = 0x10

_RESOURCES: Final = MappingProxyType(
    {Reference.ACC: "/Meas/Acc/", Reference.GYRO: "/Meas/Gyro/", Reference.IMU6: "/Meas/IMU6/"}
)
_STREAMS: Final = MappingProxyType(
    {Reference.ACC: (Stream.ACC,), Reference.GYRO: (Stream.GYR,), Reference.IMU6: (Stream.ACC, Stream.GYR)}
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to subscribe to, and at which rate."""

    references: tuple[Reference, ...]
    rate_hz: int

    @property
    def resources(self) -> dict[Reference, str]:
        """Paths of the resources."""
        return {reference: f"{_RESOURCES[reference]}{self.rate_hz}" for reference in self.references}

    @property
    def has_gyro(self) -> bool:
        """Whether there will be angular rate."""
        return self.references != (Reference.ACC,)


PLANS: Final = (
    Plan((Reference.ACC, Reference.GYRO), 208),
    Plan((Reference.IMU6,), 104),
    Plan((Reference.ACC,), 208),
)
"""What is tried, in this order, until the sensor grants it."""


def _succeeded(answer: bytes) -> bool:
    """Tell whether a result is one of success, in HTTP's numbers; one firmware writes failures high byte first."""
    return len(answer) >= 4 and 200 <= int.from_bytes(answer[2:4], "little") < 300


async def _subscribe(peer: Peer, reference: int, path: str) -> bool:
    """Subscribe; a firmware that does not answer says so by its first data."""

    def accepts(answer: bytes) -> bool:
        kinds = (Notification.COMMAND_RESULT, Notification.DATA)
        return len(answer) >= 2 and answer[0] in kinds and answer[1] == reference

    command = bytes([Command.SUBSCRIBE, reference]) + path.encode()
    try:
        answer = await peer.ask(COMMAND, command, answer_on=DATA, accepts=accepts)
    except TimeoutError:
        return False
    return answer[0] == Notification.DATA or _succeeded(answer)


async def _grants(peer: Peer, plan: Plan) -> bool:
    """Try a plan, and undo it."""
    granted: list[int] = []
    for reference, path in plan.resources.items():
        if await _subscribe(peer, _TRIAL + reference, path):
            granted.append(_TRIAL + reference)
    for trial in granted:
        await peer.write(COMMAND, bytes([Command.UNSUBSCRIBE, trial]))
    return len(granted) == len(plan.references)


async def _acc_range_g(peer: Peer) -> int | None:
    """Ask for the accelerometer's range; `None` when the firmware does not tell."""

    def accepts(answer: bytes) -> bool:
        return answer[:2] == bytes([Notification.COMMAND_RESULT, Reference.CONFIGURATION])

    command = bytes([Command.GET, Reference.CONFIGURATION]) + ACC_CONFIGURATION.encode()
    try:
        answer = await peer.ask(COMMAND, command, answer_on=DATA, accepts=accepts)
    except TimeoutError:
        return None
    return answer[4] if _succeeded(answer) and len(answer) == 5 and answer[4] in ACC_RANGES_G else None


async def describe(peer: Peer, wearing: Wearing | None) -> RecordedSensor:
    """Find out what a connected sensor grants.

    Raises
    ------
    InputError
        When its firmware does not speak the protocol, it grants nothing, or nobody said where it is worn.
    """
    wearing = require_wearing(wearing, PRODUCT, peer.address)
    if not (peer.has(COMMAND) and peer.has(DATA)):
        raise InputError(f"{PRODUCT} {peer.address} does not speak SensorData: update its firmware to 2.3 or later")
    acc_range_g = await _acc_range_g(peer)
    for plan in PLANS:
        if await _grants(peer, plan):
            break
    else:
        raise InputError(f"{PRODUCT} {peer.address} grants no measurement: restart it, and close other apps")
    settings: dict[str, Setting] = {
        **await device_information(peer),
        "resources": " ".join(plan.resources.values()),
        "acc_range_known": acc_range_g is not None,
    }
    sensor = Sensor(
        id=wearing.sensor_id,
        placement=wearing.placement,
        side=wearing.side,
        sampling_rate_hz=float(plan.rate_hz),
        acc_range_mps2=(acc_range_g or _BELIEVED_ACC_RANGE_G) * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=GYRO_RANGE_DPS * RADIANS_PER_DEGREE if plan.has_gyro else None,
        has_gyro=plan.has_gyro,
    )
    return RecordedSensor(sensor, NAME, peer.address, peer.name, MappingProxyType(settings))


def _subscriptions(recorded_sensor: RecordedSensor) -> dict[Reference, str]:
    """Return the paths that were granted."""
    paths = str(recorded_sensor.settings.get("resources", "")).split()
    return {ref: path for ref, beginning in _RESOURCES.items() for path in paths if path.startswith(beginning)}


async def start(peer: Peer, recorded_sensor: RecordedSensor) -> None:
    """Let the sensor stream.

    Raises
    ------
    ConnectionRefusedError
        When it does not grant now what it did.
    """
    for reference, path in _subscriptions(recorded_sensor).items():
        if not await _subscribe(peer, reference, path):
            raise ConnectionRefusedError(f"{PRODUCT} {peer.address} does not grant {path}")


async def stop(peer: Peer, recorded_sensor: RecordedSensor) -> None:
    """End the streams."""
    for reference in _subscriptions(recorded_sensor):
        await peer.write(COMMAND, bytes([Command.UNSUBSCRIBE, reference]))


class MovesenseDecoder(PacketwiseDecoder):
    """Notifications to blocks in SI, on the session's axis."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        sensor = recorded_sensor.sensor
        self._imu = StampedImu(sensor, tick_s=TICK_S, bits=32, stamped=Stamped.FIRST)
        self._assemblies = {
            int(reference): Assembly(TRIPLE_BYTES * len(_STREAMS[reference]), sensor.sampling_rate_hz)
            for reference in _subscriptions(recorded_sensor)
        }
        self._replays = Replays(begins)
        self._last_data = b""
        self._last_reference = 0

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        return self._imu.counts

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        """Decode the next notification; duplicates, late and malformed ones give nothing and are counted."""
        if packet.characteristic != DATA or packet.data[:1] == bytes([Notification.COMMAND_RESULT]):
            return []
        # A payload has its own time, and a part of it does not come twice in a row.
        if packet.data and (packet.data == self._last_data or self._replays.is_copy(packet.data)):
            return self._imu.drop_repeat()
        self._last_data = packet.data if len(packet.data) <= LONGEST_NOTIFICATION else b""
        kind, reference = (packet.data[0], packet.data[1]) if len(packet.data) > 1 else (0, 0)
        assembly = self._assemblies.get(reference)
        if assembly is None or not Notification.DATA <= kind <= Notification.DATA_PART3:
            return self._imu.reject()
        follows, self._last_reference = reference == self._last_reference, reference
        blocks: list[ImuBlock] = []
        try:
            for payload in assembly.take(kind, packet.data[2:], received_s=packet.received_s, follows=follows):
                stamp_ms, batches = decode_block(payload, _STREAMS[Reference(reference)])
                blocks += self._imu.push(stamp_ms, batches, received_s=packet.received_s)
        except InputError:
            self._imu.reject()
        return blocks

    def state(self) -> PlainState:
        """Return what there is to be stored; see `Decoder`."""
        assemblies: dict[str, PlainState] = {
            str(reference): assembly.state() for reference, assembly in self._assemblies.items()
        }
        return {
            "kind": _KIND,
            "imu": self._imu.state(),
            "assemblies": {"kind": _KIND, **assemblies},
            "replays": self._replays.state(),
            "last_data": self._last_data,
            "last_reference": self._last_reference,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `Decoder`."""
        stored = Stored.of_kind(state, _KIND)
        self._imu.restore(stored.part("imu"))
        self._replays.restore(stored.part("replays"))
        self._last_data = stored.data("last_data", most=LONGEST_NOTIFICATION)
        assemblies = Stored.of_kind(stored.part("assemblies"), _KIND)
        for reference, assembly in self._assemblies.items():
            assembly.restore(assemblies.part(str(reference)))
        self._last_reference = stored.whole("last_reference", most=0xFF)


PROFILE: Final = DeviceProfile(
    name=NAME,
    product=PRODUCT,
    decoder=MovesenseDecoder,
    name_prefixes=("Movesense",),
    notifications=(DATA,),
    packet_s=0.077,
    describe=describe,
    start=start,
    stop=stop,
)
"""Movesense sensors with the SensorData protocol."""
