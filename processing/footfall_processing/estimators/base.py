"""What an estimator is: one row that says where it fits, what it remembers, and what it does with each cell."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from footfall_processing.compiled import Record
from footfall_processing.errors import InputError
from footfall_processing.session import Placement, Sensor

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

ContactRule: TypeAlias = Callable[..., None]
"""A kernel that says when the foot meets the ground; what it is given, its estimator's room says (`contact.py`)."""


@dataclass(frozen=True, eq=False)
class Estimator:
    """A way to find strides (and landings) in one sensor's signal on the 200 Hz grid.

    `begin`, `advance` and `end` are kernels (`compiled`). They see the estimator's state (one record of `state`), the
    last five seconds of signal (`signal.ring.RING`), and put what they find into the outbox (`estimators.outbox`).
    What they find must follow from the signal and the state alone.

    Attributes
    ----------
    name
        What it is chosen by: lower case, digits and hyphens.
    placements
        The body segments whose signal it understands.
    needs_gyro
        Whether it needs angular rate. Without a gyroscope the rates in the ring are zero.
    state
        The layout of its memory, of plain numbers. A field `activity` of `estimators.activity.ACTIVITY`, kept by its
        `note_cell` and `note_stride`, tells what the wearer does now; without one nobody is told.
    begin
        `begin(state, cell)`: a segment begins, whose first cell will be this one. Nothing before it may be looked at.
    advance
        `advance(state, ring, outbox)`: there is one more cell, number `ring.end - 1`.
    end
        `end(state, ring, outbox)`: the segment ends with what the ring holds, for good or
        at a loss of more than 60 ms: emit what can still be told.
    start
        `start(state)`: plain Python, prepares the zeroed memory of a new sensor, whose fields are `state["name"]`.
    latency_s
        An event comes at most so long after its last instant (for a stride: the contact that closes it), in seconds of
        signal. Strides that were found looking back (`aligned_later`) are exempt.
    contacts
        Rules for initial contact, by name, the usual one first. The kernels call the usual one; where another is
        chosen, it is compiled in its place.
    contact
        The chosen rule's name; the usual one where there is nothing said.
    least_rate_hz
        Of a sensor that samples less often another row finds more; so it gets this one only where it is asked for.
    """

    name: str
    placements: tuple[Placement, ...]
    needs_gyro: bool
    state: "np.dtype[np.void]"
    begin: Callable[[Record, int], None]
    advance: Callable[[Record, Record, Record], None]
    end: Callable[[Record, Record, Record], None]
    latency_s: float
    start: Callable[[Record], None] | None = None
    contacts: Mapping[str, ContactRule] = field(default_factory=dict)
    contact: str | None = None
    least_rate_hz: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what could not be chosen, or not be stored."""
        for name in (self.name, *self.contacts):
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise InputError(f"estimator {name!r}: a name is of lower-case letters, digits and hyphens")
        known_places = tuple(Placement)
        if not isinstance(self.placements, tuple | list) or not all(place in known_places for place in self.placements):
            raise InputError(
                f"estimator {self.name!r}: its placements are {self.placements!r}; give a tuple, such as "
                "(Placement.FOOT,)"
            )
        if not self.placements:
            raise InputError(f"estimator {self.name!r} has no placements: it would fit no sensor; give at least one")
        if not isinstance(self.state, np.dtype) or self.state.names is None or self.state.hasobject:
            raise InputError(f"estimator {self.name!r}: its state must be a structured dtype of plain numbers")
        if self.contact is not None and self.contact not in self.contacts:
            known = ", ".join(self.contacts) or "none"
            raise InputError(f"estimator {self.name!r} has no contact rule {self.contact!r}; there is: {known}")
        self._check_kernel("begin", self.begin, ("state", "cell"))
        self._check_kernel("advance", self.advance, ("state", "ring", "outbox"))
        self._check_kernel("end", self.end, ("state", "ring", "outbox"))
        given: tuple[str, ...] | None = None
        for name, rule in self.contacts.items():
            own = self._check_kernel(f"contact rule {name!r}", rule, given)
            given = own if given is None else given

    def _check_kernel(self, role: str, function: object, given: tuple[str, ...] | None) -> tuple[str, ...]:
        """Return a kernel's arguments; refuse what is none, or can't be `given` those: Numba would tell so in pages."""
        plain = getattr(function, "py_func", None)
        called = getattr(function, "__name__", repr(function))
        if not callable(plain):
            raise InputError(f"estimator {self.name!r}: {role} is {called}, and no kernel; put @compiled before it")
        signature = inspect.signature(plain)
        own = tuple(signature.parameters)
        if given is not None:
            try:
                signature.bind(*given)
            except TypeError as error:
                raise InputError(
                    f"estimator {self.name!r}: {role} is {called}({', '.join(own)}), but is called with "
                    f"({', '.join(given)}); give it these arguments"
                ) from error
        return own

    @cached_property
    def full_name(self) -> str:
        """Its name, and that of the contact rule where it is not the usual one: `shank:swing-end`."""
        usual = next(iter(self.contacts), None)
        return self.name if self.contact in (None, usual) else f"{self.name}:{self.contact}"

    def fits(self, sensor: Sensor) -> bool:
        """Whether the sensor is worn where, and measures what, this needs."""
        return sensor.placement in self.placements and (sensor.has_gyro or not self.needs_gyro)

    def with_contact(self, name: str, rule: ContactRule | None = None) -> "Estimator":
        """The same estimator with another contact rule: one that it has, or a new one."""
        contacts = self.contacts if rule is None else {**self.contacts, name: rule}
        return replace(self, contacts=contacts, contact=name)
