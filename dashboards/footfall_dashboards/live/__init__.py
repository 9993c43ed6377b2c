"""The live page: what a runner, coach or physiotherapist sees in the browser while the run is going on."""

from footfall_dashboards.live.server import LiveServer, app
from footfall_dashboards.live.view import LiveView

__all__ = ["LiveServer", "LiveView", "app"]
