"""Movesense: what a sensor grants, how it says so, and what is made of it."""

from collections.abc import Callable
from types import MappingProxyType

import pytest

from footfall_gateway.devices import PROFILES, movesense
from footfall_gateway.devices.movesense import PLANS, Plan, Reference
from footfall_gateway.devices.protocols.movesense import Command
from footfall_gateway.packets import RecordedSensor
from footfall_gateway.virtual.models.base import RefusedError
from footfall_gateway.virtual.models.movesense import MovesenseModel, movesense_sensor
from footfall_processing.errors import InputError
from footfall_processing.session import Sensor
from footfall_processing.units import STANDARD_GRAVITY_MPS2
from gateway.devices.driver_runs import WEARING, connected, worn_imu

ADDRESS = "0C:8C:DC:00:00:01"
TWO_STREAMS, TOGETHER, ACC_ONLY = PLANS


def sensor(plan: Plan = TWO_STREAMS) -> Sensor:
    return worn_imu(float(plan.rate_hz), acc_range_mps2=8 * STANDARD_GRAVITY_MPS2, has_gyro=plan.has_gyro)


@pytest.mark.parametrize("plan", PLANS, ids=["acc + gyro", "IMU6", "acc"])
async def test_what_the_sensor_grants_is_taken(plan: Plan) -> None:
    virtual = movesense_sensor(MovesenseModel(plan), [], address=ADDRESS)
    async with connected(virtual, movesense.PROFILE) as peer:
        recorded = await movesense.describe(peer, WEARING)
        assert recorded.sensor == sensor(plan)
        assert recorded.settings["resources"] == " ".join(plan.resources.values())
        assert recorded.settings["acc_range_known"] is False
        assert recorded.settings["firmware"] == "2.3.1"
        # All subscriptions of the trial are ended.
        assert not virtual.started.is_set()
        await movesense.start(peer, recorded)
        assert virtual.started.is_set()
        await movesense.stop(peer, recorded)
        assert await movesense.describe(peer, WEARING) == recorded


@pytest.mark.parametrize("acc_range_g", [4, 16])
async def test_the_range_is_the_sensors_own_where_it_tells(acc_range_g: int) -> None:
    virtual = movesense_sensor(MovesenseModel(TWO_STREAMS, acc_range_g=acc_range_g), [], address=ADDRESS)
    async with connected(virtual, movesense.PROFILE) as peer:
        recorded = await movesense.describe(peer, WEARING)
    assert recorded.sensor.acc_range_mps2 == acc_range_g * STANDARD_GRAVITY_MPS2
    assert recorded.settings["acc_range_known"] is True


async def test_a_sensor_that_grants_nothing_or_that_nobody_wears_is_refused() -> None:
    slow = Plan((Reference.IMU6,), 13)
    async with connected(movesense_sensor(MovesenseModel(slow), [], address=ADDRESS), movesense.PROFILE) as peer:
        with pytest.raises(InputError, match="does not know where it is worn"):
            await movesense.describe(peer, None)
        with pytest.raises(InputError, match="grants no measurement"):
            await movesense.describe(peer, WEARING)


async def test_a_sensor_that_changed_its_mind_is_tried_again_later() -> None:
    virtual = movesense_sensor(MovesenseModel(TOGETHER), [], address=ADDRESS)
    settings = MappingProxyType({"resources": "/Meas/Acc/208 /Meas/Gyro/208"})
    async with connected(virtual, movesense.PROFILE) as peer:
        with pytest.raises(OSError, match="does not grant /Meas/Acc/208"):
            await movesense.start(peer, RecordedSensor(sensor(), movesense.NAME, settings=settings))


class FirstDataOnly:
    """A firmware that grants a subscription without a word: its first data come."""

    address = ADDRESS
    name = "Movesense 1"

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def has(self, characteristic: str) -> bool:
        return characteristic in (movesense.COMMAND, movesense.DATA)

    async def read(self, characteristic: str) -> bytes:
        raise AssertionError(characteristic)

    async def write(self, characteristic: str, data: bytes, *, response: bool = True) -> None:
        assert (characteristic, response) == (movesense.COMMAND, True)
        self.written.append(data)

    async def ask(
        self,
        characteristic: str,
        data: bytes,
        *,
        answer_on: str,
        accepts: Callable[[bytes], bool],
        response: bool = True,
    ) -> bytes:
        assert (characteristic, answer_on, response) == (movesense.COMMAND, movesense.DATA, True)
        self.written.append(data)
        # Data of another subscription do not answer; unknown commands and paths are met with silence.
        heard = [b"\x02\x63" + bytes(150), b"\x03" + data[1:2] + bytes(46)]
        if data[0] == Command.SUBSCRIBE and b"/Meas/IMU6/104" in data:
            heard.append(b"\x02" + data[1:2] + bytes(150))
        answers = [answer for answer in heard if accepts(answer)]
        if not answers:
            raise TimeoutError
        return answers[0]

    async def pause(self, duration_s: float) -> None:
        raise AssertionError(duration_s)


async def test_a_firmware_that_does_not_confirm_is_understood_by_its_data() -> None:
    silent = FirstDataOnly()
    recorded = await movesense.describe(silent, WEARING)
    assert recorded.settings["resources"] == "/Meas/IMU6/104"
    silent.written.clear()
    await movesense.start(silent, recorded)
    await movesense.stop(silent, recorded)
    assert silent.written == [b"\x01\x03/Meas/IMU6/104", b"\x02\x03"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00 09", "01 09 48656C6C6F"),
        ("01 09 2F4D6561732F4D61676E2F313034", "01 09 9401"),
        ("02 09", "01 09 9401"),
        ("04 09 2F4D6561732F486561742F", "01 09 9401"),
    ],
)
def test_the_virtual_sensor_answers_as_real_ones_do(command: str, answer: str) -> None:
    answers = MovesenseModel(TWO_STREAMS).write(movesense.COMMAND, bytes.fromhex(command))
    assert answers == [(movesense.DATA, bytes.fromhex(answer))]


def test_the_virtual_sensor_has_room_for_four() -> None:
    model = MovesenseModel(ACC_ONLY)
    answers = [model.write(movesense.COMMAND, bytes([1, ref]) + b"/Meas/Acc/208")[0][1] for ref in range(1, 6)]
    assert answers == [*(bytes([1, ref, 0xC8, 0]) for ref in range(1, 5)), b"\x01\x05\x01\xfb"]
    with pytest.raises(RefusedError):
        model.write(movesense.COMMAND, b"\x01\x00/Meas/Acc/208")


@pytest.mark.parametrize("name", ["Movesense 174630000192", "Movesense"])
def test_sensors_are_known_by_their_names(name: str) -> None:
    assert PROFILES[movesense.NAME].matches(name, ())
    assert not PROFILES[movesense.NAME].matches("Polar Sense 1", ())
