"""How parts that work on their own tell a person something."""

from collections.abc import Callable
from typing import TypeAlias

Say: TypeAlias = Callable[[str], None]
"""Tells the user something at once, in one line."""
