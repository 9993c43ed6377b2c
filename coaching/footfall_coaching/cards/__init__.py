"""Evidence cards for every piece of advice in the field, and which rule rests on which."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from footfall_coaching.cards.card import GRADE_WORDS, Card, Grade, Source
from footfall_coaching.cards.exercise import EXERCISE_CARDS
from footfall_coaching.cards.running import RUNNING_CARDS
from footfall_coaching.cards.things import THING_CARDS
from footfall_processing.errors import InputError

__all__ = ["CARDS", "CARD_OF_RULE", "GRADE_WORDS", "Card", "Grade", "Source", "card_of"]

CARDS: Final[Mapping[str, Card]] = MappingProxyType(
    {card.key: card for card in (*RUNNING_CARDS, *EXERCISE_CARDS, *THING_CARDS)}
)
"""Every card by its key."""

CARD_OF_RULE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "light": "pain-light",
        "ceiling": "single-run",
        "run-above-ceiling": "single-run",
        "spike": "single-run",
        "pair-change": "other-shoes",
        "impact-change": "soft-landing",
        "drift-change": "soft-landing",
        "cadence-change": "cadence",
        "minimal-shoes": "minimal-shoes",
        "programme-reminder": "recall",
        "exercises": "hip-and-knee",
        "try-out-beforehand": "try-out",
        "try-out-today": "try-out",
        "try-out": "try-out",
        "recall-check": "recall",
    }
)
"""The card of each rule that has one and the same; that of `programme` is its `card`."""


def card_of(key: str) -> Card:
    """Return a card; raises `InputError` where none has this key."""
    if key not in CARDS:
        raise InputError(f"no card {key!r} is known here; there are {', '.join(CARDS)}")
    return CARDS[key]
