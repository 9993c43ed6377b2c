"""The three questions after a run: what hurt and when, how hard it was, how it felt."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request

from footfall_coaching.answers import Effort, Pain, Phase, SignNote
from footfall_coaching.run import Run
from footfall_dashboards.runner.answers_sent import NOWHERE, OF_A_RUN, Place, place_value
from footfall_dashboards.runner.asking import may_note
from footfall_dashboards.runner.fields import (
    exertion_scale,
    feeling_scale,
    hidden,
    pain_scale,
    place_choice,
    sign_boxes,
)
from footfall_dashboards.runner.html import link, part, said
from footfall_dashboards.runner.token import token_field

PHASES = (Phase.DURING, Phase.AFTER, Phase.MORNING)


def questions(
    request: Request,
    run: Run,
    pains: Sequence[Pain],
    efforts: Sequence[Effort],
    signs: Sequence[SignNote] = (),
    given: Mapping[str, str] | None = None,
    trouble: str = "",
) -> str:
    """Return the questions about a run as a form, filled with what was answered before; empty for who may not answer.

    Parameters
    ----------
    pains, efforts, signs
        All of the runner's.
    given
        What was just sent and could not be kept, by field.
    trouble
        Why not.
    """
    if not may_note(request, run.runner_name) or run.is_demo or not run.is_run:
        return ""
    filled = answered(run, pains, efforts, signs) if given is None else given
    to = link("/log", run.runner_name)
    return (
        f'<form method="post" action="{to}" id="questions">'
        f"{said(trouble, 'trouble')}{token_field(request)}{hidden('do', 'run')}{hidden('run', run.session_id)}"
        f"{hidden('back', f'/runs/{part(run.session_id)}')}"
        + pain_scale(Phase.DURING.value, "Pain in the run?", filled)
        + pain_scale(Phase.AFTER.value, "Pain now, after it?", filled)
        + pain_scale(Phase.MORNING.value, "Pain the next morning?", filled)
        + place_choice("If it hurt: where?", filled, nowhere=True)
        + exertion_scale(filled)
        + feeling_scale(filled)
        + sign_boxes("Was there any of this?", OF_A_RUN, filled)
        + "<button>Keep the answers</button></form>"
    )


def answered(
    run: Run, pains: Sequence[Pain], efforts: Sequence[Effort], signs: Sequence[SignNote] = ()
) -> dict[str, str]:
    """Return what was answered about a run, by field; where several places hurt, the one that hurt most."""
    own = [pain for pain in pains if pain.session_id == run.session_id]
    filled: dict[str, str] = {}
    if own:
        worst = max(own, key=lambda pain: (pain.level, pain.noted_utc))
        place = place_told(worst)
        filled["place"] = NOWHERE if place is None else place_value(place)
        filled |= {pain.phase.value: str(pain.level) for pain in own if place_told(pain) in (place, None)}
        filled |= {pain.phase.value: str(pain.level) for pain in own if place_told(pain) == place}
    for effort in efforts:
        if effort.session_id == run.session_id:
            filled |= {} if effort.exertion is None else {"exertion": str(effort.exertion)}
            filled |= {} if effort.feeling is None else {"feeling": str(effort.feeling)}
    return filled | {note.sign.value: "yes" for note in signs if note.session_id == run.session_id}


def place_told(pain: Pain) -> Place | None:
    """Return where it hurt; `None` for nowhere."""
    return None if pain.site is None or pain.side is None else (pain.site, pain.side)
