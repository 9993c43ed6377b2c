"""InfluxDB: what is written, kept on disk while it is away, and sent. See docs/influxdb.md."""
