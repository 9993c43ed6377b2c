"""Many runners at once on a cluster, and what came of them, while nodes and workers are killed."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from footfall_gateway.clock import SystemClock
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.influx import settings as influx_settings
from footfall_gateway.influx.points import lines_of
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.jetstream.address import ClusterAddress
from footfall_gateway.jetstream.uplink import stay_uplinked
from footfall_gateway.mqtt.broker import Arrived, cancelled_together
from footfall_gateway.mqtt.payloads import Ack, BatchCutter, decode_json
from footfall_gateway.mqtt.publisher import Publisher, Uplink
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.mqtt.topics import Kind, parse
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.decoding import decode_packets
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import Recording
from footfall_processing.pipeline import analyze
from gateway.influx.lines import parse as parse_line
from killing import Footfall, variables_of
from programs import PATIENCE_S, Program
from servers_influx import Influx
from servers_nats import Nats

GATEWAY: Final = "track"
TICK_S: Final = 0.05


@dataclass(frozen=True)
class Runs:
    """So many runners who all run what one recording has.

    Parameters
    ----------
    batches
        Of each, in their order.
    """

    headers: Sequence[RecordingHeader]
    batches: Sequence[Sequence[RawPacket]]
    packets: Sequence[RawPacket]

    @classmethod
    def of(cls, path: Path, runners: int, duration_s: float) -> "Runs":
        """Return the runs that a recording's first seconds make."""
        recording = Recording.open(path)
        packets = [packet for packet in recording if packet.received_s <= duration_s]
        cutter = BatchCutter()
        batches = [*cutter.push(packets), *cutter.flush()]
        header, session = recording.header, recording.header.session
        headers = [
            replace(header, session=replace(session, id=f"{session.id}.{number}", runner_name=f"R {number}"))
            for number in range(runners)
        ]
        return cls(headers, batches, packets)

    def points(self) -> dict[tuple[str, str, int], Mapping[str, object]]:
        """Return the strides that the analysis of the recording finds, as InfluxDB is to have them."""
        wanted: dict[tuple[str, str, int], Mapping[str, object]] = {}
        header = self.headers[0]
        strides = analyze(header.session.sensors, decode_packets(header, self.packets), header.session.runner)
        for header in self.headers:
            for stride in strides:
                line = parse_line(lines_of(stride, header)[0])
                wanted[header.session.runner_name, stride.sensor_id, line.time_ns] = {**line.tags, **line.fields}
        return wanted


@dataclass
class Sent:
    """What a gateway saw of its runs.

    Parameters
    ----------
    answered
        When a batch of a session was acknowledged for the first time, on the monotonic clock.
    """

    said: list[str] = field(default_factory=list)
    answered: list[tuple[float, str, int]] = field(default_factory=list)


class _Watched:
    """An uplink whose acknowledgements are noted."""

    def __init__(self, uplink: Uplink, sent: Sent) -> None:
        self._uplink = uplink
        self._sent = sent
        self.publish = uplink.publish
        self.subscribe = uplink.subscribe
        self.why_silent = uplink.why_silent

    async def messages(self) -> AsyncIterator[list[Arrived]]:
        async for some in self._uplink.messages():
            self._note(some)
            yield some

    def _note(self, some: Sequence[Arrived]) -> None:
        for arrived in some:
            topic = parse(arrived.topic)
            if topic is not None and topic.kind is Kind.ACK:
                sequence = decode_json(arrived.payload, Ack).sequence
                self._sent.answered.append((time.monotonic(), topic.session_id, sequence))


async def send(runs: Runs, address: ClusterAddress, folder: Path, sent: Sent, *, speed: float) -> None:
    """Be the gateway of all runs, from their start until everything is acknowledged; the folder must be there."""
    spool, disk, clock = Spool.open(folder / "spool.sqlite"), DiskThread("spool"), SystemClock()
    publisher = Publisher(GATEWAY, spool, disk, clock, sent.said.append, pseudonym=lambda name: name.replace(" ", "-"))

    async def work(uplink: Uplink) -> None:
        await publisher.run(_Watched(uplink, sent))

    async def feed() -> None:
        for header in runs.headers:
            session = header.session
            await disk.call(spool.add_session, session.id, session.runner_name, encode_header(header), folder / "none")
        begun_s = time.monotonic()
        given = 0
        while given < len(runs.batches):
            until = min(round((time.monotonic() - begun_s) * 2.0 * speed), len(runs.batches))
            for header in runs.headers if until > given else ():
                await disk.call(spool.append, header.session.id, runs.batches[given:until])
            given = until
            publisher.wake()
            await asyncio.sleep(TICK_S)
        for header in runs.headers:
            await disk.call(spool.end, header.session.id)
        await publisher.drained()

    staying = stay_uplinked(
        address, work, client_id=GATEWAY, clock=clock, random=random.Random(1), say=sent.said.append,
        will=publisher.will, meanwhile="",
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_S):
            await cancelled_together(staying, feed())
    finally:
        disk.close()
        spool.close()


def worker(url: str, folder: Path, influx: InfluxSettings, partitions: int = 4, **more: str) -> Footfall:
    """Return a worker that is to be started."""
    environment = {**variables_of(influx), influx_settings.RUNNERS: "names", "FOOTFALL_PARTITIONS": str(partitions)}
    return Footfall("process", "--cluster", url, "--data-dir", str(folder), environment={**environment, **more})


