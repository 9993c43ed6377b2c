"""What the page of the try-out shows: the plan beforehand, what is to be done now, and what came out."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from starlette.requests import Request

from footfall_coaching.answers import Sign
from footfall_coaching.try_out.beforehand import beforehand_of
from footfall_coaching.try_out.earlier import earlier_of, sealed_for
from footfall_coaching.try_out.events import Why
from footfall_coaching.try_out.plan import Cue, Kind, Plan, part_words
from footfall_coaching.try_out.progress import Progress, Step
from footfall_coaching.try_out.result import result_of
from footfall_coaching.try_out.seal import Opening
from footfall_dashboards.runner.axes import clock
from footfall_dashboards.runner.fields import (
    choice,
    choices,
    hidden,
    level_buttons,
    pain_scale,
    place_choice,
    sign_boxes,
)
from footfall_dashboards.runner.html import link, said, section, text
from footfall_dashboards.runner.plan_words import held_part
from footfall_dashboards.runner.scripts import script
from footfall_dashboards.runner.token import token_field
from footfall_dashboards.runner.try_out_course import CUTS, Stretch, place_in
from footfall_dashboards.runner.try_out_days import LEFT_WORDS

CUE_WORDS: Final = {
    Cue.IMPACT.value: "Landing softer, by sound",
    Cue.CADENCE.value: "Quicker steps",
    Cue.CONDITION.value: "Something else, such as tape",
}
USUAL: Final = "usual"
HOW_WORDS: Final = {
    USUAL: "In one run, as it fits: eight blocks, or ten where only pain can tell",
    "8": "In one run: eight blocks, 21 min",
    "10": "In one run: ten blocks, 25 min, and smaller changes are seen",
    "12": "Over 12 runs, 6 with it: for shoes or tape",
    "16": "Over 16 runs, 8 with it, and smaller changes are seen",
}
"""How a test can be run, by what the form says."""
PART_WORDS: Final = {
    Kind.BLOCKS: ("block", "With the change", "As usual"),
    Kind.RUNS: ("run", "With it", "As usual"),
    Kind.RECALL: ("block", "As at the programme’s end", "As now"),
}
"""What a part is called, and one with and one without the cue."""
MOST_NAME_CHARACTERS: Final = 40
PATH: Final = "/plan/try-out"
IN_TEST: Final = (Sign.LIMP, Sign.RISING, Sign.GIVING_WAY, Sign.LOCKING)


def plan_form(runner: str, given: Mapping[str, str], trouble: str, *, is_again: bool = False) -> str:
    """Return what is chosen before a test: the cue, how many blocks, and the place that hurts; folded in, if again."""
    name = escape(given.get("name", ""))
    whose = hidden("runner", runner) if runner else ""
    form = (
        f'<form method="get" action="{PATH}">{whose}{hidden("show", "plan")}'
        f"{choices('cue', 'The change', CUE_WORDS, given)}"
        f'<label for="condition">If something else: what?</label><input id="condition" name="name" '
        f'maxlength="{MOST_NAME_CHARACTERS}" autocomplete="off" value="{name}">'
        f"{choices('blocks', 'How?', HOW_WORDS, given)}"
        f"{place_choice('Where does it hurt?', given, nowhere=False)}<button>Show me the plan</button></form>"
    )
    if is_again:
        form = f"<details><summary>Choose</summary>{form}</details>"
    return section(
        "Try something else" if is_again else "What do you want to try?", said(trouble, "trouble"), form, id="choose"
    )


def beforehand(
    request: Request,
    runner: str,
    plan: Plan,
    given: Mapping[str, str],
    why_not: str,
    impact_scatter: float | None = None,
) -> str:
    """Return what is told before a test, and the button that draws its order; or why it can't begin today."""
    told = "".join(f"<p>{text(one)}</p>" for one in _sentences(beforehand_of(plan, impact_scatter).words))
    draws = "Draw the order" if plan.kind is Kind.RUNS else "Draw the order, and begin the warm-up"
    kept = "".join(hidden(name, given.get(name, "")) for name in ("cue", "name", "blocks", "place"))
    start = (
        held_part(why_not, runner)
        if why_not
        else f'<form method="post" action="{link(PATH, runner)}">{token_field(request)}{hidden("do", "begin")}{kept}'
        f"<button>{draws}</button></form>"
    )
    return section("What will happen", f'<div class="beforehand">{told}</div>', start, id="beforehand") + said(
        "Impact is measured where footfall live or footfall record keeps the run at the same time; without that pain "
        "alone is compared."
    )


