"""The evidence cards: what is known of each piece of advice, how well, and what was found otherwise."""

from html import escape
from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from footfall_coaching.cards import CARDS, GRADE_WORDS, Card, Grade, Source
from footfall_dashboards.runner.asking import runner_of
from footfall_dashboards.runner.html import link, page, said, section, text
from footfall_dashboards.runner.plan_words import card_link

MARKS: Final = {
    Grade.SEVERAL: "●●●",
    Grade.ONE: "●●○",
    Grade.SMALL: "●○○",
    Grade.OPINION: "○○○",
    Grade.CONTRADICTED: "✕",
}
"""Beside the grade's words, never in their place."""


def routes() -> list[Route]:
    """Return the routes of the cards."""
    return [Route("/plan/cards", _list), Route("/plan/cards/{key}", _one)]


async def _list(request: Request) -> HTMLResponse:
    runner = runner_of(request)
    rows = "".join(f"<li><h2>{card_link(card.key, runner)}</h2>{grade(card)}</li>" for card in CARDS.values())
    body = (
        said("What is known of each piece of advice, how well, and what is often said and was found otherwise.", "lead")
        + f'<ul class="cards">{rows}</ul>'
        + _back(runner)
    )
    return page("What is known", "plan", body, runner=runner)


async def _one(request: Request) -> HTMLResponse:
    runner = runner_of(request)
    card = CARDS.get(request.path_params["key"])
    if card is None:
        raise HTTPException(404, "There is no such card.")
    sources = "".join(f"<li>{_source(source)}</li>" for source in card.sources)
    body = (
        grade(card)
        + f'<p class="lead">{text(card.says)}</p>'
        + (section("How much", f"<p>{text(card.dose)}</p>") if card.dose else "")
        + (
            section("Often said, and not so, or never shown", f"<p>{text(card.contradicted)}</p>")
            if card.contradicted
            else ""
        )
        + section(
            "Sources",
            f'<ul class="sources">{sources}</ul>',
            said("A touch on one leaves this computer for doi.org; nothing is asked of it before."),
        )
        + f'<p class="onward"><a href="{link("/plan/cards", runner)}">All cards</a></p>'
        + _back(runner)
    )
    return page(card.title, "plan", body, runner=runner)


def grade(card: Card) -> str:
    """Return how well a card is supported: a mark, and words."""
    return (
        f'<p class="grade"><span class="mark" aria-hidden="true">{MARKS[card.grade]}</span> '
        f"{text(GRADE_WORDS[card.grade])}</p>"
    )


def _source(source: Source) -> str:
    if not source.doi:
        return text(source.words)
    address = f"https://doi.org/{quote(source.doi, safe='/:;().-_')}"
    return f'<a href="{escape(address)}" rel="noreferrer">{text(source.name)}</a> <small>doi:{text(source.doi)}</small>'


def _back(runner: str) -> str:
    return f'<p class="onward"><a href="{link("/plan", runner)}">To the plan</a></p>'
