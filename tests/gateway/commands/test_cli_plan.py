"""What runners follow: begun, shown, told of and ended from the command line."""

import json
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from icalendar import Calendar

from footfall_coaching.exercises.events import ExercisesBegun, ExercisesDone
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.ledger import remake
from footfall_gateway import cli
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.plan_shown import CAN_BEGIN
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.store.database import Store
from footfall_gateway.virtual.made_up_sessions import keep_months
from footfall_gateway.virtual.months import made_up_months

ANN: Final = "Ann"
Plan = Callable[..., tuple[int, str, str]]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Plan:
    """A command on an empty folder; returns exit status, output and complaint."""
    monkeypatch.setenv("FOOTFALL_DATA_DIR", str(tmp_path))

    def run(*words: str) -> tuple[int, str, str]:
        status = cli.run(["plan", *words])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def keep_runs_of_ann(folder: Path) -> None:
    """Keep the last weeks of somebody who could begin a programme."""
    make_folders(folder)
    months = made_up_months(SystemClock().utc_now().astimezone(LocalZone()), ANN)
    runs = months.runs[-12:]
    pains = [pain for pain in months.pains if pain.session_id in {run.session_id for run in runs}]
    with Store.open(store_path(folder)) as store:
        keep_months(store, replace(months, runs=runs, pains=pains, efforts=[], told=[]), "footfall")


def test_exercises_are_begun_shown_done_and_ended(plan: Plan, tmp_path: Path) -> None:
    status, _, complaint = plan("show")
    assert status == cli.EXIT_ERROR
    assert "footfall plan begin combined" in complaint
    assert plan("begin", "combined", "--backward-walking")[:2] == (
        0,
        "Exercises for hip and knee begin: 12 weeks, three days in seven. footfall plan show has today's.\n",
    )
    status, told, _ = plan("show")
    assert status == 0
    assert told.startswith("Exercises for hip and knee: week 1 of 12, about ")
    assert "Walk backwards for 5 min.\n\n" in told
    assert len(told.splitlines()) == 9
    status, told, complaint = plan("begin", "hip")
    assert (status, told) == (cli.EXIT_ERROR, "")
    assert "followed already: Exercises for hip and knee" in complaint
    shown = json.loads(plan("show", "--json")[1])
    assert [one["rule"] for one in shown["today"]] == ["exercises"]
    assert len(shown["week"]) == 7
    keys = [line.partition(":")[0] for line in plan("done", "--pain", "1", "--in-reserve", "3")[1].splitlines()]
    again = plan("done", keys[0], "--pain", "3", "--not-whole")[1]
    assert f"{keys[0]}: not whole, pain 3 of 10\n{keys[1]}: done, pain 1 of 10, 3 left in reserve" in again
    assert "done for today" in plan("show")[1]
    assert plan("stop")[:2] == (0, "Ended: Exercises for hip and knee\n")
    assert plan("show")[1] == f"Exercises for hip and knee: you ended the plan.\n{CAN_BEGIN}\n"
    with Store.open(store_path(tmp_path)) as store:
        events, told_of = store.plans.events(""), store.answers.told("")
    (session,) = [event for event in events if isinstance(event, ExercisesDone)]
    assert list(session.done) == keys
    assert [message.rule for message in told_of] == ["exercises"] * 3, "each once"
    assert [remake(message) for message in told_of] == [message.words for message in told_of]