def begun_before(plan: Plan, tests: Sequence[Progress]) -> str:
    """Return what is told of tests of the same that were begun before; empty where there were none."""
    earlier = earlier_of(tests, plan)
    if not earlier:
        return ""
    again = " It is run in the order that is still sealed." if sealed_for(tests, plan) is not None else ""
    return said(f"Begun before: {'; '.join(one.words for one in earlier)}. The result will say so.{again}")


def now_part(
    request: Request, runner: str, progress: Progress, stretch: Stretch | None, left_s: float | None, pace: str = ""
) -> str:
    """Return what is to be done now; nothing of the blocks to come.

    Parameters
    ----------
    pace
        Of a check: at which it is run, where that is known.
    """
    pace = f", {pace}" if pace else ""
    forms = _Forms(request, runner, progress)
    again = f" Last time it was cut off: {progress.again}." if progress.again else ""
    number = len(progress.parts) + 1
    match progress.step:
        case Step.WARM_UP:
            words = "Warm up at your own usual speed, and keep it from now on."
            if progress.plan.kind is Kind.RECALL:
                words = f"Warm up at the pace that the programme is held against{pace}, and keep it from now on."
            button = forms.button("warm", "The warm-up is over")
            return section("Now", said(words, "lead"), _countdown(left_s, runner), button, forms.ways())
        case Step.ASK_PAIN:
            return section("Now", forms.pain())
        case Step.BEGIN_PART if progress.revealed is None:
            words = f"Block {number} of {progress.plan.parts} comes. What it is, you are told when it begins."
            button = forms.button("part", f"Begin block {number}")
            return section("Now", said(words, "lead"), button, forms.ways(pause=True))
        case Step.BEGIN_PART if progress.revealed is not None:
            words = part_words(progress.plan, len(progress.parts), progress.revealed)
            told = said(f"{words} It is run again, as it was drawn.{again}", "lead")
            return section("Now", told, forms.button("part", "Run it again"), forms.ways(pause=True))
        case Step.RUN_PART if progress.revealed is not None:
            words = said(part_words(progress.plan, len(progress.parts), progress.revealed), "lead now")
            if stretch is None or stretch.begun_utc is None:
                lost = said("Footfall was started anew in this block, so it is run again as it was drawn.", "held")
                return section("Now", words, lost, forms.button("cut", "Go on"), forms.ways())
            over = forms.button("over", "The block is over")
            return section("Now", words, _countdown(left_s, runner), over, forms.cut(), forms.ways())
        case Step.PAUSE:
            button = forms.button("resume", "Go on")
            return section("Now", said("You pause. Nothing is lost.", "lead"), button, forms.ways())
    button = forms.button("leave", "End it")
    return section("Now", said("The test is over.", "lead"), button)


def so_far(progress: Progress) -> str:
    """Return the blocks that are over, as they were run, and the seal."""
    part, cued, usual = PART_WORDS[progress.plan.kind]
    done = "".join(
        f'<tr><th scope="row">{number}</th><td>{cued if one.is_cued else usual}</td>'
        f"<td>{'Left out' if one.is_left_out else 'Asked now' if one.pain is None else f'{one.pain} of 10'}</td></tr>"
        for number, one in enumerate(progress.parts, 1)
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in (part.capitalize(), "How", "Pain"))
    parts = f"<table><thead><tr>{head}</tr></thead><tbody>{done}</tbody></table>" if done else ""
    most = "at most " if progress.plan.kind is Kind.RECALL else ""
    return section(
        "So far" if progress.ended is None else f"The {part}s",
        f"<p>{len(progress.parts)} of {most}{progress.plan.parts} {part}s are over.</p>",
        parts,
        _seal(progress) if progress.opening is None else "",
        id="so-far",
    )


def _seal(progress: Progress) -> str:
    kept = said(LEFT_SEALED) if progress.stays_sealed else ""
    is_open, part = "" if progress.parts else " open", PART_WORDS[progress.plan.kind][0]
    return (
        f"<details{is_open}><summary>The seal</summary><p>The order was drawn before the first {part}. This is its "
        "digest; the order itself is opened at the end, and gives the same one:</p>"
        f'<p><code class="seal">{escape(progress.seal)}</code></p>{kept}</details>'
    )


LEFT_SEALED: Final = "You left this test, so it stays closed: a test of the same is run in this order."
LOST: Final = (
    "Something that happened in this test can't be read any more, so it is over, and none is told. A newer Footfall "
    "may have kept it: update this one. Another test can be begun."
)


