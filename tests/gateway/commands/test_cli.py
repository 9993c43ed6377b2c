"""The command line: what it offers, what it prints, how it says no."""

import json
import math
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import forked
from footfall_gateway import cli
from footfall_gateway.command_table import COMMANDS, Command
from footfall_gateway.exit_status import ExitStatus
from footfall_gateway.help_texts import described
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from forked import COMMAND
from gateway.command_line import FEET, Ended, environment, footfall

Run: TypeAlias = Callable[..., Ended]

STRIDE_FIELDS = {
    "type",
    "sensor_id",
    "side",
    "activity",
    "initial_contact_s",
    "toe_off_s",
    "next_contact_s",
    "stride_time_s",
    "cadence_spm",
    "contact_time_s",
    "flight_time_s",
    "duty_factor",
    "peak_acc_g",
    "peak_tibial_acc_g",
    "foot_strike_angle_deg",
    "strike",
    "stride_length_m",
    "speed_mps",
    "quality",
}
HEADER = "t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps"


@pytest.fixture
def run_here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command in this process, which is faster; with a data folder of its own."""
    monkeypatch.setenv("FOOTFALL_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str | Path) -> Ended:
        status = cli.run([str(argument) for argument in arguments])
        return Ended(status, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def feet_csv(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A recording's two sensors as CSV."""
    folder = tmp_path_factory.mktemp("feet")
    exported = footfall("export", FEET, "--out", folder, "--json")
    return [Path(name) for name in exported.objects[0]["files"]]


def write_csv(folder: Path, rows: Sequence[str], header: str = HEADER, **sensor: object) -> Path:
    path = folder / "run.csv"
    path.write_text("\n".join([header, *rows, ""]))
    described = {"id": "foot-right", "placement": "foot", "side": "right", "rate_hz": 100, "acc_range_g": 16}
    path.with_suffix(".json").write_text(json.dumps({"sensors": [{**described, "gyro_range_dps": 2000, **sensor}]}))
    return path


def resting(count: int, upwards_g: float = 1.0) -> list[str]:
    return [f"{i / 100:.2f},0.01,0.02,{upwards_g},0.1,0.2,0.1" for i in range(count)]


# What it offers.


def test_starting_up_imports_nothing_heavy() -> None:
    heavy = "{'numpy', 'scipy', 'numba', 'bleak', 'starlette', 'footfall_gateway.commands'}"
    code = f"import sys; from footfall_gateway.cli import build_app; build_app(); print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


LOAD_ALL_COMMANDS = """
import sys
from importlib import import_module
from footfall_gateway.command_table import COMMANDS
for command in COMMANDS:
    import_module(command.target.partition(":")[0])
print({"scipy.stats", "scipy.optimize", "scipy.signal", "icalendar", "pyarrow", "weasyprint"} & set(sys.modules))
"""


def test_no_command_loads_at_its_start_what_takes_long_and_is_seldom_needed() -> None:
    assert forked.run([sys.executable, "-c", LOAD_ALL_COMMANDS], env=environment(), text=True).stdout == "set()\n"


@pytest.mark.parametrize(("blocked", "named"), [(False, "this once"), (True, "can't be written")])
def test_a_wait_for_compiling_is_explained_in_one_line(tmp_path: Path, blocked: bool, named: str) -> None:
    cache = tmp_path / "cache"
    if blocked:
        cache.write_text("a file, not a folder")
    code = "from footfall_gateway.commands.preparation import wait_ahead; print(wait_ahead())"
    said = subprocess.check_output(
        [sys.executable, "-c", code], text=True, env=environment(XDG_CACHE_HOME=str(cache), HOME=str(cache))
    )
    assert named in said
    assert said.count("\n") == 1


def test_version_is_the_installed_one(run_here: Run) -> None:
    ended = run_here("--version")
    assert (ended.status, ended.out) == (0, f"{version('footfall')}\n")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_of_each_command_has_examples(run_here: Run, command: Command) -> None:
    ended = run_here(*command.name.split(), "--help")
    assert ended.status == 0
    assert described(command.target).split(".")[0] in " ".join(ended.out.split())
    assert all(example in ended.out for example in command.examples)
    assert "[default: ()]" not in ended.out
    app = cli.build_app()
    for word in command.name.split():
        app = app[word]
    arguments = app.assemble_argument_collection(parse_docstring=True)
    assert [one.name for one in arguments if not (one.children or one.parameter.help)] == []


