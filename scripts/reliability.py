"""Make faults, and write docs/reliability.md with what came of them: `python scripts/reliability.py [ROW ...]`.

Each row is tests of `tests/`, which `make test` runs with less effort. Without names all rows run, which takes hours;
rows that do not run keep their last result, from docs/reliability.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "reliability.md"
RESULTS = REPOSITORY / "docs" / "reliability.json"
FULL_FAULTS = {"FOOTFALL_FULL_FAULTS": "1", "FOOTFALL_REQUIRE_SERVERS": "1"}


@dataclass(frozen=True)
class Row:
    """A fault, what holds then, and the tests that show it."""

    name: str
    fault: str
    holds: str
    tests: tuple[str, ...]


MQTT = "tests/gateway/mqtt/"
ROWS = (
    Row(
        "kill-chain",
        "SIGKILL at random of broker, `gateway`, `process` and InfluxDB, while a run goes through all of them",
        "every stride once in store and database, equal to the analysis of the recording, field by field",
        (MQTT + "test_over_a_real_broker.py::test_every_stride_comes_out_once_whatever_is_killed",),
    ),
    Row(
        "kill-record",
        "SIGKILL of `record` in mid-run; it is started again",
        "the session goes on in the same recording; strides as if it had been one",
        (
            "tests/gateway/commands/test_cli_record.py::test_a_session_goes_on_after_the_recorder_was_killed",
            "tests/gateway/commands/test_cli_record.py::test_a_gateway_that_was_killed_goes_on_and_every_stride_comes_out_once",
            "tests/gateway/recordings/test_recording.py::test_kill_9_at_any_moment_loses_at_most_the_last_batch",
        ),
    ),
    Row(
        "kill-live",
        "SIGKILL of `demo` (which is `live` on virtual sensors, with its page) and `replay`",
        "the recording holds all but the last half second; the store is sound and has nothing else",
        ("tests/gateway/commands/test_cli_live.py::test_killing_a_demo_or_replay_loses_at_most_the_last_batch",),
    ),
    Row(
        "kill-push",
        "SIGKILL of `push` at random moments",
        "`push` once more makes the database whole; nothing is there twice",
        ("tests/faults/test_kills.py::test_a_push_that_is_killed_is_made_good_by_the_next",),
    ),
    Row(
        "away-broker",
        "the broker is away while a run of an hour is taken (simulated time)",
        "it is said; the run is spooled, sent later, and comes out whole",
        ("tests/faults/test_absences.py::test_a_server_that_is_away_gets_everything_once_it_is_back[broker]",),
    ),
    Row(
        "away-database",
        "InfluxDB is away while a run of an hour is taken (simulated time)",
        "it is said; the points wait on the disk, and are all there later, each once",
        ("tests/faults/test_absences.py::test_a_server_that_is_away_gets_everything_once_it_is_back[database]",),
    ),
    Row(
        "held",
        "another program holds store, spool, inbox or outbox for a while in mid-run",
        "it is said, and that it is over; all is there once; what found no room follows from the recording",
        (
            "tests/gateway/sessions/test_refusing_store.py",
            MQTT + "test_refusing_files.py",
            "tests/gateway/influx/test_outbox.py::test_an_outbox_that_is_held_for_a_while_gets_all",
        ),
    ),
    Row(
        "full-sqlite",
        "the disk is full at each page that store, spool, inbox or outbox would write, and has room again later",
        "it is said; all is there once afterwards",
        ("tests/faults/test_full_disks.py::test_a_file_without_room_gets_all_once_there_is_some",),
    ),
    Row(
        "full-program",
        "a run on a disk (tmpfs) that is full after so many kilobytes, for good",
        "it is said at once, and the exit status tells; what is on the disk is sound, and a beginning of the run",
        ("tests/faults/test_full_disks.py::test_a_run_on_a_full_disk_tells_and_keeps_what_there_was_room_for",),
    ),
    Row(
        "clock",
        "the wall clock is stepped by an hour, forwards and back, and goes over both changes of summer time",
        "strides, points and windows as without; a session that broke off goes on, or a new one begins",
        ("tests/faults/test_clocks.py",),
    ),
    Row(
        "power-recording",
        "power is cut while a recording is written: cut at every byte, zeros or noise after it",
        "every whole batch is read; never anything that was not recorded",
        (
            "tests/gateway/recordings/test_recording.py::test_a_recording_cut_at_any_byte_gives_all_whole_batches",
            "tests/gateway/recordings/test_recording.py::test_zeros_and_noise_after_a_power_cut_are_no_packets",
        ),
    ),
    Row(
        "power-sqlite",
        "power is cut while store, spool, inbox or outbox is written: cut, zeros, noise, and a torn page",
        "everything that was confirmed is there, and never a half of anything",
        ("tests/faults/test_power_cuts.py",),
    ),
    Row(
        "reboot",
        "a sensor reboots in mid-run: its clock and counter begin anew",
        "no other stride changes; none is doubled",
        ("tests/faults/test_reboots.py", "tests/gateway/test_devices_footfall.py::test_a_rebooted_sensor_goes_on"),
    ),
    Row(
        "fetch",
        "`fetch` is killed, its disk torn, the link broken and the sensors rebooted at random steps, while an hour "
        "(simulated) is fetched from two sensors that recorded it by themselves",
        "after each kill every record is on the sensor or in the vault; the recording is as undisturbed, to the bit",
        (
            "tests/faults/test_fetches.py",
            "tests/gateway/onboard/test_law.py",
        ),
    ),
    Row(
        "soak",
        "a run of 24 hours, with all that a live run does (simulated time)",
        "every packet recorded, every stride kept, flat memory",
        ("tests/faults/test_soak.py",),
    ),
)


def run(row: Row) -> dict[str, Any]:
    """Run a row's tests; return what they told, added up."""
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "0",
            "--timeout",
            "0",
            "-o",
            "junit_family=xunit1",
            "--junitxml",
            str(report),
            *row.tests,
        ]
        subprocess.run(command, cwd=REPOSITORY, env={**os.environ, **FULL_FAULTS}, check=False)
        if not report.exists():
            sys.exit(f"{row.name}: the tests ended without a report")
        cases = list(ET.parse(report).iter("testcase"))
    told: Counter[str] = Counter()
    notes = []
    for case in cases:
        properties = {one.get("name"): one.get("value") for one in case.iter("property")}
        told["tries"] += int(properties.get("tries") or 1)
        for name in ("items", "lost", "doubled"):
            told[name] += int(properties.get(name) or 0)
        if note := properties.get("note"):
            notes.append(note)
    wrong = ("failure", "error", "skipped")
    failed = [case.get("name") for case in cases if any(case.find(kind) is not None for kind in wrong)]
    return {
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "seconds": round(time.monotonic() - begun_s),
        "tests": len(cases),
        "failed": failed,
        "notes": notes,
        **{name: told[name] for name in ("tries", "items", "lost", "doubled")},
    }


