"""The law of fetching: each record is on the sensor or in the vault, at whatever step all ends."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeAlias

import pytest
from bleak.exc import BleakError
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall_gateway.ble.paired import PairedSensor
from footfall_gateway.data_folder import onboard_folder
from footfall_gateway.devices.kit.onboard import DeviceMoment, LogState, LogStatus, Piece, StoredLog
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.errors import GatewayError
from footfall_gateway.onboard import anchors
from footfall_gateway.onboard.fetching import Fetcher
from footfall_gateway.onboard.reach import Connected
from footfall_gateway.onboard.shelf import Shelf
from footfall_gateway.onboard.vault import Vault
from footfall_gateway.packets import RecordedSensor
from footfall_gateway.virtual.models.footfall_log import FlashLog, LogFaults
from footfall_processing.session import Side
from gateway.onboard.on_board import (
    ADDRESSES,
    KEY,
    NOON,
    OwnClock,
    counting,
    filled,
    paired,
    recorded,
    stop,
)
from gateway.onboard.simulated import Bench, Killed, Steps, StillClock, fetch_disturbed

Flashes: TypeAlias = dict[str, tuple[RecordedSensor, FlashLog | None]]

FAULTS = LogFaults(loss_fraction=0.01, double_fraction=0.02)


def two_flashes(
    packets: int, faults: LogFaults | None = None, seed: int = 0
) -> dict[str, tuple[RecordedSensor, FlashLog]]:
    flashes: dict[str, tuple[RecordedSensor, FlashLog]] = {}
    for number, side in enumerate(Side):
        log = filled(counting(packets, salt=number), OwnClock(), faults=faults, random=Random(seed + number))
        stop(log)
        flashes[ADDRESSES[number]] = (recorded(side), log)
    return flashes


def undisturbed(packets: int) -> tuple[dict[str, bytes], int]:
    """The recordings of a fetch that nothing disturbs, and how many steps it takes."""
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), two_flashes(packets))
        with bench.torn_disk():
            bench.program()
        assert bench.kept().total() == 2 * packets
        return bench.recordings(), bench.steps.done


def test_at_every_step_at_which_our_program_ends_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchors, "ROUND_TRIPS", 2)  # what they are alike in need not be tried twenty times
    wanted, steps = undisturbed(8)
    assert len(wanted) == 1
    for kill_at in range(1, steps + 1):
        bench = Bench(tmp_path / str(kill_at), two_flashes(8))
        records = bench.kept()
        with bench.torn_disk():
            bench.steps = Steps(kill_at)
            with contextlib.suppress(Killed):
                bench.program()
            bench.tear(Random(kill_at))
            assert bench.kept() == records, f"step {kill_at}"
            bench.steps = Steps()
            bench.program()
        assert bench.kept() == records
        assert bench.recordings() == wanted
        assert list(onboard_folder(bench.folder).iterdir()) == []
        assert all(flash is not None and flash.sessions() == {} for _, flash in bench.flashes.values())


@given(seed=st.integers(0, 2**32), ends=st.integers(1, 6))
@settings(max_examples=15)
def test_whatever_ends_however_often_nothing_is_lost_and_nothing_doubled(seed: int, ends: int) -> None:
    wanted, steps = undisturbed(60)
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), two_flashes(60, FAULTS, seed))
        outcome = fetch_disturbed(bench, wanted, Random(seed), ends=ends, typical_steps=steps)
    assert (outcome.lost, outcome.doubled, outcome.is_equal) == (0, 0, True)


class ConfirmingLog:
    """A memory that erases each piece once it was confirmed, and gives the next one only then."""

    confirms = True

    def __init__(self, memory: dict[int, bytes], pieces: int, steps: Steps) -> None:
        self._memory = memory
        self._log = StoredLog(KEY, 1, pieces, 64, DeviceMoment(0, 0))
        self._steps = steps

    async def status(self) -> LogStatus:
        return LogStatus(LogState.IDLE, 50, 0.0, 60.0)

    async def moment(self) -> DeviceMoment:
        return DeviceMoment(1_000_000, 0)

    async def start(self, key: int, utc_ns: int) -> None:
        raise NotImplementedError

    async def stop(self) -> None:
        raise NotImplementedError

    async def logs(self) -> tuple[StoredLog, ...]:
        self._steps.step("radio")
        return (self._log,)

    async def read(self, log: StoredLog, positions: Sequence[int]) -> AsyncGenerator[Sequence[Piece], None]:
        while self._memory:
            first = min(self._memory)
            self._steps.step("radio")
            yield [Piece(first, self._memory[first])]
            if first in self._memory:
                return

    async def confirm(self, log: StoredLog, piece: Piece) -> None:
        self._steps.step("radio")
        del self._memory[piece.position]
        self._steps.step("radio")

    async def erase(self, log: StoredLog, proof: int) -> None:
        raise NotImplementedError


def test_a_sensor_that_erases_what_is_confirmed_is_told_only_of_what_is_on_the_disk(tmp_path: Path) -> None:
    whole = {position: bytes([position]) * 40 for position in range(7)}

    async def fetch(folder: Path, memory: dict[int, bytes], steps: Steps) -> None:
        shelf = Shelf(onboard_folder(folder))
        shelf.make()

        @asynccontextmanager
        async def reach(_: PairedSensor) -> AsyncIterator[Connected]:
            yield Connected(recorded(Side.LEFT), ConfirmingLog(memory, len(whole), steps))

        disk = DiskThread("vault")
        try:
            await Fetcher(reach, shelf, disk, StillClock(NOON)).fetch(paired(Side.LEFT))
        finally:
            disk.close()

    def law_holds(folder: Path, memory: dict[int, bytes]) -> bool:
        there = dict(memory)
        for path in onboard_folder(folder).glob("*.vault"):
            with Vault(path) as vault:
                there.update({piece.position: piece.data for piece in vault.pieces()})
        return there == whole

    kill_at, ended = 0, False
    while not ended:
        kill_at += 1
        folder, memory = tmp_path / str(kill_at), dict(whole)
        bench = Bench(folder, {}, Steps(kill_at))
        with bench.torn_disk():
            try:
                asyncio.run(fetch(folder, memory, bench.steps))
                ended = True
            except Killed:
                bench.tear(Random(kill_at))
                assert law_holds(folder, memory), f"step {kill_at}"
                bench.steps = Steps()
                asyncio.run(fetch(folder, memory, bench.steps))
        assert law_holds(folder, {})
    assert kill_at > 4 * len(whole)


async def test_a_link_that_breaks_again_and_again_ends_the_fetch_in_words(tmp_path: Path) -> None:
    shelf = Shelf(onboard_folder(tmp_path))
    shelf.make()
    tried = 0

    @asynccontextmanager
    async def reach(_: PairedSensor) -> AsyncIterator[Connected]:
        nonlocal tried
        tried += 1
        if tried:
            raise BleakError("gone")
        yield Connected(recorded(Side.LEFT), None)

    disk = DiskThread("vault")
    with pytest.raises(GatewayError, match="foot-left: the link broke 5 times"):
        await Fetcher(reach, shelf, disk, StillClock(NOON)).fetch(paired(Side.LEFT))
    disk.close()
    assert tried == 5
