"""Fetching: from the sensor's memory into the vault. Each record is on the sensor or in the vault, whatever ends it.

Nothing is confirmed and nothing erased before the vault is on the disk and counted. What a fetch needs to go on is in
the vault alone, so the next one goes on where this one ended, on this computer or after a power cut.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from footfall_gateway.ble.paired import PairedSensor
from footfall_gateway.clock import Clock
from footfall_gateway.devices.kit.onboard import LogState, OnboardLog, StoredLog
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.errors import GatewayError
from footfall_gateway.onboard.anchors import take_anchor
from footfall_gateway.onboard.reach import Connected, Reach, patiently
from footfall_gateway.onboard.recorders import RECORDERS
from footfall_gateway.onboard.shelf import Shelf
from footfall_gateway.onboard.vault import Vault
from footfall_gateway.packets import RecordedSensor

T = TypeVar("T")

MOST_ROUNDS: Final = 4
"""So often pieces are asked for that do not come."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the fetch of one sensor is, bytes of its memory."""

    kept_bytes: int
    total_bytes: int


Tell: TypeAlias = Callable[[Progress], None]


class Fetcher:
    """Fetches all that sensors recorded.

    Parameters
    ----------
    reach
        How a sensor is reached.
    shelf
        Where vaults lie; the folder must be there.
    disk
        The thread that writes them.
    clock
        Times anchors and retries.
    runner_name
        Who ran, where nobody said when the sensors were armed.
    """

    def __init__(self, reach: Reach, shelf: Shelf, disk: DiskThread, clock: Clock, runner_name: str = "") -> None:
        self._reach = reach
        self._shelf = shelf
        self._disk = disk
        self._clock = clock
        self._runner_name = runner_name
        self._kept = 0

    async def fetch(self, one: PairedSensor, tell: Tell = lambda _: None) -> tuple[StoredLog, ...]:
        """Fetch every log of a sensor, the oldest first; return them. A log that is being written is ended.

        Raises
        ------
        TemporaryError
            When the sensor is not heard, or its link breaks again and again; what was fetched is kept.
        GatewayError
            When pieces do not come, or the disk refuses.
        """
        return await self._patiently(one, lambda there: self._fetch_all(there, tell))

    async def erase(self, one: PairedSensor) -> tuple[StoredLog, ...]:
        """Have a sensor erase those of its logs that were recorded, on proof; return what is on it still.

        A log is erased when its vault, read back from the disk, has all of it; the vault itself stays.

        Raises
        ------
        TemporaryError
            As `fetch`.
        GatewayError
            When the sensor refuses.
        """
        return await self._patiently(one, self._erase_recorded)

    async def _patiently(self, one: PairedSensor, work: Callable[[Connected], Awaitable[T]]) -> T:
        return await patiently(self._reach, one, self._clock, work, lambda: self._kept)

    async def _erase_recorded(self, there: Connected) -> tuple[StoredLog, ...]:
        if there.log is None:
            return ()
        for log in await there.log.logs():
            proof = await self._disk.call(self._proof_of, there.recorded, log)
            if proof is not None:
                await there.log.erase(log, proof)
        return await there.log.logs()

    async def _fetch_all(self, there: Connected, tell: Tell) -> tuple[StoredLog, ...]:
        if there.log is None:
            return ()
        # First of all: what ends a log may make a sensor begin its count anew.
        anchor = await take_anchor(there.log.moment, self._clock)
        if (await there.log.status()).state is LogState.RECORDING:
            await there.log.stop()
        logs = await there.log.logs()
        total = sum(log.pieces * log.piece_bytes for log in logs)
        before = 0
        for log in logs:
            with await self._disk.call(self._shelf.vault_of, there.recorded, log, self._runner_name) as vault:
                await self._disk.call(vault.note_log, log)
                await self._disk.call(vault.note_anchor, anchor)
                async for kept_bytes in self._fetch_log(there.log, log, vault):
                    tell(Progress(before + kept_bytes, total))
                before += vault.piece_bytes
        return logs

    async def _fetch_log(self, source: OnboardLog, log: StoredLog, vault: Vault) -> AsyncIterator[int]:
        """Fetch what is missing of a log; yield how many bytes of it are kept, as they get more."""
        yield vault.piece_bytes
        rounds = 0
        while missing := vault.missing():
            async with aclosing(source.read(log, missing)) as batches:
                async for pieces in batches:
                    wanted = [piece for piece in pieces if 0 <= piece.position < log.pieces]
                    await self._disk.call(vault.keep, wanted)
                    self._kept += len(wanted)
                    if source.confirms:
                        for piece in wanted:
                            await source.confirm(log, piece)
                    yield vault.piece_bytes
            left = vault.missing()
            rounds = rounds + 1 if len(left) == len(missing) else 0
            if rounds >= MOST_ROUNDS:
                raise GatewayError(
                    f"{vault.recorded.sensor.id}: {len(left)} of {log.pieces} parts of a run do not come, though they "
                    "were asked for again and again; all others are kept, and nothing was erased"
                )

    def _proof_of(self, recorded: RecordedSensor, log: StoredLog) -> int | None:
        """Return what proves that a log is kept, read back from the disk; `None` when it is not, or not recorded."""
        path = self._shelf.vault_path(recorded.address, log)
        if not path.exists():
            return None
        with Vault(path) as vault:
            if not vault.session_id or vault.log != log or not vault.is_complete:
                return None
            return RECORDERS[vault.recorded.profile].proof(vault.pieces())
