"""A short run of the fuzzer: all seeds of all doors, and some inputs like them; see docs/fuzzing.md."""

import time
from collections.abc import Callable
from random import Random

import pytest

from footfall_gateway.errors import GatewayError
from fuzzing import door as limits
from fuzzing.door import SEEDS, Door, Figures, held_to_limits
from fuzzing.doors import DOORS
from fuzzing.mutations import Shape, mutated

LIKE_THEM = 12
MOST_SEED_BYTES = 310_000


@pytest.mark.parametrize("door", DOORS.values(), ids=list(DOORS))
def test_whatever_comes_to_a_door_is_taken_or_refused_within_limits(door: Door) -> None:
    seeds, random, figures = list(door.seeds()), Random(door.name), Figures()
    for data in seeds:
        held_to_limits(door, data, figures)
    for _ in range(LIKE_THEM):
        held_to_limits(door, mutated(random.choice(seeds), random, door.shape, door.prefix)[: door.most_bytes], figures)
    assert figures.inputs == len(seeds) + LIKE_THEM
    assert any(_is_taken(door, data) for data in seeds), "no seed gets through"


def _is_taken(door: Door, data: bytes) -> bool:
    figures = Figures()
    held_to_limits(door, data, figures)
    return not figures.refused


def test_every_door_has_seeds_and_all_together_are_small() -> None:
    assert {folder.name for folder in SEEDS.iterdir()} == set(DOORS)
    assert sum(path.stat().st_size for path in SEEDS.glob("*/*")) < MOST_SEED_BYTES


def test_a_door_that_lets_itself_down_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(take: Callable[[bytes], None]) -> Door:
        return Door("it", "anything", take)

    def break_off(data: bytes) -> None:
        assert 1 // len(data)

    def refuse_at_length(data: bytes) -> None:
        raise GatewayError("x" * 5000)

    with pytest.raises(ZeroDivisionError):
        held_to_limits(told(break_off), b"", Figures())
    with pytest.raises(limits.LimitError, match="told in 5000 characters"):
        held_to_limits(told(refuse_at_length), b"", Figures())
    monkeypatch.setattr(limits, "MOST_S", 0.001)

    def be_slow(data: bytes) -> None:
        until_s = time.process_time() + 0.01
        while time.process_time() < until_s:
            pass

    with pytest.raises(limits.LimitError, match="took"):
        held_to_limits(told(be_slow), b"", Figures())


@pytest.mark.parametrize("shape", Shape)
def test_mutations_are_others_and_the_same_for_the_same_chance(shape: Shape) -> None:
    data = b'\x81{"a": [1.5, "b", null, {"c": 2}]}'
    made = [mutated(data, Random(seed), shape, prefix=1) for seed in range(50)]
    assert made == [mutated(data, Random(seed), shape, prefix=1) for seed in range(50)]
    assert len(set(made)) > 30