@pytest.mark.parametrize(("user", "may_look"), [(1234, False), (0, True)])
def test_a_data_folder_is_used_by_its_own_user_alone(
    run_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, may_look: bool
) -> None:
    folder = tmp_path / "of-another"
    folder.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "access", lambda *_: may_look)
    look, looked_at = Path.stat, folder.stat()
    theirs = os.stat_result((*looked_at[:4], 4321, *looked_at[5:]))
    monkeypatch.setattr(Path, "stat", lambda path, **how: theirs if path == folder else look(path, **how))
    for command in ("person list", "health", "login list", "sessions list", "doctor --salvage"):
        ended = run_here(*command.split(), "--data-dir", folder)
        assert (ended.status, "belongs to #4321" in ended.err) == (ExitStatus.NOT_DONE, True), command
    assert "call this as that user: sudo -u #4321 footfall" in ended.err


def test_what_is_empty_is_said_so(run_here: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert run_here("sessions", "waiting").out == "Nothing waits: all that came is computed.\n"
    assert run_here("person", "forget", "Ann", "--yes").err.endswith("nor of anybody; is it the right --data-dir?\n")


def test_help_tells_all_that_the_documentation_does_in_paragraphs(
    run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    ended = run_here("process", "--help")
    assert "it goes on where it was. The broker's user comes from FOOTFALL_MQTT_USER" in ended.out
    assert "the runner's later sessions (live, import) use" in run_here("analyze", "--help").out
    assert all(command.summary in run_here("--help").out for command in COMMANDS if " " not in command.name)


@pytest.mark.parametrize("example", [example for command in COMMANDS for example in command.examples])
def test_examples_are_true(example: str) -> None:
    words = shlex.split(example.partition(">")[0])
    assert words[0] == "footfall"
    cli.build_app().parse_args(words[1:])


def test_help_lists_every_command(run_here: Run) -> None:
    for arguments in (["--help"], []):
        ended = run_here(*arguments)
        assert ended.status == 0
        assert all(command.name.split()[0] in ended.out for command in COMMANDS)


# What it prints.


def test_analysis_as_json_is_a_recording_strides_in_order_and_a_summary() -> None:
    ended = footfall("analyze", FEET, "--json")
    first, *strides, last = ended.objects
    assert ended.err == ""
    assert first["type"] == "recording"
    assert [sensor["id"] for sensor in first["sensors"]] == ["foot-left", "foot-right"]
    assert {stride["type"] for stride in strides} == {"stride"}
    assert len(strides) > 100
    assert all(STRIDE_FIELDS | set(STRIDE_METRICS) <= set(stride) for stride in strides)
    order = [(stride["initial_contact_s"], stride["sensor_id"]) for stride in strides]
    assert order == sorted(order)
    assert {stride["peak_tibial_acc_g"] for stride in strides} == {None}
    assert last["type"] == "summary"
    assert last["strides"] == len(strides)


def test_analysis_for_people_says_what_is_missing_and_why(run_here: Run) -> None:
    ended = run_here("analyze", FEET)
    assert (ended.status, ended.err) == (0, "")
    for expected in ("Running", "Cadence [steps/min]", "foot-left", "no peak tibial acceleration, shank tilt"):
        assert expected in ended.out


def test_csv_and_its_import_give_the_same_strides(feet_csv: list[Path], tmp_path: Path, run_here: Run) -> None:
    recording = tmp_path / "run.mcap"
    imported = run_here("import", *feet_csv, "--out", recording, "--json").objects
    assert imported[0]["path"] == str(recording)
    direct = run_here("analyze", *feet_csv, "--json")
    assert len(direct.strides) > 100
    assert direct.strides == run_here("analyze", recording, "--json").strides


def test_with_the_runner_s_size_there_is_stiffness(feet_csv: list[Path], tmp_path: Path, run_here: Run) -> None:
    size = ("--mass-kg", "70", "--height-m", "1.75")
    recording = tmp_path / "run.mcap"
    run_here("import", *feet_csv, "--out", recording, *size)
    kept = run_here("analyze", recording, "--json")
    first, *strides, _ = kept.objects
    assert first["runner"] == {"mass_kg": 70.0, "height_m": 1.75}
    assert [s for s in strides if s["leg_stiffness_kn_per_m"] is not None]
    assert kept.strides == run_here("analyze", *feet_csv, *size, "--json").strides
    assert run_here("analyze", FEET, "--json").objects[0]["runner"] is None


@pytest.mark.parametrize("option", ["--distance-m", "--speed-mps"])
def test_a_known_distance_or_speed_calibrates_stride_lengths(run_here: Run, option: str, feet_csv: list[Path]) -> None:
    *_, summary = run_here("analyze", *feet_csv, "--json").objects
    left = next(part for part in summary["sensors"] if (part["side"], part["activity"]) == ("left", "run"))
    walked_m = sum(part["distance_m"] for part in summary["sensors"] if part["side"] == "left")
    known = walked_m if option == "--distance-m" else left["metrics"]["speed_mps"]["median"]
    ended = run_here("analyze", *feet_csv, "--json", option, str(1.05 * known))
    assert "foot-left: stride lengths are multiplied by 1.048 ± 0.010" in ended.err, "a runner's gain is 1 ± 0.05"
    *_, calibrated = ended.objects
    again = next(part for part in calibrated["sensors"] if (part["side"], part["activity"]) == ("left", "run"))
    assert again["distance_m"] == pytest.approx(1.048 * left["distance_m"], rel=1e-3)
    assert again["metrics"]["cadence_spm"] == left["metrics"]["cadence_spm"]


def test_a_calibration_is_kept_for_the_runner_and_used_by_later_sessions(
    run_here: Run, tmp_path: Path, feet_csv: list[Path]
) -> None:
    def gains(objects: list[dict[str, Any]]) -> list[float]:
        return [sensor["length_gain"] for sensor in objects[0]["sensors"]]

    learnt = run_here("analyze", *feet_csv, "--json", "--speed-mps", "3.2", "--runner", "ada")
    assert "kept for later sessions" in learnt.err
    assert all(1.02 < gain < 1.12 for gain in gains(learnt.objects))
    assert gains(run_here("analyze", *feet_csv, "--json").objects) == [1.0, 1.0], "an analysis needs no store"

    assert run_here("import", *feet_csv, "--runner", "ada", "--out", tmp_path / "ada.mcap").status == 0
    assert run_here("import", *feet_csv, "--out", tmp_path / "another.mcap").status == 0
    again = run_here("analyze", tmp_path / "ada.mcap", "--json")
    assert gains(again.objects) == gains(learnt.objects)
    assert again.strides == learnt.strides
    assert gains(run_here("analyze", tmp_path / "another.mcap", "--json").objects) == [1.0, 1.0]
    assert "stride lengths are calibrated" in " ".join(run_here("analyze", tmp_path / "ada.mcap").out.split())

    relearnt = run_here("analyze", tmp_path / "ada.mcap", "--json", "--speed-mps", "3.2")
    assert gains(relearnt.objects) == pytest.approx(gains(learnt.objects)), "a gain is not learnt on top of another"

    exported = run_here("export", tmp_path / "ada.mcap", "--out", tmp_path / "csv", "--json").objects[0]["files"]
    assert gains(run_here("analyze", *exported, "--json").objects) == gains(learnt.objects)


def test_a_store_that_cannot_be_written_does_not_end_a_calibration(
    run_here: Run, tmp_path: Path, feet_csv: list[Path]
) -> None:
    (tmp_path / "file").write_text("")
    ended = run_here("analyze", *feet_csv, "--json", "--speed-mps", "3.0", "--data-dir", tmp_path / "file")
    assert ended.status == 0
    assert "not kept (" in ended.err


def test_windows_are_a_table_for_people(run_here: Run) -> None:
    out = run_here("analyze", FEET, "--windows", "1min").out
    assert "Minute" in out
    assert "Minute" not in run_here("analyze", FEET).out


def test_an_impossible_distance_is_refused(run_here: Run, feet_csv: list[Path]) -> None:
    assert "check the distance or speed" in run_here("analyze", *feet_csv, "--distance-m", "10").complaint


def test_nobody_is_calibrated_by_a_run_that_nobody_ran(run_here: Run, tmp_path: Path) -> None:
    assert "nobody ran it" in run_here("analyze", FEET, "--speed-mps", "3").complaint
    assert not (tmp_path / "footfall.sqlite").exists()


def test_several_recordings_are_for_the_log(run_here: Run) -> None:
    assert "footfall add" in run_here("analyze", FEET, FEET).complaint


def test_windows_are_extra_lines_where_they_become_final(run_here: Run) -> None:
    plain = run_here("analyze", FEET, "--json")
    ended = run_here("analyze", FEET, "--json", "--windows", "10s")
    first, *between, last = ended.objects
    assert ended.strides == plain.strides
    assert (first["type"], last["type"]) == ("recording", "summary")
    windows = [line for line in between if line["type"] == "window"]
    assert sum(window["strides"] for window in windows) == len(plain.strides)
    for window in windows:
        assert window["window"] == "10s"
        assert window["end_s"] - window["begin_s"] == 10.0
    number = between.index(windows[0])
    before = [line for line in between[:number] if line["sensor_id"] == windows[0]["sensor_id"]]
    assert len(before) == windows[0]["strides"], "the sensor's next stride comes after the window that it ends"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--windows", "7min", "--json"), "5min"),
        (("--mass-kg", "70"), "--height-m"),
        (("--mass-kg", "70", "--height-m", "175"), "175 m"),
    ],
)
def test_options_that_do_not_fit_get_one_line(run_here: Run, options: tuple[str, ...], named: str) -> None:
    assert named in run_here("analyze", FEET, *options).complaint


