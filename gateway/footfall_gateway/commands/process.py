"""`footfall process`: take what gateways send over MQTT, compute, and keep it."""

import asyncio
import contextlib
import gc
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Annotated, Final

from cyclopts import Parameter

from footfall_dashboards.access import Door
from footfall_dashboards.live import LiveView
from footfall_gateway import data_folder, settings
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.kept_shelf import KeptShelf
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    BrokerUrl,
    DataFolder,
    HealthPort,
    Log,
    above_zero,
    broker_from,
)
from footfall_gateway.commands.outputs import SharedPageSink, called_in_influx
from footfall_gateway.commands.page_options import ON_THIS_COMPUTER, PageOptions
from footfall_gateway.commands.pages import Page, RunnerPages
from footfall_gateway.commands.preparation import prepare_processing
from footfall_gateway.commands.reached import urls_for_others
from footfall_gateway.commands.run_files import KeptRunFiles
from footfall_gateway.commands.upkeep import finish_removals, see_to
from footfall_gateway.influx.sender import InfluxSender
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.influx.sink import InfluxSink
from footfall_gateway.mqtt.broker import BrokerAddress, cancelled_together, stay_connected
from footfall_gateway.mqtt.home_assistant import HomeAssistant
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.listeners import Listeners, ListenerSink
from footfall_gateway.mqtt.processor import Processor
from footfall_gateway.mqtt.quotas import Limits
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.outside import shown as as_shown
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.persons.bin import diary_of
from footfall_gateway.persons.retention import Retention
from footfall_gateway.say import Told, line
from footfall_gateway.service.running import Service
from footfall_gateway.service.signs import Reached, look_at_disk
from footfall_gateway.service.vitals import Sign
from footfall_gateway.sessions.ready_run import interrupts
from footfall_gateway.sessions.sinks.base import Sink
from footfall_gateway.sessions.sinks.store import SharedStore, StoreSink
from footfall_gateway.settings import DEFAULTS
from footfall_gateway.store.patience import Patience, PatientDisk

INBOX_WAITS: Final = "NOTHING IS TAKEN FOR NOW: {}. It is tried again until it can be; gateways keep what they send."
INBOX_GOES_ON: Final = "What gateways send is taken again."


