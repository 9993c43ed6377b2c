"""The folder of vaults and receipts: what was armed, what was fetched, and what is still to be made of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from footfall_gateway.devices.kit.onboard import StoredLog
from footfall_gateway.errors import GatewayError
from footfall_gateway.onboard import receipt, vault
from footfall_gateway.onboard.receipt import Receipt
from footfall_gateway.onboard.vault import Vault
from footfall_gateway.own_files import make_own_folder
from footfall_gateway.packets import RecordedSensor
from footfall_gateway.say import Say
from footfall_processing.errors import FootfallError

_NOT_IN_NAMES: Final = re.compile(r"[^0-9a-z]+")


class Shelf:
    """Vaults and receipts of a data folder. Calls block on the disk.

    Parameters
    ----------
    folder
        `data_folder.onboard_folder`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder

    def make(self) -> None:
        """Make the folder, and clear what a killed program half made there; `GatewayError` when the disk refuses."""
        try:
            make_own_folder(self.folder)
            for half in self.halves():
                half.unlink(missing_ok=True)
        except OSError as error:
            raise GatewayError(
                f"{self.folder}: can't be made ({error.strerror}); choose another folder with --data-dir"
            ) from error

    def vault_of(self, recorded: RecordedSensor, log: StoredLog, runner_name: str = "") -> Vault:
        """Open the vault of a sensor's log, made anew where there is none.

        The sensor is described as it was when it was armed, where that is known: where it was worn then.
        """
        path = self.vault_path(recorded.address, log)
        if path.exists():
            return Vault(path)
        armed = self.receipt(log.key)
        as_armed = None if armed is None else armed.sensor_at(recorded.address)
        if armed is not None and as_armed is not None:
            return Vault.create(path, as_armed, log, armed.header.session.runner_name)
        return Vault.create(path, recorded, log, runner_name)

    def vault_path(self, address: str, log: StoredLog) -> Path:
        """Return where the vault of a sensor's log lies."""
        called = _NOT_IN_NAMES.sub("", address.lower())
        return self.folder / f"{log.key:016x}-{called}-{log.number}{vault.SUFFIX}"

    def vault_paths(self) -> list[Path]:
        """Return where all vaults lie."""
        return sorted(self.folder.glob(f"*{vault.SUFFIX}"))

    def halves(self) -> list[Path]:
        """Return where what a killed program half made lies."""
        return sorted(self.folder.glob("*.part"))

    def vaults(self, say: Say) -> Iterator[Vault]:
        """Open all vaults, one after the other; what can't be read is told, and left as it is."""
        for path in self.vault_paths():
            try:
                yield Vault(path)
            except FootfallError as error:
                say(str(error))

    def receipt(self, key: int) -> Receipt | None:
        """Return a run's receipt; `None` when this computer armed none of its sensors, or it can't be read."""
        try:
            return receipt.read_receipt(receipt.receipt_path(self.folder, key))
        except FootfallError:
            return None

    def receipts(self) -> Iterator[Receipt]:
        """Yield all receipts that can be read."""
        for path in sorted(self.folder.glob(f"*{receipt.SUFFIX}")):
            try:
                found = receipt.read_receipt(path)
            except FootfallError:
                continue
            if found is not None:
                yield found

    def put(self, one: Receipt) -> None:
        """Keep a receipt."""
        self.make()
        receipt.write_receipt(self.folder, one)

    def let_go(self, one: Vault) -> None:
        """Remove a vault, and its run's receipt with the last one."""
        key = one.log.key
        one.remove()
        if not any(path.name.startswith(f"{key:016x}-") for path in self.vault_paths()):
            self.forget(key)

    def forget(self, key: int) -> None:
        """Remove a run's receipt."""
        receipt.receipt_path(self.folder, key).unlink(missing_ok=True)
