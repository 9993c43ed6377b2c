"""What can be begun, each with what is known of it, and what was begun and can be stopped."""

from collections.abc import Mapping
from datetime import UTC
from typing import Final

from starlette.requests import Request

from footfall_coaching.cards import card_of
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.exercises.session import NAMES as TRACK_NAMES
from footfall_coaching.programme.baseline import Baseline
from footfall_coaching.programme.beginning import NotYet, beginning_by_load, held_back
from footfall_coaching.programme.events import Begun
from footfall_coaching.programme.kind import (
    FARTHEST_CADENCE_PERCENT,
    FARTHEST_IMPACT_PERCENT,
    LEAST_CADENCE_PERCENT,
    USUAL_CADENCE_PERCENT,
    USUAL_IMPACT_PERCENT,
    ProgrammeKind,
    target_of,
)
from footfall_coaching.programme.rule import NAMES, ProgrammeToday, begins
from footfall_dashboards.runner.asking import may_note
from footfall_dashboards.runner.fields import choices, hidden
from footfall_dashboards.runner.html import link, said, section, text
from footfall_dashboards.runner.plan_sent import Sent
from footfall_dashboards.runner.plan_words import card_link
from footfall_dashboards.runner.planning import Planning
from footfall_dashboards.runner.spoken import Spoken, spoken_to
from footfall_dashboards.runner.token import token_field
from footfall_processing.metrics.catalogue import STRIDE_METRICS

TARGETS: Final = {
    ProgrammeKind.IMPACT: (USUAL_IMPACT_PERCENT, FARTHEST_IMPACT_PERCENT),
    ProgrammeKind.CADENCE: (LEAST_CADENCE_PERCENT, USUAL_CADENCE_PERCENT, FARTHEST_CADENCE_PERCENT),
}
"""What a programme is offered with, in percent of the runner's own."""
WALKING, KNEES = "walking", "knees"
"""The fields of what goes with exercises by choice."""


def begin(request: Request, planning: Planning, runner: str, sent: Sent) -> str:
    """Return what can be begun, with the test before the training; empty where all is followed."""
    parts: list[str] = []
    not_yet: list[str] = []
    if not planning.follows_programme:
        (parts if planning.runs else not_yet).append(_try_out(runner))
        held = held_back(planning.runs, planning.pains, planning.signs, planning.now)
        for kind in ProgrammeKind:
            found = held or beginning_by_load(kind, planning.runs, planning.now, known=planning.courses)
            can_begin, offer = _programme(request, kind, found, planning, runner, sent)
            (parts if can_begin else not_yet).append(offer)
    if not planning.follows_exercises:
        parts.append(_exercises(request, runner, sent))
    parts += not_yet
    if not parts:
        return ""
    is_first = not (planning.follows_programme or planning.follows_exercises)
    return section("What you can begin" if is_first else "What else you can begin", *parts, id="begin")


def stop(request: Request, planning: Planning, runner: str, sent: Sent) -> str:
    """Return how to stop what is followed; nothing that was told is lost by it."""
    if not may_note(request, runner):
        return ""
    parts = []
    if planning.follows_programme and planning.plan.programme is not None:
        name = NAMES[planning.plan.programme.begun.kind]
        words = "What you did stays in the log. A new programme begins with a new baseline."
        parts.append(_stop(request, "stop-programme", f"Stop {name.lower()}", words, runner, sent))
    if planning.follows_exercises:
        words = "What you did stays in the log. A new plan begins with the easiest of each exercise."
        parts.append(_stop(request, "stop-exercises", "Stop the exercises", words, runner, sent))
    return section("Stop", *parts, id="stop") if parts else ""


def _try_out(runner: str) -> str:
    return _offer(
        "Test before you train",
        "try-out",
        runner,
        f'<p><a class="button" href="{link("/plan/try-out", runner)}">Plan a try-out</a></p>',
    )


