"""Attempts to get in, one module for each door; `scripts/attack.py` runs them."""
