"""Evidence cards: each has its grade and sources, and all advice has its card."""

import re
from typing import Final

import pytest

from footfall_coaching.cards import CARD_OF_RULE, CARDS, GRADE_WORDS, Card, Grade, card_of
from footfall_coaching.exercises.catalogue import CATALOGUE
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.exercises.session import ExercisesToday
from footfall_coaching.ledger import RULES
from footfall_coaching.programme.afterwards import Found, Reminder
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.programme.rule import ProgrammeToday
from footfall_processing.errors import InputError

DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
FIELD: Final = {
    "load-first",
    "pain-light",
    "single-run",
    "soft-landing",
    "impact-feedback",
    "cadence",
    "try-out",
    "foot-strike",
    "recall",
    "hip-and-knee",
    "core",
    "before-pain",
    "foot-and-ankle",
    "itb",
    "backward-walking",
    "knees-over-toes",
    "warm-up",
    "ankle-mobility",
    "minimal-shoes",
    "other-shoes",
    "taping",
    "ice",
}


def test_every_piece_of_advice_in_the_field_has_a_card() -> None:
    assert set(CARDS) == FIELD
    assert set(GRADE_WORDS) == set(Grade)
    with pytest.raises(InputError, match="known"):
        card_of("luck")


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.key)
def test_a_card_has_words_and_sources(card: Card) -> None:
    assert card.says.endswith(".")
    assert all(text == "" or text.endswith(".") for text in (card.dose, card.contradicted))
    assert card.sources
    for source in card.sources:
        assert DOI.fullmatch(source.doi) if source.doi else source.where
        assert source.words.startswith(source.name)
    assert len(card.says) < 420  # read on a phone


def test_what_is_tested_and_found_otherwise_says_what() -> None:
    assert all(card.contradicted for card in CARDS.values() if card.grade is Grade.CONTRADICTED)
    for key in ("taping", "ice", "warm-up", "minimal-shoes", "foot-strike", "knees-over-toes"):
        assert CARDS[key].contradicted


def test_every_rule_and_exercise_names_its_card() -> None:
    named = {*CARD_OF_RULE, ProgrammeToday.NAME}
    assert {name for name, _ in RULES} | {ProgrammeToday.NAME, Reminder.NAME, ExercisesToday.NAME} <= named
    cards = {
        *CARD_OF_RULE.values(),
        *(exercise.card for exercise in CATALOGUE.values()),
        *(ProgrammeToday(kind, 80.0, None, 1, 15).card for kind in ProgrammeKind),
        Reminder(ProgrammeKind.IMPACT, Found.KEPT, None).card,
        ExercisesToday(Track.HIP, None, 1).card,
    }
    assert cards <= set(CARDS)
