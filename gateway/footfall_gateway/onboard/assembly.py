"""From vaults to an ordinary recording: the packets of all sensors of a run, in order of their own times."""

import hashlib
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Final

from footfall_gateway.devices.kit.onboard import Unpacked
from footfall_gateway.errors import GatewayError
from footfall_gateway.formats.samples_csv import write_whole
from footfall_gateway.onboard.anchors import CRYSTAL_DRIFT, Anchor, ClockLine, line_of, moment_of
from footfall_gateway.onboard.recorders import RECORDERS
from footfall_gateway.onboard.vault import Vault
from footfall_gateway.packets import RawPacket, RecordedSensor, RecordingHeader, Setting
from footfall_gateway.recordings.recording import Recording, sync_folder
from footfall_processing.session import Session

ON_BOARD: Final = "on board"
"""What the setting `recorded` of a sensor says whose packets were fetched after the run."""
_NS_PER_MS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class FetchedLog:
    """One sensor's part of a run: its vault, what is in it, and its clock."""

    vault: Vault
    unpacked: Unpacked
    line: ClockLine

    @property
    def recorded(self) -> RecordedSensor:
        """The sensor, with what is to be known of the log."""
        recorded, log = self.vault.recorded, self.vault.log
        told: dict[str, Setting] = {
            **recorded.settings,
            "recorded": ON_BOARD,
            "log_key": f"{log.key:016x}",
            "clock_ppm": round(self.line.drift_ppm, 3),
            "clock_error_ms": round(self.clock_error_s * 1e3, 3),
        }
        if self.unpacked.damaged_pieces:
            told["damaged_pieces"] = self.unpacked.damaged_pieces
        return replace(recorded, settings=MappingProxyType(told))

    @property
    def first_ns(self) -> int:
        """When its first sample was taken, from the line's point on."""
        return self.line.after_ns(min((record.first_us for record in self.unpacked.records), default=self.line.own_us))

    @property
    def length_s(self) -> float:
        """From its first sample to its last."""
        records = self.unpacked.records
        return (records[-1].last_us - records[0].first_us) * 1e-6 if records else 0.0

    @property
    def clock_error_s(self) -> float:
        """How far off its times may be against those of other sensors."""
        return self.line.error_s + (CRYSTAL_DRIFT * self.length_s if self.line.rate == 1.0 else 0.0)

    def remarks(self) -> list[str]:
        """Say what a person should know of it."""
        name, log, damaged = self.vault.recorded.sensor.id, self.vault.log, self.unpacked.damaged_pieces
        said = []
        if damaged:
            parts = "1 part was" if damaged == 1 else f"{damaged} parts were"
            said.append(
                f"{name}: {parts} damaged in the sensor's own memory and {'is' if damaged == 1 else 'are'} left out"
            )
        if log.is_torn:
            said.append(f"{name}: lost its power during the run; what it had recorded until then is here")
        if log.is_full:
            said.append(f"{name}: its memory was full before the run ended")
        if self.line.remark:
            said.append(f"{name}: {self.line.remark}; left and right may be off by {self.clock_error_s * 1e3:.0f} ms")
        return said


@dataclass(frozen=True, slots=True)
class FetchedRun:
    """A run whose logs are all here.

    Parameters
    ----------
    header
        What its recording says of itself.
    logs
        A part for each sensor, by the sensor's id.
    zero_ns
        Session second 0, nanoseconds since 1970; `None` where nobody knows the date, and each log begins at 0.
    """

    header: RecordingHeader
    logs: Mapping[str, FetchedLog]
    zero_ns: int | None

    def packets(self) -> Iterator[RawPacket]:
        """Yield the packets of all sensors, each when its last sample was taken."""
        return heapq.merge(*map(self._packets_of, sorted(self.logs)), key=lambda packet: packet.received_s)

    def remarks(self) -> list[str]:
        """Say what a person should know of it."""
        return [remark for sensor_id in sorted(self.logs) for remark in self.logs[sensor_id].remarks()]

    def _packets_of(self, sensor_id: str) -> Iterator[RawPacket]:
        fetched = self.logs[sensor_id]
        line = fetched.line
        begin_ns = fetched.first_ns if self.zero_ns is None or line.utc_ns is None else self.zero_ns - line.utc_ns
        characteristic = RECORDERS[fetched.vault.recorded.profile].characteristic
        latest_ns = 0
        for record in fetched.unpacked.records:
            # a record keeps its place, whatever it says of its time
            latest_ns = max(latest_ns, line.after_ns(record.last_us) - begin_ns)
            yield RawPacket(latest_ns * 1e-9, sensor_id, characteristic, record.data)


