"""What was fetched of runs that sensors recorded by themselves, until all is in recordings, and who was to run them."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from footfall_gateway.archives import ArchiveWriter
from footfall_gateway.data_folder import onboard_folder
from footfall_gateway.onboard.receipt import receipt_path
from footfall_gateway.onboard.shelf import Shelf
from footfall_gateway.onboard.vault import SUFFIX, Vault
from footfall_gateway.persons.databases import MOST_SAMPLES, sample_of
from footfall_gateway.persons.files import sessions_of_others, unlink
from footfall_gateway.persons.person import Person, counted


class OnboardPlace:
    """Vaults and receipts; a vault that can't be read is nobody's, and is told by `footfall fetch`."""

    title = "Fetched runs"

    def whose(self, folder: Path) -> list[tuple[str, str]]:
        """See `Place`."""
        return [(name, "") for _, name, _ in _all(folder)]

    def has(self, folder: Path, person: Person) -> list[str]:
        """See `Place`."""
        count = len(self._of(folder, person))
        return [counted(count, "file of a run that sensors recorded")] if count else []

    def samples(self, folder: Path, person: Person) -> list[bytes]:
        """See `Place`."""
        found: list[bytes] = []
        for path in self._of(folder, person)[:MOST_SAMPLES]:
            if path.suffix == SUFFIX:
                with Vault(path) as vault:
                    found += [sample for piece in islice(vault.pieces(), 1, 2) for sample in sample_of(piece.data)]
        return found

    def export(self, folder: Path, person: Person, archive: ArchiveWriter) -> None:
        """See `Place`."""
        for path in self._of(folder, person):
            archive.add_file(f"onboard/{path.name}", path)

    def remove(self, folder: Path, person: Person) -> None:
        """See `Place`."""
        unlink([*self._of(folder, person), *Shelf(onboard_folder(folder)).halves()])

    def _of(self, folder: Path, person: Person) -> list[Path]:
        others = sessions_of_others(folder, person)
        return [
            path
            for path, name, session_id in _all(folder)
            if session_id in person.session_ids or (name in person.spellings and session_id not in others)
        ]


def _all(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield each file, who runs, and the session that was made of it; empty before."""
    shelf = Shelf(onboard_folder(folder))

    def leave(_: str) -> None:
        """Leave out what can't be read."""

    for vault in shelf.vaults(leave):
        with vault:
            yield vault.path, vault.runner_name, vault.session_id
    for receipt in shelf.receipts():
        yield receipt_path(shelf.folder, receipt.key), receipt.header.session.runner_name, ""
