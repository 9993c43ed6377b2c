"""A sensor reboots in mid-run: its clock and its counter begin anew, as a battery's loose contact makes them."""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from faults.effort import Tell, effort, tell
from footfall_gateway.data_folder import make_folders
from footfall_gateway.devices import footfall
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.packets import RawPacket
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.sessions.kept_run import keep_run
from footfall_gateway.sessions.played_run import play
from footfall_gateway.sessions.ready_run import Place
from footfall_processing.gait import Stride
from gateway.command_line import FEET

RUN_S = 60.0
AWAY_S = 2.0
MOMENTS_S = effort((25.0,), (10.0, 16.3, 20.0, 25.0, 31.7, 38.0, 44.4))


def rebooted(packets: Iterator[RawPacket], sensor_id: str, at_s: float) -> Iterator[RawPacket]:
    """Have one sensor be away for a while, and then count and measure time from nothing."""
    first: footfall.SamplesPacket | None = None
    for packet in packets:
        if packet.sensor_id != sensor_id or packet.received_s < at_s:
            yield packet
        elif packet.received_s >= at_s + AWAY_S:
            samples = footfall.decode_samples(packet.data)
            first = first or samples
            again = replace(
                samples,
                sequence=(samples.sequence - first.sequence) & 0xFFFF,
                device_time_us=(samples.device_time_us - first.device_time_us) & 0xFFFF_FFFF,
                clock_epoch=1,
            )
            yield replace(packet, data=footfall.encode_samples(again))


def alike(stride: Stride, other: Stride) -> bool:
    return stride.sensor_id == other.sensor_id and abs(stride.initial_contact_s - other.initial_contact_s) < 0.02


@pytest.mark.parametrize("at_s", MOMENTS_S)
async def test_only_the_strides_around_it_are_missing(tmp_path: Path, at_s: float, record_property: Tell) -> None:
    make_folders(tmp_path)
    played = open_input((FEET,))
    sensor_id = played.header.session.sensors[0].id
    before = [packet for packet in Recording.open(FEET) if packet.received_s < RUN_S]
    place = Place(tmp_path, lambda text: None)
    kept = await play(
        partial(keep_run, sinks=()),
        replace(played, packets=list(rebooted(iter(before), sensor_id, at_s))),
        place,
        speed=math.inf,
        duration_s=None,
    )
    assert kept.failures == ()
    found = analyze_session(kept.header, Recording.open(kept.recording_path)).strides
    wanted = analyze_session(played.header, before).strides
    shift_s = found[0].initial_contact_s - wanted[0].initial_contact_s
    moved = [replace(stride, initial_contact_s=stride.initial_contact_s - shift_s) for stride in found]
    settled = [
        stride
        for stride in wanted
        if stride.sensor_id != sensor_id or not at_s - 2.0 < stride.initial_contact_s < at_s + AWAY_S + 6.0
    ]
    lost = sum(not any(alike(stride, other) for other in moved) for stride in settled)
    doubled = sum(sum(alike(stride, other) for other in moved) > 1 for stride in wanted)
    tell(record_property, tries=1, items=len(found), lost=lost, doubled=doubled)
