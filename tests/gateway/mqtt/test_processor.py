"""What the processor makes of what it is sent, over a real broker."""

from dataclasses import replace
from pathlib import Path

import pytest

from footfall_gateway.mqtt.broker import Connection
from footfall_gateway.mqtt.payloads import End, HealthMessage, decode_batch, encode_health, encode_json
from footfall_gateway.mqtt.topics import Kind, SessionKey
from footfall_gateway.point_sink import SensorReport
from footfall_gateway.recording import Recording
from footfall_gateway.recording_header import encode_header
from footfall_processing.gait import Stride
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.summary import SessionSummary
from gateway.command_line import FEET
from gateway.mqtt.ends import Heard, batches, connected, processing
from servers import Server

pytestmark = pytest.mark.broker

RUN = Recording.open(FEET)
KEY = SessionKey("track", "Ann", RUN.header.session.id)
HEADER = encode_header(RUN.header)
BATCHES = list(batches(RUN, 20.0))
LAST_S = decode_batch(BATCHES[-1]).packets[-1].received_s


async def send_run(gateway: Connection) -> None:
    await gateway.publish(KEY.topic(Kind.SESSION), HEADER, retain=True)
    for batch in BATCHES:
        await gateway.publish(KEY.topic(Kind.RAW), batch)


async def send_empty_run(gateway: Connection, session_id: str) -> None:
    header = replace(RUN.header, session=replace(RUN.header.session, id=session_id))
    key = SessionKey("track", "Ann", session_id)
    await gateway.publish(key.topic(Kind.SESSION), encode_header(header), retain=True)
    await gateway.publish(key.topic(Kind.END), encode_json(End(0)), retain=True)


async def tell_health(gateway: Connection, newest_packet_s: float | None, sensor_id: str = "foot-left") -> None:
    health = SensorHealth(sensor_id, LAST_S + 1.0, LinkState.STREAMING, 200.0, 900, 0, 0, None)
    message = encode_health(HealthMessage(health, newest_packet_s))
    await gateway.publish(KEY.topic(Kind.HEALTH, sensor_id), message)


async def lag_told(heard: Heard, gateway: Connection, newest_packet_s: float | None) -> float:
    await tell_health(gateway, newest_packet_s)
    async for item in heard:
        if isinstance(item, SensorReport):
            return item.lag_s
    raise AssertionError("no report")


async def test_lag_is_what_the_gateway_has_and_is_not_computed_yet(mosquitto: Server, tmp_path: Path) -> None:
    heard = Heard()
    async with processing(mosquitto, tmp_path, heard), connected(mosquitto, "gateway") as gateway:
        await gateway.publish(KEY.topic(Kind.SESSION), HEADER, retain=True)
        assert await lag_told(heard, gateway, 3600.0) == 3600.0, "an hour waits at the gateway"
        await send_run(gateway)
        lags = [await lag_told(heard, gateway, LAST_S + 0.4)]
        while lags[-1] > 0.5:
            lags.append(await lag_told(heard, gateway, LAST_S + 0.4))
        assert lags == sorted(lags, reverse=True)
        assert lags[-1] == pytest.approx(0.4)
        assert await lag_told(heard, gateway, 2.0) == 0.0, "silent, while the other sensor sent on"
        assert await lag_told(heard, gateway, None) == 0.0, "has never sent anything"


async def test_reports_of_companions_keep_no_strides_from_the_database(mosquitto: Server, tmp_path: Path) -> None:
    heard = Heard()
    async with processing(mosquitto, tmp_path, heard), connected(mosquitto, "gateway") as gateway:
        await gateway.publish(KEY.topic(Kind.SESSION), HEADER, retain=True)
        for batch in BATCHES:
            await tell_health(gateway, 1.0, "strap")
            await gateway.publish(KEY.topic(Kind.RAW), batch)
        await gateway.publish(KEY.topic(Kind.END), encode_json(End(len(BATCHES))), retain=True)
        complete = await heard.until_said("is complete")
    strides = sum(isinstance(item, Stride) for item in heard.all)
    assert strides > 10
    assert complete.endswith(f"is complete: {strides} strides.")
    assert [item for item in heard.all if isinstance(item, str)] == [complete]


async def test_after_a_restart_a_session_rests_until_more_comes_of_it(mosquitto: Server, tmp_path: Path) -> None:
    heard = Heard()
    async with connected(mosquitto, "gateway") as gateway:
        async with processing(mosquitto, tmp_path, heard):
            await send_run(gateway)
            while await lag_told(heard, gateway, LAST_S) > 0.0:
                pass
        strides = {item for item in heard.all if isinstance(item, Stride)}
        assert len(strides) > 10

        again = Heard()
        async with processing(mosquitto, tmp_path, again):
            await send_empty_run(gateway, "another")
            complete = await again.until_said("is complete")
            assert [item for item in again.all if not isinstance(item, SessionSummary)] == [complete]
            assert await lag_told(again, gateway, LAST_S) == LAST_S, "it begins anew"
            while await lag_told(again, gateway, LAST_S) > 0.0:
                pass
        assert {item for item in again.all if isinstance(item, Stride)} == strides
