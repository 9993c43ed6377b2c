"""A backup holds all of a data folder, whatever is written meanwhile; what is brought back can be used at once."""

import os
import shutil
import stat
import subprocess
import sys
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

import msgspec
import pytest

from footfall_gateway import cli
from footfall_gateway.backup.contents import MANIFEST
from footfall_gateway.backup.known import known_backups
from footfall_gateway.backup.making import make_backup
from footfall_gateway.backup.restoring import restore
from footfall_gateway.data_folder import (
    held_alone,
    inbox_path,
    make_folders,
    outbox_path,
    recording_path,
    recordings_folder,
    spool_path,
    store_path,
)
from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.persons.task import KeptTask, Task
from footfall_gateway.recordings.growing import is_being_written, whole_bytes
from footfall_gateway.recordings.recording import Recording, RecordingWriter
from footfall_gateway.store.database import Store
from gateway.command_line import FEET
from gateway.recordings_for_tests import header, packets, strides
from killing import Footfall

NOW: Final = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
SESSION: Final = header().session.id


def nothing(_: int) -> None:
    """Show no progress."""


def a_folder(folder: Path) -> Path:
    """Make a data folder with something in each file."""
    make_folders(folder)
    Pseudonyms.of(folder)
    with Store.open(store_path(folder)) as store:
        store.add_session(header())
        store.add_strides(SESSION, strides(20))
    with RecordingWriter(recording_path(folder, SESSION), header()) as writer:
        for packet in packets(100):
            writer.write(packet)
    for opened in (Spool.open(spool_path(folder)), Inbox(inbox_path(folder)), Outbox(outbox_path(folder))):
        opened.close()
    (folder / "empty.toml").touch()
    return folder


def back_up(folder: Path, path: Path) -> Path:
    make_backup(folder, path, more=[], now=NOW, advance=nothing)
    return path


def bring_back(path: Path, folder: Path, *, replace: bool = False) -> Path | None:
    _, aside, _ = restore(path, folder, settings={}, replace=replace, now=NOW, advance=nothing)
    return aside


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }


def test_all_of_a_folder_comes_back_for_its_user_alone(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "data")
    (folder / "process.health").write_text("http://127.0.0.1:1/healthz/ready")  # of a service that runs now
    path = back_up(folder, tmp_path / "backup.zip")
    (folder / "process.health").unlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [known.path for known in known_backups(folder)] == [path]
    bring_back(path, tmp_path / "new" / "data")
    back = tmp_path / "new" / "data"
    assert digests(back).keys() == digests(folder).keys() - {"backups.jsonl"}
    with Store.open(store_path(back)) as store:
        assert store.strides(SESSION) == list(strides(20))
    assert recording_path(back, SESSION).read_bytes() == recording_path(folder, SESSION).read_bytes()
    assert Pseudonyms.of(back)("Ann") == Pseudonyms.of(folder)("Ann")
    modes = {stat.S_IMODE(one.stat().st_mode) for one in back.rglob("*") if one.is_file()}
    assert modes == {0o600}


def test_what_lies_on_another_disk_is_in_a_backup_and_its_absence_is_told(tmp_path: Path) -> None:
    folder, disk = a_folder(tmp_path / "data"), tmp_path / "disk"
    recordings_folder(folder).rename(disk)
    recordings_folder(folder).symlink_to(disk)
    (disk / "again").symlink_to(folder)
    bring_back(back_up(folder, tmp_path / "backup.zip"), tmp_path / "new")
    assert recording_path(tmp_path / "new", SESSION).read_bytes() == (disk / f"{SESSION}.mcap").read_bytes()
    disk.rename(tmp_path / "away")
    with pytest.raises(GatewayError, match="recordings: is a link to what is not there"):
        back_up(folder, tmp_path / "lacking.zip")
    assert not (tmp_path / "lacking.zip").exists()


