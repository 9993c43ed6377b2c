"""Runs: which run was that? A list that can be searched, and from which runs are chosen to be compared."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape, unescape
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from footfall_coaching.answers import Pain, SignNote
from footfall_coaching.light import Colour, Light, light_of_run
from footfall_coaching.run import Run
from footfall_dashboards.access import visitor_of
from footfall_dashboards.access.login import SEE_OTHER
from footfall_dashboards.runner.asking import may_note, noted_form, require_seen, runner_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import link, page, part, said, section, text
from footfall_dashboards.runner.inbox import Inbox, InboxState
from footfall_dashboards.runner.inbox_part import folder_part, refused_part
from footfall_dashboards.runner.run_charts import row_curve
from footfall_dashboards.runner.spoken import KINDS, RUN, SESSION, WALK, Spoken, how_long, kind_of, spoken_to
from footfall_dashboards.runner.token import token_field
from footfall_processing.errors import InputError

RUNS_ON_PAGE: Final = 20
MOST_SEARCHED: Final = 100
"""Characters of a search; more are left out."""

_BEGIN: Final = (
    "<p>Take one along with <code>footfall live</code> or <code>footfall record</code>, or take in files with "
    "<code>footfall add</code>.</p>"
)
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty where it does not matter.

    Parameters
    ----------
    words
        All of them stand in the run's title, shoe or day.
    shoe
        The shoe's whole name.
    month
        `2026-11`.
    page
        Which page of what was found, from 1.
    """

    words: str = ""
    shoe: str = ""
    month: str = ""
    page: int = 1

    @classmethod
    def of(cls, request: Request) -> "Search":
        """Take what the address says; what makes no sense there is left out."""
        query = request.query_params
        number = query.get("page", "1")
        month = query.get("month", "")
        return cls(
            words=query.get("q", "")[:MOST_SEARCHED].strip(),
            shoe=query.get("shoe", "")[:MOST_SEARCHED],
            month=month if _MONTH.fullmatch(month) else "",
            page=int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 6 and int(number) else 1,
        )

    @property
    def is_empty(self) -> bool:
        """Whether everything is looked for."""
        return not (self.words or self.shoe or self.month)

    def finds(self, run: Run, spoken: Spoken) -> bool:
        """Tell whether a run is one of those that are looked for."""
        if self.shoe and run.shoe != self.shoe:
            return False
        if self.month and _month_of(run, spoken) != self.month:
            return False
        there = f"{run.title} {run.shoe} {spoken.day(run.started_utc)}".casefold()
        return all(word in there for word in self.words.casefold().split())

    def link(self, runner: str, number: int) -> str:
        """Return the address of another page of the same search."""
        return link("/runs", runner, q=self.words, shoe=self.shoe, month=self.month, page=str(number))


def routes(diary: Diary, local_now: Callable[[], datetime], inbox: Inbox, keeper: str) -> list[BaseRoute]:
    """Return the list of runs, and what its bin can do; the watched folder is told to its keeper alone."""

    async def shown(request: Request) -> Response:
        runner = runner_of(request)
        spoken = spoken_to(request, local_now().tzinfo or UTC)
        runs = await diary.runs(runner)
        binned = await diary.bin(runner) if may_note(request, runner) else ()
        answers = await diary.pains(runner), await diary.signs(runner)
        is_keeper = visitor_of(request.scope).name in ("", keeper)
        folder = await inbox.state() if is_keeper else InboxState()
        body = refused_part(folder, spoken) + _body(request, runner, spoken, runs, binned, *answers)
        body += folder_part(folder)
        return page("Runs", "runs", body, runner=runner)

    async def emptied(request: Request) -> Response:
        runner = runner_of(request)
        fields = await noted_form(request, runner)
        if fields.get("sure") == "yes":
            await diary.empty_bin(runner)
        return RedirectResponse(unescape(link("/runs", runner)), SEE_OTHER)

    async def brought_back(request: Request) -> Response:
        runner = runner_of(request)
        fields = await noted_form(request, runner)
        run = await diary.run(fields.get("run", ""))
        if run is not None:
            await require_seen(request, run.runner_name)
            if may_note(request, run.runner_name):
                try:
                    await diary.bring_back(run.session_id)
                except InputError as error:
                    words = f"{str(error)[:1].upper()}{str(error)[1:]}."
                    return page("Not changed", "runs", said(words, "trouble"), runner=runner, status=400)
        return RedirectResponse(unescape(link("/runs", runner)), SEE_OTHER)

    return [
        Route("/runs", shown),
        Route("/runs/bin/empty", emptied, methods=["POST"]),
        Route("/runs/bin/back", brought_back, methods=["POST"]),
    ]


