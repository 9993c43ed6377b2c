"""`footfall arm` and `footfall fetch` over bleak's own BlueZ code: a run with nothing but the sensors."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import forked
from footfall_gateway.ble import paired
from footfall_gateway.clock import SystemClock
from footfall_gateway.data_folder import onboard_folder, recordings_folder
from footfall_gateway.devices import Wearing, footfall
from footfall_gateway.devices.protocols.footfall_log import VERSION, Layout
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.models.footfall_log import FlashLog, LogFaults
from footfall_gateway.virtual.sensor import Faults, VirtualSensor
from footfall_processing.session import Placement
from forked import COMMAND
from gateway.command_line import Ended, environment
from gateway.onboard.on_board import ADDRESSES, played, records_of, start, stop
from programs import PATIENCE_S

pytestmark = pytest.mark.bluez

AN_HOUR_AGO_S = 3600.0


class Worn:
    """A sensor with a memory: its clock goes on with ours, and runs go by as fast as the test likes."""

    def __init__(self, number: int, layout: Layout, faults: LogFaults, air: Faults, battery: int = 90) -> None:
        self.recorded, self.packets = played()[number]
        self._begun_s = time.monotonic()
        self._ahead_us = 0
        self.log = FlashLog(self.now_us, layout=layout, faults=faults, battery_percent=battery)
        self.sensor: VirtualSensor = footfall_sensor(
            self.recorded.sensor, [], address=ADDRESSES[number], log=self.log, faults=air
        )

    def now_us(self) -> int:
        return self._ahead_us + round((time.monotonic() - self._begun_s) * 1e6)

    def run(self) -> None:
        """Run all of the recorded run, now."""
        began_us = self.now_us()
        first_us = footfall.decode_samples(self.packets[0].data).device_time_us
        for packet in self.packets:
            whole = footfall.decode_samples(packet.data)
            own_us = began_us + whole.device_time_us - first_us
            self._ahead_us += max(own_us - self.now_us(), 0)
            self.log.record(footfall.encode_samples(replace(whole, device_time_us=own_us & 0xFFFF_FFFF)))


@dataclass
class Near:
    """Two sensors near, and the command that talks to them."""

    worn: list[Worn]
    folder: Path

    async def footfall(self, *arguments: str) -> Ended:
        places = ("--data-dir", str(self.folder), "--sensors-file", str(self.folder.parent / "sensors.toml"))
        ended = await asyncio.to_thread(
            forked.run, [*COMMAND, *arguments, *places], env=environment(COLUMNS="300"), text=True
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def recordings(self) -> list[Path]:
        return sorted(recordings_folder(self.folder).glob("*"))

    def left_behind(self) -> list[str]:
        return [path.name for path in onboard_folder(self.folder).glob("*")]


@asynccontextmanager
async def near(
    folder: Path,
    *,
    pages: int = 4096,
    faults: LogFaults | None = None,
    air: Faults | None = None,
    battery: int = 90,
) -> AsyncIterator[Near]:
    from gateway.fake_bluez import fake_bluez

    layout = Layout(VERSION, page_bytes=4096, pages=pages)
    worn = [Worn(number, layout, faults or LogFaults(), air or Faults(), battery) for number in range(2)]
    known = {
        address: paired.PairedSensor(
            address, footfall.NAME, Wearing(one.recorded.sensor.id, Placement.FOOT, one.recorded.sensor.side)
        )
        for address, one in zip(ADDRESSES, worn, strict=True)
    }
    paired.save(folder / "sensors.toml", known)
    async with fake_bluez([one.sensor for one in worn], SystemClock()):
        yield Near(worn, folder / "data")


def packets_of(path: Path) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for packet in Recording.open(path):
        found.setdefault(packet.sensor_id, []).append(packet.data)
    return found


def one_object(ended: Ended) -> dict[str, Any]:
    assert ended.status == 0, ended
    (line,) = ended.out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


async def test_a_run_with_nothing_but_the_sensors(tmp_path: Path) -> None:
    async with near(tmp_path) as there:
        armed = await there.footfall("arm", "--runner", "Ann")
        assert armed.status == 0, armed
        assert armed.out.count(" records: it has room for ") == 2
        assert "Then: footfall fetch" in armed.out
        again = await there.footfall("arm")
        assert "foot-left records already" in again.complaint
        for one in there.worn:
            one.run()
        fetched = await there.footfall("fetch")
        assert fetched.status == 0, fetched
        assert "footfall fetch --erase" in fetched.err
        (recording,) = there.recordings()
        assert packets_of(recording) == {one.recorded.sensor.id: records_of(one.log) for one in there.worn}
        assert Recording.open(recording).header.session.runner_name == "Ann"
        erased = await there.footfall("fetch", "--erase")
        assert erased.status == 0, erased
        assert [one.log.sessions() for one in there.worn] == [{}, {}]
        assert there.left_behind() == []
        assert there.recordings() == [recording]
        assert (await there.footfall("fetch")).out == "Nothing waits on the sensors.\n"


async def test_a_board_with_little_room_says_so_before_the_run(tmp_path: Path) -> None:
    async with near(tmp_path, pages=868) as there:
        refused = await there.footfall("arm", "--minutes", "48")
        assert "foot-left holds 21 minutes at 200 Hz; the run is to take 48 minutes" in refused.complaint
        assert not any(one.log.is_recording for one in there.worn)
        armed = await there.footfall("arm", "foot-left", "--minutes", "48", "--anyway")
        assert (armed.status, armed.out.count(" records: ")) == (0, 1)
        assert [one.log.is_recording for one in there.worn] == [True, False]
        assert "no paired sensor is called 'nose'" in (await there.footfall("fetch", "nose")).complaint


async def test_a_link_that_breaks_in_mid_page_and_a_fetch_that_is_killed_cost_nothing(tmp_path: Path) -> None:
    faults, air = LogFaults(loss_fraction=0.02, double_fraction=0.02), Faults(drops_after=(90, 240))
    async with near(tmp_path, faults=faults, air=air) as there:
        for one in there.worn:
            start(one.log, utc_ns=time.time_ns())
            one.run()
        for one in there.worn:
            stop(one.log)
        wanted = {one.recorded.sensor.id: records_of(one.log) for one in there.worn}
        places = ("--data-dir", str(there.folder), "--sensors-file", str(tmp_path / "sensors.toml"))
        killed = forked.popen([*COMMAND, "fetch", *places], env=environment())
        vault = None
        async with asyncio.timeout(PATIENCE_S):
            while vault is None:  # it has begun, and is not done
                vault = next(onboard_folder(there.folder).glob("*.vault"), None)
                await asyncio.sleep(0.005)
        killed.kill()
        await asyncio.to_thread(killed.wait, PATIENCE_S)
        assert there.recordings() == []
        done = one_object(await there.footfall("fetch", "--erase", "--json"))
        assert packets_of(Path(done["path"])) == wanted
        assert [one.log.sessions() for one in there.worn] == [{}, {}]
        assert there.left_behind() == []


async def test_a_sensor_that_is_missing_is_waited_for_or_done_without(tmp_path: Path) -> None:
    async with near(tmp_path, faults=LogFaults(refuses_erasing=True)) as there:
        for one in there.worn:
            start(one.log, utc_ns=time.time_ns())
            one.run()
        there.worn[1].sensor.leave_range()
        partly = await there.footfall("fetch", "--seconds", "2")
        assert partly.status != 0
        assert "foot-right was not heard within 2 s" in partly.err
        assert "a run is not complete: foot-right may have a part of it" in partly.err
        assert there.recordings() == []
        without = await there.footfall("fetch", "foot-left", "--incomplete", "--erase")
        assert without.status != 0
        assert "holds other pages than were read from it" in without.err
        (recording,) = there.recordings()
        assert list(packets_of(recording)) == ["foot-left"]
        assert len(there.left_behind()) == 1
        assert there.worn[0].log.sessions() != {}
