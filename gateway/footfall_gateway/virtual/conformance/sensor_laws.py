"""The laws that every sensor's driver keeps; each raises `AssertionError` with what is wrong."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Final

import msgspec
import numpy as np

from footfall_gateway.devices.kit.base import MOST_STATE_BYTES, DecoderCounts
from footfall_gateway.packets import RawPacket
from footfall_gateway.virtual.conformance.streams import (
    SENT,
    IndexArray,
    arrivals,
    doubled,
    heard,
    hostile,
    lossy,
    numbered,
    numbers_of,
)
from footfall_gateway.virtual.conformance.subjects import Subject
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray, ImuBlock, SampleQuality
from footfall_processing.state import PlainState

_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)
_ELSEWHERE: Final = "0000beef-0000-1000-8000-00805f9b34fb"


def decode(subject: Subject, packets: Iterable[RawPacket]) -> tuple[list[ImuBlock], DecoderCounts]:
    """Decode packets one by one with a new decoder."""
    decoder = subject.decoder()
    return [block for packet in packets for block in decoder.push([packet])], decoder.counts


def bits(blocks: Sequence[ImuBlock]) -> tuple[bytes, ...]:
    """Return all bits of the samples, whatever blocks they are in."""
    columns = [(b.t_s, b.acc_mps2, b.gyr_radps, b.quality) for b in blocks]
    return tuple(b"".join(c.tobytes() for c in column if c is not None) for column in zip(*columns, strict=True))


def _quality(blocks: Sequence[ImuBlock]) -> IndexArray:
    return np.concatenate([np.empty(0, dtype=np.int64), *(block.quality.astype(np.int64) for block in blocks)])


def _times_s(blocks: Sequence[ImuBlock]) -> FloatArray:
    return np.concatenate([np.empty(0), *(block.t_s for block in blocks)])


def _check_all_came(subject: Subject, blocks: Sequence[ImuBlock], n: int, *, first: int = 0) -> IndexArray:
    number = numbers_of(subject, blocks)
    assert len(number), "no sample came out"
    assert (np.diff(number) == 1).all(), f"{np.count_nonzero(np.diff(number) != 1)} samples are not the next one"
    assert number[0] <= first + subject.late_by, f"the first sample is number {number[0]}, not {first}"
    assert number[-1] >= n - 1 - subject.held_back, f"the last sample is number {number[-1]}, not {n - 1}"
    assert not _quality(blocks).any(), "samples are marked though nothing is wrong with them"
    return number


def _check_time_goes_on(blocks: Sequence[ImuBlock]) -> None:
    assert (np.diff(_times_s(blocks)) > 0.0).all(), "time does not increase"


def _check_gaps(subject: Subject, blocks: Sequence[ImuBlock], counts: DecoderCounts) -> None:
    steps = np.diff(numbers_of(subject, blocks))
    assert (steps > 0).all(), "samples came twice or out of order"
    marked, gaps = np.flatnonzero(_quality(blocks) & _AFTER_LOSS), np.flatnonzero(steps > 1) + 1
    assert np.array_equal(marked, gaps), f"gaps before samples {gaps.tolist()} are marked at {marked.tolist()}"
    missing = int((steps - 1).sum())
    off = abs(counts.lost_samples - missing)
    assert off <= subject.lost_within, f"{counts.lost_samples} lost samples are counted, not {missing}"


def every_sample_comes_once(subject: Subject, random: Random) -> None:
    """Over a good link every sample comes out once, whole, unmarked, at its time."""
    packets, _ = heard(subject, random)
    blocks, counts = decode(subject, packets)
    number = _check_all_came(subject, blocks, SENT)
    assert counts == DecoderCounts(received_samples=len(number)), f"counted wrongly: {counts}"
    _check_time_goes_on(blocks)
    strays_s = float(np.ptp(_times_s(blocks) - number / subject.sensor.sampling_rate_hz))
    assert strays_s <= subject.time_within_s, f"times stray by {strays_s:.4f} s"


def the_same_packets_give_the_same_blocks(subject: Subject, random: Random) -> None:
    """Decoding again gives the same blocks, bit by bit, and the same counts."""
    packets = hostile(lossy(subject, random), random)
    (first, counts), (again, counts_again) = decode(subject, packets), decode(subject, packets)
    assert [len(block) for block in first] == [len(block) for block in again], "the blocks are cut otherwise"
    assert (bits(first), counts) == (bits(again), counts_again), "the samples or counts differ"


def grouping_makes_no_difference(subject: Subject, random: Random) -> None:
    """However packets are grouped, samples and counts are the same, bit by bit."""
    packets = hostile(lossy(subject, random), random)
    one_by_one, counts = decode(subject, packets)
    for most in (7, len(packets)):
        decoder, blocks, begin = subject.decoder(), [], 0
        while begin < len(packets):
            end = begin + random.randint(1, most)
            blocks += decoder.push(packets[begin:end])
            begin = end
        assert (bits(blocks), decoder.counts) == (bits(one_by_one), counts), "grouping changes samples or counts"
    assert subject.decoder().push([]) == [], "nothing gives something"


def bursts_make_no_difference(subject: Subject, random: Random) -> None:
    """Samples come out the same when the radio delivers now and then only, all that gathered at once."""
    packets, _ = heard(subject, random)
    period_s = random.uniform(0.04, 0.15)
    late = [
        RawPacket(math.ceil(p.received_s / period_s) * period_s, p.sensor_id, p.characteristic, p.data) for p in packets
    ]
    blocks, _ = decode(subject, late)
    _check_all_came(subject, blocks, SENT)
    _check_time_goes_on(blocks)


def nothing_breaks_it(subject: Subject, random: Random) -> None:
    """Whatever arrives, nothing is raised, time goes on, and no sample lies out of reach or, if checked, is false."""
    whole, _ = heard(subject, random)
    decoder, blocks = subject.decoder(), []
    for packet in hostile(hostile(whole, random), random):
        blocks += decoder.push([packet])
    assert decoder.counts.received_samples == sum(map(len, blocks)), "received samples are counted wrongly"
    _check_time_goes_on(blocks)
    for block in blocks:
        reach_mps2 = subject.reach * (subject.sensor.acc_range_mps2 or math.nan)
        assert np.abs(block.acc_mps2).max() <= reach_mps2, "an acceleration is out of reach"
        assert (block.gyr_radps is not None) == subject.sensor.has_gyro, "angular rates are missing, or made up"
        if block.gyr_radps is not None:
            reach_radps = subject.reach * (subject.sensor.gyro_range_radps or math.nan)
            assert np.abs(block.gyr_radps).max() <= reach_radps, "an angular rate is out of reach"
    if subject.checked:
        numbers_of(subject, blocks)


def other_characteristics_give_nothing(subject: Subject, random: Random) -> None:
    """Packets of characteristics that are not the driver's change nothing."""
    packets = lossy(subject, random)
    mixed = []
    for packet in packets:
        mixed += [packet, RawPacket(packet.received_s, packet.sensor_id, _ELSEWHERE, packet.data)]
    (alone, counts), (among, counts_among) = decode(subject, packets), decode(subject, mixed)
    assert (bits(alone), counts) == (bits(among), counts_among), "packets of another characteristic are taken"


