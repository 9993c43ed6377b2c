"""Footfall's advice: how a runner's history, load and pain are read, and in which words. Pure: no I/O, no clock."""
