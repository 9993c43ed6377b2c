"""What can be said of a run afterwards: its title, date, shoe, distance and runner, and that it should not count."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape, unescape
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from footfall_coaching.edits import MOST_CHARACTERS, beginning_from, distance_m_from, line_from
from footfall_coaching.run import DistanceSource, Run
from footfall_coaching.shoes import pairs_of
from footfall_coaching.told_distance import doubt_of
from footfall_dashboards.access.login import SEE_OTHER
from footfall_dashboards.runner.asking import keeps_all_logs, may_note, noted_form
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.fields import hidden
from footfall_dashboards.runner.html import link, page, part, said, text
from footfall_dashboards.runner.spoken import Spoken, spoken_to
from footfall_dashboards.runner.token import token_field
from footfall_processing.errors import InputError

NOT_GIVEN: Final = (
    "A run is given to another runner by whoever keeps this Footfall: no login writes into somebody else's log. Put it "
    "into the bin if it is not yours."
)


class DoubtError(InputError):
    """What was said is odd; said once more, it is kept."""


Change = Callable[[Run, Mapping[str, str], Spoken], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of a run's page, as HTML; empty where the visitor may not change the log."""

    changes: str = ""
    back: str = ""


async def forms(request: Request, diary: Diary, run: Run, *, is_binned: bool, spoken: Spoken) -> Forms:
    """Return what of a run may be said by whoever asks."""
    if not may_note(request, run.runner_name):
        return Forms()
    token = token_field(request)
    if is_binned:
        back = _form(run, "back", token, "", "Bring it back")
        return Forms(back=back)
    pairs = pairs_of(await diary.shoes(run.runner_name), await diary.runs(run.runner_name))
    shoes = sorted({shoe.name for shoe in pairs}, key=str.casefold)
    return Forms(changes=_changes(run, token, shoes, spoken, with_runner=keeps_all_logs(request)))


def routes(diary: Diary, local_now: Callable[[], datetime]) -> list[BaseRoute]:
    """Return what takes the forms."""

    async def rename(run: Run, fields: Mapping[str, str], _: Spoken) -> None:
        await diary.rename(run.session_id, line_from(fields.get("title", ""), "a title"))

    async def redate(run: Run, fields: Mapping[str, str], spoken: Spoken) -> None:
        await diary.redate(run.session_id, beginning_from(fields.get("began", ""), spoken.zone, local_now()))

    async def wear(run: Run, fields: Mapping[str, str], _: Spoken) -> None:
        await diary.wore(run.session_id, line_from(fields.get("shoe", ""), "a shoe's name"))

    async def give(run: Run, fields: Mapping[str, str], _: Spoken) -> None:
        await diary.ran(run.session_id, fields.get("name", ""))

    async def measure(run: Run, fields: Mapping[str, str], spoken: Spoken) -> None:
        given = fields.get("distance", "")
        if given.strip() == _distance_told(run, spoken):
            return  # what stands there unchanged is rounded, and nobody said it
        distance_m = distance_m_from(given, spoken.unit_m, spoken.unit)
        doubt = "" if fields.get("sure") else doubt_of(run, distance_m, spoken.distance)
        if doubt:
            raise DoubtError(doubt)
        await diary.went(run.session_id, distance_m, DistanceSource.TOLD)

    async def discard(run: Run, _: Mapping[str, str], __: Spoken) -> None:
        await diary.discard(run.session_id)

    async def bring_back(run: Run, _: Mapping[str, str], __: Spoken) -> None:
        await diary.bring_back(run.session_id)

    changes: dict[str, Change] = {
        "title": rename,
        "began": redate,
        "shoe": wear,
        "distance": measure,
        "runner": give,
        "discard": discard,
        "back": bring_back,
    }

    async def changed(request: Request) -> Response:
        run = await diary.run(request.path_params["id"])
        if run is None or request.path_params["what"] not in changes:
            raise HTTPException(404)
        fields = await noted_form(request, run.runner_name)
        if request.path_params["what"] == "runner" and not keeps_all_logs(request):
            raise HTTPException(403, NOT_GIVEN)
        address = link(f"/runs/{part(run.session_id)}", run.runner_name)
        try:
            await changes[request.path_params["what"]](run, fields, spoken_to(request, local_now().tzinfo or UTC))
        except DoubtError as error:
            asked = _asked_again(run, token_field(request), str(error), fields)
            return page("Is that so?", "runs", asked, runner=run.runner_name, status=400)
        except InputError as error:
            words = f"{str(error)[:1].upper()}{str(error)[1:]}."
            body = said(words, "trouble") + f'<p><a class="button" href="{address}">Back to the run</a></p>'
            return page("Not changed", "runs", body, runner=run.runner_name, status=400)
        now = await diary.run(run.session_id)
        if request.path_params["what"] == "discard" or now is None:
            return RedirectResponse(unescape(link("/runs", run.runner_name)), SEE_OTHER)
        return RedirectResponse(unescape(link(f"/runs/{part(run.session_id)}", now.runner_name)), SEE_OTHER)

    return [Route("/runs/{id}/{what}", changed, methods=["POST"])]