def test_while_a_run_is_recorded_and_stored_each_backup_is_a_whole_moment_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    run = Footfall("replay", str(FEET), "--speed", "10", "--duration", "30", "--data-dir", str(folder))
    run.start()
    taken: list[Path] = []
    try:
        while run.status is None and len(taken) < 12:
            if recordings_folder(folder).is_dir() and any(map(is_being_written, recordings_folder(folder).iterdir())):
                path = tmp_path / f"{len(taken)}.zip"
                # the store is there a moment after the recording
                if store_path(folder).exists():
                    taken.append(back_up(folder, path))
        assert run.wait() == 0, run.said()
    finally:
        run.kill()
    (recorded,) = recordings_folder(folder).glob("*.mcap")
    whole = list(Recording.open(recorded))
    with Store.open(store_path(folder)) as store:
        (session,) = store.sessions()
        kept = store.strides(session.header.session.id)
    assert len(taken) > 2
    lengths = []
    for number, path in enumerate(taken):
        back = tmp_path / f"back-{number}"
        bring_back(path, back)
        (found,) = recordings_folder(back).glob("*.mcap")
        recording = Recording.open(found)
        assert recording.damaged_chunks == 0
        some = list(recording)
        assert some == whole[: len(some)]
        lengths.append(len(some))
        with Store.open(store_path(back)) as store:
            for one in store.sessions():
                held = store.strides(one.header.session.id)
                assert held == [stride for stride in kept if stride in held]
                # what is in the store can be worked out anew, but for the half second that a recorder gathers
                last_s = max((stride.next_contact_s for stride in held), default=0.0)
                assert not held or last_s <= some[-1].received_s + 1.0
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


def test_a_backup_may_lie_in_the_folder_itself_and_is_in_none(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "data")
    back_up(folder, folder / "first.zip")
    path = back_up(folder, folder / "second.zip")
    new = tmp_path / "new"
    new.mkdir()
    shutil.copy(path, new / "backup.zip")
    bring_back(new / "backup.zip", new)
    assert {name for name in digests(new) if name.endswith(".zip")} == {"backup.zip"}
    assert digests(new).keys() > {"footfall.sqlite"}


def test_of_a_recording_that_grows_all_whole_records_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    with RecordingWriter(path, header()) as writer:
        for packet in packets(100):
            writer.write(packet)
        writer.flush()
        assert is_being_written(path)
    content = path.read_bytes()
    assert not is_being_written(path)
    assert whole_bytes(path) == len(content)
    ends = set()
    for length in range(0, len(content), 31):
        (tmp_path / "cut.mcap").write_bytes(content[:length])
        end = whole_bytes(tmp_path / "cut.mcap")
        assert end <= length
        ends.add(end)
    assert len(ends) > 5
    for end in sorted(ends)[-20:]:
        (tmp_path / "cut.mcap").write_bytes(content[:end])
        with suppress(GatewayError):  # the first ones end before the header
            assert Recording.open(tmp_path / "cut.mcap").damaged_chunks == 0


def test_nothing_is_overwritten_and_what_is_there_can_be_put_aside(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "data")
    path = back_up(folder, tmp_path / "backup.zip")
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    with pytest.raises(GatewayError, match="is not empty, and nothing is overwritten"):
        bring_back(path, other)
    assert digests(other).keys() == {"mine.txt"}
    aside = bring_back(path, other, replace=True)
    assert aside is not None
    assert (aside / "mine.txt").read_text() == "mine"
    assert digests(other).keys() > {"footfall.sqlite"}
    with held_alone(folder, "process"), pytest.raises(GatewayError, match="another footfall process"):
        bring_back(path, folder, replace=True)


def test_a_backup_that_is_damaged_anywhere_changes_nothing(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "data")
    content = back_up(folder, tmp_path / "backup.zip").read_bytes()
    chance, damaged_path, target = Random(3), tmp_path / "damaged.zip", tmp_path / "target"
    met = 0
    for number in range(60):
        damaged = bytearray(content)
        if number % 3 == 0:
            del damaged[chance.randrange(len(damaged)) :]
        else:
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        damaged_path.write_bytes(damaged)
        try:
            bring_back(damaged_path, target)
        except OutsideError:
            met += 1
            assert digests(target).keys() <= {f".restoring/{name}" for name in digests(folder)}
        else:  # a bit that means nothing, such as a date's
            assert digests(target).keys() == digests(folder).keys() - {"backups.jsonl"}
        shutil.rmtree(target, ignore_errors=True)
    assert met > 45


