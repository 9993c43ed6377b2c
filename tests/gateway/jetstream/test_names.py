"""Laws of subjects, addresses and shares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.errors import GatewayError
from footfall_gateway.jetstream.address import ClusterAddress
from footfall_gateway.jetstream.members import shares
from footfall_gateway.jetstream.subjects import kept_topic, of_session, subject_of, topic_of
from footfall_gateway.mqtt.topics import LONGEST_NAME, OF_ONE_SENSOR, Kind, SessionKey, parse, topics_of

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=LONGEST_NAME)
GATEWAYS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")


@given(GATEWAYS, NAMES, NAMES.filter(bool), st.sampled_from(Kind), NAMES)
def test_a_topic_is_the_same_as_a_subject_and_back(
    gateway: str, runner: str, session: str, kind: Kind, sensor: str
) -> None:
    topic = SessionKey(gateway, runner, session).topic(kind, sensor if kind in OF_ONE_SENSOR else "")
    subject = subject_of(topic)
    assert subject.isascii()
    tokens = subject.split(".")
    assert len(tokens) == 6 + (kind in OF_ONE_SENSOR)
    assert all(tokens)
    assert not set(subject) & set(" *>")
    assert parse(topic_of(subject)) == topic
    kept = "footfall.part.7." + ".".join(tokens[2:])
    assert kept_topic(kept) == topic
    pattern = of_session(7, topic.key).split(".")
    assert all(want in ("*", ">", token) for want, token in zip(pattern, kept.split("."), strict=False))


@given(st.text(max_size=200))
def test_what_is_no_subject_of_ours_is_none(text: str) -> None:
    found = kept_topic(text)
    assert found is None or text.count(".") >= 6


def test_a_gateway_listens_below_its_own_name() -> None:
    assert subject_of(topics_of(Kind.ACK, "track.1")) == "footfall.1.track%2E1.*.*.ack"


@given(st.sets(st.text(min_size=1, max_size=12), min_size=1, max_size=20), st.integers(1, 64))
def test_every_partition_is_for_one_worker_and_no_worker_has_many_more(workers: set[str], partitions: int) -> None:
    found = shares(workers, partitions)
    assert set(found) == set(range(partitions))
    counts = [list(found.values()).count(worker) for worker in workers]
    assert max(counts) <= -(-partitions // len(workers))
    assert found == shares(sorted(workers, reverse=True), partitions)


@given(st.integers(2, 12), st.integers(1, 64))
def test_who_comes_takes_from_others_and_nobody_else_gives_to_each_other_much(workers: int, partitions: int) -> None:
    names = [f"worker-{number}" for number in range(workers)]
    before, after = shares(names[1:], partitions), shares(names, partitions)
    moved = sum(before[number] != owner for number, owner in after.items())
    assert moved <= partitions * 3 / workers + workers


def test_nodes_are_given_with_and_without_a_port() -> None:
    address = ClusterAddress.parse("tls://one, tls://two:4300,tls://[::1]", user="box", password="secret")
    assert address.servers == ("tls://one:4222", "tls://two:4300", "tls://[::1]:4222")
    assert address.tls
    assert address.user == "box"
    assert "secret" not in repr(address)
    assert ClusterAddress.parse("nats://other@one", user="box").user == "other"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("mqtt://one", "'mqtt://one' is no address of a NATS server"),
        ("", "'' is no address of a NATS server"),
        ("nats://one:0", "is no address"),
        ("nats://one:port", "is no address"),
        ("nats://one/path", "is no address"),
        ("nats://one,tls://two", "give all as one of the two"),
        ("nats://a@one,nats://b@two", "name different users"),
        ("nats://user:pass@one", "a password does not belong in the address"),
    ],
)
def test_what_is_no_address_is_told(text: str, why: str) -> None:
    with pytest.raises(GatewayError, match=why) as caught:
        ClusterAddress.parse(text)
    assert ":pass" not in str(caught.value)
