"""Fetches that are ended at any step: our program, the link, the sensor; and a disk that tears what was not synced."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import IO
from unittest.mock import patch

from bleak.exc import BleakError

from footfall_gateway.ble.paired import PairedSensor
from footfall_gateway.data_folder import make_folders, onboard_folder, recordings_folder
from footfall_gateway.devices import footfall_log
from footfall_gateway.devices.kit.onboard import Heard
from footfall_gateway.devices.protocols.footfall_log import LOG_DATA, decode_page
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.errors import TemporaryError
from footfall_gateway.formats.samples_csv import write_whole
from footfall_gateway.onboard import assembly
from footfall_gateway.onboard import vault as vault_module
from footfall_gateway.onboard.fetching import Fetcher
from footfall_gateway.onboard.reach import Connected
from footfall_gateway.onboard.runs import let_go_of_erased, make_run, waiting_runs
from footfall_gateway.onboard.shelf import Shelf
from footfall_gateway.onboard.vault import Vault
from footfall_gateway.packets import RawPacket, RecordedSensor, RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.virtual.models.footfall import FootfallModel
from footfall_gateway.virtual.models.footfall_log import LAYOUT, FlashLog, LogFaults
from footfall_processing.errors import FootfallError
from footfall_processing.session import Side
from gateway.onboard.on_board import ADDRESSES, NOON, PACKET_US, OwnClock, counting, filled, paired, recorded, stop

DATA_A_STEP = 25
"""Notifications between two moments at which the link may break."""


REBOOTS = 0.3
"""How often a sensor loses its power when the program ends."""
LOSSES = LogFaults(loss_fraction=0.001, double_fraction=0.001)
"""Of notifications, beside what ends the link."""


class Killed(BaseException):
    """Our program is gone, at this very step."""


@dataclass
class Steps:
    """Counts the steps of a program, and ends it, or the link, at one of them."""

    kill_at: int | None = None
    break_at: frozenset[int] = frozenset()
    done: int = 0

    def step(self, where: str) -> None:
        self.done += 1
        if self.done == self.kill_at:
            raise Killed(where)
        if self.done in self.break_at and where == "radio":
            raise BleakError("the link was lost")


class StillClock:
    """The wall clock of a fetch that takes no time; a look at the other one takes a millisecond."""

    def __init__(self, utc: datetime) -> None:
        self._utc = utc
        self._looks = 0

    def now_s(self) -> float:
        self._looks += 1
        return self._looks / 1024

    def utc_now(self) -> datetime:
        return self._utc

    async def sleep(self, duration_s: float) -> None:
        await asyncio.sleep(0)


class DirectPeer:
    """A connected Footfall sensor without a radio between; a `LogPeer` whose messages are steps."""

    def __init__(self, model: FootfallModel, recorded: RecordedSensor, steps: Steps) -> None:
        self.address, self.name = recorded.address, recorded.name
        self._model = model
        self._steps = steps
        self._heard: Iterator[bytes] = iter(())
        self._number = 0

    def has(self, characteristic: str) -> bool:
        return any(characteristic in table for table in self._model.services.values())

    async def read(self, characteristic: str) -> bytes:
        self._steps.step("radio")
        return self._model.read(characteristic)

    async def write(self, characteristic: str, data: bytes, *, response: bool = True) -> None:
        self._steps.step("radio")
        self._model.write(characteristic, data)

    async def ask(
        self,
        characteristic: str,
        data: bytes,
        *,
        answer_on: str,
        accepts: Callable[[bytes], bool],
        response: bool = True,
    ) -> bytes:
        self._steps.step("radio")
        answers = self._model.write(characteristic, data)
        self._steps.step("radio")  # the sensor did it, and the answer is lost
        data_follows = [value for uuid, value in answers if uuid == LOG_DATA]
        if data_follows:
            self._heard = iter(data_follows)
        return next(value for uuid, value in answers if uuid == answer_on and accepts(value))

    async def pause(self, duration_s: float) -> None:
        await asyncio.sleep(0)

    @contextmanager
    def hearing(self, characteristic: str) -> Iterator[Heard]:
        self._heard = iter(())
        yield self

    async def next(self) -> bytes:
        self._number += 1
        if self._number % DATA_A_STEP == 0:
            self._steps.step("radio")
        value = next(self._heard, None)
        if value is None:
            raise TimeoutError
        return value


@dataclass
class Bench:
    """Sensors that recorded a run, and a program that fetches it and has it erased; it may be ended at any step.

    Parameters
    ----------
    folder
        The data folder.
    flashes
        The memories, with the sensors that they are of.
    """

    folder: Path
    flashes: Mapping[str, tuple[RecordedSensor, FlashLog | None]]
    steps: Steps = field(default_factory=Steps)
    _synced: dict[Path, int] = field(default_factory=dict)

    def program(self) -> None:
        """Fetch all, make recordings, have all erased, and remove what is not needed any more."""
        asyncio.run(self._program())

    async def _program(self) -> None:
        shelf = Shelf(onboard_folder(self.folder))
        make_folders(self.folder)
        shelf.make()
        sensors = [paired(its.sensor.side) for its, _ in self.flashes.values() if its.sensor.side]
        disk = DiskThread("vault")
        fetcher = Fetcher(self.reach, shelf, disk, StillClock(NOON), "Ann")
        listed = {}
        try:
            for one in sensors:
                listed[one.address] = await fetcher.fetch(one)
            for run in waiting_runs(shelf, {one.address: one.id for one in sensors}, listed, _complain):
                assert run.missing == ()
                self.steps.step("disk")
                make_run(run, self.folder)
                self.steps.step("disk")
            for one in sensors:
                left = await fetcher.erase(one)
                self.steps.step("disk")
                assert let_go_of_erased(shelf, self.folder, one.address, left) == []
        finally:
            disk.close()

    @asynccontextmanager
    async def reach(self, one: PairedSensor) -> AsyncIterator[Connected]:
        its, flash = self.flashes[one.address]
        self.steps.step("radio")
        peer = DirectPeer(FootfallModel(its.sensor, flash), its, self.steps)
        yield Connected(its, await footfall_log.open_log(peer))

    @contextmanager
    def torn_disk(self) -> Iterator[None]:
        """Let the vaults' disk remember what is sure to be on it, and a recording be ended in its middle."""

        def to_disk(file: IO[bytes]) -> None:
            file.flush()
            self.steps.step("disk")
            if isinstance(file.name, str):  # a new one has no name yet, and gets it once it is whole
                self._synced[Path(file.name)] = Path(file.name).stat().st_size
            self.steps.step("disk")

        def write(path: Path, header: RecordingHeader, packets: Iterable[RawPacket]) -> None:
            write_whole(path, header, packets)
            with contextlib.suppress(FootfallError):
                try:
                    self.steps.step("disk")
                except Killed:
                    with path.open("r+b") as file:
                        file.truncate(path.stat().st_size // 2)
                    raise

        with patch.object(vault_module, "to_disk", to_disk), patch.object(assembly, "write_whole", write):
            yield

    def tear(self, random: Random) -> None:
        """Cut what was not synced anywhere, and leave zeros or noise behind it, as a power cut may."""
        for path in onboard_folder(self.folder).glob("*.vault"):
            content = path.read_bytes()
            sure = self._synced.get(path) or _made_with(content)
            if len(content) > sure:
                after = random.choice((b"", bytes(random.randint(0, 40)), random.randbytes(random.randint(0, 40))))
                path.write_bytes(content[: random.randint(sure, len(content))] + after)
                self._synced[path] = path.stat().st_size

    def reboot_sensors(self, random: Random) -> None:
        """Let some sensors lose their power, once their clock was read: what was not, is lost with the count."""
        for path in onboard_folder(self.folder).glob("*.vault"):
            with Vault(path) as vault:
                flash = self.flashes[vault.recorded.address][1]
                if flash is not None and vault.anchor is not None and random.random() < REBOOTS:
                    flash.lose_power(OwnClock())

    def kept(self) -> Counter[bytes]:
        """Every record that is on a sensor, in a vault, or in a recording whose vault is gone."""
        pages: dict[tuple[str, int, int], bytes] = {}
        for its, flash in self._memories():
            for key, held in flash.sessions().items():
                pages.update({(its.address, key, number): page for number, page in enumerate(held)})
        recorded_ids = set()
        for path in sorted(onboard_folder(self.folder).glob("*.vault")):
            with Vault(path) as vault:
                recorded_ids.add(vault.recorded.sensor.id)
                for piece in vault.pieces():
                    pages[vault.recorded.address, vault.log.key, piece.position] = piece.data
        found = Counter(packet for page in pages.values() for packet in decode_page(page).packets)
        on_sensors = {its.sensor.id for its, flash in self._memories() if flash.sessions()}
        for path in recordings_folder(self.folder).glob("*.mcap"):
            for packet in Recording.open(path):
                if packet.sensor_id not in recorded_ids | on_sensors:
                    found[packet.data] += 1
        return found

    def _memories(self) -> list[tuple[RecordedSensor, FlashLog]]:
        return [(its, flash) for its, flash in self.flashes.values() if flash is not None]

    def recordings(self) -> dict[str, bytes]:
        """The recordings, to the bit."""
        return {path.name: path.read_bytes() for path in recordings_folder(self.folder).glob("*.mcap")}


def _made_with(content: bytes) -> int:
    """How long a vault's first two records are, which it gets its name with."""
    end = 0
    for _ in range(2):
        _, _, _, length = vault_module._HEAD.unpack_from(content, end)
        end += vault_module._HEAD.size + length + 4
    return end


def _complain(text: str) -> None:
    raise AssertionError(text)


@dataclass(frozen=True)
class Outcome:
    """What a disturbed fetch came to."""

    ends: int
    records: int
    lost: int
    doubled: int
    is_equal: bool


def fetch_disturbed(
    bench: Bench,
    undisturbed: Mapping[str, bytes],
    random: Random,
    *,
    ends: int,
    typical_steps: int,
    look: bool = True,
) -> Outcome:
    """Fetch with program, link and sensors ended so often at random steps; compare with an undisturbed fetch.

    With `look`, every record is looked for after each end.
    """
    wanted = bench.kept()
    lost = doubled = 0
    with bench.torn_disk():
        for _ in range(ends):
            breaks = frozenset(random.sample(range(1, typical_steps), k=random.choice((0, 0, 1, 3))))
            bench.steps = Steps(random.randint(1, typical_steps), breaks)
            with contextlib.suppress(Killed, TemporaryError):
                bench.program()
            bench.tear(random)
            bench.reboot_sensors(random)
            if look:
                there = bench.kept()
                lost += (wanted - there).total()
                doubled += (there - wanted).total()
        bench.steps = Steps()
        bench.program()
    there = bench.kept()
    lost += (wanted - there).total()
    doubled += (there - wanted).total()
    return Outcome(ends, wanted.total(), lost, doubled, bench.recordings() == undisturbed)


@dataclass
class Fetches:
    """Seeded fetches of one run from two sensors, disturbed, each against the same undisturbed fetch.

    Parameters
    ----------
    folder
        Where their data folders are made, one after the other.
    minutes
        How long the run is; both sensors record 200 samples a second.
    """

    folder: Path
    minutes: float

    def __post_init__(self) -> None:
        packets = round(self.minutes * 60e6 / PACKET_US)
        self._flashes: dict[str, tuple[RecordedSensor, FlashLog]] = {}
        for number, side in enumerate(Side):
            log = filled(counting(packets, salt=number), OwnClock(), layout=LAYOUT)
            stop(log)
            self._flashes[ADDRESSES[number]] = (recorded(side), log)
        bench = Bench(self.folder / "undisturbed", self._copy())
        with bench.torn_disk():
            bench.program()
        self._steps = bench.steps.done
        self._wanted = bench.recordings()
        assert bench.kept().total() == 2 * packets

    def fetch(self, seed: int) -> Outcome:
        """Fetch once, with one to four ends of program or link; what does not equal the undisturbed one is kept."""
        random = Random(seed)
        flashes = self._copy()
        for number, (_, log) in enumerate(flashes.values()):
            log.upset(LOSSES, Random(2 * seed + number))
        bench = Bench(self.folder / str(seed), flashes)
        ends = random.randint(1, 4)
        outcome = fetch_disturbed(bench, self._wanted, random, ends=ends, typical_steps=self._steps)
        if outcome.is_equal:
            rmtree(bench.folder)
        return outcome

    def _copy(self) -> dict[str, tuple[RecordedSensor, FlashLog]]:
        return {address: (its, deepcopy(log)) for address, (its, log) in self._flashes.items()}
