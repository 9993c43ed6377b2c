"""The log extension of the Footfall profile: every byte both ways, and firmware with its faults."""

import re
import zlib
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.devices import footfall, footfall_log
from footfall_gateway.devices.kit.onboard import LogState, Piece, StoredLog
from footfall_gateway.devices.protocols import footfall_log as protocol
from footfall_gateway.devices.protocols.footfall_log import Op, Status
from footfall_gateway.virtual.models.footfall import FootfallModel
from footfall_gateway.virtual.models.footfall_log import FlashLog, LogFaults
from footfall_processing.errors import InputError
from footfall_processing.session import Side
from gateway.onboard.on_board import KEY, SMALL, OwnClock, counting, filled, recorded, records_of, start, stop
from gateway.onboard.simulated import DirectPeer, Steps

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "footfall-log-extension.md"
U8, U16, U32, U64 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32, 64))
I64 = st.integers(-(2**63), 2**63 - 1)

COMMANDS = st.one_of(
    st.tuples(st.sampled_from([Op.INFO, Op.STOP, Op.CANCEL, Op.TIME]), U8, st.just(protocol.Plain())),
    st.tuples(st.just(Op.START), U8, st.builds(protocol.Start, U64, I64, U32)),
    st.tuples(st.just(Op.LIST), U8, st.builds(protocol.List, U16)),
    st.tuples(st.just(Op.READ), U8, st.builds(protocol.Read, U32, U32, U32)),
    st.tuples(st.just(Op.ERASE), U8, st.builds(protocol.Erase, U32, U32, U32)),
)
ANSWERS = st.one_of(
    st.tuples(st.sampled_from([Op.READ, Op.CANCEL, Op.ERASE]), st.just(protocol.Plain())),
    st.tuples(
        st.just(Op.INFO),
        st.builds(
            protocol.Info, st.sampled_from(protocol.StateCode), U8, U64, U32, U16, st.none() | st.integers(0, 100)
        ),
    ),
    st.tuples(st.just(Op.START), st.builds(protocol.Started, U32)),
    st.tuples(st.just(Op.STOP), st.builds(protocol.Stopped, U32, U32)),
    st.tuples(st.just(Op.LIST), st.builds(protocol.Entry, U16)),
    st.tuples(st.just(Op.LIST), st.builds(protocol.Entry, U16, U32, U64, I64, U64, U32, U8, U8)),
    st.tuples(st.just(Op.TIME), st.builds(protocol.Time, U64, U8)),
)


@given(COMMANDS)
def test_every_command_survives_the_wire(one: tuple[Op, int, protocol.Command]) -> None:
    op, tag, command = one
    assert protocol.decode_command(protocol.encode_command(op, tag, command)) == one


@given(ANSWERS, U8, st.sampled_from(Status))
def test_every_answer_survives_the_wire(one: tuple[Op, protocol.Answer], tag: int, status: Status) -> None:
    op, answer = one
    wire = protocol.encode_answer(op, tag, status, answer)
    assert protocol.is_answer(wire, op, tag)
    assert not protocol.is_answer(wire, op, (tag + 1) % 256)
    assert protocol.decode_answer(wire) == (op, tag, status, answer if status is Status.OK else protocol.Plain())
    assert len(wire) <= 42


@given(st.binary(max_size=60))
def test_no_bytes_are_more_than_refused(data: bytes) -> None:
    for decode in (protocol.decode_command, protocol.decode_answer, protocol.decode_data, protocol.decode_page):
        try:
            decode(data)
        except InputError:
            continue


@given(st.lists(st.binary(max_size=255), max_size=8), U8, U32, U32)
def test_every_page_survives_the_flash(packets: list[bytes], epoch: int, session: int, number: int) -> None:
    page = protocol.Page(epoch, session, number, tuple(packets))
    content = protocol.encode_page(page, 4096)
    assert len(content) == 4096
    assert protocol.decode_page(content) == page


@given(place=st.integers(0, 511), change=st.integers(1, 255))
def test_a_page_with_a_wrong_byte_is_damaged(place: int, change: int) -> None:
    content = bytearray(protocol.encode_page(protocol.Page(1, 2, 3, (b"a" * 200, b"b")), 512))
    content[place] ^= change
    with pytest.raises(InputError, match="damaged"):
        protocol.decode_page(bytes(content))


def test_a_page_that_lies_of_itself_is_refused() -> None:
    for head in (b"XX\x01", b"FL\x02"):
        body = (head + bytes(5) + bytes(4) + b"\0\0").ljust(508, b"\xff")
        with pytest.raises(InputError, match="begins with"):
            protocol.decode_page(body + protocol._CHECK.pack(zlib.crc32(body)))
    for used, content in ((600, b""), (3, b"\x09ab")):
        body = (b"FL\x01" + bytes(9) + used.to_bytes(2, "little") + content).ljust(508, b"\xff")
        with pytest.raises(InputError, match=r"more than it can|cut off"):
            protocol.decode_page(body + protocol._CHECK.pack(zlib.crc32(body)))


