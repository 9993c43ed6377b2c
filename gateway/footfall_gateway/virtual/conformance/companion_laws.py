"""The laws that every companion's driver keeps; each raises `AssertionError` with what is wrong."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from random import Random
from typing import Final

import msgspec

from footfall_gateway.devices.kit.base import MOST_STATE_BYTES
from footfall_gateway.packets import RawPacket
from footfall_gateway.virtual.conformance.streams import hostile
from footfall_gateway.virtual.conformance.subjects import CompanionSubject
from footfall_processing.companions import CompanionReading
from footfall_processing.errors import InputError
from footfall_processing.state import PlainState

_ELSEWHERE: Final = "0000beef-0000-1000-8000-00805f9b34fb"


def decode(subject: CompanionSubject, packets: Iterable[RawPacket]) -> tuple[list[CompanionReading], int]:
    """Decode packets with a new decoder; return the readings, and how many packets were rejected."""
    decoder = subject.decoder()
    return [reading for packet in packets for reading in decoder.push(packet)], decoder.rejected_packets


def sensible_packets_are_read(subject: CompanionSubject, _: Random) -> None:
    """What the device sends gives readings at the arrival of its packets, and none is rejected."""
    readings, rejected = decode(subject, subject.packets)
    assert readings, "no reading came out"
    assert rejected == 0, f"{rejected} sensible packets are rejected"
    arrived = {packet.received_s for packet in subject.packets}
    assert {reading.t_s for reading in readings} <= arrived, "a reading is not of its packet's arrival"
    assert {reading.companion_id for reading in readings} == {subject.companion.id}, "a reading has another name"


def the_same_packets_give_the_same_readings(subject: CompanionSubject, random: Random) -> None:
    """Decoding again gives the same readings."""
    packets = hostile(subject.packets, random)
    assert decode(subject, packets) == decode(subject, packets), "the readings differ"


def nothing_breaks_it(subject: CompanionSubject, random: Random) -> None:
    """Whatever arrives, nothing is raised, and no value is out of reach."""
    readings, _ = decode(subject, hostile(hostile(subject.packets, random), random))
    for reading in readings:
        assert reading.values, "a reading holds nothing"
        for name, value in reading.values.items():
            assert name in subject.reach, f"{name!r} is told, but has no reach"
            least, most = subject.reach[name]
            assert least <= value <= most, f"{name} of {value}"


def other_characteristics_give_nothing(subject: CompanionSubject, random: Random) -> None:
    """Packets of characteristics that are not the driver's change nothing."""
    packets, mixed = hostile(subject.packets, random), []
    for packet in packets:
        mixed += [packet, RawPacket(packet.received_s, packet.sensor_id, _ELSEWHERE, packet.data)]
    assert decode(subject, packets) == decode(subject, mixed), "packets of another characteristic are taken"


def its_state_can_be_stored(subject: CompanionSubject, random: Random) -> None:
    """Stored between two packets and taken up by another decoder, the rest comes out the same."""
    packets = hostile(subject.packets, random)
    cuts = sorted(random.randint(0, len(packets)) for _ in range(3))
    decoder, readings = subject.decoder(), []
    for begin, end in pairwise((0, *cuts, len(packets))):
        readings += [reading for packet in packets[begin:end] for reading in decoder.push(packet)]
        stored = msgspec.msgpack.encode(decoder.state())
        assert len(stored) <= MOST_STATE_BYTES, f"its state takes {len(stored)} bytes"
        decoder = subject.decoder()
        decoder.restore(msgspec.msgpack.decode(stored))
    assert (readings, decoder.rejected_packets) == decode(subject, packets), "stored and restored, it differs"


def foreign_states_are_refused(subject: CompanionSubject, random: Random) -> None:
    """A state of another version or kind, or one that lacks something, is refused with an `InputError`."""
    decoder = subject.decoder()
    for packet in hostile(subject.packets, random):
        decoder.push(packet)
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(decoder.state()))
    lacking = [{key: value for key, value in state.items() if key != name} for name in state]
    foreign: PlainState
    for foreign in (None, 1, [], {**state, "kind": "another companion 1"}, *lacking):
        try:
            subject.decoder().restore(foreign)
        except InputError:
            continue
        raise AssertionError(f"a state of another kind is taken: {foreign!r:.60}")


COMPANION_LAWS: Final[tuple[Callable[[CompanionSubject, Random], None], ...]] = (
    sensible_packets_are_read,
    the_same_packets_give_the_same_readings,
    nothing_breaks_it,
    other_characteristics_give_nothing,
    its_state_can_be_stored,
    foreign_states_are_refused,
)
"""What every driver of a companion keeps, or is excused from."""
