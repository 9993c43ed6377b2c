"""A study from its file to its result, from the command line."""

import json
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest

from footfall_coaching.answers import Pain, PainSite, Phase
from footfall_coaching.studies.record import Day, Record
from footfall_gateway import cli
from footfall_gateway.clock import SystemClock
from footfall_gateway.data_folder import make_folders, store_path, studies_folder
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.store.database import Store
from footfall_gateway.studies import StudiesFolder, StudyError
from footfall_gateway.studies.study_file import read_study
from footfall_gateway.virtual.made_up_sessions import keep_months
from footfall_gateway.virtual.months import made_up_months
from footfall_processing.session import Side

EXAMPLE: Final = Path(__file__).parents[3] / "examples" / "study.yaml"
RUNNERS: Final = ("Ann", "Bob")
Study = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two runners' last weeks, a green day today; for copying."""
    folder = tmp_path_factory.mktemp("logs") / "data"
    make_folders(folder)
    now = SystemClock().utc_now().astimezone(LocalZone())
    with Store.open(store_path(folder)) as store:
        for number, name in enumerate(RUNNERS):
            months = made_up_months(now, name, seed=number)
            runs = [
                replace(run, session_id=f"{run.session_id}-{number}")
                for run in months.runs
                if run.started_utc is not None
            ][-10:]
            pains = [
                Pain(
                    name,
                    run.session_id,
                    _of(run.started_utc) + timedelta(hours=3),
                    Phase.DURING,
                    PainSite.KNEE,
                    Side.LEFT,
                    2,
                )
                for run in runs
            ]
            keep_months(store, replace(months, runs=runs, pains=pains, efforts=[], told=[]), "footfall")
    return folder


def _of(moment: datetime | None) -> datetime:
    assert moment is not None
    return moment


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "study.yaml"
    text = EXAMPLE.read_text(encoding="utf-8")
    path.write_text(text.replace("runs: 12", "runs: 4").replace("2027-06-30", "2199-12-31"), encoding="utf-8")
    return path


@pytest.fixture
def study(logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Study:
    """A command on a copy of the logs; returns exit status, output and complaint."""
    monkeypatch.setenv("FOOTFALL_DATA_DIR", str(shutil.copytree(logs, tmp_path / "data")))

    def run(*words: str | Path) -> tuple[int, str, str]:
        status = cli.run(["study", *map(str, words)])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def join(study: Study, file: Path, runner: str) -> tuple[int, str, str]:
    return study("join", file, runner, "--consent", "2026-11-30", "--confirmed")


def test_the_example_says_what_it_plans(study: Study) -> None:
    status, told, _ = study("check", EXAMPLE)
    assert status == 0
    assert told.startswith("tape-and-knee: Does tape make a running knee hurt less?\nOrganiser: ")
    assert "20 runners, each with 12 runs: 6 as usual and 6 with tape" in told
    assert "What it can see: " in told
    assert json.loads(study("check", EXAMPLE, "--json")[1])["seal"] is None


@pytest.mark.parametrize(
    ("ends", "status", "said"),
    [("30.6.2199", cli.EXIT_ERROR, "ends: is no day, such as 2027-06-30"), ("2026-06-30", 0, "nobody can join")],
)
def test_a_last_day_that_makes_no_sense_is_said(study: Study, file: Path, ends: str, status: int, said: str) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace("2199-12-31", ends), encoding="utf-8")
    told = study("check", file)
    assert told[0] == status
    assert said in told[2]


def test_a_runner_who_left_is_told_so(study: Study, file: Path) -> None:
    assert join(study, file, "Ann")[0] == 0
    assert join(study, file, "Bob")[0] == 0
    assert study("withdraw", file, "Ann")[0] == 0
    status, told, complaint = study("today", file, "Ann")
    assert (status, told) == (cli.EXIT_ERROR, "")
    assert "is over for you: you left it" in complaint


