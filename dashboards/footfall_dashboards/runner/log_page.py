"""Log: what did I feel and wear; in two touches, and the days below."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from footfall_coaching.answers import Effort, Pain, Phase, Shoe, ShoeKind, Sign, SignNote
from footfall_coaching.run import Run
from footfall_coaching.shoes import minimal_share, use_of
from footfall_coaching.told import message_of
from footfall_dashboards.access.forms import sent_form
from footfall_dashboards.access.login import SEE_OTHER, back_to
from footfall_dashboards.runner import days
from footfall_dashboards.runner.answers_sent import (
    OF_A_RUN,
    effort_of,
    number_of,
    pains_of,
    place_value,
    shoe_of,
    signs_of,
)
from footfall_dashboards.runner.asking import NOT_YOURS, may_note, require_seen, runner_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.fields import choice, choices, hidden, level_buttons, place_choice, sign_boxes
from footfall_dashboards.runner.html import link, page, said, section, text
from footfall_dashboards.runner.minimal_part import minimal_part
from footfall_dashboards.runner.questions import PHASES, place_told, questions
from footfall_dashboards.runner.spoken import Spoken, spoken_to
from footfall_dashboards.runner.today_page import day_words
from footfall_dashboards.runner.token import is_genuine, token_field
from footfall_dashboards.runner.told_page import way_to
from footfall_processing.errors import InputError

RECENT: Final = timedelta(days=2)
"""How long after a run the form of pain still offers it."""
SHORTLY: Final = timedelta(hours=6)

DONE: Final = {
    "pain": "The pain is kept.",
    "run": "Your answers are kept.",
    "signs": "What you saw is kept.",
    "shoe": "The pair is kept, worn from now on.",
}
ANEW: Final = "Footfall was started anew since this page was loaded. What you chose is still here: send it once more."

Answer = Pain | SignNote | Effort | Shoe


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that could not be kept: which, what it held, and why."""

    do: str = ""
    fields: Mapping[str, str] | None = None
    trouble: str = ""

    def given(self, do: str) -> Mapping[str, str] | None:
        """Return what the form of this name held, if it was sent."""
        return self.fields if self.do == do else None

    def told(self, do: str) -> str:
        """Return why it could not be kept, as HTML; empty for the other forms."""
        return said(self.trouble, "trouble") if self.do == do else ""


def routes(diary: Diary, now: Callable[[], datetime]) -> list[Route]:
    """Return the page's route; `now` gives the moment on the runner's clock."""
    pages = _LogPage(diary, now)
    return [Route("/log", pages.answer, methods=["GET", "POST"])]


