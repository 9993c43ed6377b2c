"""Footfall's driver for the Pebble, and a virtual one to test it with."""
