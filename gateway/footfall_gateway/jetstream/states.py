"""How far each session is computed, in the cluster's key-value store: state and position together, or neither.

A state is replaced only by who has seen the one before it. So a worker that was paused, and wakes while another has
taken its sessions over, changes nothing any more.
"""

import secrets
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
import nats.errors
from nats.aio.client import Client

from footfall_gateway.errors import GatewayError
from footfall_gateway.jetstream.api import Api, answer_of
from footfall_gateway.jetstream.subjects import STATE, state_key
from footfall_gateway.mqtt.broker import BrokerLostError
from footfall_gateway.mqtt.payloads import LAST_SEQUENCE, Digest, End
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.outside import parse_msgpack

TIMEOUT_S: Final = 2.0
TRIES: Final = 5
PART_BYTES: Final = 512 * 1024
"""A NATS server takes messages of 1 MiB; the state of a long run is cut into such parts."""
MOST_PARTS: Final = 128
WRONG_SEQUENCE: Final = 10071
MOST_ENDS: Final = 8


class FencedError(GatewayError):
    """Another worker has gone on with the session meanwhile."""


Sequence53 = Annotated[int, msgspec.Meta(ge=0, le=LAST_SEQUENCE)]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a session.

    Parameters
    ----------
    position
        In the stream: all before it that is of this session is in the rest of this.
    sequence, chain
        The last batch that was taken, and the chain of all up to it.
    header
        The description; `None` while it has not come.
    ends
        What ends have told that nothing else fits yet.
    aside, aside_by
        Why it is not computed, and which Footfall could not.
    done, digest
        All is computed and written, and what of it the digest is; the stream has nothing of it any more.
    state
        Its checkpoint after `sequence`; empty before there is any.
    parts, part_names
        How many parts the state is cut into, and what they are called; 0 where it is here.
    """

    position: Sequence53
    sequence: Sequence53
    chain: bytes
    header: bytes | None = None
    ends: Annotated[list[End], msgspec.Meta(max_length=MOST_ENDS)] = []
    aside: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    aside_by: Annotated[str, msgspec.Meta(max_length=200)] = ""
    done: bool = False
    digest: Digest = ""
    state: bytes = b""
    parts: Annotated[int, msgspec.Meta(ge=0, le=MOST_PARTS)] = 0
    part_names: Annotated[str, msgspec.Meta(max_length=40)] = ""


NEW: Final = Record(position=1, sequence=0, chain=b"")


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it is in the store, and the revision that the next one must follow; 0 where there is none."""

    record: Record
    revision: int

    def anew(self) -> "Stored":
        """Return the same as of a session of which nothing was computed yet; its next record takes this one's place."""
        parts, names = self.record.parts, self.record.part_names
        return Stored(msgspec.structs.replace(NEW, parts=parts, part_names=names), self.revision)


class States:
    """The store of the sessions' records."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._api = Api(client)

    async def load(self, key: SessionKey) -> Stored:
        """Return a session's record, as the leader has it; one of a session that begins, where there is none."""
        for _ in range(TRIES):
            stored = await self._loaded(key)
            if stored is not None:
                return stored
        raise BrokerLostError(f"session {key.session_id}: what the cluster keeps of it is not whole")

    async def _loaded(self, key: SessionKey) -> Stored | None:
        """Return a session's record; `None` when another one took its place meanwhile."""
        name = state_key(key)
        found = await self._api.last(f"KV_{STATE}", _subject(name))
        if found is None:
            return Stored(NEW, 0)
        what = f"session {key.session_id}: what the cluster keeps of it"
        record = parse_msgpack(found.payload, Record, what, 2 * PART_BYTES)
        pieces = []
        for number in range(record.parts):
            piece = await self._api.last(f"KV_{STATE}", _subject(name, record.part_names, number))
            if piece is None:
                return None
            pieces.append(piece.payload)
        state = b"".join(pieces) if pieces else record.state
        return Stored(msgspec.structs.replace(record, state=state), found.sequence)

    async def keep(self, key: SessionKey, record: Record, before: Stored) -> Stored:
        """Keep a session's next record; return what is there then.

        Raises
        ------
        FencedError
            When another worker has kept one after `before`.
        """
        name = state_key(key)
        head = record
        if len(record.state) > PART_BYTES:
            called = secrets.token_hex(8)
            pieces = [record.state[begin : begin + PART_BYTES] for begin in range(0, len(record.state), PART_BYTES)]
            for number, piece in enumerate(pieces):
                await self._put(_subject(name, called, number), piece, 0)
            head = msgspec.structs.replace(record, state=b"", parts=len(pieces), part_names=called)
        else:
            head = msgspec.structs.replace(record, parts=0, part_names="")
        try:
            revision = await self._put(_subject(name), msgspec.msgpack.encode(head), before.revision)
        except FencedError:
            if head.parts:
                await self._api.purge(f"KV_{STATE}", _subject(name, head.part_names, None))
            raise FencedError(f"session {key.session_id}: another worker goes on with it") from None
        if before.record.parts:
            await self._api.purge(f"KV_{STATE}", _subject(name, before.record.part_names, None))
        kept = msgspec.structs.replace(record, state=b"", parts=head.parts, part_names=head.part_names)
        return Stored(kept, revision)

    async def shared_key(self, ours: bytes) -> bytes:
        """Return the key of the runners' pseudonyms, which all workers share: that of the one who came first."""
        subject = _subject("pseudonyms")
        found = await self._api.last(f"KV_{STATE}", subject)
        if found is None:
            try:
                await self._put(subject, ours, 0)
            except FencedError:
                found = await self._api.last(f"KV_{STATE}", subject)
        return ours if found is None else found.payload

    async def _put(self, subject: str, payload: bytes, revision: int) -> int:
        headers = {
            "Nats-Expected-Stream": f"KV_{STATE}",
            "Nats-Expected-Last-Subject-Sequence": str(revision),
        }
        try:
            answer = await self._client.request(subject, payload, timeout=TIMEOUT_S, headers=headers)
        except (nats.errors.NoRespondersError, nats.errors.TimeoutError) as error:
            # it may be there or not: who loads it again sees
            raise FencedError("the store of states gives no receipt") from error
        found = answer_of(answer.data)
        failure = found.get("error")
        if failure is None:
            return int(found["seq"])
        why = str(failure.get("description", "no reason given"))
        if int(failure.get("err_code", 0)) == WRONG_SEQUENCE or int(failure.get("code", 0)) == 503:
            raise FencedError(why)
        raise GatewayError(f"JetStream does not keep a session's state: {why}")


def _subject(name: str, called: str = "", number: int | None = None) -> str:
    parts = f".{called}.{'>' if number is None else number}" if called else ""
    return f"$KV.{STATE}.{name}{parts}"
