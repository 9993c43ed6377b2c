"""The page where no run goes on: it turns into the live page by itself once one does."""

from starlette.responses import Response

from footfall_dashboards.runner.html import link, page, said
from footfall_dashboards.runner.scripts import script


def no_run_page(runner: str, *, goes_on: bool = False) -> Response:
    """Say that no run goes on, and how one begins; or that one does and another runner's is shown."""
    if goes_on:
        told = said(
            "Your run goes on, and is kept. The live page shows one run, and that is another’s now.", "lead"
        ) + said("Once it is yours again, this page shows it.")
    else:
        told = said("No run goes on here.", "lead") + said(
            "Start one with footfall live, on the computer that your sensors are paired with: this page then shows it."
        )
    again = "Without script, it does so once you load it again."
    body = (
        f'{told}<noscript>{said(again)}</noscript><p><a class="button" href="{link("/today", runner)}">To today</a></p>'
        f"{script('waiting')}"
    )
    return page("Live", "live", body, runner=runner)