def losses_are_marked_and_counted(subject: Subject, random: Random) -> None:
    """Where packets are lost, the next sample is marked, and the missing ones are counted."""
    blocks, counts = decode(subject, lossy(subject, random))
    _check_gaps(subject, blocks, counts)
    _check_time_goes_on(blocks)


def repeats_are_dropped(subject: Subject, random: Random) -> None:
    """A packet that comes twice in a row, as some radios deliver, gives its samples once."""
    packets, opening = heard(subject, random)
    twice = [p for at, p in enumerate(packets) for _ in range(1 + (at >= opening and random.random() < 0.2))]
    blocks, counts = decode(subject, twice)
    _check_all_came(subject, blocks, SENT)
    assert counts.lost_samples == 0, "repeats are counted as losses"
    assert counts.duplicate_packets + counts.rejected_packets > 0, "repeats are not counted"


def every_packet_may_come_twice(subject: Subject, random: Random) -> None:
    """When each packet comes twice or more, at once or all that gathered again, each sample comes once."""
    packets, opening = heard(subject, random)
    for times, together in ((2, False), (3, False), (2, True)):
        _check_each_once(subject, doubled(packets, times, together=together))
    begin = random.randrange(opening, len(packets) // 2)
    end = random.randrange(len(packets) // 2, len(packets))
    part = [*packets[:begin], *doubled(packets[begin:end], 2, together=False), *packets[end:]]
    _check_each_once(subject, part)


def _check_each_once(subject: Subject, packets: Sequence[RawPacket]) -> None:
    blocks, counts = decode(subject, packets)
    _check_all_came(subject, blocks, SENT)
    assert counts.lost_samples == 0, "repeats are counted as losses"
    assert counts.duplicate_packets > 0, "repeats are not counted"


def any_packing_will_do(subject: Subject, random: Random) -> None:
    """However many samples a packet holds, wherever listening begins, and over a pause: all that was sent comes."""
    if subject.packed is None:
        return
    sensor, n, away_s = subject.sensor, SENT, random.uniform(0.05, 3.0)
    first = arrivals(subject, subject.packed(sensor, [numbered(sensor, n)], random), random)
    pause_s = first[-1].received_s + away_s
    again = [numbered(sensor, n, first=n, first_s=n / sensor.sampling_rate_hz + away_s)]
    second = arrivals(subject, subject.packed(sensor, again, random), random)
    opening = arrivals(subject, subject.opening, random)
    begin = random.randrange(len(first) // 4)
    blocks, counts = decode(subject, [*opening, *first[begin:], *second])
    number = numbers_of(subject, blocks)
    assert len(number), "no sample came out"
    before, after = number[number < n], number[number >= n]
    for part, least, most in ((before, n * begin // len(first), n), (after, n, 2 * n)):
        assert (np.diff(part) == 1).all(), "samples are missing or came twice"
        assert len(part), f"nothing came out {'before' if most == n else 'after'} {pause_s:.2f} s"
        assert part[0] <= least + subject.packed_within, f"the first sample is number {part[0]}, not {least}"
        assert part[-1] >= most - 1 - subject.packed_within, f"the last sample is number {part[-1]}, not {most - 1}"
    # Sensors that tell no time show a little later how long the pause was.
    marked, a_second = np.flatnonzero(_quality(blocks) & _AFTER_LOSS), sensor.sampling_rate_hz
    apart = (marked < len(before)) | (marked > len(before) + a_second)
    assert not apart.any(), f"samples {marked.tolist()} are marked, not {len(before)}"
    assert counts.rejected_packets <= 3, f"{counts.rejected_packets} sound packets are rejected"
    _check_time_goes_on(blocks)


def late_packets_do_no_harm(subject: Subject, random: Random) -> None:
    """When neighbours are swapped, no sample comes twice or out of order, and what is missing is marked."""
    packets, opening = heard(subject, random)
    for at in range(opening, len(packets) - 1):
        if random.random() < 0.1:
            first, second = packets[at : at + 2]
            packets[at] = replace(first, characteristic=second.characteristic, data=second.data)
            packets[at + 1] = replace(second, characteristic=first.characteristic, data=first.data)
    blocks, counts = decode(subject, packets)
    _check_gaps(subject, blocks, counts)
    _check_time_goes_on(blocks)


def a_late_start_costs_nothing_more(subject: Subject, random: Random) -> None:
    """When listening begins in mid-stream, every sample that was sent from there on comes out."""
    packets, opening = heard(subject, random)
    sent = list(subject.packets(subject.sensor, [numbered(subject.sensor, SENT)]))
    skipped = random.randint(1, len(sent) // 2)
    blocks, _ = decode(subject, packets[:opening] + packets[opening + skipped :])
    before = round(sent[skipped - 1].due_s * subject.sensor.sampling_rate_hz) + 1
    _check_all_came(subject, blocks, SENT, first=before)


def a_restart_is_survived(subject: Subject, random: Random) -> None:
    """When the sensor restarts, and its clock with it, samples go on at their time, the first of them marked."""
    sensor, n = subject.sensor, SENT
    again_s = random.uniform(0.0, 400.0)
    before = subject.packets(sensor, [numbered(sensor, n, first_s=500.0)])
    after = subject.packets(sensor, [numbered(sensor, n, first=n, first_s=again_s)])
    away_s = n / sensor.sampling_rate_hz + 5.0
    opening = arrivals(subject, subject.opening, random)
    received = opening + arrivals(subject, before, random, shift_s=-500.0)
    received += opening + arrivals(subject, after, random, shift_s=away_s - again_s)
    blocks, _ = decode(subject, received)
    _check_time_goes_on(blocks)
    number = numbers_of(subject, blocks)
    second = int(np.searchsorted(number, n))
    assert 0 < second < len(number), "nothing came out before the restart, or nothing after it"
    skipped = np.flatnonzero(np.diff(number) != 1)
    assert set(skipped.tolist()) <= {second - 1}, "samples are missing, or came twice"
    assert number[second - 1] >= n - 1 - subject.held_back, "the end before the restart is missing"
    assert number[second] <= n + subject.late_by, "the beginning after the restart is missing"
    assert number[-1] >= 2 * n - 1 - subject.held_back, "the end is missing"
    marked = np.flatnonzero(_quality(blocks)).tolist()
    assert marked == [second], f"samples {marked} are marked, not {second}"
    true_s = away_s + (number[second:] - n) / sensor.sampling_rate_hz
    strays_s = float(np.abs(_times_s(blocks)[second:] - true_s).max())
    assert strays_s <= subject.time_within_s + 0.05, f"after the restart, times are off by {strays_s:.3f} s"


def the_clock_may_wrap(subject: Subject, random: Random) -> None:
    """When the sensor's clock wraps, samples and times go on as if nothing were."""
    if subject.clock_period_s is None:
        return
    before_s = random.uniform(0.5, 3.0)
    first_s = subject.clock_period_s - subject.clock_at_zero_s - before_s
    packets, _ = heard(subject, random, first_s=first_s)
    blocks, counts = decode(subject, packets)
    number = _check_all_came(subject, blocks, SENT)
    assert counts == DecoderCounts(received_samples=len(number)), f"counted wrongly: {counts}"
    strays_s = float(np.ptp(_times_s(blocks) - number / subject.sensor.sampling_rate_hz))
    assert strays_s <= subject.time_within_s, f"times stray by {strays_s:.4f} s"


def its_state_can_be_stored(subject: Subject, random: Random) -> None:
    """Stored between two packets and taken up by another decoder, the rest comes out the same, bit by bit."""
    packets = lossy(subject, random)
    if random.random() < 0.7:
        packets = hostile(packets, random)
    whole, counts = decode(subject, packets)
    cuts = sorted(random.randint(0, len(packets)) for _ in range(3))
    decoder, blocks = subject.decoder(), []
    for begin, end in pairwise((0, *cuts, len(packets))):
        blocks += [block for packet in packets[begin:end] for block in decoder.push([packet])]
        stored = msgspec.msgpack.encode(decoder.state())
        assert len(stored) <= MOST_STATE_BYTES, f"its state takes {len(stored)} bytes"
        decoder = subject.decoder()
        decoder.restore(msgspec.msgpack.decode(stored))
    assert bits(blocks) == bits(whole), "the samples differ after the state was stored and restored"
    assert decoder.counts == counts, "the counts differ after the state was stored and restored"


def foreign_states_are_refused(subject: Subject, random: Random) -> None:
    """A state of another version, of another kind, or one that was tampered with, is refused as `InputError`."""
    decoder = subject.decoder()
    decoder.push(lossy(subject, random))
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(decoder.state()))
    foreign: PlainState
    for foreign in (None, 1, [], {}, {**state, "kind": "another sensor 1"}, {**state, "kind": f"{state['kind']}0"}):
        try:
            subject.decoder().restore(foreign)
        except InputError:
            continue
        raise AssertionError(f"a state of another kind is taken: {foreign!r:.60}")
    for name in state:
        try:
            subject.decoder().restore({key: value for key, value in state.items() if key != name})
        except InputError:
            continue
        raise AssertionError(f"a state without its {name!r} is taken")


SENSOR_LAWS: Final[tuple[Callable[[Subject, Random], None], ...]] = (
    every_sample_comes_once,
    the_same_packets_give_the_same_blocks,
    grouping_makes_no_difference,
    bursts_make_no_difference,
    nothing_breaks_it,
    other_characteristics_give_nothing,
    losses_are_marked_and_counted,
    repeats_are_dropped,
    every_packet_may_come_twice,
    any_packing_will_do,
    late_packets_do_no_harm,
    a_late_start_costs_nothing_more,
    a_restart_is_survived,
    the_clock_may_wrap,
    its_state_can_be_stored,
    foreign_states_are_refused,
)
"""What every driver of a sensor keeps, or is excused from."""
