"""Exercises as a plan of twelve weeks: which, how much, when harder and when easier, and the time of each hold."""
