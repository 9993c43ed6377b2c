"""An evidence card: what is known of a piece of advice, how well, and what is said of it that was found otherwise."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Grade(StrEnum):
    """How well the advice on a card is supported."""

    SEVERAL = "several"
    ONE = "one"
    SMALL = "small"
    OPINION = "opinion"
    CONTRADICTED = "contradicted"


GRADE_WORDS: Final = {
    Grade.SEVERAL: "Several trials, or a guideline",
    Grade.ONE: "One good trial or a large cohort",
    Grade.SMALL: "Small or indirect studies",
    Grade.OPINION: "Opinion: hardly tested",
    Grade.CONTRADICTED: "Tested, and found otherwise",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a card's words come from.

    Parameters
    ----------
    name
        Authors and year.
    doi
        Empty where only the place in its journal is known, which `where` then has.
    """

    name: str
    doi: str
    where: str = ""

    @property
    def words(self) -> str:
        """The source as it is cited."""
        return f"{self.name}, doi:{self.doi}" if self.doi else f"{self.name}, {self.where}"


@dataclass(frozen=True, slots=True)
class Card:
    """A card.

    Parameters
    ----------
    key, title
        Under which it is kept; as the runner reads it.
    says
        What may be said, and in whom it was seen.
    dose
        How much of it, as Footfall has it; empty where it gives none.
    contradicted
        What is often said and was found otherwise, or was never shown; empty where nothing is.
    """

    key: str
    title: str
    grade: Grade
    says: str
    dose: str
    contradicted: str
    sources: tuple[Source, ...]