def put_together(
    vaults: Sequence[Vault],
    armed: Mapping[str, Anchor],
    dressed: Callable[[RecordingHeader], RecordingHeader] = lambda header: header,
) -> FetchedRun | None:
    """Put the logs of one run together; `None` when they hold nothing at all. The same vaults give the same run.

    Parameters
    ----------
    vaults
        Complete, each of another sensor, all with the same key.
    armed
        Clocks of the sensors as they were read before the run, by address in upper case, where they were.
    dressed
        Adds what is known of the runner.

    Raises
    ------
    InputError
        When two sensors have the same name.
    """
    logs = []
    for vault in sorted(vaults, key=lambda vault: vault.recorded.address):
        unpacked = RECORDERS[vault.recorded.profile].unpack(vault.log, vault.pieces())
        line = line_of(vault.log, armed.get(vault.recorded.address.upper()), vault.anchor)
        if unpacked.records:
            logs.append(FetchedLog(vault, unpacked, line))
    if not logs:
        return None
    dated = [one.line.utc_ns + one.first_ns for one in logs if one.line.utc_ns is not None]
    zero_ns = min(dated) // _NS_PER_MS * _NS_PER_MS if dated else None
    started_utc = None if zero_ns is None else moment_of(zero_ns)
    recorded = sorted((one.recorded for one in logs), key=lambda one: one.sensor.id)
    session = Session(
        id=f"{'undated' if started_utc is None else f'{started_utc:%Y%m%dT%H%M%SZ}'}-{_suffix(logs)}",
        started_utc=started_utc,
        sensors=tuple(one.sensor for one in recorded),
        software=f"footfall {version('footfall')}",
        runner_name=logs[0].vault.runner_name,
    )
    header = dressed(RecordingHeader(session, tuple(recorded)))
    return FetchedRun(header, MappingProxyType({one.vault.recorded.sensor.id: one for one in logs}), zero_ns)


def write_recording(run: FetchedRun, path: Path) -> None:
    """Write a run's recording, whole or not at all, and read it back.

    Raises
    ------
    RecordingError
        When the disk refuses.
    GatewayError
        When it does not read back as it was written.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    write_whole(part, run.header, run.packets())
    if not is_recorded(run, part):
        raise GatewayError(f"{part}: does not read back as it was written; nothing was erased: look at the disk")
    part.replace(path)
    sync_folder(path.parent)


def is_recorded(run: FetchedRun, path: Path) -> bool:
    """Tell whether a recording holds every packet of a run, once and in its order; reads all of it."""
    if not path.exists():
        return False
    recording = Recording.open(path)
    return not recording.losses() and _digest(recording) == _digest(run.packets())


def holds_log(path: Path, vault: Vault) -> bool:
    """Tell whether a recording holds every packet of one sensor's log, once and in its order; reads all of it."""
    if not path.exists():
        return False
    name = vault.recorded.sensor.id
    there = (packet.data for packet in Recording.open(path) if packet.sensor_id == name)
    wanted = RECORDERS[vault.recorded.profile].unpack(vault.log, vault.pieces()).records
    pairs = zip_longest((record.data for record in wanted), there)
    return all(here == in_recording for here, in_recording in pairs)


def _digest(packets: Iterator[RawPacket] | Recording) -> tuple[int, bytes]:
    digest, count = hashlib.sha256(), 0
    for packet in packets:
        count += 1
        head = f"{packet.received_s!r} {packet.sensor_id} {packet.characteristic} {len(packet.data)} "
        digest.update(head.encode() + packet.data)
    return count, digest.digest()


def _suffix(logs: Sequence[FetchedLog]) -> str:
    of = "".join(f"{one.vault.log.key:016x} {one.vault.recorded.address.upper()} " for one in logs)
    return hashlib.sha256(of.encode()).hexdigest()[:4]