def result(progress: Progress, before: Sequence[Progress], runner: str) -> str:
    """Return what a test came to that is over, given those before it, and its seal where it is opened."""
    if progress.ended is Why.LOST:
        return section("The result", said(LOST))
    if progress.opening is None and not progress.stays_sealed:
        return section("The result", said("What its seal is opened with is not kept here any more, so none is told."))
    told = "".join(f"<p>{text(one)}</p>" for one in _sentences(result_of(progress, before).words))
    if progress.ended is Why.RED:
        told += f'<p><a class="button" href="{link("/log", runner)}">Keep in the log what hurt</a></p>'
    found = section("The result", f'<div class="result">{told}</div>', id="result")
    return found if progress.opening is None else found + opened(progress.opening, runner)


def opened(opening: Opening, runner: str) -> str:
    """Return the order that was drawn, and how anybody sees that it is the one that was sealed."""
    part, cued, usual = PART_WORDS[opening.plan.kind]
    order = ", ".join(cued.lower() if is_cued else usual.lower() for is_cued in opening.order)
    return section(
        "The seal, opened",
        f"<p>The order that was drawn: {order}.</p>",
        f'<p>Its digest, shown before the first {part}: <code class="seal">{escape(opening.seal)}</code></p>',
        "<details><summary>See for yourself</summary><p>Any program for SHA-256 gives that digest of this text, such "
        f'as <code>sha256sum sealed.txt</code> of <a href="{link(f"{PATH}/sealed.txt", runner)}">the same text as a '
        f'file</a>:</p><pre tabindex="0">{escape(opening.text)}</pre></details>',
        id="opened",
    )


class _Forms:
    """The forms of a step, each saying which one it was shown at."""

    def __init__(self, request: Request, runner: str, progress: Progress) -> None:
        self._progress = progress
        shown_at = hidden("at", place_in(progress))
        self._start = f'<form method="post" action="{link(PATH, runner)}">{token_field(request)}{shown_at}'

    def button(self, do: str, words: str, look: str = "") -> str:
        """Return a step that needs no answer."""
        return f'{self._start}{hidden("do", do)}<button class="{look}">{text(words)}</button></form>'

    def pain(self) -> str:
        """Return the question after the warm-up and after each block."""
        plan = self._progress.plan
        after = "the block" if self._progress.parts else "the warm-up"
        hurts = "Something hurts, or I limp" if plan.site is None else "Something else hurts, or I limp"
        other = (
            f"<details><summary>{hurts}</summary>"
            f"{sign_boxes('Was there any of this?', IN_TEST, {})}"
            f"{place_choice('Where else does it hurt?', {}, nowhere=False)}"
            f"{pain_scale('other', 'How much there?', {})}</details>"
        )
        if plan.site is None or plan.side is None:
            asked = said(f"Did anything hurt in {after}? If so, say it first.", "lead")
            go_on = f"{hidden('level', '0')}<button>Go on</button>"
            return f"{asked}{self._start}{hidden('do', 'pain')}{other}{go_on}</form>"
        where = f"Pain of the {plan.side.value} {plan.site.words} in {after}? A touch keeps it."
        return f"{self._start}{hidden('do', 'pain')}{other}{level_buttons(where)}</form>"

    def cut(self) -> str:
        """Return how a block is cut off."""
        why = "".join(choice("why", key, words, {"why": "else"}) for key, words in CUTS.items())
        return (
            f"<details><summary>It was cut off</summary>{self._start}{hidden('do', 'cut')}"
            f'<fieldset><legend>By what?</legend><div class="choices">{why}</div></fieldset>'
            "<button>Run it again</button></form></details>"
        )

    def ways(self, *, pause: bool = False) -> str:
        """Return how the test is paused or left."""
        pausing = self.button("pause", "Pause", "second") if pause else ""
        return (
            f"<details><summary>{'Pause, or leave' if pause else 'Leave'} the test</summary>{pausing}"
            f"{self.button('leave', 'Leave it for good', 'second')}"
            f"<p>{LEFT_WORDS}</p></details>"
        )


def _countdown(left_s: float | None, runner: str) -> str:
    if left_s is None:
        return ""
    if left_s <= 0.0:
        return said("The time is over.", "done")
    return (
        f'<div class="countdown" data-left-s="{left_s:.1f}"><p class="number" role="timer" aria-live="off">'
        f'{clock(left_s)}</p><p class="hint">left. The page loads itself anew when it is over.</p></div>'
        f'<noscript><p class="onward"><a href="{link(PATH, runner)}">How long still?</a></p></noscript>'
        f"{script('countdown')}"
    )


def _sentences(words: str) -> list[str]:
    """Return a rule's words in paragraphs of about two sentences."""
    parts = words.split(". ")
    whole = [f"{one}." for one in parts[:-1]] + parts[-1:]
    return [" ".join(whole[number : number + 2]) for number in range(0, len(whole), 2)]