def test_nobody_joins_without_having_agreed(study: Study, file: Path, tmp_path: Path) -> None:
    status, told, complaint = study("join", file, "Ann")
    assert status == cli.EXIT_ERROR
    assert told.startswith(read_study(file).consent.text)
    assert "call it again with --consent 2026-11-30 --confirmed" in complaint
    assert "not 2025" in study("join", file, "Ann", "--consent", "2025", "--confirmed")[2]
    assert "--confirmed" in study("join", file, "Ann", "--consent", "2026-11-30")[2]
    assert "the log has no run of ann" in join(study, file, "ann")[2]
    assert "has a name" in join(study, file, "")[2]
    assert "has not begun here" in study("analyze", file)[2]
    assert "has not begun here" in study("today", file, "Ann")[2]
    assert not list(studies_folder(tmp_path / "data").glob("*.json"))


def test_runners_join_are_told_one_day_and_nothing_of_what_is_to_come(study: Study, file: Path, tmp_path: Path) -> None:
    status, told, remark = join(study, file, "Ann")
    assert status == 0, remark
    assert told.startswith("Ann has joined tape-and-knee as r-")
    assert "runner 1 of 20" in told
    assert "Keep that line" in remark
    folder = StudiesFolder(tmp_path / "data")
    record = folder.read("tape-and-knee")
    assert record is not None
    assert f"sealed as {record.seal}" in told
    path = studies_folder(tmp_path / "data") / "tape-and-knee.json"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert "agreed to version 2026-11-30 already" in join(study, file, "Ann")[2]
    assert join(study, file, "Bob")[0] == 0
    assert "'Cleo' has not joined" in study("today", file, "Cleo")[2]
    first, again = study("today", file, "Ann"), study("today", file, "Ann")
    assert first[0] == 0, first[2]
    condition = record.file.conditions[record.allocation.order_of(1)[0]]
    assert first[1] == again[1] == f"Run 1 of 4 of the study tape-and-knee: today {condition}.\n"
    assert json.loads(study("today", file, "Ann", "--json")[1])["condition"] == condition
    kept = folder.read("tape-and-knee")
    assert kept is not None
    assert [day.part for day in kept.member("Ann").days] == [0]
    status, told, complaint = study("analyze", file)
    assert (status, "with tape" in told) == (cli.EXIT_ERROR, False)
    assert told.startswith("2 of 20 runners joined (2 going); 0 of 80 runs are run.")
    assert [line.split()[1:] for line in told.splitlines()[3:]] == [["going", "0", "of", "4", "0", "0"]] * 2
    assert [one["runs"] for one in json.loads(study("analyze", file, "--json")[1])["runners"]] == [0, 0]
    assert "is not at its end, so nothing is opened; with --unblind REASON" in complaint
    after = folder.read("tape-and-knee")
    assert after is not None
    assert after.opened is None
    assert record.seed not in "".join((told, complaint, first[1], study("check", file)[1]))


def test_what_is_fixed_can_t_change_and_is_named(study: Study, file: Path) -> None:
    join(study, file, "Ann")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("runners: 20", "runners: 10"), encoding="utf-8")
    for words in (("check",), ("today", "Ann"), ("analyze",)):
        status, _, complaint = study(words[0], file, *words[1:])
        assert status == cli.EXIT_ERROR
        assert f"{file}: runners: changed since the first runner joined" in complaint
    file.write_text(text.replace("version: 2026-11-30", "version: 2026-12-24"), encoding="utf-8")
    assert "has a new version, 2026-12-24" in study("today", file, "Ann")[1]
    assert study("join", file, "Ann", "--consent", "2026-12-24", "--confirmed")[0] == 0
    assert "today" in study("today", file, "Ann")[1]


