"""The parts that forms are made of: big enough for a thumb, and with a label each."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from footfall_coaching.answers import BEST_FEELING, HARDEST, WORST_PAIN, PainSite, Sign
from footfall_dashboards.runner.answers_sent import (
    FEELING_WORDS,
    NOWHERE,
    SIGN_WORDS,
    SITE_WORDS,
    Place,
    place_value,
)
from footfall_processing.session import Side

PAIN_ENDS: Final = ("0 none", f"{WORST_PAIN} the worst thinkable")
EXERTION_ENDS: Final = ("0 none", f"{HARDEST} as hard as can be")


def scale(name: str, legend: str, numbers: Iterable[int], ends: tuple[str, str], given: Mapping[str, str]) -> str:
    """Return numbers to choose one of, as radio buttons.

    Parameters
    ----------
    ends
        What the least and the greatest mean.
    given
        What was chosen before, by field.
    """
    steps = "".join(
        f'<label><input type="radio" name="{name}" value="{number}"{_checked(given.get(name) == str(number))}>'
        f"<span>{number}</span></label>"
        for number in numbers
    )
    return (
        f"<fieldset><legend>{escape(legend)}</legend>"
        f'<div class="scale">{steps}</div><p class="ends"><span>{ends[0]}</span><span>{ends[1]}</span></p></fieldset>'
    )


def pain_scale(name: str, legend: str, given: Mapping[str, str]) -> str:
    """Return the scale of pain."""
    return scale(name, legend, range(WORST_PAIN + 1), PAIN_ENDS, given)


def exertion_scale(given: Mapping[str, str]) -> str:
    """Return the scale of exertion."""
    return scale("exertion", "How hard was it?", range(HARDEST + 1), EXERTION_ENDS, given)


def feeling_scale(given: Mapping[str, str]) -> str:
    """Return the scale of feeling."""
    ends = (f"1 {FEELING_WORDS[1]}", f"{BEST_FEELING} {FEELING_WORDS[BEST_FEELING]}")
    return scale("feeling", "How did you feel?", range(1, BEST_FEELING + 1), ends, given)


def level_buttons(legend: str, name: str = "level") -> str:
    """Return the scale of pain as buttons that send the form: the second of two touches."""
    buttons = "".join(f'<button name="{name}" value="{number}">{number}</button>' for number in range(WORST_PAIN + 1))
    # whoever presses Enter elsewhere in the form sends the first button: it chooses nothing
    return (
        f'<fieldset><legend>{escape(legend)}</legend><button class="unseen" name="{name}" value="" tabindex="-1">'
        f'Send without a number</button><div class="scale">{buttons}</div>'
        f'<p class="ends"><span>{PAIN_ENDS[0]}</span><span>{PAIN_ENDS[1]}</span></p></fieldset>'
    )


def place_choice(legend: str, given: Mapping[str, str], *, nowhere: bool) -> str:
    """Return where it hurts, site and side in one touch; with `nowhere` also that nothing does."""
    sides = "".join(f'<th scope="col">{side.value.capitalize()}</th>' for side in Side)
    rows = "".join(
        f'<tr><th scope="row">{SITE_WORDS[site]}</th>{"".join(_place((site, side), given) for side in Side)}</tr>'
        for site in PainSite
    )
    none = f'<p class="choices">{choice("place", NOWHERE, "Nothing hurts", given)}</p>' if nowhere else ""
    return (
        f'<fieldset><legend>{escape(legend)}</legend>{none}<table class="places"><thead><tr><td></td>{sides}</tr>'
        f"</thead><tbody>{rows}</tbody></table></fieldset>"
    )


def choice(name: str, value: str, label: str, given: Mapping[str, str]) -> str:
    """Return one of several, as a radio button; `label` is plain text."""
    checked = _checked(given.get(name) == value)
    return (
        f'<label class="choice"><input type="radio" name="{name}" value="{escape(value)}"{checked}>'
        f"<span>{escape(label)}</span></label>"
    )


def choices(name: str, legend: str, labels: Mapping[str, str], given: Mapping[str, str]) -> str:
    """Return several to choose one of, by value."""
    offered = "".join(choice(name, value, label, given) for value, label in labels.items())
    return f'<fieldset><legend>{escape(legend)}</legend><div class="choices">{offered}</div></fieldset>'


def sign_boxes(legend: str, signs: Iterable[Sign], given: Mapping[str, str]) -> str:
    """Return signs to tick."""
    boxes = "".join(
        f'<label class="choice"><input type="checkbox" name="{sign.value}" value="yes"'
        f"{_checked(bool(given.get(sign.value)))}><span>{SIGN_WORDS[sign]}</span></label>"
        for sign in signs
    )
    return f'<fieldset><legend>{escape(legend)}</legend><div class="choices">{boxes}</div></fieldset>'


def hidden(name: str, value: str) -> str:
    """Return a field that is sent along."""
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _place(place: Place, given: Mapping[str, str]) -> str:
    site, side = place
    value = place_value(place)
    checked = _checked(given.get("place") == value)
    return (
        f'<td><label><input type="radio" name="place" value="{value}"{checked}>'
        f'<span>{side.value.capitalize()}<span class="unseen"> {site.words}</span></span></label></td>'
    )


def _checked(is_chosen: bool) -> str:
    return " checked" if is_chosen else ""
