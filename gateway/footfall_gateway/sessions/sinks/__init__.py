"""Where a session's events go: one protocol, any list of sinks for any source."""