class _LogPage:
    """Shows the log, and keeps what is sent."""

    def __init__(self, diary: Diary, now: Callable[[], datetime]) -> None:
        self._diary = diary
        self._now = now

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        if request.method != "POST":
            return await self._shown(request, Sent())
        runner = runner_of(request)
        if not may_note(request, runner):
            raise HTTPException(403, NOT_YOURS)
        try:
            fields = await sent_form(request)
        except TimeoutError:
            raise HTTPException(408, "The form took too long. Send it again.") from None
        do = fields.get("do", "")
        if do not in DONE:
            raise HTTPException(400, "This is no form of the log.")
        run = await self._run_of(request, fields, runner)
        if not is_genuine(request, fields):
            return await self._shown(request, Sent(do, fields, ANEW), run, status=403)
        try:
            answers = _answers(do, fields, runner, run, self._now())
        except InputError as error:
            words = f"{str(error)[:1].upper()}{str(error)[1:]}."
            return await self._shown(request, Sent(do, fields, words), run, status=400)
        await self._diary.note(*answers)
        to = back_to(fields.get("back", "/log"))
        path = to if to == "/today" or to.startswith("/runs/") else "/log"
        return RedirectResponse(unescape(link(path.partition("?")[0], runner, done=do)), SEE_OTHER)

    async def _run_of(self, request: Request, fields: Mapping[str, str], runner: str) -> Run | None:
        """Return the run that a form is about; 404 where there is none of this runner."""
        if not fields.get("run"):
            return None
        run = await self._diary.run(fields["run"])
        if run is not None:
            await require_seen(request, run.runner_name)
        if run is None or run.runner_name != runner:
            raise HTTPException(404, "This run is not in the log.")
        return run

    async def _shown(self, request: Request, sent: Sent, run: Run | None = None, status: int = 200) -> HTMLResponse:
        runner, now = runner_of(request), self._now()
        runs, pains = await self._diary.runs(runner), await self._diary.pains(runner)
        signs, shoes = await self._diary.signs(runner), await self._diary.shoes(runner)
        efforts = await self._diary.efforts(runner)
        spoken = spoken_to(request, now.tzinfo or UTC)
        body = said(DONE.get(request.query_params.get("done", ""), ""), "done")
        if run is None:
            body += sent.told("run")
        elif sent.do == "run":
            body += section(
                spoken.title(run), questions(request, run, pains, efforts, signs, sent.fields, sent.trouble)
            )
        if may_note(request, runner):
            body += _pain_form(request, runner, runs, pains, now, sent)
            body += _sign_form(request, runner, sent)
            body += _shoes(request, runner, runs, shoes, spoken, sent)
        else:
            body += said(NOT_YOURS)
        minimal = minimal_share(shoes, runs, pains, now)
        if minimal is not None:
            body += minimal_part(minimal, spoken)
            if may_note(request, runner):
                await self._diary.tell(message_of(minimal, runner, "", now))
        body += days.calendar(runs, pains, signs, spoken, now, runner, request.query_params.get("until", ""))
        return page("Log", "log", body + way_to(runner), runner=runner, status=status)


def _answers(do: str, fields: Mapping[str, str], runner: str, run: Run | None, now: datetime) -> Sequence[Answer]:
    if do == "shoe":
        return [shoe_of(fields, runner, now)]
    if do == "pain":
        return _pain(fields, runner, run, now)
    session_id = "" if run is None else run.session_id
    signs = signs_of(fields, runner, session_id, now)
    told: list[Answer] = list(signs)
    if do == "run":
        if run is None:
            raise InputError("say of which run these answers are: open it from the list of runs")
        effort = effort_of(fields, session_id)
        told = [*pains_of(fields, runner, session_id, now, PHASES), *([] if effort is None else [effort]), *signs]
    if not told:
        raise InputError("nothing was chosen yet")
    return told


def _pain(fields: Mapping[str, str], runner: str, run: Run | None, now: datetime) -> Sequence[Pain]:
    """Return the pain of the short form; a morning belongs to the run of the day before it, if there was one."""
    if fields.get("phase") not in list(Phase):
        raise InputError("choose when it hurt")
    phase = Phase(fields["phase"])
    if number_of(fields, "level", "how much it hurts") is None:
        raise InputError("choose how much it hurts, from 0 to 10")
    if phase is not Phase.MORNING and run is None:
        raise InputError("there is no run of these days that it could have hurt in; choose that it was without one")
    is_after = phase is not Phase.MORNING or (run is not None and _days_ago(run, now) == 1)
    session_id = run.session_id if run is not None and is_after else ""
    own = {"place": fields.get("place", ""), phase.value: fields["level"]}
    return pains_of(own, runner, session_id, now, [phase])


def _pain_form(
    request: Request, runner: str, runs: Sequence[Run], pains: Sequence[Pain], now: datetime, sent: Sent
) -> str:
    recent = recent_run(runs, now)
    hurt = next((pain for pain in reversed(pains) if place_told(pain) is not None), None)
    given = sent.given("pain")
    if given is None:
        place = None if hurt is None else place_told(hurt)
        asked = request.query_params.get("phase", "")
        phase = asked if asked in list(Phase) else _usual_phase(recent, now).value
        given = {"phase": phase} | ({} if place is None else {"place": place_value(place)})
    phases = {Phase.MORNING.value: "This morning, or without a run"}
    if recent is not None and recent.started_utc is not None:
        started = recent.started_utc.astimezone(now.tzinfo)
        which = f"the run of {day_words(started, now).lower()}, {started:%H:%M}"
        phases = {Phase.DURING.value: f"In {which}", Phase.AFTER.value: f"After {which}"} | phases
    when = choices("phase", "When?", phases, given) if len(phases) > 1 else hidden("phase", Phase.MORNING.value)
    return section(
        "Pain",
        sent.told("pain"),
        f'<form method="post" action="{link("/log", runner)}">{token_field(request)}{hidden("do", "pain")}'
        f"{hidden('run', '' if recent is None else recent.session_id)}"
        f"{place_choice('Where?', given, nowhere=False)}{when}"
        f"{level_buttons('How much? A touch keeps it.')}</form>",
        id="pain",
    )


