"""Many messages at once, over a real broker: all come as they were sent, in their order."""

from random import Random

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from footfall_gateway.mqtt.broker import Arrived
from footfall_gateway.mqtt.client import READ_BYTES, UNCONFIRMED
from gateway.mqtt.ends import connected, listening
from servers import Server

pytestmark = pytest.mark.broker

SIZES = (0, 1, 100, 127, 128, 16_383, 16_384, READ_BYTES - 1, READ_BYTES, READ_BYTES + 1, 3 * READ_BYTES)


def with_properties(number: int) -> Properties:
    """Make what we never look at, longer than one byte can tell."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = "x" * number
    properties.UserProperty = ("key", "value" * number)
    return properties


async def test_whatever_a_message_brings_beside_its_payload_is_left_out(mosquitto: Server) -> None:
    chance = Random(1)
    payloads = [chance.randbytes(size) for size in SIZES]
    async with listening(mosquitto, "some/#", "listener") as heard:
        async with aiomqtt.Client("127.0.0.1", mosquitto.port, protocol=aiomqtt.ProtocolVersion.V5) as other:
            for number, payload in enumerate(payloads):
                for quality in (0, 1, 2):
                    topic = f"some/{quality}/ä{number}"
                    await other.publish(topic, payload, qos=quality, properties=with_properties(10 * number))
            await other.publish("some/kept", b"kept", qos=1, retain=True)
        last = await heard.until(lambda message: message.topic == "some/kept")
        assert not last.retained, "it was published after we asked"
    async with listening(mosquitto, "some/kept", "later") as later:
        assert await later.until(lambda _: True) == Arrived("some/kept", b"kept", retained=True)
    for quality in (0, 1, 2):
        came = [
            (item.topic.rpartition("/")[2], item.payload)
            for item in heard.all
            if isinstance(item, Arrived) and item.topic.startswith(f"some/{quality}/")
        ]
        assert came == [(f"ä{number}", payload) for number, payload in enumerate(payloads)]


async def test_messages_with_and_without_a_receipt_keep_their_order(mosquitto: Server) -> None:
    count = 3 * UNCONFIRMED
    async with listening(mosquitto, "numbers", "listener") as heard, connected(mosquitto, "sender") as sender:
        for number in range(count):
            await sender.publish("numbers", b"%d" % number, receipt=number % 5 == 0)
        await heard.until(lambda message: message.payload == b"%d" % (count - 1))
    assert [item.payload for item in heard.all if isinstance(item, Arrived)] == [b"%d" % n for n in range(count)]
