"""Every driver keeps every law, or is excused with a reason that is true."""

from dataclasses import replace

import pytest

from footfall_gateway.devices import COMPANION_PROFILES, PROFILES
from footfall_gateway.devices.kit.sample_intake import SampleIntake
from footfall_gateway.devices.movella_dot import MEDIUM_PAYLOAD
from footfall_gateway.devices.movella_dot import MovellaDotDecoder as DotDecoder
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_gateway.virtual.conformance import CompanionSubject, Subject, check, judge, laws_of
from footfall_processing.samples import ImuBlock
from footfall_processing.signal.timing import DeviceClock
from footfall_processing.state import PlainState
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


class TakesAll(DotDecoder):
    """Believes that every packet is new, at its arrival."""

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        self._intake = SampleIntake(self._sensor)
        self._clock = DeviceClock(tick_s=1e-6, bits=32)
        return super()._take(packet)


class NeverWraps(DotDecoder):
    """Takes the clock for a wider one."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        super().__init__(recorded_sensor)
        self._clock = DeviceClock(tick_s=1e-6, bits=33)


class Forgets(DotDecoder):
    """Goes on without the clock that was stored."""

    def restore(self, state: PlainState) -> None:
        super().restore(state)
        self._clock.forget()


class Raises(DotDecoder):
    """Reads every packet, whatever its length."""

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        assert len(packet.data) >= 28, "too short"
        return super()._take(packet)


class Deaf(DotDecoder):
    """Takes packets of every characteristic."""

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        return super()._take(replace(packet, characteristic=MEDIUM_PAYLOAD))


@pytest.mark.parametrize(
    ("decoder", "law"),
    [
        (TakesAll, "repeats_are_dropped"),
        (TakesAll, "losses_are_marked_and_counted"),
        (NeverWraps, "the_clock_may_wrap"),
        (Forgets, "its_state_can_be_stored"),
        (Raises, "nothing_breaks_it"),
        (Deaf, "other_characteristics_give_nothing"),
    ],
)
def test_a_law_finds_who_breaks_it(decoder: type[DotDecoder], law: str) -> None:
    (dot,) = (subject for subject in SUBJECTS if subject.name == "movella-dot")
    broken = replace(dot, profile=replace(dot.profile, decoder=decoder))
    with pytest.raises(AssertionError, match=f"movella-dot breaks '{law}'"):
        judge(broken, law, seeds=SEEDS)
    judge(replace(broken, excuses={law: "it is made so"}), law, seeds=SEEDS)


def test_an_excuse_has_to_be_true() -> None:
    (dot,) = (subject for subject in SUBJECTS if subject.name == "movella-dot")
    with pytest.raises(AssertionError, match="take the excuse out"):
        judge(replace(dot, excuses={"every_sample_comes_once": "it rains"}), "every_sample_comes_once", seeds=SEEDS)
    with pytest.raises(AssertionError, match="excused from what is no law: politeness"):
        check(replace(dot, excuses={"politeness": "none"}), seeds=SEEDS)