def followed(folder: Path, runner: str) -> None:
    """Let a runner have joined weeks ago, and each run of the log since have been one of the study."""
    with Store.open(store_path(folder)) as store:
        runs = sorted((run for run in store.log.runs(runner) if run.is_run), key=lambda run: _of(run.started_utc))[-4:]

    def with_days(record: Record | None) -> Record:
        assert record is not None
        member = record.member(runner)
        begins = [_of(run.started_utc) - timedelta(minutes=1) for run in runs]
        joined = msgspec.structs.replace(member.consents[0], at=begins[0] - timedelta(hours=1))
        days = tuple(Day(at, part) for part, at in enumerate(begins))
        return record.with_member(msgspec.structs.replace(member, consents=(joined,), days=days))

    StudiesFolder(folder).change("tape-and-knee", with_days)


def test_all_runners_are_analysed_by_one_command_and_that_ends_the_study(
    study: Study, file: Path, tmp_path: Path
) -> None:
    for runner in RUNNERS:
        join(study, file, runner)
        followed(tmp_path / "data", runner)
    status, told, complaint = study("analyze", file, "--unblind", "no more runners will join")
    assert (status, complaint) == (0, ""), complaint
    assert "Opened before its end, on " in told
    assert "2 of 20 runners: no more runners will join." in " ".join(told.split())
    assert not any(name in told for name in RUNNERS)
    assert "seed " in told
    found = json.loads(study("analyze", file, "--json")[1])
    assert found["opened"]["reason"] == "no more runners will join"
    assert [one["measure"] for one in found["results"]] == ["pain", "impact"]
    assert [one["status"] for one in found["runners"]] == ["done", "done"]
    assert all(one["runs"] == {"as usual": 2, "with tape": 2} for one in found["runners"])
    assert all(one["runner"].startswith("r-") for one in found["runners"])
    assert found["results"][1]["difference"] is not None
    assert "is over: it was opened" in study("today", file, "Ann")[2]
    again = json.loads(study("analyze", file, "--unblind", "another", "--json")[1])
    assert again == found, "it is opened once"
    with Store.open(store_path(tmp_path / "data")) as store:
        last = store.log.runs("Ann")[0].session_id
        store.log.discard(last, SystemClock().utc_now())
        changed = " ".join(json.loads(study("analyze", file, "--json")[1])["words"])
        assert "Of 1 runner it is made of other runs or values than when it was opened" in changed
        store.log.bring_back(last)
    assert json.loads(study("analyze", file, "--json")[1]) == found
    assert study("withdraw", file, "Bob")[:2] == (
        0,
        "Bob has left tape-and-knee. What was told in it stays in the runner's own log.\n",
    )
    assert "is over: it was opened" in study("today", file, "Bob")[2]
    left = json.loads(study("analyze", file, "--json")[1])
    assert [one["status"] for one in left["runners"]] == ["done", "withdrawn"]
    assert left["runners"][1]["runs"] == {"as usual": 0, "with tape": 0}


@pytest.mark.parametrize("reason", [" ", "x" * 301, "two\nlines", "\u202etxt"])
def test_a_reason_is_one_line(study: Study, file: Path, reason: str) -> None:
    assert "give a reason of one line" in study("analyze", file, "--unblind", reason)[2]


def test_what_is_kept_and_damaged_is_named(study: Study, file: Path, tmp_path: Path) -> None:
    join(study, file, "Ann")
    path = studies_folder(tmp_path / "data") / "tape-and-knee.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"runs": 4', '"runs": 8'), encoding="utf-8")
    status, _, complaint = study("today", file, "Ann")
    assert status == cli.EXIT_ERROR
    assert f"{path}: what was fixed or drawn is not what was sealed" in complaint
    assert "bring it back from a backup" in complaint
    path.unlink()
    join(study, file, "Ann")
    path.rename(path.with_name("other.json"))
    with pytest.raises(StudyError, match=r"other\.json: is that of the study tape-and-knee"):
        StudiesFolder(tmp_path / "data").runners()
