"""What Footfall makes is its user's alone, and lies where it should."""

import os
import stat
from pathlib import Path

import pytest

from footfall_gateway.ble import paired
from footfall_gateway.checkup import State, modes
from footfall_gateway.data_folder import held_alone, make_folders, recording_path, recordings_folder
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx.outbox import Outbox
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.spool import Spool
from footfall_gateway.recordings.recording import RecordingWriter
from footfall_gateway.store.database import Store
from gateway.recordings_for_tests import header


def test_what_footfall_makes_is_its_user_s_alone_whatever_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "of a user" / "data"
    before = os.umask(0)
    try:
        make_folders(folder)
        for made in (Store.open, Spool.open, Inbox, Outbox):
            made(folder / f"{made.__qualname__}.sqlite").close()
        with RecordingWriter(recordings_folder(folder) / "run.mcap", header()), held_alone(folder, "gateway"):
            pass
        paired.save(folder / "config" / "sensors.toml", {})
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, *folder.parent.rglob("*"))}
    assert len(modes) >= 10
    assert {path: mode for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)} == {}


@pytest.mark.parametrize("session_id", ["../../x", "/x", "..", "", "a\0b"])
def test_a_session_s_id_leads_nowhere_else(tmp_path: Path, session_id: str) -> None:
    with pytest.raises(GatewayError, match="not the name of a file"):
        recording_path(tmp_path, session_id)


def test_what_is_there_already_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.touch(0o600)
    path.chmod(0o640)
    tmp_path.chmod(0o750)
    make_folders(tmp_path)
    Store.open(path).close()
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, tmp_path)] == [0o640, 0o750]
    found = modes(tmp_path)
    assert (found.state, found.advice) == (State.DOUBTFUL, f"unless that is meant: `chmod -R go= {tmp_path}`")
    tmp_path.chmod(0o700)
    assert modes(tmp_path).state is State.GOOD