def light_mark(light: Light) -> str:
    """Return a run's light: colour, shape and word, and its reason in the title of the word."""
    name = {Colour.GREEN: "green", Colour.AMBER: "amber", Colour.RED: "red"}.get(light.colour, "unknown")
    signs = {
        "green": '<circle cx="8" cy="8" r="6.5"/>',
        "amber": '<path d="M8 1 15 14.5H1Z"/>',
        "red": '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z"/>',
        "unknown": '<circle class="empty" cx="8" cy="8" r="5.5"/>',
    }
    words = "not told" if name == "unknown" else name
    return (
        f'<span class="run-light {name}"><svg viewBox="0 0 16 16" aria-hidden="true">{signs[name]}</svg>'
        f'<span class="unseen">Pain light: </span>{words}</span>'
    )


def _body(
    request: Request,
    runner: str,
    spoken: Spoken,
    runs: Sequence[Run],
    binned: Sequence[Run],
    pains: Sequence[Pain],
    signs: Sequence[SignNote],
) -> str:
    own = [run for run in runs if not run.is_demo]
    demos = [run for run in runs if run.is_demo]
    search = Search.of(request)
    found = own if search.is_empty else [run for run in own if search.finds(run, spoken)]
    pages = max(1, -(-len(found) // RUNS_ON_PAGE))
    number = min(search.page, pages)
    here = found[(number - 1) * RUNS_ON_PAGE : number * RUNS_ON_PAGE]
    parts = []
    if own:
        parts.append(_search_form(runner, search, own, spoken))
        parts.append(said(_count_words(found, len(own), number, pages)))
        parts.append(_list(here, runner, spoken, pains, signs) if here else said("No run like that. Look for less."))
        parts.append(_paging(search, runner, number, pages))
    else:
        parts.append(said("No runs yet.", "lead") + _BEGIN)
    if demos:
        heading = section(
            "Demo runs",
            said("Played from examples. They count in no sum, and no advice is made of them."),
            _plain_list(demos, runner, spoken),
        )
        parts.append(heading)
    if binned:
        parts.append(_bin(request, runner, binned, spoken))
    return "".join(parts)


def _search_form(runner: str, search: Search, runs: Sequence[Run], spoken: Spoken) -> str:
    shoes = sorted({run.shoe for run in runs if run.shoe}, key=str.casefold)
    months = sorted({month for run in runs if (month := _month_of(run, spoken))}, reverse=True)
    hidden = f'<input type="hidden" name="runner" value="{escape(runner)}">' if runner else ""
    clear = "" if search.is_empty else f' <a href="{link("/runs", runner)}">Show all</a>'
    return (
        f'<details class="find"{"" if search.is_empty else " open"}><summary>Search</summary>'
        f'<form class="search" method="get" action="/runs" role="search">{hidden}'
        f'<div><label for="q">Words</label><input id="q" name="q" type="search" maxlength="{MOST_SEARCHED}" '
        f'value="{text(search.words)}"></div>'
        f"{_choice('shoe', 'Shoe', 'Any', [(shoe, shoe) for shoe in shoes], search.shoe)}"
        f"{_choice('month', 'Month', 'Any', [(month, _month_name(month)) for month in months], search.month)}"
        f"<div><button>Search</button>{clear}</div></form></details>"
    )


def _choice(name: str, label: str, none: str, values: Iterable[tuple[str, str]], chosen: str) -> str:
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{text(words)}</option>'
        for value, words in values
    )
    return (
        f'<div><label for="{name}">{label}</label><select id="{name}" name="{name}">'
        f'<option value="">{none}</option>{options}</select></div>'
    )


def _count_words(found: Sequence[Run], all_of_them: int, number: int, pages: int) -> str:
    kinds = Counter(map(kind_of, found)) or {RUN: 0}
    many = [f"{kinds[kind]} {kind}{'' if kinds[kind] == 1 else 's'}" for kind in KINDS if kind in kinds]
    words = " and ".join(many) + ("" if len(found) == all_of_them else f" of {all_of_them}")
    return f"{words}, page {number} of {pages}." if pages > 1 else f"{words}."


def _list(runs: Sequence[Run], runner: str, spoken: Spoken, pains: Sequence[Pain], signs: Sequence[SignNote]) -> str:
    hidden = f'<input type="hidden" name="runner" value="{escape(runner)}">' if runner else ""
    rows = "".join(_row(run, runner, spoken, light_of_run(run, pains, signs)) for run in runs)
    return (
        f'<form method="get" action="/runs/compare">{hidden}<ul class="runs">{rows}</ul>'
        '<p class="with-button"><button>Compare the chosen runs</button></p>'
        '<p class="hint">Choose two or more: the newest is held against the others.</p></form>'
    )


def _row(run: Run, runner: str, spoken: Spoken, light: Light) -> str:
    id = escape(run.session_id)
    title = text(spoken.title(run))
    return (
        f'<li><input type="checkbox" name="run" value="{id}" aria-label="Compare {title}">'
        f'<div class="what"><a href="{link(f"/runs/{part(run.session_id)}", runner)}">{title}</a>'
        f"<p>{_facts(run, spoken)}</p></div>"
        f'<div class="curve">{row_curve(run)}</div>{light_mark(light) if run.is_run else ""}</li>'
    )


def _plain_list(runs: Sequence[Run], runner: str, spoken: Spoken) -> str:
    rows = "".join(
        f'<li><div class="what"><a href="{link(f"/runs/{part(run.session_id)}", runner)}">{text(spoken.title(run))}</a>'
        f'<p>{_facts(run, spoken)}</p></div><div class="curve">{row_curve(run)}</div></li>'
        for run in runs
    )
    return f'<ul class="runs plain">{rows}</ul>'


def _facts(run: Run, spoken: Spoken) -> str:
    when = [spoken.day(run.started_utc), spoken.time_of_day(run.started_utc)] if run.title else []
    if not run.title and run.started_utc is not None:
        when = [spoken.time_of_day(run.started_utc)]
    distance = spoken.distance(run.distance_m) if run.distance_m is not None else "distance unknown"
    distance = {WALK: "a walk, no run", SESSION: "no step was found"}.get(kind_of(run), distance)
    facts = [*when, distance, f"{how_long(run.duration_s)} in all", run.shoe]
    return " · ".join(f"<span>{text(fact)}</span>" for fact in facts if fact)


def _paging(search: Search, runner: str, number: int, pages: int) -> str:
    if pages == 1:
        return ""
    newer = f'<a rel="prev" href="{search.link(runner, number - 1)}">Newer runs</a>' if number > 1 else "<span></span>"
    older = f'<a rel="next" href="{search.link(runner, number + 1)}">Older runs</a>' if number < pages else ""
    return f'<nav class="paging" aria-label="Pages of runs">{newer}<span>{number} of {pages}</span>{older}</nav>'


def _bin(request: Request, runner: str, runs: Sequence[Run], spoken: Spoken) -> str:
    token = token_field(request)
    rows = "".join(
        f'<li><div class="what"><a href="{link(f"/runs/{part(run.session_id)}", runner)}">{text(spoken.title(run))}</a>'
        f"<p>{_facts(run, spoken)}</p></div>"
        f'<form method="post" action="{link("/runs/bin/back", runner)}">{token}'
        f'<input type="hidden" name="run" value="{escape(run.session_id)}"><button class="quiet">Bring back</button>'
        "</form></li>"
        for run in runs
    )
    many = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    return (
        f'<details class="bin"><summary>Bin, {many}</summary>'
        f'<ul class="runs plain">{rows}</ul>'
        f'<form method="post" action="{link("/runs/bin/empty", runner)}" class="empty-bin">{token}'
        '<label class="check"><input type="checkbox" name="sure" value="yes" required> '
        "Remove them for good, their recordings too</label>"
        '<button class="quiet">Empty the bin</button></form></details>'
    )


def _month_of(run: Run, spoken: Spoken) -> str:
    return "" if run.started_utc is None else f"{run.started_utc.astimezone(spoken.zone):%Y-%m}"


def _month_name(month: str) -> str:
    return f"{datetime.strptime(month, '%Y-%m'):%B %Y}"
