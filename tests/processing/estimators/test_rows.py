"""Rows that could not work are refused where they are made, before Numba compiles anything of them."""

from dataclasses import replace
from typing import Any

import pytest

from footfall_processing.compiled import Record, compiled
from footfall_processing.errors import InputError
from footfall_processing.estimators.registry import BUILT_IN
from footfall_processing.session import Placement

FOOT = BUILT_IN[0]


def plain(state: Record, ring: Record, outbox: Record) -> None:
    """No kernel: somebody forgot to say `@compiled`."""


@compiled
def of_two(state: Record, ring: Record) -> None:
    """A kernel of two arguments."""


@compiled
def of_three(state: Record, ring: Record, box: Record) -> None:
    """A kernel of three arguments, whatever they are called."""


changed: Any = replace
"""Typed as what takes anything, as users may give anything."""


def refused(match: str, **changes: object) -> None:
    with pytest.raises(InputError, match=match) as error:
        changed(FOOT, **changes)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("role", ["begin", "advance", "end"])
def test_a_forgotten_compiled_is_told(role: str) -> None:
    refused(rf"estimator 'foot': {role} is plain, and no kernel; put @compiled before it", **{role: plain})
    refused(rf"estimator 'foot': {role} is None, and no kernel", **{role: None})


def test_wrong_arguments_are_told() -> None:
    refused(r"begin is of_three\(state, ring, box\), but is called with \(state, cell\); give it", begin=of_three)
    assert replace(FOOT, advance=of_three, end=of_three).advance is of_three
    for role in ("advance", "end"):
        refused(rf"{role} is of_two\(state, ring\), but is called with \(state, ring, outbox\)", **{role: of_two})


def test_so_are_those_of_a_contact_rule() -> None:
    with pytest.raises(InputError, match=r"contact rule 'own' is plain, and no kernel; put @compiled before it"):
        FOOT.with_contact("own", plain)
    with pytest.raises(InputError, match=r"contact rule 'own' is of_two\(state, ring\), but is called with \("):
        FOOT.with_contact("own", of_two)
    assert FOOT.with_contact("own", FOOT.contacts["slap"]).full_name == "foot:own"


def test_placements_are_a_tuple_of_them() -> None:
    refused(r"estimator 'foot' has no placements: .* give at least one", placements=())
    wrong: list[object] = [Placement.FOOT, "foot", ("thigh",), None, ([],)]
    for placements in wrong:
        refused(r"its placements are .*; give a tuple, such as \(Placement.FOOT,\)", placements=placements)


@pytest.mark.parametrize("state", [None, float, "f8"])
def test_a_state_is_a_structured_dtype(state: object) -> None:
    refused("structured dtype of plain numbers", state=state)
