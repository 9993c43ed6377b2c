"""What is in a backup, and whether it is what was put in."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final

import msgspec

from footfall_gateway.archives import Advance, ArchiveReader
from footfall_gateway.data_folder import TLS
from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import parse_json

MANIFEST: Final = "footfall-backup.json"
VERSION: Final = 1
MOST_MANIFEST_BYTES: Final = 16 << 20
SETTINGS: Final = "settings/"
"""Before the names of files that do not lie in the data folder."""


BEFORE: Final = "before-"
"""How folders are called in which a restore put aside what was there."""


class Member(msgspec.Struct, array_like=True, frozen=True):
    """A file.

    Parameters
    ----------
    name
        Where it lies in the data folder.
    size
        In bytes.
    digest
        SHA-256, in hexadecimal digits.
    """

    name: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    digest: Annotated[str, msgspec.Meta(min_length=64, max_length=64)]


class Manifest(msgspec.Struct, kw_only=True):
    """What a backup says of itself."""

    version: int = VERSION
    made_utc: datetime
    made_by: str
    members: list[Member]


class _Version(msgspec.Struct):
    version: int


def manifest_of(archive: ArchiveReader, text: bytes) -> Manifest:
    """Return what a backup says of itself, which is what is in it.

    Raises
    ------
    OutsideError
        When it was made by a newer Footfall, or says other than what is there.
    """
    found = parse_json(text, _Version, MANIFEST, MOST_MANIFEST_BYTES).version
    if found > VERSION:
        raise OutsideError(f"the backup has version {found}, this Footfall reads up to {VERSION}; update Footfall")
    manifest = parse_json(text, Manifest, MANIFEST, MOST_MANIFEST_BYTES)
    said = {member.name: member.size for member in manifest.members}
    there = {name: size for name, size in archive.sizes.items() if name != MANIFEST}
    if len(said) != len(manifest.members) or said != there:
        raise OutsideError("the backup does not hold what it says that it holds; nothing is unpacked")
    for name in said:
        if name.startswith((".", BEFORE, f"{TLS}/")) or name.endswith((".lock", "-wal", "-shm", "-journal")):
            raise OutsideError(f"the backup holds {name}, which none of ours does; nothing is unpacked")
    return manifest


def check(
    archive: ArchiveReader, text: bytes, advance: Advance, take: Callable[[Member, bytes], object] | None = None
) -> Manifest:
    """Read all of a backup, and see that it is what was put in.

    Parameters
    ----------
    text
        What it says of itself.
    take
        Given each piece of each member, as it is read: nothing of it is to count before this has returned.

    Raises
    ------
    OutsideError
        When it is not.
    """
    manifest = manifest_of(archive, text)
    for member in manifest.members:
        digest = sha256()
        for piece in archive.pieces(member.name):
            digest.update(piece)
            if take is not None:
                take(member, piece)
            advance(len(piece))
        if digest.hexdigest() != member.digest:
            raise OutsideError(f"the backup is damaged: {member.name} is not what was put in; nothing is used of it")
    return manifest