def recent_run(runs: Sequence[Run], now: datetime) -> Run | None:
    """Return the newest run that pain may be told of in the short form."""
    for run in runs:
        if not run.is_demo and run.is_run and run.started_utc is not None and run.started_utc <= now:
            return run if now - run.started_utc <= RECENT else None
    return None


def _days_ago(run: Run, now: datetime) -> int | None:
    return None if run.started_utc is None else (now.date() - run.started_utc.astimezone(now.tzinfo).date()).days


def _usual_phase(recent: Run | None, now: datetime) -> Phase:
    if recent is None or recent.started_utc is None:
        return Phase.MORNING
    since = now - recent.started_utc - timedelta(seconds=recent.duration_s)
    return Phase.AFTER if since <= SHORTLY or _days_ago(recent, now) == 0 else Phase.MORNING


def _sign_form(request: Request, runner: str, sent: Sent) -> str:
    given = sent.given("signs") or {}
    boxes = sign_boxes("Is any of this so today?", [sign for sign in Sign if sign not in OF_A_RUN], given)
    form = (
        f'<form method="post" action="{link("/log", runner)}">{token_field(request)}{hidden("do", "signs")}'
        f"{boxes}<button>Keep it</button></form>"
    )
    is_open = " open" if sent.do == "signs" else ""
    return section(
        "Signs to have looked at",
        sent.told("signs"),
        f"<details{is_open}><summary>Swelling, locking, giving way, night pain, fever</summary>{form}</details>",
        id="signs",
    )


def _shoes(
    request: Request, runner: str, runs: Sequence[Run], shoes: Sequence[Shoe], spoken: Spoken, sent: Sent
) -> str:
    given = sent.given("shoe") or {"kind": ShoeKind.USUAL.value}
    start = f'<form method="post" action="{link("/log", runner)}">{token_field(request)}{hidden("do", "shoe")}'
    worn = shoes[-1].name if shoes else ""
    rows = []
    for use in use_of(shoes, runs):
        name, kind = use.shoe.name, use.shoe.kind
        change = (
            "worn now"
            if name == worn
            else f"{start}{hidden('name', name)}{hidden('kind', kind.value)}<button>Wear from now on</button></form>"
        )
        rows.append(
            f'<tr><th scope="row">{text(name)}{"<small>minimal</small>" if kind is ShoeKind.MINIMAL else ""}</th>'
            f"<td>{spoken.worn(use)}</td><td>{use.runs}</td><td>{change}</td></tr>"
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Pair", "Distance", "Runs", "Now"))
    table = f'<table class="shoes"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>' if rows else ""
    kinds = "".join(choice("kind", kind.value, words, given) for kind, words in KIND_WORDS.items())
    form = (
        f'{start}<label for="shoe-name">Name</label><input id="shoe-name" name="name" maxlength="60" required '
        f'autocomplete="off" value="{text(given.get("name", ""))}">'
        f'<fieldset><legend>Kind</legend><div class="choices">{kinds}</div></fieldset>'
        "<button>Wear this pair from now on</button></form>"
    )
    is_open = " open" if sent.do == "shoe" or not rows else ""
    added = f"<details{is_open}><summary>Another pair</summary>{form}</details>"
    return section("Shoes", sent.told("shoe"), table, added, id="shoes")


KIND_WORDS: Final = {ShoeKind.USUAL: "Usual", ShoeKind.MINIMAL: "Minimal: little between foot and ground"}
