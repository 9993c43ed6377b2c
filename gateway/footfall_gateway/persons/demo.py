"""What a demo has of people: a recording that was played is recorded and stored anew, in the demo's own folder."""

import shutil
from pathlib import Path

from footfall_gateway.archives import ArchiveWriter
from footfall_gateway.data_folder import demo_folder
from footfall_gateway.errors import GatewayError
from footfall_gateway.persons.files import RecordingsPlace
from footfall_gateway.persons.person import Person


class DemoPlace:
    """The folder of the last demo; with a recording of somebody in it, all of it goes."""

    title = "Demo"

    def __init__(self) -> None:
        self._recordings = RecordingsPlace()

    def whose(self, folder: Path) -> list[tuple[str, str]]:
        """See `Place`."""
        return self._recordings.whose(demo_folder(folder))

    def has(self, folder: Path, person: Person) -> list[str]:
        """See `Place`."""
        return self._recordings.has(demo_folder(folder), person)

    def samples(self, folder: Path, person: Person) -> list[bytes]:
        """See `Place`."""
        return self._recordings.samples(demo_folder(folder), person)

    def export(self, folder: Path, person: Person, archive: ArchiveWriter) -> None:
        """See `Place`: it is a copy of what was played, and nothing of its own."""

    def remove(self, folder: Path, person: Person) -> None:
        """See `Place`."""
        if not self.has(folder, person):
            return
        try:
            shutil.rmtree(demo_folder(folder))
        except OSError as error:
            raise GatewayError(f"{error.filename}: can't be removed ({error.strerror})") from error