@dataclass(frozen=True)
class Compared:
    """What InfluxDB has, against the analysis of the recording."""

    strides: int
    lost: int
    doubled: int
    different: int

    @property
    def is_whole(self) -> bool:
        return self.strides > 0 and not (self.lost or self.doubled or self.different)


def compare(runs: Runs, influx: Influx) -> Compared:
    """Compare each stride's point in every field."""
    wanted = runs.points()
    rows = influx.query("SELECT * FROM stride")
    found: dict[tuple[str, str, int], Mapping[str, object]] = {
        (row["runner"], row["sensor"], row["time"]): {
            name: value for name, value in row.items() if name != "time" and value is not None
        }
        for row in rows
    }
    different = sum(found[key] != point for key, point in wanted.items() if key in found)
    lost = len(wanted.keys() - found.keys())
    return Compared(len(wanted), lost, len(rows) - len(wanted) + lost, different)


def gone_on_s(sent: Sent, killed_s: float, last: int) -> float | None:
    """Return how long after a kill the last of the runs was acknowledged something new; `None` while one waits.

    Runs of which all `last` batches had been acknowledged wait for nothing.
    """
    newest: dict[str, int] = {}
    first: dict[str, float] = {}
    for at_s, session_id, sequence in sent.answered:
        if at_s <= killed_s:
            newest[session_id] = max(newest.get(session_id, 0), sequence)
        elif sequence > newest.get(session_id, 0):
            first.setdefault(session_id, at_s - killed_s)
    waiting = {session_id for session_id, sequence in newest.items() if sequence < last}
    return None if waiting - first.keys() else max((first[session_id] for session_id in waiting), default=0.0)


@dataclass
class Fire:
    """A cluster under fire.

    Parameters
    ----------
    kills
        What was killed, in order.
    gaps_s
        How long it took each time until all runs went on.
    """

    kills: list[str] = field(default_factory=list)
    gaps_s: list[float] = field(default_factory=list)


async def under_fire(
    runs: Runs,
    cluster: Nats,
    influx: Influx,
    folder: Path,
    *,
    seed: int,
    kills: int,
    speed: float,
) -> Fire:
    """Let runs go on while workers and nodes, the stream's leader among them, are killed and started again."""
    chance = random.Random(seed)
    fire, sent = Fire(), Sent()
    workers = {name: worker(cluster.url, folder / name, influx.settings) for name in ("w1", "w2")}
    with contextlib.ExitStack() as stack:
        for one in workers.values():
            stack.callback(one.kill)
            one.start()
        for one in workers.values():
            await asyncio.to_thread(one.wait_for, "Waiting for gateways")
        address = ClusterAddress.parse(cluster.url)
        sending = asyncio.create_task(send(runs, address, folder, sent, speed=speed))
        try:
            await all_answered(sent, runs, sending)
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(0.0, 2.0))  # the moment is what is tried
                if sending.done():
                    break
                victims = [chance.choice(["node", "leader", "worker"])]
                if chance.random() < 0.3:
                    victims = ["leader", "worker"]
                down: list[Program] = []
                for victim in victims:
                    if victim == "worker":
                        name = chance.choice(list(workers))
                        down.append(workers[name])
                    else:
                        name = cluster.leader() if victim == "leader" else f"n{chance.randint(1, 3)}"
                        down.append(cluster.node(name))
                    fire.kills.append(f"{victim} {name}")
                for program in down:
                    await asyncio.to_thread(program.kill)
                killed_s, last = time.monotonic(), len(runs.batches)
                fire.gaps_s.append(await gone_on(sent, killed_s, last, sending) or 0.0)
                for program in down:
                    await asyncio.to_thread(program.start)
                await asyncio.to_thread(cluster.wait_until_current)
            await sending
            for one in workers.values():
                await asyncio.to_thread(one.interrupt)
        except (AssertionError, TimeoutError) as error:
            said = "\n".join(one.said() for one in (*workers.values(), *cluster.nodes))
            raise AssertionError(f"{fire}: {error!r}; {sent.said}; {said}") from error
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    return fire


def _have_gone_on(sent: Sent, killed_s: float, last: int) -> bool:
    return gone_on_s(sent, killed_s, last) is not None


async def gone_on(sent: Sent, killed_s: float, last: int, sending: asyncio.Task[None]) -> float | None:
    """Return, once all runs go on, what `gone_on_s` says."""
    await until(partial(_have_gone_on, sent, killed_s, last), sending)
    return gone_on_s(sent, killed_s, last)


async def all_answered(sent: Sent, runs: Runs, sending: asyncio.Task[None]) -> None:
    """Return when something of each run was acknowledged from now on."""
    began = len(sent.answered)
    await until(lambda: len({run for _, run, of in sent.answered[began:] if of}) == len(runs.headers), sending)


async def until(condition: Callable[[], bool], sending: asyncio.Task[None]) -> None:
    """Return when something holds, or all is sent."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition() and not sending.done():
            await asyncio.wait({sending}, timeout=TICK_S)


def pause(program: Footfall) -> None:
    """Stop a worker as a machine that sleeps does."""
    os.kill(program.pid, signal.SIGSTOP)


def wake(program: Footfall) -> None:
    """Let it go on."""
    os.kill(program.pid, signal.SIGCONT)
