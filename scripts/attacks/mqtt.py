"""Attempts on the broker, by its deployed rules and passwords, and on the processor behind it."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import aiomqtt

from attacks.attempts import Attempt
from footfall_gateway.mqtt.client import Client
from footfall_gateway.mqtt.topics import OF_ONE_SENSOR, ROOT, Kind, SessionTopic, status_topic
from footfall_gateway.store.database import Store

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from deploy.deployed_broker import deployed_broker
from gateway.command_line import FEET
from killing import Footfall
from programs import PATIENCE_S

GATEWAY: Final = "box"
OTHER: Final = "track-1"
"""A gateway whose password the attacker has; the first is honest."""
GATEWAY_SAYS: Final = (Kind.SESSION, Kind.RAW, Kind.END, Kind.HEALTH, Kind.SOUND)
DEEP: Final = 5_000

_quiet: Final = logging.getLogger(__name__)
_quiet.setLevel(logging.CRITICAL)  # that the broker hangs up is an answer


async def attempts(folder: Path, *, quick: bool) -> AsyncIterator[Attempt]:
    """Try everything; then an honest run must come through as if nothing had been."""
    (folder / "broker").mkdir()
    with deployed_broker(folder / "broker") as (port, _, _):
        at = ("--broker", f"mqtt://127.0.0.1:{port}", "--data-dir", str(folder / "data"))
        processor = Footfall("process", *at, environment=_user("processor"))
        try:
            processor.start()
            await asyncio.to_thread(processor.wait_for, "Waiting for gateways")
            async for attempt in _without_password(port):
                yield attempt
            async for attempt in _reading(port):
                yield attempt
            async for attempt in _writing(port):
                yield attempt
            async for attempt in _poison(port, 200 if quick else 20_000):
                yield attempt
            yield await asyncio.to_thread(_honest_run, port, folder, processor)
        finally:
            await asyncio.to_thread(processor.kill)


async def _without_password(port: int) -> AsyncIterator[Attempt]:
    for user, password in (
        *((None, None), ("", ""), (GATEWAY, None), (GATEWAY, ""), (GATEWAY, "wrong"), (GATEWAY, f"of-{OTHER}")),
        *(("processor", "mine"), ("#", "#"), ("a/b", "c"), ("admin", "admin")),
    ):
        answer = "let in"
        try:
            async with aiomqtt.Client("127.0.0.1", port, username=user, password=password):
                pass
        except aiomqtt.MqttError as error:
            answer = str(error)
        yield Attempt("no credentials", f"as {user!r} with {password!r}", answer, answer == "let in")


async def _reading(port: int) -> AsyncIterator[Attempt]:
    """What others than the processor get of a run, whatever they subscribe to."""
    wishes = ("#", f"{ROOT}/#", f"{ROOT}/+/+/+/+", f"{ROOT}/{GATEWAY}/#", f"$share/x/{ROOT}/#", f"{ROOT}/+/+/+/raw")
    told = [_topic(kind) for kind in GATEWAY_SAYS]
    for user, own in ((OTHER, _topic(Kind.ACK, OTHER)), ("reader", status_topic(OTHER))):
        async with contextlib.AsyncExitStack() as stack:
            listening = await stack.enter_async_context(_as(port, user))
            for wish in (*wishes, own):
                with contextlib.suppress(aiomqtt.MqttError):
                    await listening.subscribe(wish, qos=1)
            honest = await stack.enter_async_context(_as(port, GATEWAY))
            for topic in told:
                await honest.publish(topic, b"of somebody's run", qos=1)
            # what comes after it, in order: all that was to come has come then
            last = await stack.enter_async_context(_as(port, "processor" if user == OTHER else OTHER))
            await last.publish(own, b"the end", qos=1)
            heard: list[str] = []
            async with asyncio.timeout(PATIENCE_S):
                async for message in listening.messages:
                    if message.payload == b"the end":
                        break
                    heard.append(str(message.topic))
        allowed = {_topic(Kind.HEALTH), _topic(Kind.SOUND)} if user == "reader" else set()
        more = sorted({topic for topic in heard if not topic.startswith("$SYS/")} - allowed)
        what = f"{user} subscribes to {', '.join(wishes)}"
        yield Attempt("another's credentials", what, f"heard {more}" if more else "heard nothing of it", bool(more))


async def _writing(port: int) -> AsyncIterator[Attempt]:
    """What arrives of what somebody writes who may not."""
    topics = [_topic(kind) for kind in Kind] + [status_topic(GATEWAY), f"{ROOT}/", "$SYS/broker/load", "x"]
    async with _as(port, "processor") as listening:
        for wish in (f"{ROOT}/{GATEWAY}/#", f"{ROOT}/+/+/+/+", f"{ROOT}/+/status"):
            await listening.subscribe(wish, qos=1)
        for user in (OTHER, "reader"):
            for topic in topics:
                with contextlib.suppress(aiomqtt.MqttError):
                    async with _as(port, user) as client:
                        await client.publish(topic, b"forged", retain=True)
                        await client.subscribe("the-answer-comes-after-it")
        async with _as(port, OTHER) as own:
            await own.publish(status_topic(OTHER), b"the end", qos=1)
        heard = []
        async with asyncio.timeout(PATIENCE_S):
            async for message in listening.messages:
                if message.payload == b"the end":
                    break
                heard.append((str(message.topic), message.payload))
        forged = [topic for topic, payload in heard if payload == b"forged"]
        what = f"{OTHER} and reader write to {len(topics)} topics of {GATEWAY} and others"
        answer = f"arrived: {forged}" if forged else "nothing arrived"
        yield Attempt("another's credentials", what, answer, bool(forged))


async def _poison(port: int, flood: int) -> AsyncIterator[Attempt]:
    """Messages on a gateway's own topics that are none; what they do shows in the honest run that follows."""
    deep, nested = b"[" * DEEP + b"]" * DEEP, b"\x91" * DEEP
    late = b'{"format":1,"id":"x","started_utc":"0001-01-01T00:00:00Z","sensors":[]}'
    payloads: Sequence[tuple[str, bytes]] = (
        ("5,000 brackets", deep),
        ("5,000 nested arrays of MessagePack", nested),
        ("the year 1", late),
        ("a number of 400 digits", b'{"last_sequence":' + b"9" * 400 + b"}"),
        ("no text", b"\xff\xfe\x00"),
        ("nothing", b""),
        ("200 KiB", b"a" * 200_000),
        ("1 MiB", b"a" * (1 << 20)),
    )
    for what, payload in payloads:
        for kind in (*GATEWAY_SAYS, Kind.ACK):
            answer = await _say(port, _topic(kind, OTHER, "poison"), payload)
            yield Attempt("poison", f"{what} as {kind.value}", answer, got=False)
    for session_id in ("\x1b[2J", "..", "a" * 2000, "\u202e", "%00", " "):
        answer = await _say(port, _topic(Kind.END, OTHER, session_id), b'{"version":1,"last_sequence":0}')
        yield Attempt("poison", f"a session called {session_id[:20]!r}", answer, got=False)
    with contextlib.suppress(aiomqtt.MqttError):
        async with _as(port, OTHER) as client:
            for number in range(flood):
                await client.publish(_topic(Kind.RAW, OTHER, f"flood-{number}"), b"x" * 1000)
    yield Attempt("floods", f"{flood} batches of as many sessions", "sent", got=False)


