"""What a runner's forms say: from the fields that a browser sent to answers, or in words why not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from footfall_coaching.answers import Effort, Pain, PainSite, Phase, Shoe, ShoeKind, Sign, SignNote
from footfall_processing.errors import InputError
from footfall_processing.session import Side

NOWHERE: Final = "nowhere"
MOST_NAME_CHARACTERS: Final = 60
"""Of a pair of shoes."""

SITE_WORDS: Final = {
    PainSite.FOOT: "Foot",
    PainSite.ACHILLES: "Achilles tendon",
    PainSite.SHIN: "Shin",
    PainSite.CALF: "Calf",
    PainSite.KNEE: "Knee",
    PainSite.THIGH: "Thigh",
    PainSite.HIP: "Hip",
}
SIGN_WORDS: Final = {
    Sign.SWELLING: "It is swollen",
    Sign.LOCKING: "It locks",
    Sign.GIVING_WAY: "It gives way",
    Sign.NO_WEIGHT: "The leg can't bear my weight",
    Sign.NIGHT_PAIN: "It hurts at night",
    Sign.FEVER: "Fever with it",
    Sign.BONE_POINT: "One point of a bone hurts",
    Sign.LIMP: "I limped",
    Sign.RISING: "It rose sharply in the run",
}
OF_A_RUN: Final = (Sign.LIMP, Sign.RISING)
"""Signs that are asked for with a run; the others are looked for at any time."""
PHASE_WORDS: Final = {Phase.DURING: "in the run", Phase.AFTER: "after the run", Phase.MORNING: "in the morning"}
FEELING_WORDS: Final = {1: "very bad", 2: "bad", 3: "fair", 4: "good", 5: "very good"}

_EnumT = TypeVar("_EnumT", bound=StrEnum)
Place = tuple[PainSite, Side]


def place_value(place: Place | None) -> str:
    """Return how a form's field says where it hurts."""
    return NOWHERE if place is None else f"{place[0].value}-{place[1].value}"


def place_words(place: Place | None) -> str:
    """Return where it hurts, in words."""
    return "nothing" if place is None else f"{place[1].value} {place[0].words}"


def place_of(fields: Mapping[str, str]) -> Place | None:
    """Return where it hurts; `None` for nowhere, and where nothing was chosen."""
    value = fields.get("place", "")
    if value in ("", NOWHERE):
        return None
    site, _, side = value.partition("-")
    return _chosen(PainSite, site, "where it hurts"), _chosen(Side, side, "on which side it hurts")


def pains_of(
    fields: Mapping[str, str], runner: str, session_id: str, now: datetime, phases: Sequence[Phase]
) -> list[Pain]:
    """Return the pains of the phases that were answered; a field of each phase's name holds its level.

    Raises
    ------
    InputError
        When something is no choice of the form, or hurts without a place.
    """
    place = place_of(fields)
    told = []
    for phase in phases:
        level = number_of(fields, phase.value, "how much it hurts")
        if level is None:
            continue
        if level > 0 and place is None:
            raise InputError("choose where it hurts, or 0 where nothing does")
        site, side = (None, None) if place is None else place
        told.append(Pain(runner, session_id, now, phase, site, side, level))
    return told


def effort_of(fields: Mapping[str, str], session_id: str) -> Effort | None:
    """Return how a run was; `None` where that was not answered. `InputError` when it is no choice of the form."""
    exertion = number_of(fields, "exertion", "how hard it was")
    feeling = number_of(fields, "feeling", "how you felt")
    return None if exertion is None and feeling is None else Effort(session_id, exertion, feeling)


def signs_of(fields: Mapping[str, str], runner: str, session_id: str, now: datetime) -> list[SignNote]:
    """Return the signs that were ticked."""
    return [SignNote(runner, session_id, now, sign) for sign in Sign if fields.get(sign.value)]


def shoe_of(fields: Mapping[str, str], runner: str, now: datetime) -> Shoe:
    """Return a pair of shoes, worn from now on; `InputError` when it has no name that can be kept."""
    name = fields.get("name", "").strip()
    if len(name) > MOST_NAME_CHARACTERS:
        raise InputError(f"the name of a pair has at most {MOST_NAME_CHARACTERS} characters")
    return Shoe(runner, now, name, _chosen(ShoeKind, fields.get("kind", ShoeKind.USUAL), "of which kind the pair is"))


def number_of(fields: Mapping[str, str], name: str, what: str) -> int | None:
    """Return a whole number that was chosen; `None` where nothing was. `InputError` when it is none."""
    value = fields.get(name, "")
    if value == "":
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 2):
        raise InputError(f"choose {what} from the numbers of the form")
    return int(value)


def _chosen(choices: type[_EnumT], value: str, what: str) -> _EnumT:
    try:
        return choices(value)
    except ValueError:
        raise InputError(f"choose {what} from the form") from None
