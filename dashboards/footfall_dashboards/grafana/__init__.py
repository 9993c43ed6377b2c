"""Grafana's dashboards and alert rules as code; `python -m footfall_dashboards.grafana` writes them as JSON.

The JSON in `dashboards/grafana/` is what is deployed, so running Footfall never needs `grafana-foundation-sdk`.
"""
