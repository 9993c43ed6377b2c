"""`footfall report`: two pages for the physiotherapist."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from footfall_dashboards.runner.report import DAYS, Report, report_of
from footfall_dashboards.runner.report_extra import as_pdf, as_png
from footfall_dashboards.runner.spoken import Spoken
from footfall_gateway import console
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, RunnerName
from footfall_gateway.commands.whose import whose
from footfall_gateway.data_folder import store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.own_files import create_own, make_own_folder
from footfall_gateway.persons.bin import diary_of
from footfall_gateway.store.lookup import HOW_TO_FILL_IT, open_store

FEWEST_DAYS: Final = 28
MOST_DAYS: Final = 3660

_KINDS: Final[Mapping[str, Callable[[Report], bytes]]] = {
    ".html": lambda report: report.html.encode(),
    ".pdf": as_pdf,
    ".png": as_png,
}


def report(
    *,
    out: Path | None = None,
    days: int = DAYS,
    csv: Annotated[bool, Parameter(negative="--no-csv")] = True,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Write two pages of A4 to bring along to a physiotherapist: changes of each leg, plan, load, pain, and errors.

    One file that needs nothing else, and the numbers beside it as CSV. Nothing is overwritten.

    Parameters
    ----------
    out
        The file to write, by its ending .html, .pdf or .png (its pictures); the last two need the extra report. By
        default footfall-report-DATE.html in this folder.
    days
        How far back, from 28 days to ten years.
    csv
        Write the numbers too: FILE-runs.csv and FILE-pains.csv.
    runner
        Whose report; needed where the store holds several runners'.
    data_dir
        Where recordings and the store are.
    """
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise GatewayError(f"--days {days} is not within {FEWEST_DAYS} to {MOST_DAYS:,}")
    now = SystemClock().utc_now().astimezone()
    path = Path(f"footfall-report-{now:%Y-%m-%d}.html") if out is None else out
    written = _KINDS.get(path.suffix.lower())
    if written is None:
        raise GatewayError(f"{path}: a report ends in {', '.join(_KINDS)}; give --out such a name")
    if not store_path(data_dir).exists():
        raise GatewayError(
            f"{data_dir}: holds no runs yet; take one along first, or give another folder with --data-dir"
        )
    made = asyncio.run(_made(data_dir, _whose(data_dir, runner), now, days))
    files = {path: written(made)}
    if csv:
        files[path.with_name(f"{path.stem}-runs.csv")] = made.runs_csv.encode()
        files[path.with_name(f"{path.stem}-pains.csv")] = made.pains_csv.encode()
    for one in files:
        if one.exists():
            raise GatewayError(f"{one}: is there already; give another name with --out")
    for one, content in files.items():
        _write(one, content)
        console.write_line(str(one))


def _whose(folder: Path, runner: str) -> str:
    """Return the name of the runner that is meant, as the store has it."""
    with open_store(folder) as store:
        names = store.log.names() | store.answers.names()
    if not names:
        raise GatewayError(f"{store_path(folder)}: holds no runs yet; {HOW_TO_FILL_IT}")
    return whose(store_path(folder), names, runner, "report")


async def _made(folder: Path, runner: str, now: datetime, days: int) -> Report:
    async with diary_of(folder) as diary:
        assert now.tzinfo is not None
        return await report_of(diary, runner, now, Spoken(now.tzinfo), days)


def _write(path: Path, content: bytes) -> None:
    try:
        make_own_folder(path.parent)
        with create_own(path) as file:
            file.write(content)
    except OSError as error:
        raise GatewayError(f"{path}: can't be written ({error.strerror or error})") from error