def test_a_programme_begins_from_the_log_and_is_in_the_calendar(plan: Plan, tmp_path: Path) -> None:
    keep_runs_of_ann(tmp_path)
    status, told, complaint = plan("begin", "cadence", "--runner", ANN)
    assert (status, complaint) == (0, ""), complaint
    assert told.startswith("Quicker steps begins: 8 sessions")
    assert plan("begin", "combined", "--runner", ANN)[0] == 0
    told = plan("show")[1]
    assert told.startswith("Quicker steps"), "nobody else is there"
    assert told == plan("show", "--runner", " Ann ")[1]
    assert re.search(
        r"15 min of running with the sound on throughout\..*\n"
        r"At your usual pace, \d:\d\d min/km: about 1\d\d steps/min\. The target is for that: from \d:\d\d to ",
        told,
    )
    session = json.loads(plan("show", "--json")[1])["session"]
    assert (session["step"], session["warm_up_minutes"], session["minutes"], session["cued_minutes"]) == (1, 5, 15, 15)
    assert session["most_impact_g"] is None
    assert f"about {session['cadence_spm']:.0f} steps/min" in told
    assert 2.0 < session["speed_mps"] < 5.0
    file = tmp_path / "plan.ics"
    file.write_text("an older one")
    assert plan("calendar", str(file), "--runner", ANN)[:2] == (0, f"Written: {file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    events = Calendar.from_ical(file.read_bytes()).events
    names = [str(event["summary"]) for event in events]
    ids = [str(event["uid"]) for event in events]
    assert len(set(ids)) == len(ids)
    assert any(name.startswith("Quicker steps: session ") for name in names)
    assert any(name.startswith("Exercises for hip and knee, ") for name in names)
    assert any(name.startswith("At most ") for name in names)
    assert ANN not in file.read_text()
    status, _, complaint = plan("stop", "--runner", ANN)
    assert status == cli.EXIT_ERROR
    assert "say which to end" in complaint
    assert plan("stop", "programme", "--runner", ANN)[:2] == (0, "Ended: Quicker steps\n")
    assert "you ended it" in plan("show", "--runner", ANN)[1]


def test_whose_plan_it_is_is_asked_where_several_follow_one(plan: Plan, tmp_path: Path) -> None:
    assert plan("begin", "hip", "--runner", ANN)[0] == 0
    assert plan("show")[1].startswith("Exercises for the hip: week 1")
    assert plan("begin", "knee", "--runner", "Bo")[0] == 0
    for words in (("show",), ("stop",), ("done", "--pain", "0"), ("calendar", str(tmp_path / "plan.ics"))):
        status, told, complaint = plan(*words)
        assert (status, told) == (cli.EXIT_ERROR, ""), words
        assert "holds runs of Ann, Bo; say whose plan with --runner" in complaint
    assert "holds runs of Ann, Bo" in plan("begin", "knee")[2]
    assert "no run of 'Cy'; it has runs of Ann, Bo" in plan("show", "--runner", "Cy")[2]
    assert plan("show", "--runner", "Bo")[1].startswith("Exercises for the knee: week 1")
    assert plan("stop", "--runner", "Bo")[1] == "Ended: Exercises for the knee\n"


def test_a_session_of_softer_landing_is_told_with_the_target_of_each_leg(plan: Plan, tmp_path: Path) -> None:
    keep_runs_of_ann(tmp_path)
    assert plan("begin", "impact")[0] == 0, "there is one runner alone"
    told = plan("show")[1]
    found = re.search(r"min/km: left (\d+\.\d) g, right (\d+\.\d) g, or less\. The target is for that", told)
    assert found is not None, told
    most_g = json.loads(plan("show", "--json")[1])["session"]["most_impact_g"]
    assert [f"{most_g[side]:.1f}" for side in ("left", "right")] == list(found.groups())


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("begin", "impact"), "No run in the last four weeks"),
        (("begin", "impact", "--backward-walking"), "are of exercises"),
        (("begin", "hip", "--percent", "80"), "is of a programme"),
        (("begin", "diet"), "Choose from"),
        (("begin", "cadence", "--percent", "140"), "not within 105 and 110"),
        (("stop",), "no plan is followed"),
        (("stop", "programme"), "no programme is followed"),
        (("done",), "--pain"),
        (("done", "--pain", "0"), "no exercises today"),
        (("done", "--pain", "11"), "not within 0 (none) to 10"),
        (("calendar", "plan.txt"), "ends in .ics"),
        (("calendar", "nowhere/plan.ics"), "can't be written"),
    ],
)
def test_what_makes_no_sense_is_refused(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Store.open(store_path(tmp_path)).close()
    status, told, complaint = plan(*words)
    assert (status, told) == (cli.EXIT_ERROR, "")
    assert why in complaint


def test_another_plan_begins_once_the_one_before_is_at_its_end(plan: Plan, tmp_path: Path) -> None:
    make_folders(tmp_path)
    began = SystemClock().utc_now() - timedelta(weeks=13)
    with Store.open(store_path(tmp_path)) as store:
        store.plans.note("", began, ExercisesBegun(began, Track.KNEE))
    assert "the 12 weeks are over" in plan("show")[1]
    assert plan("begin", "hip")[0] == 0


def test_only_todays_exercises_are_told_of(plan: Plan) -> None:
    plan("begin", "hip")
    assert "no exercise 'juggling' is known" in plan("done", "juggling", "--pain", "0")[2]
    assert "is none of today's" in plan("done", "split-squat", "--pain", "0")[2]