def _programme(
    request: Request, kind: ProgrammeKind, found: Begun | NotYet, planning: Planning, runner: str, sent: Sent
) -> tuple[bool, str]:
    """Return whether a programme can begin, and what is said of it."""
    card = ProgrammeToday(kind, TARGETS[kind][0], None, 1, 0).card
    do = f"begin-{kind.value}"
    if isinstance(found, NotYet):
        return False, _offer(NAMES[kind], card, runner, f'<p class="held">Not yet: {text(found.words)}</p>')
    form = ""
    if may_note(request, runner):
        offered = {f"{percent:g}": target_of(kind, percent).words for percent in TARGETS[kind]}
        given = sent.given(do) or {"percent": f"{target_of(kind).percent:g}"}
        form = (
            f"<details{sent.opens(do)}><summary>Begin</summary>"
            f'<form method="post" action="{link("/plan", runner)}">{token_field(request)}{hidden("do", do)}'
            f"{choices('percent', 'The target', offered, given)}"
            f"<button>Begin {text(NAMES[kind].lower())}</button></form></details>"
        )
    own = _own(found.baseline, spoken_to(request, planning.now.tzinfo or UTC))
    return True, _offer(
        NAMES[kind], card, runner, f"<p>{text(begins(found, planning.today.light.colour))}</p><p>{text(own)}</p>{form}"
    )


def _own(baseline: Baseline, spoken: Spoken) -> str:
    """Return what a programme would begin from."""
    metric = STRIDE_METRICS[baseline.metric_name]
    legs = ", ".join(
        f"{'' if leg.side is None else f'{leg.side.value} '}{spoken.value(metric, leg.value)}" for leg in baseline.legs
    )
    runs = "1 run" if baseline.runs == 1 else f"{baseline.runs} runs"
    return f"Your own at your usual pace of {spoken.pace(baseline.speed_mps)}: {legs}, from {runs}."


def _exercises(request: Request, runner: str, sent: Sent) -> str:
    form = ""
    if may_note(request, runner):
        do = "begin-exercises"
        given = sent.given(do) or {"track": Track.COMBINED.value}
        tracks = {track.value: TRACK_NAMES[track] for track in (Track.COMBINED, Track.HIP, Track.KNEE)}
        form = (
            f"<details{sent.opens(do)}><summary>Begin</summary>"
            f'<form method="post" action="{link("/plan", runner)}">{token_field(request)}{hidden("do", do)}'
            f"{choices('track', 'For what?', tracks, given)}"
            f'<fieldset><legend>With it, if you like</legend><div class="choices">'
            f"{_box(WALKING, 'Walking backwards', given)}{_box(KNEES, 'Knees over toes, late', given)}</div></fieldset>"
            f'<p class="why">What is known of them: {card_link("backward-walking", runner)}, '
            f"{card_link('knees-over-toes', runner)}</p>"
            "<button>Begin the exercises</button></form></details>"
        )
    return _offer(card_of("hip-and-knee").title, "hip-and-knee", runner, form)


def _offer(title: str, key: str, runner: str, below: str) -> str:
    card = card_of(key)
    return (
        f'<div class="offer"><h3>{text(title)}</h3><p>{text(card.says)}</p><p class="hint">{text(card.dose)}</p>'
        f'<p class="why">{card_link(key, runner, "How well that is known, and by whom")}</p>{below}</div>'
    )


def _stop(request: Request, do: str, title: str, words: str, runner: str, sent: Sent) -> str:
    return (
        f"<details{sent.opens(do)}><summary>{text(title)}</summary>{said(words)}"
        f'<form method="post" action="{link("/plan", runner)}">{token_field(request)}{hidden("do", do)}'
        f'<button class="second">{text(title)} now</button></form></details>'
    )


def _box(name: str, label: str, given: Mapping[str, str]) -> str:
    checked = " checked" if given.get(name) else ""
    return (
        f'<label class="choice"><input type="checkbox" name="{name}" value="yes"{checked}><span>{text(label)}</span>'
        "</label>"
    )
