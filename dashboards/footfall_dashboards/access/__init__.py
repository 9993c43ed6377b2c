"""How pages are reached: on this computer as they are, from elsewhere only by who has logged in and may see them."""

from footfall_dashboards.access.door import DEFAULT_PORT, LOOPBACK, Door, PageError
from footfall_dashboards.access.serving import PageServer, guarded
from footfall_dashboards.access.visitor import Accounts, Visitor, visitor_of

__all__ = [
    "DEFAULT_PORT",
    "LOOPBACK",
    "Accounts",
    "Door",
    "PageError",
    "PageServer",
    "Visitor",
    "guarded",
    "visitor_of",
]
