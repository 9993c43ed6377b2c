"""Which logs are one run, what of it is still missing, and when a vault has done its duty."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from footfall_gateway.data_folder import make_folders, onboard_folder, recording_path
from footfall_gateway.devices.kit.onboard import StoredLog
from footfall_gateway.errors import GatewayError
from footfall_gateway.onboard.anchors import Anchor
from footfall_gateway.onboard.assembly import holds_log, is_recorded, put_together, write_recording
from footfall_gateway.onboard.shelf import Shelf
from footfall_gateway.onboard.vault import Vault
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.say import Say

NOTHING: Final = "nothing"
"""Stands in a vault for the session of a run in which nothing was recorded."""


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run of which something was fetched, and no recording made of all that was.

    Parameters
    ----------
    key
        The run's.
    vaults
        What was fetched of it, a vault for each sensor.
    missing
        What is not here: names of sensors that may have a part of it, or whose part is not complete.
    complete
        How many parts are complete.
    """

    key: int
    vaults: tuple[Path, ...]
    missing: tuple[str, ...]
    complete: int


@dataclass(frozen=True, slots=True)
class MadeRun:
    """A run whose recording was made; `path` is `None` where the sensors had recorded nothing."""

    header: RecordingHeader | None
    path: Path | None
    remarks: tuple[str, ...]


def waiting_runs(
    shelf: Shelf, names: Mapping[str, str], listed: Mapping[str, Sequence[StoredLog]], say: Say
) -> list[WaitingRun]:
    """Return the runs that are to be made into recordings, in the order of their keys.

    Parameters
    ----------
    names
        The owner's sensors that can record: what they are called, by address in upper case.
    listed
        What those that were reached just now have in their memory, by address in upper case.
    say
        Told of vaults that can't be read; they are left as they are.
    """
    by_key: dict[int, list[Path]] = {}
    begun: dict[int, set[str]] = {}
    halves: dict[int, list[str]] = {}
    unmade: set[int] = set()
    for vault in shelf.vaults(say):
        with vault:
            key, sensor = vault.log.key, vault.recorded
            if not vault.session_id:
                unmade.add(key)
            by_key.setdefault(key, []).append(vault.path)
            begun.setdefault(key, set()).add(sensor.address.upper())
            if not vault.is_complete:
                halves.setdefault(key, []).append(sensor.sensor.id)
    found = []
    # A program that ended between two vaults has noted its recording in one alone: it is of all of them.
    for key, paths in sorted(by_key.items()):
        if key not in unmade:
            continue
        receipt = shelf.receipt(key)
        expected = (
            names
            if receipt is None
            else {one.address.upper(): one.sensor.id for one in receipt.header.recorded_sensors}
        )
        absent = [
            name
            for address, name in expected.items()
            # one that was reached and has no such log has no part in the run
            if address not in begun[key] and address not in listed
        ]
        half = halves.get(key, [])
        found.append(WaitingRun(key, tuple(paths), (*half, *absent), len(paths) - len(half)))
    return found


def make_run(
    run: WaitingRun,
    folder: Path,
    dressed: Callable[[RecordingHeader], RecordingHeader] = lambda header: header,
    keep: Callable[[Path], None] = lambda _: None,
) -> MadeRun:
    """Make a run's recording of its complete vaults, read it back, have it kept, and note in them that it is.

    Once more makes nothing anew. Blocks on the disk.

    Parameters
    ----------
    dressed
        Adds to the header what is known of the runner.
    keep
        Does with the recording what is to be done before the run counts as made; it may be called again for the same
        one, where a program ended in between.

    Raises
    ------
    FootfallError
        When a vault can't be read, or the recording not be written.
    """
    vaults = [vault for path in run.vaults if (vault := Vault(path)).is_complete]
    try:
        together = put_together(vaults, _armed(Shelf(onboard_folder(folder)), run.key), dressed)
        if together is None:
            for vault in vaults:
                vault.note_recorded(NOTHING)
            return MadeRun(None, None, ())
        make_folders(folder)
        path = recording_path(folder, together.header.session.id)
        if not path.exists():
            write_recording(together, path)
        elif not is_recorded(together, path):
            raise GatewayError(f"{path}: is there already, and is no recording of this run; rename it, and fetch again")
        keep(path)
        earlier = {vault.session_id for vault in vaults} - {"", NOTHING, together.header.session.id}
        for vault in vaults:
            vault.note_recorded(together.header.session.id)
        parts = [f"session {one} is a part of this run alone: footfall sessions delete {one}" for one in earlier]
        return MadeRun(together.header, path, (*together.remarks(), *parts))
    finally:
        for vault in vaults:
            vault.close()


def let_go_of_erased(shelf: Shelf, folder: Path, address: str, left: Iterable[StoredLog]) -> list[Path]:
    """Remove a sensor's vaults whose log is not on it any more and is all in its recording; return those that stay.

    A vault stays when its recording was removed, or does not hold all of it.
    """
    there = {(log.key, log.number) for log in left}
    stay = []
    for vault in shelf.vaults(lambda _: None):
        with vault:
            is_anothers = vault.recorded.address.upper() != address.upper()
            if is_anothers or not vault.session_id or (vault.log.key, vault.log.number) in there:
                continue
            if vault.session_id == NOTHING or holds_log(recording_path(folder, vault.session_id), vault):
                shelf.let_go(vault)
            else:
                stay.append(vault.path)
    return stay


def _armed(shelf: Shelf, key: int) -> Mapping[str, Anchor]:
    receipt = shelf.receipt(key)
    return {} if receipt is None else receipt.anchors