def _changes(run: Run, token: str, shoes: list[str], spoken: Spoken, *, with_runner: bool) -> str:
    began = "" if run.started_utc is None else f"{run.started_utc.astimezone(spoken.zone):%Y-%m-%dT%H:%M}"
    distance = _distance_told(run, spoken)
    known = sorted({*shoes, run.shoe} - {""}, key=str.casefold)
    options = "".join(
        f'<option value="{escape(shoe)}"{" selected" if shoe == run.shoe else ""}>{text(shoe)}</option>'
        for shoe in known
    )
    fields = [
        _form(
            run,
            "title",
            token,
            f'<label for="title">Title</label><input id="title" name="title" maxlength="{MOST_CHARACTERS}" '
            f'value="{text(run.title)}">',
            "Rename",
        ),
        _form(
            run,
            "began",
            token,
            f'<label for="began">Began</label><input id="began" name="began" type="datetime-local" '
            f'value="{began}" required>',
            "Set the date",
        ),
        _form(
            run,
            "shoe",
            token,
            f'<label for="shoe">Shoe</label><select id="shoe" name="shoe"><option value="">Not said</option>{options}'
            "</select>",
            "Set the shoe",
        ),
        _form(
            run,
            "distance",
            token,
            f'<label for="distance">Distance, {spoken.unit}</label><input id="distance" name="distance" '
            f'inputmode="decimal" size="6" value="{distance}" aria-describedby="distance-hint">'
            '<p class="hint" id="distance-hint">Left empty: by the sensors again.</p>',
            "Set the distance",
        ),
        _form(
            run, "discard", token, "<p>In the bin it counts nowhere. You can bring it back.</p>", "Put it into the bin"
        ),
    ]
    what = "title, date, shoe or distance"
    if with_runner:
        what = "title, date, shoe, distance or runner"
        fields.insert(-1, _runner_form(run, token))
    return (
        f'<details class="changes"><summary>Change {what}, or discard it</summary>'
        f'<div class="forms">{"".join(fields)}</div></details>'
    )


def _runner_form(run: Run, token: str) -> str:
    return _form(
        run,
        "runner",
        token,
        f'<label for="name">Who ran</label><input id="name" name="name" maxlength="{MOST_CHARACTERS}" '
        f'value="{text(run.runner_name)}" aria-describedby="name-hint"><p class="hint" id="name-hint">The run, and '
        "what was told of it, is then in the log of this name, for whoever logs in with it. With the last run that has "
        "no name go mornings and shoes that have none, unless such runs were given to several. What was sent to other "
        "computers before, such as to InfluxDB, stays there under the name it had.</p>",
        "Set the runner",
    )


def _distance_told(run: Run, spoken: Spoken) -> str:
    return "" if run.distance_m is None else f"{run.distance_m / spoken.unit_m:.2f}"


def _asked_again(run: Run, token: str, doubt: str, fields: Mapping[str, str]) -> str:
    """Return the question whether an odd distance is right, with the way to say so and the way back."""
    address = link(f"/runs/{part(run.session_id)}", run.runner_name)
    sure = (
        f"{hidden('distance', fields.get('distance', ''))}"
        '<label class="check"><input type="checkbox" name="sure" value="yes" required> Yes, it is so</label>'
    )
    return (
        said(f"{doubt}.", "trouble")
        + _form(run, "distance", token, sure, "Set the distance")
        + f'<p><a href="{address}">Back to the run</a></p>'
    )


def _form(run: Run, what: str, token: str, fields: str, button: str) -> str:
    action = link(f"/runs/{part(run.session_id)}/{what}", run.runner_name)
    return f'<form method="post" action="{action}">{token}{fields}<button class="quiet">{button}</button></form>'