@pytest.mark.parametrize("format", ["csv", "parquet", "motion-bids"])
def test_export_names_what_it_wrote_and_never_overwrites(run_here: Run, tmp_path: Path, format: str) -> None:
    out = tmp_path / "out"
    exported = run_here("export", FEET, "--format", format, "--out", out, "--json").objects[0]
    assert exported["files"]
    assert all(Path(name).stat().st_size > 0 for name in exported["files"])
    assert str(out) in run_here("export", FEET, "--format", format, "--out", out).complaint


def test_a_reader_that_leaves_early_is_no_error() -> None:
    analysis = forked.popen(
        [*COMMAND, "analyze", str(FEET), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with analysis:
        assert analysis.stdout is not None
        assert analysis.stderr is not None
        assert analysis.stdout.readline().startswith('{"type":"recording"')
        analysis.stdout.close()
        assert analysis.stderr.read() == ""
    assert analysis.returncode == ExitStatus.NOBODY_READS


# How it says no.


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["analyse"], "analyse"),
        (["analyze"], "FILE"),
        (["analyze", "run.mcap", "--jsn"], "--jsn"),
        (["replay", "run.mcap", "--speed", "fast"], "'fast' is no speed"),
        (["replay", "run.mcap", "--speed", "0"], "'0' is no speed"),
        (["replay", "run.mcap", "--speed", "inf"], "'inf' is no speed"),
        (["demo", "--duration", "-3"], "positive number"),
        (["demo", "--port", "many"], "many"),
        (["export", "run.mcap", "--format", "xlsx"], "xlsx"),
        (["sessions", "remove"], "remove"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_use_gets_one_line_that_points_to_the_help(run_here: Run, arguments: list[str], named: str) -> None:
    complaint = run_here(*arguments).complaint
    assert named in complaint
    assert "Try: footfall " in complaint
    assert "--help" in complaint


@pytest.mark.parametrize(
    ("rows", "changes", "named"),
    [
        pytest.param(resting(300), {"header": "t_s,ax_g,ay_g,gx_dps,gy_dps,gz_dps"}, "az_g", id="missing column"),
        pytest.param(resting(300), {"header": HEADER.replace("ay_g", "ay")}, "ay_g", id="misnamed column"),
        pytest.param([*resting(50), "0.50,fast,0,1,0,0,0", *resting(300)[51:]], {}, "line 52", id="text"),
        pytest.param([*resting(50), "0.50,nan,0,1,0,0,0", *resting(300)[51:]], {}, "line 52", id="NaN"),
        pytest.param([*resting(50), "0.50,0,inf,1,0,0,0", *resting(300)[51:]], {}, "line 52", id="infinity"),
        pytest.param([*resting(50), *resting(300)[20:]], {}, "line 52", id="time runs backwards"),
        pytest.param([*resting(50), *resting(300)[49:]], {}, "line 52", id="time stands still"),
        pytest.param([*resting(50), "0.50,0.01,0.02"], {}, "line 52", id="row cut short"),
        pytest.param(resting(300, upwards_g=9.81), {}, "m/s²", id="wrong unit"),
        pytest.param(resting(300), {"placement": "hip"}, "hip", id="unknown placement"),
        pytest.param([], {}, "no samples", id="header alone"),
        pytest.param([], {"header": ""}, "empty", id="empty file"),
    ],
)
def test_bad_csv_gets_one_line_with_file_and_place(
    run_here: Run, tmp_path: Path, rows: list[str], changes: dict[str, str], named: str
) -> None:
    path = write_csv(tmp_path, rows, **changes)
    for arguments in (["analyze", path, "--json"], ["import", path], ["replay", path]):
        complaint = run_here(*arguments).complaint
        assert str(path.with_suffix("")) in complaint
        assert named in complaint


def test_missing_sidecar_is_named(run_here: Run, tmp_path: Path) -> None:
    path = write_csv(tmp_path, resting(300))
    path.with_suffix(".json").unlink()
    complaint = run_here("analyze", path).complaint
    assert str(path) in complaint
    assert path.with_suffix(".json").name in complaint


@pytest.mark.parametrize("content", [None, b"", b"not a recording", FEET.read_bytes()[:100]], ids=repr)
def test_bad_recording_gets_one_line(run_here: Run, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "run.mcap"
    if content is not None:
        path.write_bytes(content)
    for command in ("analyze", "replay", "demo", "export"):
        assert str(path) in run_here(command, path).complaint


def test_two_recordings_at_once_are_refused(run_here: Run) -> None:
    assert "one recording at a time" in run_here("analyze", FEET, FEET).complaint


def test_a_recording_cut_short_is_used_and_remarked_on(run_here: Run, tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    path.write_bytes(FEET.read_bytes()[:-5000])
    ended = run_here("analyze", path, "--json")
    assert len(ended.strides) > 100
    assert str(path) in ended.err
    assert "no proper end" in ended.err


def test_a_rate_too_low_leaves_metrics_empty_with_a_flag(feet_csv: list[Path], tmp_path: Path, run_here: Run) -> None:
    lines = feet_csv[0].read_text().splitlines()
    every = 5
    sidecar = json.loads(feet_csv[0].with_suffix(".json").read_text())
    rate_hz = sidecar["sensors"][0]["rate_hz"] / every
    path = write_csv(tmp_path, lines[1::every], header=lines[0], **(sidecar["sensors"][0] | {"rate_hz": rate_hz}))
    strides = [thing for thing in run_here("analyze", path, "--json").objects if thing["type"] == "stride"]
    assert strides
    assert {stride["peak_acc_g"] for stride in strides} == {None}
    assert {stride["contact_time_s"] for stride in strides} == {None}
    assert all({"rate_low_for_peaks", "rate_low_for_events"} <= set(stride["quality"]) for stride in strides)


def test_no_store_yet(run_here: Run, tmp_path: Path) -> None:
    for command in ("list", "show"):
        assert str(tmp_path) in run_here("sessions", command, "--data-dir", tmp_path).complaint


def test_a_data_folder_that_cannot_be_made(run_here: Run, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    complaint = run_here("replay", FEET, "--data-dir", in_the_way).complaint
    assert str(in_the_way) in complaint
    assert "--data-dir" in complaint


def test_a_used_port_gets_one_line_and_no_recording(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        complaint = footfall("demo", FEET, "--no-browser", "--port", str(port), "--data-dir", tmp_path).complaint
    assert str(port) in complaint
    assert "--port" in complaint
    assert list(tmp_path.rglob("*.mcap")) == []


def test_speed_max_is_infinite() -> None:
    _, bound, _ = cli.build_app().parse_args(["replay", "run.mcap", "--speed", "max"])
    assert math.isinf(bound.arguments["speed"])
