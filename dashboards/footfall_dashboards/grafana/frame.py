"""What all dashboards share: tags, links to one another, cursor, time zone, refresh."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType

TAG: Final = "footfall"
NOW_TAG: Final = "footfall-now"
HISTORY_TAG: Final = "footfall-history"
"""Boards of now look back for minutes, boards of history for months: only the latter keep each other's time range."""


def new_dashboard(uid: str, title: str, description: str, begin: str, refresh: str = "") -> Dashboard:
    """Begin a dashboard that looks back to `begin`; one that refreshes itself is of now, one without of history."""
    kind = NOW_TAG if refresh else HISTORY_TAG
    return (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG, kind])
        .time(begin, "now")
        .timezone("browser")
        .week_start("monday")
        .refresh(refresh)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(_links(NOW_TAG, keep_time=False))
        .link(_links(HISTORY_TAG, keep_time=kind == HISTORY_TAG))
    )


def _links(tag: str, *, keep_time: bool) -> DashboardLink:
    """Link to all other dashboards with a tag, each under its title."""
    return (
        DashboardLink(tag)
        .type(DashboardLinkType.DASHBOARDS)
        .tags([tag])
        .as_dropdown(False)
        .include_vars(True)
        .keep_time(keep_time)
    )


def data_link(title: str, uid: str, *variables: str, keep_time: bool = True) -> dict[str, object]:
    """Link a value to a dashboard; `variables` are as `runner=${runner:percentencode}`."""
    chosen = [*(["${__url_time_range}"] if keep_time else []), *(f"var-{variable}" for variable in variables)]
    return {"title": title, "url": f"/d/{uid}?{'&'.join(chosen)}"}
