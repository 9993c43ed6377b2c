"""Every driver keeps every law, or is excused with a reason that is true."""

import pytest

from footfall_gateway.devices import COMPANION_PROFILES, PROFILES
from footfall_gateway.virtual.conformance import CompanionSubject, Subject, judge, laws_of
from gateway.devices.subjects import COMPANION_SUBJECTS, SUBJECTS

SEEDS = range(3)

ALL: tuple[Subject | CompanionSubject, ...] = (*SUBJECTS, *COMPANION_SUBJECTS)
CASES = [(subject, law) for subject in ALL for law in laws_of(subject)]


@pytest.mark.parametrize(("subject", "law"), CASES, ids=[f"{subject.name}-{law}" for subject, law in CASES])
def test_the_driver_keeps_the_law(subject: Subject | CompanionSubject, law: str) -> None:
    judge(subject, law, seeds=SEEDS)


def test_every_profile_is_tried() -> None:
    assert {subject.profile.name for subject in SUBJECTS} == PROFILES.keys()
    assert {subject.profile.name for subject in COMPANION_SUBJECTS} == COMPANION_PROFILES.keys()


def test_excuses_are_for_laws_that_there_are() -> None:
    for subject in ALL:
        assert subject.excuses.keys() <= set(laws_of(subject))
