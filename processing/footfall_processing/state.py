"""What can be stored of a session between two batches, and taken up again: plain data."""

from typing import TypeAlias

PlainState: TypeAlias = "bool | int | float | str | bytes | list[PlainState] | dict[str, PlainState] | None"
