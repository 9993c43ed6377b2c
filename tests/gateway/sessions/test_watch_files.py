"""A watch's run finds the session that it goes with, whatever the two clocks say, and is kept once."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Final

import pytest
from fit_tool.profile.profile_type import Sport

import footfall_gateway
from footfall_coaching.answers import Effort, Pain, PainSite, Phase, Sign, SignNote
from footfall_coaching.course import runs_in, speeds
from footfall_coaching.light_rule import Colour
from footfall_coaching.load import room_of
from footfall_coaching.run import DistanceSource, Run
from footfall_gateway.data_folder import store_path
from footfall_gateway.influx.backfill import session_lines
from footfall_gateway.sessions.adding import add_session, sessions_of_files
from footfall_gateway.sessions.addition import Came
from footfall_gateway.sessions.inbox_folder import told
from footfall_gateway.sessions.sinks.store import SharedStore
from footfall_gateway.sessions.watch_files import join_waiting
from footfall_gateway.store.database import Store
from footfall_gateway.store.standing import light_for
from footfall_processing.errors import FootfallError, InputError
from footfall_processing.session import Placement, Side
from gateway.a_watch import FIRST_HEART_BPM, LASTS_S, LATITUDE_DEG, SPEED_MPS, STARTED, AWatch, header_of, keep

Log = Callable[..., Path]

RUN_M: Final = SPEED_MPS * (LASTS_S - 65.0)
"""Standing left out."""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[Placement, Path]:
    """Data folders with the session in them, of shins and of feet."""
    made = {}
    for placement in Placement:
        made[placement] = tmp_path_factory.mktemp(placement)
        keep(made[placement], header_of(f"{placement}s", placement))
    return made


@pytest.fixture
def log(logs: dict[Placement, Path], tmp_path: Path) -> Log:
    """A data folder of a test's own."""

    def copied(placement: Placement = Placement.SHANK) -> Path:
        return Path(copytree(logs[placement], tmp_path / "data"))

    return copied


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a watch that went along: two minutes and an hour ahead, and a little slow."""
    return AWatch(ahead_s=3733.0, rate=1.004).write(tmp_path_factory.mktemp("watch") / "run.fit")


def run_of(folder: Path, session_id: str) -> Run:
    with Store.open(store_path(folder)) as store:
        run = store.log.run(session_id)
        assert run is not None
        return run


def test_a_run_on_shins_gets_distance_pace_and_heart_rate(log: Log, watch: Path, tmp_path: Path) -> None:
    folder = log()
    assert run_of(folder, "shanks").distance_m is None
    added = add_session([watch], folder)
    assert (added.came, added.session_id) == (Came.JOINED, "shanks")
    words = told("run.fit", added)
    for part in ("placed by cadence", "2 min 13 s ahead", "its time zone 1 h ahead", "loses 1", "by the watch", "130"):
        assert part in words
    run = run_of(folder, "shanks")
    assert run.distance_source is DistanceSource.WATCH
    assert run.distance_m == pytest.approx(RUN_M, rel=0.005)
    assert run.running_s == pytest.approx(LASTS_S - 65.0, abs=5.0)
    found = speeds(run)
    assert len(found) == len(run.minutes) == 10
    assert [speed for speed in found if speed is not None] == pytest.approx([SPEED_MPS] * 10, rel=0.04)
    assert run.minutes[-1].distance_m == pytest.approx(RUN_M, rel=0.005)
    hearts = [minute.heart_rate_bpm for minute in run.minutes]
    assert hearts == sorted(hearts, key=lambda one: one or 0.0)
    assert hearts[0] == pytest.approx(FIRST_HEART_BPM + 1.5, abs=0.6)
    with Store.open(store_path(folder)) as store:
        track = store.tracks.of("shanks")
        assert track is not None
        # its seconds are the session's, within what was told
        assert track.placed.error_s is not None
        assert track.t_s[0] == pytest.approx(-20.0, abs=track.placed.error_s)
        assert track.t_s[-1] == pytest.approx(LASTS_S + 20.0, abs=track.placed.error_s + 1.0)
        assert track.latitude_deg[0] == pytest.approx(LATITUDE_DEG, abs=1e-4)
        ceiling = room_of(store.log.runs(), STARTED + timedelta(days=1))
    assert ceiling.longest_session_id == "shanks"
    packed = tmp_path / "the same.fit.gz"
    packed.write_bytes(gzip.compress(watch.read_bytes()))
    assert add_session([packed], folder).came is Came.THERE
    with Store.open(store_path(folder)) as store:
        assert store.tracks.remove("shanks")
        assert not store.tracks.remove("shanks")
    assert run_of(folder, "shanks").distance_m is None


def test_a_run_on_feet_keeps_its_own_distance_and_has_the_watchs_beside_it(log: Log, watch: Path) -> None:
    folder = log(Placement.FOOT)
    before = run_of(folder, "foots")
    add_session([watch], folder)
    run = run_of(folder, "foots")
    assert replace(run, watch=None, minutes=[]) == replace(before, minutes=[])
    assert [(m.distance_m, m.legs) for m in run.minutes] == [(m.distance_m, m.legs) for m in before.minutes]
    assert speeds(run) == speeds(before), "the watch's stand beside them"
    assert all(DistanceSource.WATCH in minute.speeds_mps for minute in run.minutes if runs_in(minute))
    assert run.watch is not None
    assert run.watch.beside_m == pytest.approx(run.distance_m, rel=0.02)
    assert run.minutes[3].heart_rate_bpm is not None


async def test_a_run_without_sensors_is_one_of_its_own_until_the_session_comes(log: Log, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    with Store.open(store_path(folder)):
        pass
    file = AWatch(ahead_s=-40.0).write(tmp_path / "run.fit")
    added = add_session([file], folder, "Ann")
    assert added.came is Came.ALONE
    assert "without sensors" in added.words
    assert add_session([file], folder, "Ann").came is Came.THERE
    alone = run_of(folder, added.session_id)
    assert (alone.runner_name, alone.distance_source, alone.legs, alone.is_demo) == (
        "Ann", DistanceSource.WATCH, [], False
    )  # fmt: skip
    assert alone.distance_m == pytest.approx(RUN_M, rel=0.005)
    assert alone.duration_s == pytest.approx(LASTS_S + 39.0)
    assert [speed for speed in speeds(alone) if speed is not None] == pytest.approx([SPEED_MPS] * 11, rel=0.04)
    knee = (PainSite.KNEE, Side.LEFT)
    with Store.open(store_path(folder)) as store:
        store.answers.note(Pain("Ann", alone.session_id, STARTED + timedelta(hours=1), Phase.DURING, *knee, 8))
        store.answers.note(SignNote("Ann", alone.session_id, STARTED + timedelta(hours=1), Sign.LIMP))
        store.answers.note(Effort(alone.session_id, 7, 2))
        store.log.rename(alone.session_id, "With Mia")
    keep(folder, header_of("shins", runner="Ann"))
    with Store.open(store_path(folder)) as store:
        summary = dict(store.session("shins").summary or {})
    said: list[str] = []
    async with SharedStore(store_path(folder), said.append) as shared:
        await shared.finish("shins", summary)
    (line,) = said
    with Store.open(store_path(folder)) as store:
        assert line.startswith("A watch's run joins session shins: placed by cadence")
        assert f"{added.session_id}, is in the bin now" in line
        assert [run.session_id for run in store.log.runs("Ann")] == ["shins"]
        assert store.log.runs("Ann")[0].distance_source is DistanceSource.WATCH
        assert store.log.runs("Ann")[0].title == "With Mia"
        assert [(pain.session_id, pain.level) for pain in store.answers.pains("Ann")] == [("shins", 8)]
        assert [note.session_id for note in store.answers.signs("Ann")] == ["shins"]
        assert store.answers.efforts("Ann") == [Effort("shins", 7, 2)]
        assert light_for(store, "Ann", STARTED + timedelta(days=1)).colour is Colour.RED, "what hurt still counts"
        assert join_waiting(store, "shins") == ()
        with pytest.raises(InputError, match="sessions detach shins"):
            store.log.bring_back(added.session_id)
        store.tracks.remove("shins")
        store.log.bring_back(added.session_id)
        store.log.discard(added.session_id, STARTED)
    assert add_session([file], folder, "Ann").came is Came.JOINED, "it was taken out"


def refused(path: Path, folder: Path, match: str, *, runner: str = "", joins: str = "") -> None:
    """See that a file is refused in words with its name, and nothing is changed."""
    with Store.open(store_path(folder)) as store:
        before = store.log.runs(), store.tracks.digests()
    with pytest.raises(FootfallError, match=match) as error:
        add_session([path], folder, runner, joins=joins)
    assert str(path) in str(error.value)
    with Store.open(store_path(folder)) as store:
        assert (store.log.runs(), store.tracks.digests()) == before


def test_what_has_no_place_is_refused_and_the_user_can_pick(log: Log, tmp_path: Path) -> None:
    folder = log()
    blind = AWatch(ahead_s=-3.0, has_cadence=False, has_places=False).write(tmp_path / "no cadence.fit")
    refused(blind, folder, r"session shanks was at that time.*--session shanks")
    added = add_session([blind], folder, joins="shanks")
    assert "placed by the two clocks" in added.words
    assert run_of(folder, "shanks").distance_m == pytest.approx(RUN_M, rel=0.015)
    late = AWatch(ahead_s=86_400.0, has_cadence=False).write(tmp_path / "next day.fit")
    refused(late, folder, "by date it was at another time", joins="shanks")
    ride = AWatch(ahead_s=40 * 86_400.0, sport=Sport.CYCLING).write(tmp_path / "ride.fit")
    refused(ride, folder, "is of cycling")
    stood = AWatch(ahead_s=86_400.0, begin_s=95.0, end_s=117.0).write(tmp_path / "stood.fit")
    refused(stood, folder, "less than a minute of running")
    other = AWatch(ahead_s=5.0).write(tmp_path / "other.fit")
    refused(other, folder, "has another file's run of a watch already")
    assert add_session([other], folder, joins="shanks").came is Came.JOINED


def test_a_run_without_sensors_that_may_be_the_same_is_told_of(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    blind = AWatch(ahead_s=-3.0, has_cadence=False, has_places=False).write(tmp_path / "no cadence.fit")
    alone = add_session([blind], folder)
    keep(folder, header_of("shins"))
    with Store.open(store_path(folder)) as store:
        (line,) = join_waiting(store, "shins")
        assert len(store.log.runs()) == 2
    assert alone.session_id in line
    assert "both count" in line
    assert "--session shins" in line


def test_a_run_that_fits_two_sessions_is_left_to_the_user(log: Log, watch: Path) -> None:
    folder = log()
    keep(folder, header_of("twin", runner="Bob"))
    refused(watch, folder, "fits into several sessions")
    added = add_session([watch], folder, "Bob")
    assert added.session_id == "twin"
    moved = add_session([watch], folder, joins="shanks")
    assert (moved.session_id, "taken out of session twin" in moved.words) == ("shanks", True)
    assert run_of(folder, "twin").watch is None


def test_a_watch_that_saw_a_part_gives_no_distance_of_the_whole(log: Log, tmp_path: Path) -> None:
    folder = log()
    part = AWatch(begin_s=120.0).write(tmp_path / "late.fit")
    added = add_session([part], folder)
    assert "of the running" in added.words
    run = run_of(folder, "shanks")
    assert run.distance_m is None
    assert run.watch is not None
    assert run.watch.covers == pytest.approx(0.8, abs=0.05)
    assert [speed is None for speed in speeds(run)] == [True, True, *[False] * 8]


def test_nothing_that_sends_reads_where_a_watch_was(log: Log, watch: Path) -> None:
    package = Path(footfall_gateway.__file__).parent
    for room in ("mqtt", "influx"):
        texts = {path.name: path.read_text(encoding="utf-8") for path in (package / room).glob("*.py")}
        assert len(texts) > 5
        assert [name for name, text in texts.items() if ".tracks" in text or "store.track" in text] == []
    folder = log()
    add_session([watch], folder)
    with Store.open(store_path(folder)) as store:
        lines = list(session_lines(store, store.session("shanks").header, lambda _: "r-1"))
    assert len(lines) > 1000
    assert [line for line in lines if f"{LATITUDE_DEG}"[:6] in line or "latitude" in line] == []


def test_files_of_watches_come_after_the_sessions_that_they_join() -> None:
    paths = [Path("b.fit"), Path("a.FIT.GZ"), Path("c.mcap")]
    assert [group[0].name for group in sessions_of_files(paths)] == ["c.mcap", "b.fit", "a.FIT.GZ"]