def process(
    *,
    broker: BrokerUrl = DEFAULTS.broker,
    end: Annotated[tuple[str, ...], Parameter(name="--end")] = (),
    retry: Annotated[tuple[str, ...], Parameter(name="--retry")] = (),
    quota_gb: Annotated[
        float, Parameter(name="--quota-gb", env_var="FOOTFALL_QUOTA_GB", validator=above_zero)
    ] = DEFAULTS.quota_gb,
    show: str | None = None,
    page: PageOptions = ON_THIS_COMPUTER,
    health_port: HealthPort = DEFAULTS.health_port,
    log: Log = DEFAULTS.log,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Take what gateways send over MQTT, compute strides, windows and summaries, and keep them; until Ctrl-C.

    What has arrived is on the disk here before it is acknowledged, so this may be stopped or killed at any moment: it
    goes on where it was. The broker's user comes from FOOTFALL_MQTT_USER, the password from FOOTFALL_MQTT_PASSWORD_FILE
    or FOOTFALL_MQTT_PASSWORD. Where FOOTFALL_INFLUX_URL names an InfluxDB, all goes there too. FOOTFALL_KEEP_RECORDINGS
    and FOOTFALL_KEEP_SESSIONS, such as 6 months, say for how long those are kept: `footfall sessions expiring` shows.
    With FOOTFALL_HOME_ASSISTANT=true runners are announced to Home Assistant at this broker; without, no longer.
    `footfall health` asks how it is.

    Parameters
    ----------
    broker
        The MQTT broker: mqtt://HOST:PORT, or mqtts:// with TLS.
    end
        End this session first, with what has arrived of it: its gateway is gone for good, and never sends the rest.
    retry
        Compute this session again that was set aside; `footfall sessions waiting` lists what was, and why.
    quota_gb
        How much of one gateway may wait here to be computed, in gigabytes; what comes on top stays there.
    show
        Serve the pages of this runner, with the run that goes on; "" for the one whom nobody named.
    health_port
        The port of /healthz on this computer; 0 takes any free one, which `footfall health` finds.
    log
        How to log: text, json, or auto: text on a terminal and in the journal, else a JSON object a line.
    data_dir
        Where the store goes, and what has arrived and is not computed yet.
    """
    address = broker_from(broker)
    known = settings.load().settings
    influx, retention = InfluxSettings.of(known), Retention.of(known)
    shown = None if show is None else ShownRunner(show, page.door(data_dir, show))
    data_folder.make_folders(data_dir)
    with data_folder.held_alone(data_dir, "process"):
        service = Service.begin("process", data_dir, known, log_format=log, health_port=health_port)
        finish_removals(data_dir, ("gateway", "backup", "export"), line)
        prepare_processing(say=line)
        home = HomeAssistant.of(known, data_dir, line)
        listeners = Listeners(apart=known.listeners_apart)
        asyncio.run(_process(address, service, influx, retention, Wishes(end, retry, quota_gb), shown, home, listeners))


@dataclass(frozen=True, slots=True)
class ShownRunner:
    """Whose pages to serve, and where."""

    name: str
    door: Door

    @property
    def page(self) -> Page:
        """The page of each run, which nobody is at hand to be told of."""
        return Page(self.door, lambda _: None, self.name, self.name)

    @contextlib.asynccontextmanager
    async def served(self, folder: Path) -> AsyncIterator[RunnerPages]:
        """Serve the pages; the live one waits for a run."""
        shelf, files = KeptShelf(folder), KeptRunFiles(folder)
        async with (
            diary_of(folder) as diary,
            RunnerPages(diary, self.door, self.name, shelf, files=files) as pages,
        ):
            title = f"Waiting for {self.name}" if self.name else "Waiting for a run"
            pages.show(LiveView((), title=title), self.name)
            yield pages


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to do with what waits: which sessions to end, which to try again, how much may wait of one gateway."""

    end: Sequence[str]
    retry: Sequence[str]
    quota_gb: float

    def apply(self, inbox: Inbox) -> None:
        """Do it; `GatewayError` when a session does not wait here."""
        for session_id in self.retry:
            inbox.try_again(session_id)
        for session_id in self.end:
            inbox.end_unfinished(session_id)

    @property
    def limits(self) -> Limits:
        """How much of one gateway may wait; of one session, half as much."""
        most = round(self.quota_gb * 1e9)
        return Limits(gateway_bytes=most, session_bytes=most // 2)


async def _process(
    address: BrokerAddress,
    service: Service,
    influx: InfluxSettings | None,
    retention: Retention,
    wishes: Wishes,
    shown: ShownRunner | None,
    home: HomeAssistant,
    listeners: Listeners,
) -> None:
    folder, vitals = service.folder, service.vitals
    inbox_disk = PatientDisk("inbox", Patience(line, SystemClock(), waits=INBOX_WAITS, goes_on=INBOX_GOES_ON))
    async with contextlib.AsyncExitStack() as stack:
        pages = None if shown is None else await stack.enter_async_context(shown.served(folder))
        if pages is not None and shown is not None:
            live = pages.address("/live/")
            line(Told(f"The page: {live}", "page served", url=live))
            for url in await asyncio.to_thread(urls_for_others, shown.door, live):
                line(Told(f"The page, for others in the network: {url}", "page served to others", url=url))
        stack.callback(inbox_disk.close)
        inbox = await inbox_disk.call_once(Inbox, data_folder.inbox_path(folder), wishes.limits)
        stack.push_async_callback(inbox_disk.call_once, inbox.close)
        await inbox_disk.call(wishes.apply, inbox)
        store = await stack.enter_async_context(SharedStore(data_folder.store_path(folder), line))
        sender = None
        whose: Callable[[str], str] = str
        if influx is not None:
            whose = called_in_influx(influx, folder)
            outbox = data_folder.outbox_path(folder)
            sender = await stack.enter_async_context(InfluxSender(outbox, influx, line))

        def sinks_of(key: SessionKey, header: RecordingHeader) -> list[Sink]:
            sinks: list[Sink] = [StoreSink(store)]
            if sender is not None:
                sinks.append(InfluxSink(sender, store, whose, line))
            sinks.append(ListenerSink(listeners, key.gateway, lambda _: key.runner, store, home, with_gateway=True))
            if shown is not None and pages is not None and header.session.runner_name == shown.name:
                sinks.append(SharedPageSink(pages, shown.page, store))
            return sinks

        beat = partial(vitals.beat, "computing")
        for patience in (inbox_disk.patience, store.patience, *(() if sender is None else (sender.patience,))):
            patience.on_refusal = beat
        processor = Processor(
            inbox,
            inbox_disk,
            sinks_of,
            line,
            listeners=listeners,
            kept_strides=store.kept_strides,
            forget_results=store.forget_results,
            software=version("footfall"),
            beat=beat,
        )
        broker = Reached("the broker")
        files = {"store": data_folder.store_path(folder), "inbox": data_folder.inbox_path(folder)}
        vitals.look_at("broker", broker.look)
        vitals.look_at("disk", look_at_disk(folder, files))
        vitals.look_at("inbox", partial(_look_at_inbox, inbox))
        vitals.look_at("left_out", partial(_look_at_left_out, processor))
        if sender is not None:
            vitals.look_at("influxdb", partial(_look_at_influxdb, sender))
        await stack.enter_async_context(service.running())
        connected = stay_connected(
            address,
            broker.noting(home.before(processor.run)),
            client_id=f"footfall-process-{secrets.token_hex(3)}",
            clock=SystemClock(),
            random=Random(),
            say=line,
            meanwhile="What has arrived is computed.",
        )
        gc.freeze()  # the code stays: looking through it for garbage costs as much as a dozen runners
        with interrupts() as interrupted:
            line(f"Waiting for gateways at {address}. Ctrl-C ends.")
            _tell_what_waits(inbox)
            upkeep = see_to(folder, influx, address, retention, SystemClock(), line)
            await cancelled_together(processor.compute(), connected, upkeep, interrupted.wait())


async def _look_at_inbox(inbox: Inbox) -> Sign:
    """Tell what waits to be computed, and how long ago the last data came."""
    waiting = [held for held in list(inbox.sessions.values()) if not held.done]
    came_s = [held.newest_s for held in list(inbox.sessions.values()) if held.newest_s is not None]
    return Sign(
        {
            "sessions": len(waiting),
            "set_aside": sum(bool(held.aside) for held in waiting),
            "bytes": sum(held.batch_bytes for held in waiting),
            "last_data_s_ago": round(SystemClock().now_s() - max(came_s), 1) if came_s else None,
        }
    )


async def _look_at_left_out(processor: Processor) -> Sign:
    return Sign(processor.left_out)


async def _look_at_influxdb(sender: InfluxSender) -> Sign:
    """Tell of it; while it is away points wait on the disk, and nothing is in trouble."""
    return Sign({"reached": sender.is_reached, "points_waiting": await sender.waiting()})


def _tell_what_waits(inbox: Inbox) -> None:
    waiting = {key: inbox.sessions[key] for key in inbox.unfinished() if inbox.sessions[key].last_sequence is None}
    if whole := [as_shown(key.session_id) for key, held in waiting.items() if not held.aside]:
        line(f"Not whole yet: {', '.join(whole)}. Where the gateway is gone for good, --end ends one.")
    if aside := [as_shown(key.session_id) for key in inbox.unfinished() if inbox.sessions[key].aside]:
        line(f"Set aside: {', '.join(aside)}. `footfall sessions waiting` tells why; --retry computes one again.")
