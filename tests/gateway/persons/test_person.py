"""All that is kept of a person is handed out, and removed: everywhere, to the last byte, and of nobody else."""

import csv
import io
import json
import os
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall_gateway import cli
from footfall_gateway.accounts import AccountsFile
from footfall_gateway.data_folder import exports_folder, held_alone, inbox_path, outbox_path, recording_path, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.mqtt.held import HeaderArrival
from footfall_gateway.mqtt.inbox import Inbox
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.mqtt.topics import SessionKey
from footfall_gateway.persons.places import find_person, people
from footfall_gateway.persons.removal import nobody_else, plan, prove, remove_here
from footfall_gateway.persons.search import Needles, search
from footfall_gateway.persons.task import KeptTask, kept_tasks
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import Recording, RecordingWriter
from footfall_gateway.runner_names import as_compared
from footfall_gateway.store.database import Store
from footfall_gateway.store.track import packed
from footfall_gateway.studies import StudiesFolder
from gateway.persons.a_house import (
    ANN,
    BOB,
    GATEWAY,
    STUDY,
    a_house,
    keep,
    opening_of,
    packets_of,
    place_of,
    record,
    session_of,
    track_of,
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people's data; for reading alone."""
    return a_house(tmp_path_factory.mktemp("house") / "data")


@pytest.fixture
def folder(house: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(house, tmp_path / "data"))


@pytest.fixture(autouse=True)
def no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FOOTFALL_INFLUX_URL", "FOOTFALL_BROKER", "FOOTFALL_MQTT_USER", "FOOTFALL_GATEWAY"):
        monkeypatch.delenv(name, raising=False)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def holders(folder: Path, text: str) -> list[str]:
    """Return which files have a text in their bytes or names; recordings are opened, as they are packed."""
    found = [name for name, content in files(folder) if text.encode() in content or text in name]
    for path in (folder / "recordings").glob("*"):
        opened = Recording.open(path)
        if text in encode_header(opened.header).decode():
            found.append(path.name)
    return found


def of_bob(folder: Path) -> dict[str, object]:
    """All of Bob's, as far as it can be asked for."""
    with Store.open(store_path(folder)) as store:
        kept = {
            session.header.session.id: (store.strides(session.header.session.id), session.summary)
            for session in store.sessions()
            if session.header.session.runner_name == BOB
        }
        notes = [note for note in store.answers.shoes() if note.runner_name == BOB], store.length_gains(BOB)
        planned = list(store.plans.rows(BOB)), store.plans.opening_of(BOB, opening_of(BOB).seal)
        assert len(planned[0]) == 3
        assert planned[1] == opening_of(BOB)
        track = store.tracks.of(session_of(BOB, 1).session.id)
        assert track is not None
    inbox = Inbox(inbox_path(folder))
    waiting = {
        key.session_id: inbox.next_batches(held, 0, 10).payloads
        for key, held in inbox.sessions.items()
        if held.header is not None and BOB.encode() in held.header
    }
    inbox.close()
    about = session_of(BOB, 1).session.id
    ran, account = recording_path(folder, about).read_bytes(), AccountsFile(folder).find(BOB)
    return {
        "kept": kept,
        "notes": notes,
        "waiting": waiting,
        "run": ran,
        "account": account,
        "track": packed(track),
        "plan": planned,
        "study": StudiesFolder(folder).of_person([BOB])[0][1],
    }


# ---- Who


def test_everybody_is_known_by_name_and_by_what_is_kept(house: Path) -> None:
    ann, bob = people(house)
    assert (ann.name, bob.name) == (ANN, BOB)
    assert ann.session_ids == {session_of(ANN, number).session.id for number in (1, 2, 3)}
    assert ann.pseudonyms == {Pseudonyms.of(house)(ANN)}


@settings(max_examples=40)
@given(st.text(max_size=20))
def test_names_that_look_equal_are_equal(name: str) -> None:
    for form in ("NFC", "NFD"):
        assert as_compared(unicodedata.normalize(form, name)) == as_compared(name)
    assert as_compared(f"  {name} ") == as_compared(name) == as_compared(as_compared(name))


def test_a_name_is_found_in_whichever_way_its_letters_are_written(tmp_path: Path) -> None:
    folder = a_house(tmp_path / "data")
    decomposed = unicodedata.normalize("NFD", ANN)
    assert decomposed != ANN
    keep(folder, session_of(decomposed, 5, "20261125T081500Z-nfd0"))
    person = find_person(folder, f" {decomposed}")
    assert person.spellings == {ANN, decomposed}
    assert "20261125T081500Z-nfd0" in person.session_ids
    with pytest.raises(GatewayError, match=rf"is '{BOB}' meant\? Capitals count"):
        find_person(folder, "bob")
    with pytest.raises(GatewayError, match=r"holds nothing of 'Carl'; it does of: Ann.*, Bob"):
        find_person(folder, "Carl")


# ---- Handed out


def test_an_export_holds_all_of_one_person_and_nothing_of_another(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sensors = folder / "paired.toml"
    one = '[[sensor]]\naddress = "AA:BB:CC:DD:EE:{}"\nmodel = "footfall"\nname = "{}"\nplacement = "foot"\n'
    sensors.write_text(one.format("01", "foot-left") + one.format("99", "other"))
    assert cli.run(["person", "export", ANN, "--data-dir", str(folder), "--sensors-file", str(sensors), "--json"]) == 0
    path = Path(json.loads(capsys.readouterr().out)["file"])
    assert path.parent == exports_folder(folder)
    assert path.name.startswith(f"{Pseudonyms.of(folder)(ANN)}-")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    ran, waits, unsent = (f"sessions/{session_of(ANN, number).session.id}" for number in (1, 2, 3))
    assert content.keys() == {
        "README.txt", "person.json", "login.json", "notes/shoes.csv", "notes/shoes.jsonl",
        "notes/pains.csv", "notes/pains.jsonl", "notes/plan-events.csv", "notes/plan-events.jsonl",
        "settings/length-gains.csv", "settings/length-gains.jsonl",
        "settings/paired-sensors.csv", "settings/paired-sensors.jsonl",
        *(f"{ran}/{name}" for name in (
            "recording.mcap", "session.json", "header.json", "summary.json", "strides.csv", "strides.jsonl",
            "windows.csv", "windows.jsonl", "track.csv", "track.jsonl",
        )),
        f"{waits}/waiting.mcap", f"{unsent}/waiting.mcap", "studies/made-up.json",
        "onboard/0000000000000015-aabbccddee01-1.vault", "onboard/00000000000003fd.receipt",
    }  # fmt: skip
    events = [json.loads(line) for line in content["notes/plan-events.jsonl"].splitlines()]
    assert [one["kind"] for one in events] == ["try-out begun", "programme ran", "exercises exercises-done"]
    assert events[0]["inputs"]["plan"]["condition"] == f"tape of {ANN}"
    assert not any(opening_of(ANN).nonce.encode() in one for one in content.values()), "the order is still sealed"
    assert json.loads(content["login.json"]) == {"name": ANN, "role": "runner", "coaches": []}
    part = json.loads(content["studies/made-up.json"])
    assert [one["version"] for one in part["agreed"]] == [STUDY.consent.version]
    assert [(one["run"], one["condition"] in STUDY.conditions) for one in part["days"]] == [(1, True)]
    assert bytes(range(32)).hex().encode() not in content["studies/made-up.json"], "what is to come is still hidden"
    about = json.loads(content["person.json"])
    assert (about["name"], about["pseudonym"]) == (ANN, Pseudonyms.of(folder)(ANN))
    assert sorted(about["sessions"]) == sorted(find_person(folder, ANN).session_ids)
    assert content[f"{ran}/recording.mcap"] == recording_path(folder, session_of(ANN, 1).session.id).read_bytes()
    for name in (f"{waits}/waiting.mcap", f"{unsent}/waiting.mcap"):
        (folder / "x.mcap").write_bytes(content[name])
        assert list(Recording.open(folder / "x.mcap")) == list(packets_of(ANN))
        assert Recording.open(folder / "x.mcap").header.session.runner_name == ANN
    first, *_ = csv.DictReader(io.StringIO(content[f"{ran}/track.csv"].decode()))
    assert (float(first["latitude_deg"]), first["heart_rate_bpm"], first["speed_mps"]) == (place_of(ANN), "151.0", "")
    for name in ("strides", "windows"):
        lines = [json.loads(line) for line in content[f"{ran}/{name}.jsonl"].splitlines()]
        table = list(csv.DictReader(io.StringIO(content[f"{ran}/{name}.csv"].decode())))
        assert len(lines) == len(table) > 2
        assert [row["sensor_id"] for row in table] == [line["sensor_id"] for line in lines]
        assert not any("{" in value for row in table for value in row.values())
    assert b"AA:BB:CC:DD:EE:01" in content["settings/paired-sensors.csv"]
    assert b"other" not in content["settings/paired-sensors.csv"]
    of_others = [session_of(BOB, number).session.id.encode() for number in (1, 2, 3)]
    assert not any(mark in text for mark in (BOB.encode(), *of_others) for text in content.values())
    assert cli.run(["person", "export", ANN, "--data-dir", str(folder), "--out", str(path)]) == cli.EXIT_ERROR
    assert "exists already" in capsys.readouterr().err


# ---- Removed


def forget(folder: Path, name: str, *more: str) -> int:
    return cli.run(["person", "forget", name, "--yes", "--data-dir", str(folder), *more])


def test_who_is_forgotten_is_in_no_byte_of_any_file_and_nobody_else_is_touched(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["person", "export", ANN, "--data-dir", str(folder)]) == 0
    # the store has been written to often: what was replaced is still in its free pages
    ids = find_person(folder, ANN).session_ids
    marks = [ANN, Pseudonyms.of(folder)(ANN), *ids]
    assert all(holders(folder, mark) for mark in marks)
    places = [struct.pack(">d", one) for one in track_of(ANN).latitude_deg]
    assert [name for name, content in files(folder) if any(one in content for one in places)] == ["footfall.sqlite"]
    before = of_bob(folder)
    assert forget(folder, ANN, "--json") == cli.EXIT_ERROR  # InfluxDB is not named, and an outbox is here
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["sessions"], said["remains"]) == (3, [])
    assert said["searched_for"] > len(marks)
    (task,) = kept_tasks(folder)
    assert not task.task.here
    assert task.task.influx_tags == sorted((ANN, Pseudonyms.of(folder)(ANN)))
    for mark in marks:
        assert [name for name in holders(folder, mark) if name != task.path.name] == []
    assert not [name for name, content in files(folder) if any(one in content for one in places)]
    assert [person.name for person in people(folder)] == [BOB]
    assert of_bob(folder) == before
    with pytest.raises(GatewayError, match="holds nothing of"):
        find_person(folder, ANN)


def test_a_run_that_was_given_to_somebody_is_theirs_with_its_recording_whatever_that_says(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = session_of(BOB, 1).session.id
    with Store.open(store_path(folder)) as store:
        store.log.ran(given, "Cleo")
    cleo, bob = find_person(folder, "Cleo"), find_person(folder, BOB)
    assert cleo.session_ids == {given}
    assert given not in bob.session_ids
    assert cli.run(["person", "export", "Cleo", "--data-dir", str(folder), "--out", str(tmp_path / "cleo.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "cleo.zip") as archive:
        assert f"sessions/{given}/recording.mcap" in archive.namelist()
    recording = recording_path(folder, given)
    forget(folder, BOB)
    assert recording.exists()
    assert find_person(folder, "Cleo").session_ids == {given}
    said = capsys.readouterr()
    assert "still says that Bob ran" in said.out + said.err
    forget(folder, "Cleo")
    assert not recording.exists()


def test_what_is_sent_again_of_who_was_forgotten_is_refused(folder: Path) -> None:
    forget(folder, ANN)
    inbox = Inbox(inbox_path(folder))
    about = session_of(ANN, 2)
    key = SessionKey(GATEWAY, "r-x", about.session.id)
    (refusal,) = inbox.take([HeaderArrival(key, encode_header(about))])
    assert "its runner had it removed" in refusal.why
    assert key not in inbox.sessions
    fresh = session_of(BOB, 7)
    assert inbox.take([HeaderArrival(SessionKey(GATEWAY, "r-y", fresh.session.id), encode_header(fresh))]) == []
    inbox.close()


def test_nothing_is_removed_while_the_person_runs_or_a_service_uses_the_folder(folder: Path) -> None:
    running = session_of(ANN, 6)
    person = find_person(folder, ANN)
    with RecordingWriter(recording_path(folder, running.session.id), running):
        assert forget(folder, ANN) == cli.EXIT_ERROR
        with (
            pytest.raises(GatewayError, match="is running at the moment"),
            nobody_else(folder, find_person(folder, ANN)),
        ):
            pass
        with pytest.raises(GatewayError, match="a run is being recorded here"), nobody_else(folder, person):
            pass
    for service in ("process", "gateway", "backup"):
        with (
            held_alone(folder, service),
            pytest.raises(GatewayError, match=f"a footfall {service} is going on here; stop it"),
            nobody_else(folder),
        ):
            pass
    assert kept_tasks(folder) == []
    assert holders(folder, ANN)


def test_it_asks_first_and_shows_what_goes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = holders(folder, ANN)
    assert cli.run(["person", "forget", ANN, "--data-dir", str(folder)]) == cli.EXIT_ERROR
    said = capsys.readouterr()
    assert "Store: 1 session" in said.out
    assert "Inbox: 1 session" in said.out
    assert "Spool: 1 session" in said.out
    assert f"Not come whole: {session_of(ANN, 2).session.id}: what gateways still send of it is refused" in said.out
    assert "Recordings: 1 recording" in said.out
    assert "nothing was removed: nobody can be asked here; say --yes" in said.err
    assert holders(folder, ANN) == before


def test_what_it_can_t_reach_within_a_damaged_file_is_told_and_a_later_try_ends_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aside = folder / "footfall.sqlite.damaged-20261101T000000000000Z"
    aside.write_bytes(bytes(5000) + ANN.encode() + bytes(5000))
    assert forget(folder, ANN) == cli.EXIT_ERROR
    complaint = capsys.readouterr().err
    assert "something is left" in complaint
    assert f"{aside.name}: the name; remove the file" in complaint
    (task,) = kept_tasks(folder)
    assert task.task.here
    aside.unlink()
    outbox_path(folder).unlink()
    kept = kept_tasks(folder)[0]
    kept.task.influx_tags, kept.task.topics = [], []
    kept.keep()
    assert forget(folder, ANN) == 0
    said = capsys.readouterr()
    assert "was begun before; it is finished first" in said.err
    assert "none is left" in said.out
    assert kept_tasks(folder) == []
    assert forget(folder, ANN) == cli.EXIT_ERROR
    assert "holds nothing of" in capsys.readouterr().err


def test_what_a_restore_put_aside_and_what_nobody_answers_for_is_told(folder: Path) -> None:
    aside = folder / "before-20261101T080000Z"
    aside.mkdir()
    for name in ("footfall.sqlite", "recordings"):
        (shutil.copytree if (folder / name).is_dir() else shutil.copy)(folder / name, aside / name)
    foreign = folder / "accounts.sqlite"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE account (name TEXT)")
        connection.execute("INSERT INTO account VALUES (?)", (ANN,))
        connection.commit()
    kept = KeptTask.begin(folder, plan(folder, find_person(folder, ANN), None))
    told = "\n".join(remove_here(folder, kept, lambda _: None).remains)
    for what in (
        f"{foreign}: the name",
        f"{aside / 'footfall.sqlite'}: the name; remove {aside}, once nothing else in it is missed",
        f"{recording_path(aside, session_of(ANN, 1).session.id)}: a session's id in its name",
        f"{recording_path(aside, session_of(ANN, 1).session.id)}: a part of a recording",
    ):
        assert what in told
    shutil.rmtree(aside)
    foreign.unlink()
    assert remove_here(folder, kept, lambda _: None).remains == []
    assert not kept.task.here


def test_what_killed_programs_left_goes_and_what_lies_on_another_disk_is_searched(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in (".accounts-left", ".removal-0123abcd.json.new"):
        (folder / name).write_text(ANN)
    disk = tmp_path_factory.mktemp("disk")
    (folder / "more").symlink_to(disk)
    (disk / "notes.txt").write_text(ANN)
    (folder / ".restoring").mkdir()
    (folder / ".restoring" / "footfall.sqlite").write_text(ANN)
    kept = KeptTask.begin(folder, plan(folder, find_person(folder, ANN), None))
    assert remove_here(folder, kept, lambda _: None).remains == [
        f"{folder / '.restoring' / 'footfall.sqlite'}: the name; "
        f"bring the backup back once more, or remove {folder / '.restoring'}",
        f"{folder / 'more' / 'notes.txt'}: the name",
    ]


def test_a_name_within_another_s_name_is_no_remains(folder: Path) -> None:
    record(folder, session_of(f"{ANN} Junior", 8))
    keep(folder, session_of(f"{ANN} Junior", 9))
    person = find_person(folder, ANN)
    kept = KeptTask.begin(folder, plan(folder, person, None))
    outcome = remove_here(folder, kept, lambda _: None)
    assert outcome.remains == []
    assert f"{ANN} Junior" in [one.name for one in people(folder)]


def test_a_search_finds_what_was_not_removed(folder: Path) -> None:
    task = plan(folder, find_person(folder, ANN), None)
    told = "\n".join(prove(folder, task).remains)
    for what in (
        "Store: 1 session",
        "Inbox: 1 session",
        "Spool: 1 session",
        "Recordings: 1 recording",
        "Outbox: 5 points",
    ):
        assert what in told
    forgotten = recording_path(folder, session_of(ANN, 1).session.id)
    copy = folder / "copied-by-somebody.bin"
    shutil.copy(forgotten, copy)
    kept = KeptTask.begin(folder, task)
    assert [line for line in remove_here(folder, kept, lambda _: None).remains if "copied" in line] == [
        f"{copy}: a part of a recording"
    ]


@given(st.data())
def test_a_search_finds_exactly_what_is_there(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    content = data.draw(st.binary(min_size=0, max_size=300))
    there = [content[a : a + n] for a in range(0, max(len(content) - 12, 0), 17) for n in (4, 9, 12)]
    needles = [one for one in [*there, *data.draw(st.lists(st.binary(min_size=1, max_size=12), max_size=8))] if one]
    path = tmp_path_factory.getbasetemp() / "searched"
    path.write_bytes(content)
    found = {one.needle for one in search([path], Needles(needles))}
    assert found == {needle for needle in needles if len(needle) >= 4 and needle in content}


def test_a_search_finds_what_lies_across_two_pieces(tmp_path: Path) -> None:
    content = bytearray(os.urandom(3 << 20))
    needle = b"across the pieces of a file"
    for begin in ((1 << 20) - 5, (2 << 20) - len(needle), len(content) - len(needle)):
        content[begin : begin + len(needle)] = needle
        (tmp_path / "file").write_bytes(content)
        assert [one.needle for one in search([tmp_path / "file"], Needles([needle, b"not there at all"]))] == [needle]
        content[begin : begin + len(needle)] = bytes(len(needle))


# ---- Interrupted

KILLED: Final = """
import os, shutil, signal, sys
from pathlib import Path
from footfall_gateway.commands.upkeep import finish_removals
from footfall_gateway.persons.places import find_person
from footfall_gateway.persons.removal import nobody_else, plan, remove_here
from footfall_gateway.persons.task import KeptTask

house, work, name, step = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
events = 1
while True:
    events += step
    folder = work / f"killed-{events}"
    shutil.copytree(house, folder)
    person = find_person(folder, name)
    kept = KeptTask.begin(folder, plan(folder, person, None))
    child = os.fork()
    if child == 0:
        left = [events]
        def hook(event, arguments):
            if event in ("open", "os.remove", "os.rename", "sqlite3.connect", "os.listdir", "os.scandir"):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        with nobody_else(folder):
            remove_here(folder, kept, lambda _: None)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    said = []
    finish_removals(folder, ("process", "gateway"), said.append)
    print(folder, len(said), flush=True)
    if not status:
        break
"""


def test_a_removal_that_is_killed_anywhere_is_finished_the_next_time(house: Path, tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, house, tmp_path, ANN, "11"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == 0, killed.stderr
    lines = [line.rsplit(" ", 1) for line in killed.stdout.splitlines()]
    assert len(lines) > 5
    wanted = of_bob(house)
    said: list[Any] = [int(times) for _, times in lines]
    assert said == [1] * (len(lines) - 1) + [0]
    for path, _ in lines:
        folder = Path(path)
        left = [name for name in holders(folder, ANN) if not name.startswith("removal-")]
        assert left == [], path
        assert of_bob(folder) == wanted
