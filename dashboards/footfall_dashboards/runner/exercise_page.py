"""One exercise: its picture, what to do, how much of it today, and its levels from easy to hard."""

from collections.abc import Callable
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from footfall_coaching.exercises.catalogue import CATALOGUE
from footfall_coaching.exercises.dose import Place, dose_of
from footfall_coaching.exercises.exercise import Exercise, Group, Level, Measure
from footfall_dashboards.runner.asking import runner_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.holds_part import holds_part
from footfall_dashboards.runner.html import link, page, section, text
from footfall_dashboards.runner.pictures import described, picture
from footfall_dashboards.runner.plan_words import why_link
from footfall_dashboards.runner.planning import planning_of


def routes(diary: Diary, now: Callable[[], datetime]) -> list[Route]:
    """Return the page's route; `now` gives the moment on the runner's clock."""

    async def exercise_page(request: Request) -> HTMLResponse:
        runner, exercise = runner_of(request), CATALOGUE.get(request.path_params["key"])
        if exercise is None:
            raise HTTPException(404, "There is no such exercise.")
        planning = await planning_of(request, diary, runner, now())
        session = planning.exercises_of_day
        own = [] if session is None else [item.place for item in session.items if item.exercise is exercise]
        state = planning.plan.exercises
        place = own[0] if own else Place() if state is None else state.place_on(exercise.key, planning.now.date())
        today = "Today" if own else "Not among today’s exercises. Where you are with it"
        if state is None:
            today = "The easiest, to begin with"
        body = (
            f'<p class="lead">{text(exercise.levels[place.level].name)}</p>'
            + how_part(exercise, place, 0, today)
            + _ladder(exercise, place)
            + f'<p class="onward"><a href="{link("/plan", runner)}">To the plan</a></p>'
        )
        return page(exercise.name, "plan", why_link(exercise.card, runner) + body, runner=runner)

    return [Route("/plan/exercises/{key}", exercise_page)]


def how_part(exercise: Exercise, place: Place, number: int, today: str) -> str:
    """Return picture, what to do and how much of it, and the times of its holds.

    Parameters
    ----------
    number
        Another one for each exercise of a page.
    today
        What stands before the dose.
    """
    level = exercise.levels[place.level]
    return (
        _picture(level, number)
        + f'<p class="how">{text(level.how)}</p>'
        + dose_words(exercise, place, today)
        + f'<p class="hint">Works on {text(exercise.loads)}.</p>'
        + holds_part(exercise, place)
    )


def dose_words(exercise: Exercise, place: Place, today: str) -> str:
    """Return how much is done, as HTML; empty where the exercise has no sets of its own."""
    if exercise.measure is Measure.MINUTES or exercise.group in (Group.WARM_UP, Group.MOBILITY):
        return ""
    side = ", each side" if exercise.levels[place.level].each_side else ""
    return f'<p class="dose"><span>{text(today)}:</span> <b>{dose_of(exercise, place).words}</b>{side}</p>'


def _picture(level: Level, number: int) -> str:
    drawing, words = picture(level.picture, number), described(level.picture)
    return f'<figure class="drawn">{drawing}<figcaption>{words}</figcaption></figure>'


def _ladder(exercise: Exercise, place: Place) -> str:
    if len(exercise.levels) == 1:
        return ""
    rows = ""
    for number, level in enumerate(exercise.levels):
        if number == place.level:
            rows += f'<li aria-current="step"><b>{text(level.name)}</b> <small>Here you are</small></li>'
        else:
            rows += (
                f"<li><details><summary>{text(level.name)}</summary>{_picture(level, number + 1)}"
                f"<p>{text(level.how)}</p></details></li>"
            )
    return section("From easy to hard", f'<ol class="ladder">{rows}</ol>', id="levels")
