"""Programmes that change how somebody runs: their sessions, what holds them, and what is left of them afterwards."""
