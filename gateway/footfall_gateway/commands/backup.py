"""`footfall backup` and `footfall restore`: all of a data folder in one file, and back."""

from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from footfall_gateway import console, wire
from footfall_gateway.archives import ArchiveReader
from footfall_gateway.backup.contents import SETTINGS
from footfall_gateway.backup.making import backup_bytes, make_backup
from footfall_gateway.backup.restoring import restore as bring_back
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DEFAULT_SENSORS_FILE, DataFolder, SensorsFile
from footfall_gateway.errors import GatewayError
from footfall_gateway.persons.task import PATTERN as REMOVALS

SENSORS: Final = "sensors.toml"
File = Annotated[Path, Parameter(name="FILE")]


def backup(
    file: File,
    /,
    *,
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Write all of the data folder into one file, while runs and services go on; then read it again to be sure of it.

    Keep it as you keep the data: it holds what they hold, the key of the pseudonyms included.

    Parameters
    ----------
    file
        The backup (.zip), readable by you alone. Nothing is overwritten.
    sensors_file
        Where paired sensors are remembered; taken along.
    data_dir
        What is backed up.
    json
        Print one JSON line that says what is in it.
    """
    if not data_dir.is_dir():
        raise GatewayError(f"{data_dir}: is no data folder; name one with --data-dir")
    outside = not sensors_file.absolute().is_relative_to(data_dir.absolute())
    more = [(f"{SETTINGS}{SENSORS}", sensors_file)] if outside else []
    total = float(2 * backup_bytes(data_dir, more))  # written, and read again
    with console.progress("Backing up", total_s=total) as advance_to:
        counted = _Counted(advance_to)
        manifest = make_backup(data_dir, file, more=more, now=SystemClock().utc_now(), advance=counted.add)
    size = file.stat().st_size
    if json:
        names = [member.name for member in manifest.members]
        console.write_line(wire.json_line({"type": "backup", "file": str(file), "bytes": size, "files": names}))
    else:
        console.write_line(f"{file}: {len(manifest.members)} files, {size / 1e6:.1f} MB, read again and whole.")


def restore(
    file: File,
    /,
    *,
    replace: bool = False,
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Bring a backup back, into a data folder that is new or empty. All of it is checked before anything is used.

    Parameters
    ----------
    file
        The backup.
    replace
        Put what is in the data folder aside, into a folder in it; nothing is removed.
    sensors_file
        Where paired sensors are remembered; what is there stays.
    data_dir
        Where it goes.
    json
        Print one JSON line that says what was brought back.
    """
    with ArchiveReader(file) as archive:
        total = float(sum(archive.sizes.values()))
    with console.progress("Restoring", total_s=total) as advance_to:
        manifest, aside, kept = bring_back(
            file,
            data_dir,
            settings={SENSORS: sensors_file},
            replace=replace,
            now=SystemClock().utc_now(),
            advance=_Counted(advance_to).add,
        )
    if any(fnmatch(member.name, REMOVALS) for member in manifest.members):
        console.remark(
            "The backup was made while a person was being removed; `footfall process` or `footfall gateway` goes on "
            f"with that when it starts. To stop it, remove {data_dir / REMOVALS} before."
        )
    for path in kept:
        console.remark(f"{path} is there, and stays as it is; the backup has another one.")
    if json:
        line: wire.JsonObject = {
            "type": "restore",
            "made_utc": manifest.made_utc.isoformat(),
            "made_by": manifest.made_by,
            "files": [member.name for member in manifest.members],
            "aside": None if aside is None else str(aside),
        }
        console.write_line(wire.json_line(line))
        return
    made = f"{manifest.made_utc:%Y-%m-%d %H:%M} UTC by {manifest.made_by}"
    console.write_line(f"{data_dir}: {len(manifest.members)} files are back, of a backup made {made}.")
    if aside is not None:
        console.write_line(f"What was there is in {aside}: remove it once you miss nothing.")


class _Counted:
    """Adds up what was read, for a bar that takes how far we are."""

    def __init__(self, advance_to: Callable[[float], None]) -> None:
        self._advance_to = advance_to
        self._done = 0

    def add(self, size: int) -> None:
        """So many bytes more."""
        self._done += size
        self._advance_to(float(self._done))
