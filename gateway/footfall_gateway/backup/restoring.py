"""A backup brought back: all of it checked first, and then put in its place; nothing that is there is overwritten."""

import os
import shutil
from contextlib import ExitStack
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from footfall_gateway.archives import Advance, ArchiveReader
from footfall_gateway.backup.contents import (
    BEFORE,
    MANIFEST,
    MOST_MANIFEST_BYTES,
    SETTINGS,
    Manifest,
    Member,
    check,
    manifest_of,
)
from footfall_gateway.data_folder import TLS, held_alone
from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.outside import pieces_of_file
from footfall_gateway.own_files import create_own, make_own_folder
from footfall_gateway.recordings.recording import sync_folder

WORK: Final = ".restoring"
RESERVE_BYTES: Final = 64 << 20
SERVICES: Final = ("process", "gateway", "backup")
_IGNORED: Final = ("lost+found", WORK, TLS, *(f"{service}.lock" for service in SERVICES))


def restore(
    path: Path, folder: Path, *, settings: dict[str, Path], replace: bool, now: datetime, advance: Advance
) -> tuple[Manifest, Path | None, list[Path]]:
    """Bring a backup back into a data folder that is new or empty, or in place of what is there.

    A restore that was interrupted is gone on with by doing it once more.

    Parameters
    ----------
    settings
        Where files go that do not lie in the data folder, by their names in the backup; one that is there stays.
    replace
        Put aside what is in the folder.

    Returns
    -------
    What was in the backup; where what was there is now, if anything was; and which settings were kept as they are.

    Raises
    ------
    GatewayError
        When the folder is in use, or is not empty, or the disk refuses.
    OutsideError
        When the backup is damaged, or is none; nothing is changed then.
    """
    with ExitStack() as stack:
        archive = stack.enter_context(ArchiveReader(path))
        text = archive.read(MANIFEST, MOST_MANIFEST_BYTES)
        manifest = manifest_of(archive, text)
        try:
            make_own_folder(folder)
            for service in SERVICES:
                stack.enter_context(held_alone(folder, service))
            aside = _make_room(folder, manifest, path, replace=replace, now=now)
            _require_space(folder, sum(member.size for member in manifest.members))
            work = folder / WORK
            if work.exists():
                shutil.rmtree(work)
            make_own_folder(work)
            check(archive, text, advance, _Unpacked(work).take)
            kept = _put_in_place(manifest, work, folder, settings)
        except OSError as error:
            raise GatewayError(
                f"{error.filename or folder}: can't be written ({error.strerror}); make room, or choose another folder"
            ) from error
    return manifest, aside, kept


class _Unpacked:
    """Writes members into a folder, one after the other."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._name = ""

    def take(self, member: Member, piece: bytes) -> None:
        """Write a piece."""
        path = self._work / member.name
        if self._name != member.name:
            make_own_folder(path.parent)
            create_own(path).close()
            self._name = member.name
        with path.open("ab") as file:
            file.write(piece)


def _put_in_place(manifest: Manifest, work: Path, folder: Path, settings: dict[str, Path]) -> list[Path]:
    """Move what was unpacked and checked to where it belongs; return the settings that are there and stay."""
    kept, folders = [], {folder}
    for member in manifest.members:
        if member.name.startswith(SETTINGS):
            target = settings.get(member.name.removeprefix(SETTINGS))
            if target is None:
                continue
        else:
            target = folder / member.name
        if target.exists():
            if _digest(target) != member.digest:
                kept.append(target)  # of the data folder, all that is there is equal
            continue
        make_own_folder(target.parent)
        source = work / member.name
        if not member.size:
            make_own_folder(source.parent)
            create_own(source).close()
        with source.open("ab") as file:
            os.fsync(file.fileno())
        shutil.move(source, target)
        folders.add(target.parent)
    for one in folders:
        sync_folder(one)
    shutil.rmtree(work)
    return kept


def _make_room(folder: Path, manifest: Manifest, backup: Path, *, replace: bool, now: datetime) -> Path | None:
    there = [
        path for path in sorted(folder.iterdir()) if path.name not in _IGNORED and path.absolute() != backup.absolute()
    ]
    if not there or ((folder / WORK).exists() and _is_part_of(folder, manifest, backup)):
        return None
    if not replace:
        raise GatewayError(
            f"{folder}: is not empty, and nothing is overwritten; choose another folder with --data-dir, or have what "
            "is there put aside with --replace"
        )
    aside = folder / f"{BEFORE}{now:%Y%m%dT%H%M%SZ}"
    make_own_folder(aside)
    for path in there:
        path.replace(aside / path.name)
    return aside


def _is_part_of(folder: Path, manifest: Manifest, backup: Path) -> bool:
    """Tell whether all that is in a folder is of a backup: it was put there by a restore that was interrupted."""
    digests = {member.name: member.digest for member in manifest.members}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        first = name.split("/")[0]
        if path.is_dir() or first in _IGNORED or first.startswith(BEFORE) or path.absolute() == backup.absolute():
            continue
        if digests.get(name) != _digest(path):
            return False
    return True


def _digest(path: Path) -> str:
    digest = sha256()
    try:
        for piece in pieces_of_file(path):
            digest.update(piece)
    except OutsideError:
        return ""
    return digest.hexdigest()


def _require_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed + RESERVE_BYTES > free:
        raise GatewayError(
            f"{folder}: the backup takes {needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free; make room, or "
            "choose another folder"
        )
