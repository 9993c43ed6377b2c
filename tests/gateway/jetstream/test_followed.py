"""Whatever comes again, and in whatever order, a session's batches are taken once and in their order."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.jetstream.followed import Followed, LeftOutError
from footfall_gateway.jetstream.states import NEW, Stored
from footfall_gateway.mqtt.payloads import End, chained, digest_of, encode_batch, encode_json
from footfall_gateway.mqtt.topics import Kind, SessionKey
from footfall_gateway.recordings.header import encode_header
from gateway.recordings_for_tests import header, packets

HEADER = encode_header(header())
KEY = SessionKey("track", "", header().session.id)
COUNT = 8
BATCHES = [encode_batch(number, list(packets(3))) for number in range(1, COUNT + 1)]


def chain_of(count: int) -> bytes:
    chain = b""
    for payload in BATCHES[:count]:
        chain = chained(chain, payload)
    return chain


END = encode_json(End(COUNT, digest_of(HEADER, chain_of(COUNT))))


@st.composite
def streams(draw: st.DrawFn) -> list[tuple[Kind, bytes]]:
    """All of a session, a few batches in another order, some of it twice."""
    batches = [(Kind.RAW, payload) for payload in draw(st.permutations(BATCHES))]
    again = draw(st.lists(st.sampled_from([*batches, (Kind.SESSION, HEADER), (Kind.END, END)]), max_size=6))
    rest = draw(st.permutations([*batches, (Kind.SESSION, HEADER), *again, (Kind.END, END)]))
    return list(rest)


def read_on(session: Followed, stream: list[tuple[Kind, bytes]], upto: int) -> None:
    """Look at what the stream has from where the session is, until nothing is left."""
    while session.handled < upto:
        kind, payload = stream[session.handled]
        session.look(session.handled + 1, KEY.topic(kind), payload)


@given(streams(), st.data())
def test_all_batches_are_taken_once_and_in_order_wherever_another_worker_goes_on(
    stream: list[tuple[Kind, bytes]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(stream)))
    first = Followed.of(KEY, Stored(NEW, 0))
    read_on(first, stream, cut)
    for place in data.draw(st.lists(st.integers(1, max(first.handled, 1)), max_size=5)):
        if place <= first.handled:  # it is given again, after newer ones
            kind, payload = stream[place - 1]
            first.look(place, KEY.topic(kind), payload)
    assert first.waiting == BATCHES[: first.sequence]
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(first.record()), type=type(NEW))
    second = Followed.of(KEY, Stored(kept, 1))
    read_on(second, stream, len(stream))
    assert [*first.waiting, *second.waiting] == BATCHES
    assert second.chain == chain_of(COUNT)
    assert second.is_ended
    ack = second.ack("cluster", 0.0)
    assert (ack.sequence, ack.ended, ack.digest) == (COUNT, True, digest_of(HEADER, chain_of(COUNT)))


def test_another_description_and_what_lies_far_ahead_are_left_out() -> None:
    session = Followed.of(KEY, Stored(NEW, 0))
    session.look(1, KEY.topic(Kind.SESSION), HEADER)
    other = HEADER.replace(b"footfall 0.1.0", b"footfall 9.9.9")
    with pytest.raises(LeftOutError, match="that one is kept"):
        session.look(2, KEY.topic(Kind.SESSION), other)
    for number in range(2, 1026):
        session.look(number + 1, KEY.topic(Kind.RAW), encode_batch(number, list(packets(1))))
    with pytest.raises(LeftOutError, match="batch 1026 is far beyond 0"):
        session.look(1027, KEY.topic(Kind.RAW), encode_batch(1026, list(packets(1))))


def test_an_end_of_other_content_ends_nothing() -> None:
    session = Followed.of(KEY, Stored(NEW, 0))
    session.look(1, KEY.topic(Kind.SESSION), HEADER)
    session.look(2, KEY.topic(Kind.RAW), BATCHES[0])
    session.look(3, KEY.topic(Kind.END), encode_json(End(1, "0" * 64)))
    assert not session.is_ended
    session.look(4, KEY.topic(Kind.END), encode_json(End(1, digest_of(HEADER, chain_of(1)))))
    assert session.is_ended