def _rewritten(path: Path, target: Path, **change: object) -> Path:
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            text = source.read(name)
            if name == MANIFEST:
                text = msgspec.json.encode(msgspec.json.decode(text) | change)
            archive.writestr(name, text)
        extra = change.get("extra")
        if isinstance(extra, str):
            archive.writestr(extra, b"x")
    return target


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 2}, "version 2, this Footfall reads up to 1; update Footfall"),
        ({"members": []}, "does not hold what it says"),
        ({"members": "all"}, "footfall-backup.json"),
        ({"extra": "recordings/more.mcap"}, "does not hold what it says"),
    ],
)
def test_a_backup_that_says_other_than_it_holds_is_refused(tmp_path: Path, change: dict[str, object], why: str) -> None:
    path = back_up(a_folder(tmp_path / "data"), tmp_path / "backup.zip")
    with pytest.raises(OutsideError, match=why):
        bring_back(_rewritten(path, tmp_path / "other.zip", **change), tmp_path / "target")
    assert digests(tmp_path / "target") == {} if (tmp_path / "target").exists() else True


KILLED_WHILE_RESTORING: Final = """
import os, shutil, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from footfall_gateway.backup.restoring import restore
from footfall_gateway.errors import GatewayError

def bring_back(folder):
    restore(Path(sys.argv[1]), folder, settings={}, replace=False, now=datetime(2026, 12, 1, tzinfo=UTC), advance=int)

events = 0
while True:
    events += int(sys.argv[3])
    folder = Path(sys.argv[2]) / f"killed-{events}"
    child = os.fork()
    if child == 0:
        left = [events]
        def hook(event, arguments):
            if event in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        bring_back(folder)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if folder.exists() and status:
        bring_back(folder)
        print(folder, flush=True)
    if not status:
        break
"""


def test_a_restore_that_is_killed_anywhere_is_finished_by_doing_it_again(tmp_path: Path) -> None:
    path = back_up(a_folder(tmp_path / "data"), tmp_path / "backup.zip")
    bring_back(path, tmp_path / "whole")
    wanted = digests(tmp_path / "whole")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_RESTORING, path, tmp_path, "3"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == 0, killed.stderr
    folders = killed.stdout.splitlines()
    assert len(folders) > 10
    assert {folder: digests(Path(folder)) == wanted for folder in folders} == dict.fromkeys(folders, True)


def test_the_commands_say_what_they_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = a_folder(tmp_path / "data")
    KeptTask.begin(folder, Task(name="Ann", spellings=["Ann"], session_ids=[], pseudonyms=[]))
    sensors, others = tmp_path / "sensors.toml", tmp_path / "other-sensors.toml"
    sensors.write_text("# mine")
    path = tmp_path / "backup.zip"
    options = ["--data-dir", str(folder), "--sensors-file", str(sensors)]
    assert cli.run(["backup", str(path), *options]) == 0
    assert "read again and whole" in capsys.readouterr().out
    assert cli.run(["backup", str(path), *options]) == cli.EXIT_ERROR
    assert "never overwritten" in capsys.readouterr().err
    options = ["--data-dir", str(tmp_path / "new"), "--sensors-file", str(others)]
    assert cli.run(["restore", str(path), *options]) == 0
    told = capsys.readouterr()
    assert "files are back, of a backup made" in told.out
    assert "while a person was being removed" in told.err
    assert "Ann" not in told.err
    assert others.read_text() == "# mine"
    assert cli.run(["restore", str(path), *options]) == cli.EXIT_ERROR
    assert "is not empty" in capsys.readouterr().err
    assert cli.run(["restore", str(tmp_path / "none.zip"), *options]) == cli.EXIT_ERROR
    assert "none.zip: can't be read" in capsys.readouterr().err