def examples() -> dict[str, bytes]:
    found = re.findall(r"```hex ([a-z-]+)\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return {name: bytes.fromhex(text) for name, text in found}


def test_the_examples_of_the_document_are_true() -> None:
    shown = examples()
    assert protocol.decode_command(shown["start"]) == (
        Op.START,
        7,
        protocol.Start(0x0123456789ABCDEF, 1_795_262_400_000_000_000, 0),
    )
    assert protocol.decode_answer(shown["started"]) == (Op.START, 7, Status.OK, protocol.Started(3))
    assert protocol.decode_answer(shown["info"])[3] == protocol.Info(
        protocol.StateCode.RECORDING, 2, 61_000_000, 4000, 1, 88
    )
    entry = protocol.Entry(1, 3, 0x0123456789ABCDEF, 1_795_262_400_000_000_000, 5_000_000, 2370, 2, 0)
    assert protocol.decode_answer(shown["entry"]) == (Op.LIST, 8, Status.OK, entry)
    assert protocol.decode_command(shown["read"]) == (Op.READ, 9, protocol.Read(3, 32, 32))
    assert protocol.decode_data(shown["data"]) == protocol.Data(32, 238, bytes.fromhex("0102030405"))
    assert protocol.decode_data(shown["end"]) == protocol.Data(protocol.END_OF_READING, 9, b"")
    assert protocol.decode_command(shown["erase"]) == (Op.ERASE, 10, protocol.Erase(3, 2370, 0x12345678))
    head = shown["page-head"]
    assert protocol._PAGE.unpack(head) == (b"FL", 1, 2, 3, 32, 3920)


async def opened(log: FlashLog) -> footfall_log.FootfallLog:
    one = recorded(Side.LEFT)
    found = await footfall_log.open_log(DirectPeer(FootfallModel(one.sensor, log), one, Steps()))
    assert isinstance(found, footfall_log.FootfallLog)
    return found


async def fetched(log: FlashLog, rounds: int = 12) -> tuple[StoredLog, dict[int, bytes]]:
    """Read the first log of a memory until nothing is missing."""
    source = await opened(log)
    (stored, *_) = await source.logs()
    held: dict[int, bytes] = {}
    for _ in range(rounds):
        missing = [position for position in range(stored.pieces) if position not in held]
        async for pieces in source.read(stored, missing):
            held.update({piece.position: piece.data for piece in pieces})
    return stored, held


def unpacked(stored: StoredLog, held: dict[int, bytes]) -> tuple[list[bytes], int]:
    found = footfall_log.unpack(stored, (Piece(position, held[position]) for position in sorted(held)))
    return [record.data for record in found.records], found.damaged_pieces


async def test_a_sensor_without_a_memory_says_so() -> None:
    one = recorded(Side.LEFT)
    assert await footfall_log.open_log(DirectPeer(FootfallModel(one.sensor), one, Steps())) is None
    assert footfall.log_layout(footfall.encode_description(one.sensor)) is None


async def test_a_memory_of_a_newer_version_is_told() -> None:
    one = recorded(Side.LEFT)
    newer = protocol.Layout(2, 4096, 10)
    with pytest.raises(InputError, match="memory is of version 2"):
        footfall.log_layout(footfall.encode_description(one.sensor, log=newer))
    with pytest.raises(InputError, match="page_bytes"):
        footfall.log_layout(footfall.encode_description(one.sensor, log=protocol.Layout(1, 100, 10)))


async def test_what_it_says_before_a_run(clock: OwnClock) -> None:
    layout = protocol.Layout(1, page_bytes=4096, pages=868)
    source = await opened(FlashLog(clock, layout=layout, battery_percent=None))
    status = await source.status()
    assert (status.state, status.battery_percent) == (LogState.IDLE, None)
    # 16 packets of 19 samples a page: 1.52 s
    assert status.free_s == status.holds_s == pytest.approx(868 * 1.52)
    await source.start(KEY, 5)
    await source.start(KEY, 5)
    assert (await source.status()).state is LogState.RECORDING
    (stored,) = await source.logs()
    assert (stored.key, stored.begun_utc_ns, stored.is_open) == (KEY, 5, True)
    with pytest.raises(footfall_log.RefusedError, match="is recording already"):
        await source.start(KEY + 1, 5)
    await source.stop()
    await source.stop()


async def test_a_sensor_that_can_t_says_why(clock: OwnClock) -> None:
    empty = await opened(FlashLog(clock, battery_percent=3))
    with pytest.raises(footfall_log.RefusedError, match="battery is too low"):
        await empty.start(KEY, 0)
    full = await opened(filled(counting(9), clock, layout=protocol.Layout(1, 512, 1)))
    with pytest.raises(footfall_log.RefusedError, match="no room left"):
        await full.start(KEY + 1, 0)


@pytest.mark.parametrize("loss", [0.0, 0.1])
async def test_all_is_read_though_notifications_are_lost_and_doubled(clock: OwnClock, loss: float) -> None:
    faults = LogFaults(loss_fraction=loss, double_fraction=0.2)
    log = filled(counting(150), clock, faults=faults, random=Random(4))
    stop(log)
    stored, held = await fetched(log)
    assert unpacked(stored, held) == ([packet for _, packet in counting(150)], 0)
    assert list(log.sessions()[KEY]) == [held[position] for position in sorted(held)]


async def test_power_lost_in_mid_page_costs_that_page(clock: OwnClock) -> None:
    log = filled(counting(31), clock)
    before = records_of(log)
    log.lose_power(OwnClock(), written_bytes=100)
    stored, held = await fetched(log)
    assert (stored.is_torn, stored.is_open, stored.pieces) == (True, False, 16)
    assert unpacked(stored, held) == (before, 1)
    source = await opened(log)
    await source.erase(stored, footfall_log.proof(Piece(position, held[position]) for position in sorted(held)))
    assert log.sessions() == {}


async def test_a_full_flash_ends_the_recording_and_keeps_it(clock: OwnClock) -> None:
    log = filled(counting(500), clock, layout=protocol.Layout(1, 512, 20))
    stored, held = await fetched(log)
    assert (stored.is_full, stored.is_open, stored.pieces) == (True, False, 20)
    assert unpacked(stored, held) == ([packet for _, packet in counting(40)], 0)
    assert (await (await opened(log)).status()).state is LogState.FULL


async def test_two_sessions_are_told_apart_and_erased_one_by_one(clock: OwnClock) -> None:
    log = filled(counting(20), clock)
    stop(log)
    start(log, KEY + 1)
    for at_us, packet in counting(10, begin_us=9_000_000, salt=1):
        clock.now_us = at_us
        log.record(packet)
    stop(log)
    source = await opened(log)
    first, second = await source.logs()
    assert (first.key, second.key) == (KEY, KEY + 1)
    pages = log.sessions()
    with pytest.raises(footfall_log.RefusedError, match="other pages"):
        await source.erase(first, protocol.digest_of(pages[KEY + 1]))
    with pytest.raises(footfall_log.RefusedError, match="other pages"):
        await source.erase(first, protocol.digest_of(pages[KEY][:-1]))
    await source.erase(first, protocol.digest_of(pages[KEY]))
    await source.erase(first, protocol.digest_of(pages[KEY]))
    assert list(log.sessions()) == [KEY + 1]
    log.upset(LogFaults(refuses_erasing=True), Random(0))
    with pytest.raises(footfall_log.RefusedError):
        await source.erase(second, protocol.digest_of(pages[KEY + 1]))
    assert list(log.sessions()) == [KEY + 1]


async def test_a_clock_that_begins_anew_ends_the_session(clock: OwnClock) -> None:
    log = filled(counting(20), clock)
    log.lose_power(OwnClock(7))
    source = await opened(log)
    (stored,) = await source.logs()
    assert (await source.moment()).epoch == 1 != stored.begun.epoch
    assert stored.is_torn


async def test_a_clock_of_32_bits_is_followed_over_its_wraps(clock: OwnClock) -> None:
    begin_us = 2**32 - 1_000_000
    clock.now_us = begin_us
    log = FlashLog(clock, layout=SMALL)
    start(log)
    for at_us, packet in counting(40, begin_us=begin_us):
        clock.now_us = at_us
        log.record(packet)
    stop(log)
    stored, held = await fetched(log)
    found = footfall_log.unpack(stored, (Piece(position, held[position]) for position in sorted(held)))
    assert [record.last_us + 5000 for record in found.records] == [
        at_us for at_us, _ in counting(40, begin_us=begin_us)
    ]


async def test_a_session_ends_after_the_seconds_that_were_asked_for(clock: OwnClock) -> None:
    log = FlashLog(clock, layout=SMALL)
    log.command(protocol.encode_command(Op.START, 1, protocol.Start(KEY, 0, most_s=1)))
    for at_us, packet in counting(40):
        clock.now_us = at_us
        log.record(packet)
    assert not log.is_recording
    assert len(records_of(log)) == 11


async def test_a_session_larger_than_the_memory_is_refused(clock: OwnClock) -> None:
    log = filled(counting(40), clock)
    stop(log)
    source = await opened(log)
    source._layout = protocol.Layout(1, 512, 3)
    with pytest.raises(InputError, match="says that session 1 has 20 pages, and that it has room for 3"):
        await source.logs()


def test_firmware_refuses_what_makes_no_sense(clock: OwnClock) -> None:
    log = FlashLog(clock)
    for data in (b"", b"\x01", b"\x99\x05", b"\x02\x05short"):
        ((characteristic, answer),) = log.command(data)
        assert (characteristic, answer[2]) == (protocol.LOG_CONTROL, Status.UNKNOWN)


@pytest.fixture
def clock() -> OwnClock:
    return OwnClock()
