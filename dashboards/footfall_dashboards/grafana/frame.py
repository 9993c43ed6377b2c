"""What all dashboards share: tags, links to one another, cursor, time zone, refresh."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType

TAG: Final = "footfall"


def new_dashboard(uid: str, title: str, description: str, begin: str, refresh: str = "") -> Dashboard:
    """Begin a dashboard that looks back to `begin`; an empty `refresh` means by hand."""
    return (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .time(begin, "now")
        .timezone("browser")
        .refresh(refresh)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(
            DashboardLink("Footfall")
            .type(DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(False)
            .include_vars(True)
            .keep_time(False)
        )
    )
