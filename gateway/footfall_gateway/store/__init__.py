"""The embedded store, and what a runner tells and is kept in it."""
