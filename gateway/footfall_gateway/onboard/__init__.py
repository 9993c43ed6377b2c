"""Runs that sensors recorded by themselves: begun before the run, fetched after it. Free of makers."""
