"""The laws that every driver keeps, as plain functions: for the drivers of Footfall, and for those of others.

A law takes a driver with its virtual sensor (`Subject`, `CompanionSubject`) and a source of chance, and raises
`AssertionError` with what is wrong. `check` tries all laws of a subject; `judge` tries one::

    check(Subject("mine", PROFILE, recorded_sensor, packets))

A law that a protocol can't keep by its nature is excused in the subject, with the reason; an excuse for a law that is
kept is an error too. How to write a driver: docs/new-driver.md.
"""

from collections.abc import Iterable
from random import Random
from typing import Final

from footfall_gateway.virtual.conformance.companion_laws import COMPANION_LAWS
from footfall_gateway.virtual.conformance.sensor_laws import SENSOR_LAWS
from footfall_gateway.virtual.conformance.subjects import CompanionSubject, Subject

SEEDS: Final = range(5)
"""Tries of each law, as many as show what a driver does wrong."""

__all__ = ["COMPANION_LAWS", "SEEDS", "SENSOR_LAWS", "CompanionSubject", "Subject", "check", "judge", "laws_of"]


def laws_of(subject: Subject | CompanionSubject) -> tuple[str, ...]:
    """Name the laws of a subject."""
    return tuple(law.__name__ for law in (SENSOR_LAWS if isinstance(subject, Subject) else COMPANION_LAWS))


def judge(subject: Subject | CompanionSubject, name: str, *, seeds: Iterable[int] = SEEDS) -> None:
    """Try one law.

    Raises
    ------
    AssertionError
        When the driver breaks it, or keeps it although it is excused.
    """
    broken = [why for seed in seeds if (why := _broken(subject, name, Random(f"{name} {seed}")))]
    if name in subject.excuses:
        assert broken, f"{subject.name} is excused from {name!r}, but keeps it: take the excuse out"
    elif broken:
        raise AssertionError(f"{subject.name} breaks {name!r}: {broken[0]}")


def check(subject: Subject | CompanionSubject, *, seeds: Iterable[int] = SEEDS) -> None:
    """Try all laws of a subject; raises `AssertionError` as `judge` does, also when an excuse is for no law."""
    unknown = sorted(subject.excuses.keys() - set(laws_of(subject)))
    assert not unknown, f"{subject.name} is excused from what is no law: {', '.join(unknown)}"
    tried = tuple(seeds)
    for name in laws_of(subject):
        judge(subject, name, seeds=tried)


def _broken(subject: Subject | CompanionSubject, name: str, random: Random) -> str:
    try:
        if isinstance(subject, Subject):
            {law.__name__: law for law in SENSOR_LAWS}[name](subject, random)
        else:
            {law.__name__: law for law in COMPANION_LAWS}[name](subject, random)
    except AssertionError as why:
        return str(why) or repr(why)
    return ""
