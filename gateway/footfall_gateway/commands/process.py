"""`footfall process`: take what gateways send over MQTT, compute, and keep it."""

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway import console, data_folder
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.live_run import interrupts
from footfall_gateway.commands.options import DEFAULT_BROKER, DEFAULT_DATA_FOLDER, BrokerUrl, DataFolder, broker_from
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.influx.sink import InfluxSink
from footfall_gateway.mqtt.broker import BrokerAddress, cancelled_together, stay_connected
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.processor import Processor
from footfall_gateway.sessions.point_sink import NoPoints, PointSink
from footfall_gateway.sessions.sinks import DiskThread
from footfall_gateway.store.database import Store


def process(
    *,
    broker: BrokerUrl = DEFAULT_BROKER,
    end: Annotated[tuple[str, ...], Parameter(name="--end")] = (),
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Take what gateways send over MQTT, compute strides, windows and summaries, and keep them; until Ctrl-C.

    What has arrived is on the disk here before it is acknowledged, so this may be stopped or killed at any moment: it
    goes on where it was. The broker's user comes from FOOTFALL_MQTT_USER, the password from FOOTFALL_MQTT_PASSWORD_FILE
    or FOOTFALL_MQTT_PASSWORD. Where FOOTFALL_INFLUX_URL names an InfluxDB, all goes there too.

    Parameters
    ----------
    broker
        The MQTT broker: mqtt://HOST:PORT, or mqtts:// with TLS.
    end
        End this session first, with what has arrived of it: its gateway is gone for good, and never sends the rest.
    data_dir
        Where the store goes, and what has arrived and is not computed yet.
    """
    address = broker_from(broker)
    influx = InfluxSettings.from_environment()
    data_folder.make_folders(data_dir)
    with data_folder.held_alone(data_dir, "process"):
        prepare_processing()
        asyncio.run(_process(address, data_dir, influx, end))


async def _process(address: BrokerAddress, folder: Path, influx: InfluxSettings | None, end: Sequence[str]) -> None:
    inbox_disk, store_disk = DiskThread("inbox"), DiskThread("store")
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(inbox_disk.close)
        stack.callback(store_disk.close)
        inbox = await inbox_disk.call(Inbox, data_folder.inbox_path(folder))
        stack.push_async_callback(inbox_disk.call, inbox.close)
        for session_id in end:
            await inbox_disk.call(inbox.end_unfinished, session_id)
        store = await store_disk.call(Store.open, data_folder.store_path(folder))
        stack.push_async_callback(store_disk.call, store.close)
        points: PointSink = NoPoints()
        if influx is not None:
            outbox = data_folder.outbox_path(folder)
            points = await stack.enter_async_context(InfluxSink(outbox, influx, console.remark))
        processor = Processor(inbox, inbox_disk, store, store_disk, points, console.remark)
        connected = stay_connected(
            address,
            processor.run,
            client_id=f"footfall-process-{secrets.token_hex(3)}",
            clock=SystemClock(),
            random=Random(),
            say=console.remark,
            meanwhile="What has arrived is computed.",
        )
        with interrupts() as interrupted:
            console.remark(f"Waiting for gateways at {address}. Ctrl-C ends.")
            if waiting := [key.session_id for key in inbox.unfinished() if key.session_id not in end]:
                console.remark(
                    f"Not whole yet: {', '.join(waiting)}. Where the gateway is gone for good, --end ends one."
                )
            await cancelled_together(processor.compute(), connected, interrupted.wait())
