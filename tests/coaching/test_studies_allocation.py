"""Orders of a study are drawn from one seed, balanced, sealed, and made again by the rule."""

import hashlib
import hmac
from datetime import date
from itertools import combinations
from typing import Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from coaching.studies import FILE, PARALLEL, changed
from footfall_coaching.studies.allocation import drawn
from footfall_coaching.studies.file import Consent
from footfall_coaching.try_out import orders

SEEDS: Final = st.binary(min_size=32, max_size=32)


@given(SEEDS, st.integers(1, 500))
def test_orders_are_balanced_in_every_block_and_made_again_by_the_rule(seed: bytes, number: int) -> None:
    file = msgspec.structs.replace(FILE, runs=12, block=4)
    order = drawn(file, seed).order_of(number)
    expected: list[bool] = []
    for block in (1, 2, 3):
        mac = hmac.digest(seed, f"runner {number} block {block}".encode(), hashlib.sha256)
        tried = list(combinations(range(4), 2))[int.from_bytes(mac, "big") % 6]
        expected += [place in tried for place in range(4)]
    assert list(order) == expected
    assert orders.is_one_of(order, file.groups)


@given(SEEDS, st.integers(1, 40))
def test_runners_of_a_parallel_study_are_balanced_block_by_block(seed: bytes, count: int) -> None:
    allocation = drawn(PARALLEL, seed)
    sizes, order = allocation.runners_in_blocks(count)
    assert set(sizes) <= {2, 4}
    assert orders.is_one_of(order, sizes)
    assert sum(sizes) - sizes[-1] < count <= sum(sizes)
    for number in range(1, count + 1):
        assert allocation.order_of(number) == (order[number - 1],) * PARALLEL.runs, "it does not go by who comes later"


@settings(max_examples=20)
@given(SEEDS, SEEDS)
def test_the_seal_holds_the_seed_and_all_that_is_fixed_and_gives_neither_away(one: bytes, other: bytes) -> None:
    allocation = drawn(FILE, one)
    assert hashlib.sha256(allocation.text.encode()).hexdigest() == allocation.seal
    assert (drawn(FILE, other).seal == allocation.seal) == (one == other)
    assert drawn(changed(FILE, ends=date(2026, 12, 2)), one).seal != allocation.seal
    assert drawn(changed(FILE, organiser="Others", consent=Consent("2", "x" * 50)), one).seal == allocation.seal


def test_all_orders_are_about_as_likely() -> None:
    counts = dict.fromkeys(map(tuple, orders.orders_of((4,)).tolist()), 0)
    allocation = drawn(msgspec.structs.replace(FILE, runs=4, block=4), bytes(32))
    for number in range(1, 1201):
        counts[allocation.order_of(number)] += 1
    assert all(140 <= count <= 260 for count in counts.values()), counts
