"""Clocks, whole runs out of vaults, and what is said when a part is missing."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest

from footfall_gateway.data_folder import onboard_folder, recordings_folder
from footfall_gateway.devices import footfall
from footfall_gateway.devices.kit.onboard import DeviceMoment, Piece, StoredLog
from footfall_gateway.errors import GatewayError
from footfall_gateway.onboard.anchors import ROUND_TRIPS, Anchor, line_of, moment_of, take_anchor, utc_ns_of
from footfall_gateway.onboard.receipt import Receipt
from footfall_gateway.onboard.runs import NOTHING, WaitingRun, let_go_of_erased, make_run, waiting_runs
from footfall_gateway.onboard.shelf import Shelf
from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.decoding import decode, decode_packets
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.virtual.models.footfall_log import FlashLog
from footfall_processing.pipeline import analyze
from footfall_processing.session import Session, Side
from gateway.onboard.on_board import (
    ADDRESSES,
    KEY,
    NOON,
    SMALL,
    OwnClock,
    counting,
    played,
    recorded,
    records_of,
    start,
    stop,
)

NOON_NS = utc_ns_of(NOON)
LOG = StoredLog(KEY, 1, 10, 512, DeviceMoment(10_000_000, 4), begun_utc_ns=NOON_NS)
NAMES = {address: f"foot-{side}" for address, side in zip(ADDRESSES, Side, strict=True)}


def anchor(utc_s: float, own_s: float, *, error_s: float = 0.005, epoch: int = 4) -> Anchor:
    return Anchor(NOON_NS + round(utc_s * 1e9), DeviceMoment(round(own_s * 1e6), epoch), error_s)


class Ticking:
    """A clock that goes on while a sensor answers, as slowly as it is told."""

    def __init__(self, delays_s: list[float]) -> None:
        self._delays_s = delays_s
        self.at_s = 100.0

    def now_s(self) -> float:
        return self.at_s

    def utc_now(self) -> datetime:
        return NOON + timedelta(seconds=self.at_s)

    async def sleep(self, duration_s: float) -> None:
        raise NotImplementedError

    async def read(self) -> DeviceMoment:
        delay_s = self._delays_s.pop()
        self.at_s += delay_s / 2
        own = DeviceMoment(round(self.at_s * 1e6), 4)
        self.at_s += delay_s / 2
        return own


# Clocks.


async def test_an_anchor_is_the_quickest_of_many_round_trips() -> None:
    delays_s = [Random(1).uniform(0.02, 0.2) for _ in range(ROUND_TRIPS - 1)]
    clock = Ticking([*delays_s[:7], 0.008, *delays_s[7:]])
    found = await take_anchor(clock.read, clock)
    assert found.error_s == pytest.approx(0.004)
    assert (found.utc_ns - NOON_NS) * 1e-9 == pytest.approx(found.own.own_us * 1e-6, abs=1e-5)


@pytest.mark.parametrize("drift_ppm", [-100.0, 0.0, 35.0, 100.0])
def test_two_anchors_give_the_drift_and_hold_left_to_right(drift_ppm: float) -> None:
    rate = 1.0 + drift_ppm * 1e-6
    line = line_of(LOG, anchor(0.0, 10.0), anchor(3600.0 * rate + 0.004, 3610.0))
    assert line.drift_ppm == pytest.approx(drift_ppm, abs=1.2)
    assert not line.remark
    for run_s in (0.0, 1800.0, 3600.0):
        # what each anchor is off, and no more
        assert line.after_ns(10_000_000 + round(run_s * 1e6)) * 1e-9 == pytest.approx(run_s * rate, abs=0.0041)


def test_without_its_clock_before_the_run_the_sensors_own_note_does() -> None:
    line = line_of(LOG, None, anchor(3600.36, 3610.0))
    assert line.drift_ppm == pytest.approx(100.0)
    assert line.error_s == 0.1


def test_a_clock_that_began_anew_says_nothing_of_the_run() -> None:
    line = line_of(LOG, anchor(0.0, 10.0), anchor(3600.0, 5.0, epoch=5))
    assert (line.rate, line.utc_ns, "one end only" in line.remark) == (1.0, NOON_NS, True)
    line = line_of(replace(LOG, begun_utc_ns=0), None, anchor(3600.0, 5.0, epoch=5))
    assert (line.utc_ns, "nobody told" in line.remark) == (None, True)


def test_a_wall_clock_that_was_set_meanwhile_is_not_believed() -> None:
    line = line_of(LOG, anchor(0.0, 10.0), anchor(7200.0, 3610.0))
    assert (line.rate, "clock was set" in line.remark) == (1.0, True)
    assert line.utc_ns == NOON_NS + 7200 * 10**9


def test_a_short_run_tells_no_drift() -> None:
    line = line_of(LOG, anchor(0.0, 10.0), anchor(20.01, 30.0, error_s=0.001))
    assert (line.rate, line.own_us) == (1.0, 30_000_000)


def test_moments_come_back() -> None:
    assert moment_of(utc_ns_of(NOON + timedelta(microseconds=1))) == NOON + timedelta(microseconds=1)


# Runs.


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(onboard_folder(tmp_path))
    shelf.make()
    return shelf


def kept(shelf: Shelf, side: Side, log: FlashLog, *, pieces: int | None = None, ended: Anchor | None = None) -> None:
    """Put what a memory holds into its vault, or the first pieces of it."""
    pages = log.sessions()[KEY]
    stored = StoredLog(KEY, 1, len(pages), log.layout.page_bytes, DeviceMoment(0, 0), NOON_NS)
    with shelf.vault_of(recorded(side), stored, "Ann") as vault:
        if ended is not None:
            vault.note_anchor(ended)
        vault.keep([Piece(number, page) for number, page in enumerate(pages[:pieces])])


def memory(packets: int, *, salt: int = 0, begin_us: int = 0) -> FlashLog:
    clock = OwnClock()
    log = FlashLog(clock, layout=SMALL)
    start(log, utc_ns=NOON_NS)
    for at_us, packet in counting(packets, salt=salt, begin_us=begin_us):
        clock.now_us = at_us
        log.record(packet)
    stop(log)
    return log


def waiting(shelf: Shelf, listed: dict[str, tuple[StoredLog, ...]] | None = None) -> list[WaitingRun]:
    def say(text: str) -> None:
        raise AssertionError(text)

    return waiting_runs(shelf, NAMES, listed or {}, say)


def test_left_and_right_are_one_recording_in_order_of_time(shelf: Shelf, tmp_path: Path) -> None:
    left, right = memory(40), memory(50, salt=1, begin_us=50_000)
    kept(shelf, Side.LEFT, left)
    assert waiting(shelf)[0].missing == ("foot-right",)
    kept(shelf, Side.RIGHT, right)
    (run,) = waiting(shelf)
    assert (run.missing, run.complete) == ((), 2)
    made = make_run(run, tmp_path)
    assert made.path is not None
    opened = Recording.open(made.path)
    session = opened.header.session
    assert session.id.startswith("20261121T120000Z-")
    assert (session.started_utc, session.runner_name) == (NOON, "Ann")
    packets = list(opened)
    assert [packet.data for packet in packets if packet.sensor_id == "foot-left"] == records_of(left)
    assert [packet.data for packet in packets if packet.sensor_id == "foot-right"] == records_of(right)
    times_s = [packet.received_s for packet in packets]
    assert times_s == sorted(times_s)
    (first_s, *_) = [packet.received_s for packet in packets if packet.sensor_id == "foot-right"]
    assert first_s == pytest.approx(0.05 + 0.09)
    assert opened.header.recorded_sensors[0].settings["recorded"] == "on board"
    assert waiting(shelf) == []


def test_a_part_that_is_half_here_waits(shelf: Shelf) -> None:
    kept(shelf, Side.LEFT, memory(40), pieces=7)
    kept(shelf, Side.RIGHT, memory(40))
    (run,) = waiting(shelf)
    assert (run.missing, run.complete) == (("foot-left",), 1)


def test_a_sensor_that_was_reached_and_has_no_part_is_not_waited_for(shelf: Shelf) -> None:
    kept(shelf, Side.LEFT, memory(40))
    (run,) = waiting(shelf, {ADDRESSES[1]: ()})
    assert run.missing == ()


def test_only_sensors_that_were_armed_are_waited_for(shelf: Shelf) -> None:
    armed = replace(recorded(Side.LEFT), sensor=replace(recorded(Side.LEFT).sensor, id="old-name"))
    session = Session("armed", NOON, (armed.sensor,), "", runner_name="Bob")
    shelf.put(Receipt(KEY, RecordingHeader(session, (armed,))))
    kept(shelf, Side.LEFT, memory(40))
    (run,) = waiting(shelf)
    assert run.missing == ()
    (path,) = shelf.vault_paths()
    assert shelf.vault_path(armed.address, StoredLog(KEY, 1, 0, 0, DeviceMoment(0, 0))) == path
    with shelf.vault_of(armed, StoredLog(KEY, 1, 0, 0, DeviceMoment(0, 0))) as vault:
        assert (vault.recorded.sensor.id, vault.runner_name) == ("old-name", "Bob")


def test_a_run_of_nothing_is_let_go(shelf: Shelf, tmp_path: Path) -> None:
    kept(shelf, Side.LEFT, memory(0))
    (run,) = waiting(shelf, {ADDRESSES[1]: ()})
    assert make_run(run, tmp_path).path is None
    with shelf.vault_of(recorded(Side.LEFT), StoredLog(KEY, 1, 0, 512, DeviceMoment(0, 0))) as vault:
        assert vault.session_id == NOTHING
    assert waiting(shelf) == []
    assert let_go_of_erased(shelf, tmp_path, ADDRESSES[0], ()) == []
    assert shelf.vault_paths() == []


def test_a_vault_goes_only_when_its_log_is_gone_and_its_recording_is_whole(shelf: Shelf, tmp_path: Path) -> None:
    kept(shelf, Side.LEFT, memory(40))
    (run,) = waiting(shelf, {ADDRESSES[1]: ()})
    made = make_run(run, tmp_path)
    assert made.path is not None
    (path,) = shelf.vault_paths()
    with shelf.vault_of(recorded(Side.LEFT), StoredLog(KEY, 1, 0, 512, DeviceMoment(0, 0))) as vault:
        log = vault.log
    assert let_go_of_erased(shelf, tmp_path, ADDRESSES[0], (log,)) == []
    assert let_go_of_erased(shelf, tmp_path, ADDRESSES[1], ()) == []
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[: len(whole) // 2])
    assert let_go_of_erased(shelf, tmp_path, ADDRESSES[0], ()) == [path]
    made.path.unlink()
    assert let_go_of_erased(shelf, tmp_path, ADDRESSES[0], ()) == [path]
    assert path.exists()
    made.path.write_bytes(whole)
    assert let_go_of_erased(shelf, tmp_path, ADDRESSES[0], ()) == []
    assert not path.exists()


def test_a_run_that_could_not_be_kept_is_made_again(shelf: Shelf, tmp_path: Path) -> None:
    kept(shelf, Side.LEFT, memory(40))

    def refuse(path: Path) -> None:
        assert path.exists()
        raise GatewayError("the log is held by another program")

    (run,) = waiting(shelf, {ADDRESSES[1]: ()})
    with pytest.raises(GatewayError, match="is held"):
        make_run(run, tmp_path, keep=refuse)
    (again,) = waiting(shelf, {ADDRESSES[1]: ()})
    told: list[Path] = []
    made = make_run(again, tmp_path, keep=told.append)
    assert told == [made.path]
    assert waiting(shelf) == []


def test_what_lies_in_the_way_of_a_recording_is_left_alone(shelf: Shelf, tmp_path: Path) -> None:
    kept(shelf, Side.LEFT, memory(40))
    (run,) = waiting(shelf, {ADDRESSES[1]: ()})
    made = make_run(run, tmp_path)
    assert made.path is not None
    other = Shelf(onboard_folder(tmp_path / "other"))
    other.make()
    kept(other, Side.LEFT, memory(30))
    (shorter,) = waiting_runs(other, {}, {}, print)
    with pytest.raises(GatewayError, match="is there already, and is no recording of this run"):
        make_run(shorter, tmp_path)
    assert sum(1 for _ in Recording.open(made.path)) == 40


def test_what_a_killed_program_half_made_is_cleared(shelf: Shelf) -> None:
    half = shelf.folder / "a.vault.part"
    half.write_bytes(b"half")
    assert shelf.halves() == [half]
    shelf.make()
    assert not half.exists()


def test_what_is_damaged_or_torn_is_said(shelf: Shelf, tmp_path: Path) -> None:
    log = memory(40)
    pages = log.sessions()[KEY]
    stored = StoredLog(KEY, 1, len(pages), 512, DeviceMoment(0, 0), NOON_NS, is_torn=True)
    with shelf.vault_of(recorded(Side.LEFT), stored) as vault:
        vault.keep([Piece(number, page) for number, page in enumerate(pages[:-1])])
        vault.keep([Piece(len(pages) - 1, pages[-1][:100].ljust(512, b"\xff"))])
    (run,) = waiting(shelf, {ADDRESSES[1]: ()})
    made = make_run(run, tmp_path)
    said = " ".join(made.remarks)
    assert "1 part was damaged in the sensor's own memory and is left out" in said
    assert "lost its power during the run" in said
    assert "read at one end only" in said


def test_a_vault_that_can_t_be_read_is_told_and_hides_no_other(shelf: Shelf) -> None:
    kept(shelf, Side.LEFT, memory(40))
    (shelf.folder / "0000000000000001-c0-1.vault").write_bytes(b"no vault")
    said: list[str] = []
    assert len(waiting_runs(shelf, NAMES, {}, said.append)) == 1
    assert len(said) == 1


# The same run, live and fetched.


@pytest.mark.parametrize(("drift_ppm", "latest_s"), [(0.0, 0.0), (0.0, 0.03), (80.0, 0.03)])
def test_a_fetched_run_has_the_strides_of_the_live_one(
    shelf: Shelf, tmp_path: Path, drift_ppm: float, latest_s: float
) -> None:
    live, memories = [], {}
    rate = 1.0 + drift_ppm * 1e-6  # seconds in one of the sensors' clocks
    random = Random(3)
    for (one, packets), address in zip(played(), ADDRESSES, strict=True):
        log = FlashLog(OwnClock())
        start(log, utc_ns=NOON_NS)
        for packet in packets:
            late_s = random.uniform(0.004, latest_s) if latest_s else 0.0
            live.append(RawPacket(packet.due_s * rate + late_s, one.sensor.id, footfall.SAMPLES, packet.data))
            log.record(packet.data)
        stop(log)
        memories[address] = (replace(one, address=address), log)
    live.sort(key=lambda packet: packet.received_s)
    sensors = tuple(one.sensor for one, _ in played())
    header = RecordingHeader(Session("live", NOON, sensors, ""), tuple(one for one, _ in played()))
    wanted = analyze(sensors, decode_packets(header, live))

    for one, log in memories.values():
        pages = log.sessions()[KEY]
        stored = StoredLog(KEY, 1, len(pages), log.layout.page_bytes, DeviceMoment(0, 0), NOON_NS)
        shelf.put(Receipt(KEY, header, {address: anchor(0.0, 0.0, epoch=0) for address in ADDRESSES}))
        with shelf.vault_of(one, stored) as vault:
            vault.note_anchor(anchor(600.0 * rate, 600.0, epoch=0))
            vault.keep([Piece(number, page) for number, page in enumerate(pages)])
    (run,) = waiting_runs(shelf, {}, dict.fromkeys((one.address for one, _ in played()), ()), print)
    made = make_run(run, tmp_path)
    assert made.path is not None
    opened = Recording.open(made.path)
    found = analyze(opened.header.session.sensors, decode(opened))

    assert recordings_folder(tmp_path) in made.path.parents
    assert len(found) == len(wanted) > 50
    if not latest_s:
        begun_s = wanted[0].initial_contact_s - found[0].initial_contact_s
        for here, there in zip(found, wanted, strict=True):
            assert (here.sensor_id, here.strike, here.quality) == (there.sensor_id, there.strike, there.quality)
            assert here.initial_contact_s + begun_s == pytest.approx(there.initial_contact_s, abs=1e-6)
            assert here.peak_acc_mps2 == pytest.approx(there.peak_acc_mps2, rel=1e-6)
    for sensor in sensors:
        here_s, there_s = (
            np.array([(one.initial_contact_s, one.next_contact_s) for one in some if one.sensor_id == sensor.id])
            for some in (found, wanted)
        )
        # live, the sensor's clock is known by when packets arrived: to the radio's jitter
        offset_s = here_s[:, 0] - there_s[:, 0]
        assert np.ptp(offset_s) < latest_s + 0.005
        assert np.median(np.abs(np.diff(here_s) - np.diff(there_s))) < 1e-3
