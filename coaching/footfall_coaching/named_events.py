"""Events as they are kept: each kind under a name, with its plain JSON values."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

from footfall_processing.errors import InputError

EventT = TypeVar("EventT")


class NamedEvents(Generic[EventT]):
    """The kinds of events of one thing.

    Parameters
    ----------
    kinds
        By the name under which one is kept.
    of
        What they are of, for people, such as "a programme".
    """

    def __init__(self, kinds: Mapping[str, type[EventT]], of: str) -> None:
        self.kinds = kinds
        self._of = of

    def kept_as(self, event: EventT) -> tuple[str, dict[str, object]]:
        """Return an event's name and plain JSON values."""
        name = next(name for name, kind in self.kinds.items() if isinstance(event, kind))
        inputs: dict[str, object] = msgspec.to_builtins(event)
        return name, inputs

    def event_of(self, name: str, inputs: Mapping[str, object]) -> EventT:
        """Make an event again.

        Raises
        ------
        InputError
            Where no event has this name, or the values are not its own.
        """
        if name not in self.kinds:
            raise InputError(f"no event {name!r} of {self._of} is known here: a newer Footfall kept this")
        try:
            return msgspec.convert(dict(inputs), self.kinds[name])
        except msgspec.ValidationError as error:
            raise InputError(f"an event {name!r} of {self._of} holds what it can't: {error}") from error
