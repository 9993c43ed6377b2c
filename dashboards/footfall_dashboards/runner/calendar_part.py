"""How the calendar is taken, where it is offered: as a file by everybody, as a subscription on this computer."""

from html import escape, unescape
from urllib.parse import urljoin

from starlette.requests import Request

from footfall_dashboards.access import visitor_of
from footfall_dashboards.runner.html import link, section, text


def calendar_part(request: Request, runner: str) -> str:
    """Return the way to the calendar, and how to have it follow."""
    path = link("/calendar.ics", runner)
    if visitor_of(request.scope).name:
        how = (
            "It holds 14 days of ceilings and twelve weeks of what is planned, as they stand now. Calendars can’t log "
            "in here, so they can’t subscribe to it: open the file anew once in a while, and the newer days take the "
            "place of the older ones."
        )
        address = ""
    else:
        how = (
            "The file holds 14 days of ceilings and twelve weeks of what is planned, as they stand now. To have it "
            "follow by itself, let a calendar on this computer subscribe to this address (it may be called “new "
            "calendar from the network”); it is asked while these pages are served:"
        )
        address = f"<p><code>{escape(urljoin(str(request.base_url), unescape(path)))}</code></p>"
    return section(
        "In your calendar",
        f'<p><a href="{path}">Ceilings, what is planned, and the question of the next morning</a></p>',
        f"<details><summary>How to take it</summary><p>{text(how)}</p>{address}</details>",
        id="calendar",
    )
