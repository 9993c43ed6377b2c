"""Everything people look at: the live page and, later, Grafana's dashboards."""
