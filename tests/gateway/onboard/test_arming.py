"""Arming: all or none, room and battery before the run, and a receipt of it."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from footfall_gateway.data_folder import onboard_folder
from footfall_gateway.devices.protocols.footfall_log import Layout
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.errors import GatewayError
from footfall_gateway.onboard.arming import Armer, Planned
from footfall_gateway.onboard.shelf import Shelf
from footfall_gateway.virtual.models.footfall_log import LAYOUT, FlashLog
from footfall_processing.session import Side
from gateway.onboard.on_board import ADDRESSES, KEY, NOON, OwnClock, counting, filled, paired, recorded, stop
from gateway.onboard.simulated import Bench, StillClock

SENSORS = [paired(side) for side in Side]
SMALL = Layout(1, 4096, 868)
"""22 minutes at 200 Hz."""


@pytest.fixture
async def disk() -> AsyncIterator[DiskThread]:
    disk = DiskThread("receipt")
    yield disk
    disk.close()


class Armed:
    """Two sensors, and what was said."""

    def __init__(self, folder: Path, disk: DiskThread, flashes: Sequence[FlashLog]) -> None:
        self.flashes = flashes
        self.shelf = Shelf(onboard_folder(folder))
        self.said: list[str] = []
        self.bench = Bench(
            folder,
            {address: (recorded(side), log) for address, side, log in zip(ADDRESSES, Side, flashes, strict=True)},
        )
        self.armer = Armer(self.bench.reach, self.shelf, disk, StillClock(NOON), self.said.append)

    @property
    def recording(self) -> list[bool]:
        return [flash.is_recording for flash in self.flashes]


def flash(layout: Layout = LAYOUT, battery_percent: int | None = 90) -> FlashLog:
    return FlashLog(OwnClock(5_000_000), layout=layout, battery_percent=battery_percent)


async def test_both_begin_with_one_key_and_the_receipt_has_their_clocks(tmp_path: Path, disk: DiskThread) -> None:
    one = Armed(tmp_path, disk, [flash(), flash()])
    done: list[int] = []
    looked = await one.armer.arm(SENSORS, Planned(), runner_name="Ann", done=done.append)
    assert one.recording == [True, True]
    assert done == [1, 2, 3, 4]
    assert [found.status.battery_percent for found in looked] == [90, 90]
    (receipt,) = one.shelf.receipts()
    assert [list(log.sessions()) for log in one.flashes] == [[receipt.key], [receipt.key]]
    assert receipt.header.session.runner_name == "Ann"
    assert [sensor.sensor.id for sensor in receipt.header.recorded_sensors] == ["foot-left", "foot-right"]
    assert {address: anchor.own.own_us for address, anchor in receipt.anchors.items()} == dict.fromkeys(
        ADDRESSES, 5_000_000
    )


@pytest.mark.parametrize(
    ("planned", "words"),
    [
        (Planned(48 * 60.0), "foot-right holds 21 minutes at 200 Hz; your longest run was 48 minutes"),
        (Planned(90 * 60.0, is_asked=True), "foot-right holds 21 minutes at 200 Hz; the run is to take 90 minutes"),
    ],
)
async def test_too_little_room_is_said_before_the_run(
    tmp_path: Path, disk: DiskThread, planned: Planned, words: str
) -> None:
    one = Armed(tmp_path, disk, [flash(), flash(layout=SMALL)])
    with pytest.raises(GatewayError, match=rf"{words}.*Nothing is armed; .*--minutes, or --anyway"):
        await one.armer.arm(SENSORS, planned)
    assert one.recording == [False, False]
    assert list(one.shelf.receipts()) == []
    await one.armer.arm(SENSORS, Planned(20 * 60.0, is_asked=True))
    assert one.recording == [True, True]


async def test_anyway_is_anyway_and_still_said(tmp_path: Path, disk: DiskThread) -> None:
    one = Armed(tmp_path, disk, [flash(battery_percent=12), flash(layout=SMALL)])
    await one.armer.arm(SENSORS, Planned(48 * 60.0), anyway=True)
    assert one.recording == [True, True]
    assert one.said == [
        "foot-left has 12 % of its battery left: charge it.",
        "foot-right holds 21 minutes at 200 Hz; your longest run was 48 minutes.",
    ]


async def test_old_runs_that_take_the_room_are_named(tmp_path: Path, disk: DiskThread) -> None:
    old = filled(counting(200), OwnClock(), layout=Layout(1, 4096, 20))
    stop(old)
    one = Armed(tmp_path, disk, [flash(), old])
    with pytest.raises(GatewayError, match=r"room for 0 minutes .* older recordings are on it .footfall fetch --erase"):
        await one.armer.arm(SENSORS, Planned(25.0))


async def test_one_that_records_already_hinders_all(tmp_path: Path, disk: DiskThread) -> None:
    one = Armed(tmp_path, disk, [flash(), filled(counting(2), OwnClock())])
    with pytest.raises(GatewayError, match=r"foot-right records already: fetch that first .footfall fetch.*Nothing"):
        await one.armer.arm(SENSORS, Planned(), anyway=True)
    assert one.recording == [False, True]


async def test_when_the_second_refuses_the_first_is_stopped_again(tmp_path: Path, disk: DiskThread) -> None:
    one = Armed(tmp_path, disk, [flash(), flash(battery_percent=3)])
    with pytest.raises(GatewayError, match=r"battery is too low: charge it. Nothing is armed$"):
        await one.armer.arm(SENSORS, Planned(), anyway=True)
    assert one.recording == [False, False]
    assert list(one.shelf.receipts()) == []


async def test_a_sensor_without_a_memory_can_t(tmp_path: Path, disk: DiskThread) -> None:
    one = Armed(tmp_path, disk, [flash(), flash()])
    one.bench.flashes = {address: (its, None) for address, (its, _) in one.bench.flashes.items()}
    with pytest.raises(GatewayError, match="foot-left has no memory of its own"):
        await one.armer.arm(SENSORS, Planned())


async def test_a_receipt_that_is_damaged_is_as_none(tmp_path: Path, disk: DiskThread) -> None:
    one = Armed(tmp_path, disk, [flash(), flash()])
    await one.armer.arm(SENSORS, Planned())
    (path,) = one.shelf.folder.glob("*.receipt")
    path.write_bytes(path.read_bytes()[:-9])
    assert list(one.shelf.receipts()) == []
    assert one.shelf.receipt(KEY) is None