def _honest_run(port: int, folder: Path, processor: Footfall) -> Attempt:
    at = ("--broker", f"mqtt://127.0.0.1:{port}", "--data-dir", str(folder / "there"), "--name", GATEWAY)
    replay = ("--replay", str(FEET), "--speed", "20", "--duration", "10", "--runner", "Ann")
    gateway = Footfall("gateway", *at, *replay, environment=_user(GATEWAY))
    try:
        gateway.start()
        status = gateway.wait()
        processor.wait_for("is complete")
    finally:
        gateway.kill()
    with Store.open(folder / "data" / "footfall.sqlite") as store:
        kept = [(session.header.session.runner_name, session.strides) for session in store.sessions()]
    whole = status == 0 and processor.status is None and len(kept) == 1 and kept[0][0] == "Ann" and kept[0][1] > 0
    answer = f"it came through, with {kept[0][1]} strides" if whole else f"kept {kept}, and ended with {status}"
    return Attempt("poison", "stopping an honest run by all of it, or adding one", answer, not whole)


async def _say(port: int, topic: str, payload: bytes) -> str:
    try:
        async with _as(port, OTHER) as client:
            await client.publish(topic, payload, qos=1, retain=True)
    except (aiomqtt.MqttError, ValueError) as error:
        return f"refused ({error})"
    return "taken by the broker"


def _topic(kind: Kind, gateway: str = GATEWAY, session_id: str = "run-1") -> str:
    return str(SessionTopic(gateway, "r-a", session_id, kind, "foot-left" if kind in OF_ONE_SENSOR else ""))


def _as(port: int, user: str) -> Client:
    return Client("127.0.0.1", port, username=user, password=f"of-{user}", logger=_quiet)


def _user(name: str) -> dict[str, str]:
    return {"FOOTFALL_MQTT_USER": name, "FOOTFALL_MQTT_PASSWORD": f"of-{name}"}
