"""An archive from outside is unpacked whole or not at all, into its folder and nowhere else."""

import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from footfall_gateway.archives import MOST_DIRECTORY_BYTES, ArchiveReader, ArchiveWriter
from footfall_gateway.errors import GatewayError, OutsideError


def written(path: Path, **members: bytes) -> Path:
    with ArchiveWriter(path) as archive:
        for name, content in members.items():
            archive.add(name, content)
    return path


def test_what_was_put_in_comes_out(tmp_path: Path) -> None:
    noise = Random(1).randbytes(3 << 20)
    (tmp_path / "run.mcap").write_bytes(noise)
    with ArchiveWriter(tmp_path / "a.zip", comment="r-é") as archive:
        digest = archive.add("folder/text.txt", b"text" * 1000)
        size, of_file = archive.add_file("run.mcap", tmp_path / "run.mcap", most_bytes=(1 << 20) + 7)
        archive.add("empty", b"")
    assert stat.S_IMODE((tmp_path / "a.zip").stat().st_mode) == 0o600
    with ArchiveReader(tmp_path / "a.zip") as archive_read:
        assert dict(archive_read.sizes) == {"folder/text.txt": 4000, "run.mcap": size, "empty": 0}
        assert archive_read.read("folder/text.txt", 4000) == b"text" * 1000
        assert b"".join(archive_read.pieces("run.mcap")) == noise[: (1 << 20) + 7]
        assert archive_read.read("empty", 0) == b""
        with pytest.raises(OutsideError, match="has more than"):
            archive_read.read("folder/text.txt", 3999)
        with pytest.raises(OutsideError, match="has no other"):
            archive_read.read("other", 10)
    assert len({digest, of_file}) == 2


def test_one_that_is_there_is_never_overwritten_and_one_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "a.zip", a=b"a")
    before = path.read_bytes()
    with pytest.raises(GatewayError, match="exists already"):
        written(path, b=b"b")
    (tmp_path / "link.zip").symlink_to(tmp_path / "nowhere")
    with pytest.raises(GatewayError, match="exists already"):
        written(tmp_path / "link.zip", b=b"b")
    with pytest.raises(RuntimeError, match="in the middle"), ArchiveWriter(tmp_path / "b.zip") as archive:  # noqa: PT012
        archive.add("a", b"a")
        raise RuntimeError("in the middle")
    with pytest.raises(GatewayError, match="can't be written"):
        written(tmp_path / "nowhere" / "a.zip", a=b"a")
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.zip", "link.zip"]


def test_what_one_that_was_killed_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".[a].zip.01234567.part").write_bytes(b"half of it")
    (tmp_path / ".b.zip.01234567.part").write_bytes(b"of another")
    written(tmp_path / "[a].zip", a=b"a")
    assert sorted(one.name for one in tmp_path.iterdir()) == [".b.zip.01234567.part", "[a].zip"]


def _raw(path: Path, name: str, content: bytes = b"x", **attributes: int) -> Path:
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        for attribute, value in attributes.items():
            setattr(info, attribute, value)
        archive.writestr(info, content)
    return path


def _patched(path: Path, mark: bytes, offset: int, value: bytes) -> Path:
    content = bytearray(path.read_bytes())
    at = content.rfind(mark) + offset
    content[at : at + len(value)] = value
    path.write_bytes(content)
    return path


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "is no name of a file in a folder": lambda path: _raw(path, "../outside"),
    r"'/etc/passwd': is no name": lambda path: _raw(path, "/etc/passwd"),
    "'a/../../b': is no name": lambda path: _raw(path, "a/../../b"),
    r"is no name .*": lambda path: _raw(path, "C:\\windows"),
    "is no name": lambda path: _raw(path, "red\x1b[31m"),
    "'folder/': is no name": lambda path: _raw(path, "folder/"),
    "is no name of a file": lambda path: _raw(path, "n" * 600),
    "is a link or another thing": lambda path: _raw(
        path, "link", b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16
    ),
    "or another thing that is no file": lambda path: _raw(path, "pipe", external_attr=(stat.S_IFIFO | 0o600) << 16),
    "is there twice": lambda path: _raw(_raw(path, "Run.mcap"), "run.MCAP"),
    "packed in a way": lambda path: _raw(path, "a", b"x" * 100, compress_type=zipfile.ZIP_BZIP2),
    "in a way that Footfall does not use": lambda path: _patched(_raw(path, "a"), b"PK\1\2", 8, b"\1\0"),
    "says that it unpacks to more than": lambda path: _patched(
        _raw(path, "a", bytes(10), compress_type=zipfile.ZIP_DEFLATED), b"PK\1\2", 24, struct.pack("<L", 1 << 30)
    ),
    "what it says of itself: has more than": lambda path: _patched(
        _raw(path, "a"), b"PK\5\6", 12, struct.pack("<L", MOST_DIRECTORY_BYTES + 1)
    ),
    "is no archive": lambda path: Path(shutil.copy(__file__, path)),
}


@pytest.mark.parametrize("why", HOSTILE)
def test_a_hostile_archive_is_refused_in_one_line_before_anything_is_unpacked(tmp_path: Path, why: str) -> None:
    path = HOSTILE[why](tmp_path / "hostile.zip")
    with pytest.raises(OutsideError, match=why) as raised, ArchiveReader(path):
        pass
    assert "\n" not in str(raised.value)


def test_a_member_that_unpacks_to_another_length_than_it_says_is_refused(tmp_path: Path) -> None:
    for size in (9, 11):
        path = _patched(_raw(tmp_path / f"{size}.zip", "a", bytes(10)), b"PK\1\2", 24, struct.pack("<L", size))
        with pytest.raises(OutsideError), ArchiveReader(path) as archive:
            list(archive.pieces("a"))


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = _raw(tmp_path / "a.zip", "a", Random(1).randbytes(5000))
    content = path.read_bytes()
    begin = content.rfind(b"PK\1\2")
    entry, end = content[begin : content.rfind(b"PK\5\6")], bytearray(content[content.rfind(b"PK\5\6") :])
    entries = entry + entry[:46] + b"b" + entry[47:]  # the name
    end[8:12] = struct.pack("<HH", 2, 2)
    end[12:16] = struct.pack("<L", len(entries))
    path.write_bytes(content[:begin] + entries + end)
    with pytest.raises(OutsideError, match="members share their bytes"), ArchiveReader(path):
        pass


def test_whatever_is_cut_or_flipped_is_one_error_or_what_was_put_in(tmp_path: Path) -> None:
    content = written(tmp_path / "a.zip", a=b"first" * 50, b=os.urandom(200)).read_bytes()
    chance = Random(2)
    path = tmp_path / "b.zip"
    met, told = 0, list[str]()
    for number in range(400):
        damaged = bytearray(content)
        if number % 2:
            del damaged[chance.randrange(len(damaged)) :]
        else:
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            with ArchiveReader(path) as archive:
                for name in archive.sizes:
                    list(archive.pieces(name))
        except OutsideError as error:
            met += 1
            told.append(str(error))
    assert "\n" not in "".join(told)
    assert met > 250
