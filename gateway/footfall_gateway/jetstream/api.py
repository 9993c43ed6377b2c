"""JetStream's own requests, where the library has no call for them: all raw `$JS.API` of ours is here.

Names and fields: NATS' ADR-42 (pinned consumers) and ADR-31 (direct reads), and its JetStream API reference.
"""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from footfall_gateway.errors import GatewayError
from footfall_gateway.jetstream.subjects import GROUP
from footfall_gateway.mqtt.broker import BrokerLostError
from footfall_gateway.outside import parse_json

TIMEOUT_S: Final = 1.5
"""A node that fell answers nobody: the next one is asked soon."""
TRIES_S: Final = 20.0
"""Requests are tried again for so long while there is no leader."""
PAUSE_S: Final = 0.25
MOST_ANSWER_BYTES: Final = 64 << 20
"""The subjects of a hundred thousand sessions, which come together."""
NS: Final = 1_000_000_000
NO_LEADER: Final = 503
NOT_CLUSTERED: Final = 10074
NOT_FOUND: Final = 404
END_OF_BATCH: Final = "204"
NOTHING_THERE: Final = "404"


class ApiError(GatewayError):
    """JetStream refused a request.

    Attributes
    ----------
    code, error_code
        As HTTP has it, and JetStream's own.
    """

    def __init__(self, what: str, code: int, error_code: int, why: str) -> None:
        super().__init__(f"JetStream refuses {what}: {why}")
        self.code, self.error_code = code, error_code


class NoJetStreamError(BrokerLostError):
    """Nobody answers requests to JetStream."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as the stream has it."""

    sequence: int
    subject: str
    payload: bytes


class Api:
    """JetStream's requests over a connection."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ask(self, what: str, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask, again while there is no leader.

        Raises
        ------
        ApiError
            When it is refused.
        NoJetStreamError
            When nobody answers.
        """
        why, attempts = "", 0
        try:
            async with asyncio.timeout(TRIES_S):
                while True:
                    attempts += 1
                    try:
                        answer = await self._client.request(
                            f"$JS.API.{what}", msgspec.json.encode(asked) if asked else b"", timeout=TIMEOUT_S
                        )
                        found = answer_of(answer.data)
                    except nats.errors.NoRespondersError:
                        why = "it has no JetStream, or it is off"
                    except nats.errors.TimeoutError:
                        why = "JetStream does not answer"
                    else:
                        error = found.get("error")
                        if error is None:
                            return found
                        code, own = int(error.get("code", 0)), int(error.get("err_code", 0))
                        why = str(error.get("description", "no reason given"))
                        if code != NO_LEADER or own == NOT_CLUSTERED:
                            raise ApiError(what.split(".")[0].lower(), code, own, why)
                    if attempts >= 3 and what == "INFO":
                        break
                    await asyncio.sleep(PAUSE_S)
        except TimeoutError:
            pass
        raise NoJetStreamError(why)

    async def create_consumer(self, stream: str, name: str, subject: str, settings: Mapping[str, Any]) -> None:
        """Make a durable consumer that one client at a time is given messages of, or change it."""
        config = {
            "durable_name": name,
            "name": name,
            "filter_subject": subject,
            "ack_policy": "explicit",
            "deliver_policy": "all",
            "priority_groups": [GROUP],
            "priority_policy": "pinned_client",
            **settings,
        }
        await self.ask(f"CONSUMER.CREATE.{stream}.{name}.{subject}", {"stream_name": stream, "config": config})

    async def pull(self, stream: str, name: str, inbox: str, *, batch: int, expires_s: float, pin: str) -> None:
        """Ask for messages, which come to `inbox`; `pin` is who we are to the consumer, empty before it has said so."""
        asked = {"batch": batch, "expires": round(expires_s * NS), "group": GROUP, **({"id": pin} if pin else {})}
        await self._client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}", msgspec.json.encode(asked), inbox)

    async def undelivered(self, stream: str, name: str) -> tuple[int, int]:
        """Return how many messages a consumer has not delivered yet, and how many are not acknowledged."""
        answer = await self.ask(f"CONSUMER.INFO.{stream}.{name}")
        return int(answer["num_pending"]), int(answer["num_ack_pending"])

    async def unpin(self, stream: str, name: str) -> None:
        """Let the consumer choose another client, at once."""
        await self.ask(f"CONSUMER.UNPIN.{stream}.{name}", {"group": GROUP})

    async def subjects(self, stream: str, subject: str) -> list[str]:
        """Return which subjects the stream has messages of, as its leader knows."""
        found: list[str] = []
        while True:
            answer = await self.ask(f"STREAM.INFO.{stream}", {"subjects_filter": subject, "offset": len(found)})
            some = answer["state"].get("subjects") or {}
            found += some
            if not some or len(found) >= int(answer.get("total", 0)):
                return found

    async def last(self, stream: str, subject: str) -> Kept | None:
        """Return the newest message of a subject, as the leader has it; `None` where there is none."""
        try:
            answer = await self.ask(f"STREAM.MSG.GET.{stream}", {"last_by_subj": subject})
        except ApiError as error:
            if error.code == NOT_FOUND:
                return None
            raise
        message = answer["message"]
        return Kept(int(message["seq"]), str(message["subject"]), b64decode(message.get("data", "")))

    async def read(self, stream: str, subject: str, begin: int, limit: int) -> list[Kept]:
        """Return the next messages of a subject from a sequence on, from any node: one that lags may have fewer."""
        inbox = self._client.new_inbox()
        answers = await self._client.subscribe(inbox, pending_bytes_limit=-1)
        try:
            asked = {"seq": max(begin, 1), "next_by_subj": subject, "batch": limit}
            await self._client.publish(f"$JS.API.DIRECT.GET.{stream}", msgspec.json.encode(asked), inbox)
            return [kept async for kept in _kept(answers.next_msg)]
        finally:
            await answers.unsubscribe()

    async def purge(self, stream: str, subject: str) -> None:
        """Remove all messages of a subject."""
        await self.ask(f"STREAM.PURGE.{stream}", {"filter": subject})


async def _kept(next_message: Callable[..., Awaitable[Msg]]) -> AsyncIterator[Kept]:
    while True:
        try:
            message = await next_message(timeout=TIMEOUT_S)
        except nats.errors.TimeoutError:
            return
        headers = message.headers or {}
        if status_of(message):
            return
        yield Kept(int(headers["Nats-Sequence"]), headers["Nats-Subject"], message.data)


def answer_of(payload: bytes) -> dict[str, Any]:
    """Return what JetStream answered; `OutsideError` when it can't be read."""
    answer: dict[str, Any] = parse_json(payload, dict[str, Any], "JetStream's answer", MOST_ANSWER_BYTES)
    return answer


def status_of(message: Msg) -> str:
    """Return a message's status, which none has that carries something."""
    return (message.headers or {}).get("Status", "")
