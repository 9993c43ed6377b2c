"""How long the runner's pages take with five years of runs: each page made on the server, and its first paint.

    python benchmarks/pages.py

Keeps 1,000 runs of 30 to 75 minutes in a store, with pain and shoes, a programme and twelve weeks of exercises, and
asks each page `REPEATS` times, once the store has been read as `footfall serve` does on its start. With a Chromium,
each is also opened `OPENED` times as on a phone (390 x 844, processor four times slower, 10 Mbit/s with 40 ms, nothing
kept from before), and its first paint is read.
"""

import argparse
import asyncio
import json
import shutil
import sqlite3
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from playwright.async_api import async_playwright
from rich.console import Console
from rich.table import Table

from footfall_coaching.exercises.events import ExercisesBegun
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.plan_events import PlanEvent
from footfall_coaching.programme.beginning import beginning_of
from footfall_coaching.programme.events import Begun, Ran
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.programme.sessions import SESSION_MINUTES
from footfall_dashboards.access import Door, PageServer
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.server import Surroundings, app
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.store import run_record
from footfall_gateway.store.database import Store
from footfall_gateway.store.diary import StoreDiary
from from_tests import a_diary, asked_pages, header

RUNS: Final = 1000
BEGUN: Final = a_diary.NOW - timedelta(days=77)
REPEATS: Final = 5
OPENED: Final = 3
TARGET_S: Final = 0.3
PAINT_TARGET_S: Final = 1.0
SLOWER: Final = 4
FLAGS: Final = ["--headless", "--no-sandbox", "--disable-gpu"]


def keep(made_up: a_diary.ADiary, path: Path) -> None:
    """Put a made-up runner's log into a new store."""
    Store.open(path).close()
    connection = sqlite3.connect(path)
    with connection:
        for run in made_up.kept.values():
            described = encode_header(header(run.session_id)).decode()
            connection.execute(
                "INSERT INTO session (session_id, software, header, summary) VALUES (?, 'benchmark', ?, '{}')",
                (run.session_id, described),
            )
            row = run_record.written(run)
            connection.execute(
                "INSERT INTO run (session_id, version, stamp, runner, digest, minutes) VALUES (?, ?, ?, ?, ?, ?)",
                (run.session_id, run_record.VERSION, row.stamp, row.runner_name, row.digest, row.minutes),
            )
    connection.close()
    store = Store.open(path)
    store.answers.note(*made_up.pains_told, *made_up.shoes_worn)
    store.plans.note(a_diary.RUNNER, a_diary.NOW, *plan_of(made_up))
    store.close()


def plan_of(made_up: a_diary.ADiary) -> Sequence[PlanEvent]:
    """Return a programme that ran into its last session, and exercises in their last week."""
    dated = sorted((run.started_utc, run.session_id) for run in made_up.kept.values() if run.started_utc is not None)
    before = [made_up.kept[session_id] for started, session_id in dated if started < BEGUN]
    begun = beginning_of(ProgrammeKind.IMPACT, before, made_up.pains_told, [], BEGUN)
    if not isinstance(begun, Begun):
        raise RuntimeError(f"the made-up runner can't begin a programme: {begun}")
    since = [(started, session_id) for started, session_id in dated if started >= BEGUN]
    ran = [
        Ran(started, session_id, minutes, minutes, minutes)
        for (started, session_id), minutes in zip(since, map(float, SESSION_MINUTES[:-1]), strict=False)
    ]
    return [begun, *ran, ExercisesBegun(BEGUN, Track.COMBINED, with_backward_walking=True)]


async def measured(
    path: Path, pages: Sequence[str], chromium: str | None
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return how long each page of a store took, and when a phone saw something of it, in seconds, each time."""
    async with StoreDiary(path, lambda _: None) as diary:
        await diary.read_ahead()
        took = await made(diary, pages)
        return took, {} if chromium is None else await painted(diary, pages, chromium)


def paths_of(made_up: a_diary.ADiary) -> Sequence[str]:
    """Return the pages, with runs of this log in them."""
    newest, *_, old = list(made_up.kept)
    return (
        "/today",
        "/runs",
        "/runs?q=long&page=12",
        f"/runs/{newest}",
        f"/runs/{old}",
        f"/runs/compare?a={newest}&b=like",
        "/plan",
        "/plan/session",
        "/plan/cards",
        "/trends",
        "/trends?days=365",
        "/trends?days=all",
        "/log",
        "/sensors",
        "/report/page",
    )


async def made(diary: Diary, paths: Sequence[str]) -> dict[str, list[float]]:
    """Return how long each page took, in seconds, each time."""
    pages = app(diary, Surroundings(zone=asked_pages.ZONE, clock=asked_pages.now))
    took: dict[str, list[float]] = {}
    for path in paths:
        for _ in range(REPEATS):
            began_s = time.perf_counter()
            answer = await asked_pages.get(pages, path)
            took.setdefault(path, []).append(time.perf_counter() - began_s)
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
    return took


async def painted(diary: Diary, paths: Sequence[str], chromium: str) -> dict[str, list[float]]:
    """Return when a phone first sees something of each page, in seconds, each time."""
    found: dict[str, list[float]] = {}
    around = Surroundings(zone=asked_pages.ZONE, clock=asked_pages.now)
    async with PageServer(app(diary, around), Door(port=0)) as server, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for path in [path for path in paths for _ in range(OPENED)]:
            page = await browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=3, is_mobile=True)
            session = await page.context.new_cdp_session(page)
            await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            network = {"offline": False, "latency": 40, "downloadThroughput": 1.25e6, "uploadThroughput": 1.25e6}
            await session.send("Network.emulateNetworkConditions", network)
            await page.goto(server.url.rstrip("/") + path)
            paint_ms = await page.evaluate(
                "new Promise((told) => new PerformanceObserver((list) => told(list.getEntries()[0].startTime))"
                ".observe({ type: 'paint', buffered: true }))"
            )
            found.setdefault(path, []).append(float(paint_ms) / 1000.0)
            await page.close()
        await browser.close()
    return found


def main() -> int:
    """Measure, print a table, and say by the exit status whether every page met the targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers to FILE")
    arguments = parser.parse_args()
    made_up = a_diary.many_runs(RUNS)
    chromium = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    with TemporaryDirectory() as folder:
        store = Path(folder) / "footfall.sqlite"
        keep(made_up, store)
        pages = paths_of(made_up)
        del made_up
        took, paints = asyncio.run(measured(store, pages, chromium))
    shown = Table("Page", "Median, ms", "Slowest, ms", "First paint, ms", title=f"{RUNS} runs")
    for path, own in took.items():
        paint = f"{1000.0 * median(paints[path]):.0f}" if path in paints else "–"
        shown.add_row(path, f"{1000.0 * median(own):.0f}", f"{1000.0 * max(own):.0f}", paint)
    Console().print(shown)
    if arguments.json:
        numbers = {path: {"took_s": own, "paint_s": paints.get(path)} for path, own in took.items()}
        arguments.json.write_text(json.dumps(numbers, indent=2) + "\n")
    is_fast = all(median(own) < TARGET_S for own in took.values())
    return 0 if is_fast and all(median(paint) < PAINT_TARGET_S for paint in paints.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