INTRODUCTION = """\
# Reliability

What happens when something goes wrong, and how that was tried. Each row is tests that make the fault, on real files,
processes and servers; `make test` runs all of them with less effort. This page is made by
`python scripts/reliability.py`, which takes hours; `python scripts/reliability.py NAME` tries one row again.

*Tries* is how often the fault was made, *went through* what was compared afterwards, one by one: strides, packets,
points or batches. *Lost* and *doubled* are of these. What a fault must cost, as the last half second before a power
cut, stands in the table and does not count as lost.

"""

LIMITS = """
## What is not promised

- A packet that a sensor sends while nobody is connected to it is gone, unless the sensor
  [records by itself](onboard.md).
- A killed process or a power cut costs what was not yet on the disk: of a recording at most the last half second after
  a kill, and what the disk had not written yet after a power cut; a gateway acknowledges and a processor confirms
  nothing before it is synced.
- While the disk is full, nothing can be recorded. It is said at once, the run goes on on the page, and the exit status
  tells.
- A recording that goes on after a break has a gap where nobody listened. Results say so.
- How sensors are doing from second to second (battery, rate, losses; what InfluxDB shows of them) is not recorded, but
  for the changes of their links. While store or outbox refuse, `live` and `record` keep it in memory and write it at
  the end of the run, the newest 20,000 reports, and `process` the newest 64 of each session; a gateway does not send it
  later when the broker was away. The last report of each sensor stays with the session's summary in the store. Strides,
  windows and the summary do not depend on it.
"""


def page(results: dict[str, dict[str, Any]]) -> str:
    """Write the page."""
    lines = [
        "| name | fault | what holds | tries | went through | lost | doubled | result |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in ROWS:
        found = results.get(row.name)
        if found is None:
            figures = ["", "", "", "", "not run yet"]
        else:
            verdict = f"FAILED: {', '.join(found['failed'])}" if found["failed"] else f"held, {found['day']}"
            notes = "; ".join(dict.fromkeys(found["notes"]))
            items = f"{found['items']:,}" if found["items"] else ""
            figures = [
                f"{found['tries']:,}",
                items,
                str(found["lost"]),
                str(found["doubled"]),
                f"{verdict}{f' ({notes})' if notes else ''}",
            ]
        lines.append(f"| {row.name} | {row.fault} | {row.holds} | {' | '.join(figures)} |")
    return INTRODUCTION + "\n".join(lines) + "\n" + LIMITS


def main() -> None:
    """Run the rows that are asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(row.name for row in ROWS))
    asked = parser.parse_args().rows
    if unknown := set(asked) - {row.name for row in ROWS}:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    for row in ROWS:
        if not asked or row.name in asked:
            found = run(row)
            results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
            results[row.name] = found
            RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
            PAGE.write_text(page(results))
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    PAGE.write_text(page(results))
    if any(found["failed"] for found in results.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
