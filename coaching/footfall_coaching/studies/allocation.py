"""How a study is drawn, and kept hidden until it is over.

One seed of 32 bytes that nobody can guess is drawn when the first runner joins, and all follows from it: of each block
which parts have the condition that is tried. So nobody can change an order to suit what came out, nor draw again until
it pleases: the seal, a digest of what is fixed and of the seed, is told at once, and the seed at the end.

Whoever has the seed makes every order again by the rule of `index_of`, with any program for HMAC-SHA-256.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from footfall_coaching.studies.file import Design, StudyFile
from footfall_coaching.try_out.orders import Order, orders_of
from footfall_processing.errors import InputError

SEED_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Allocation:
    """All that was drawn for a study.

    Parameters
    ----------
    file
        What was fixed.
    seed
        64 hexadecimal digits that nobody can guess.
    """

    file: StudyFile
    seed: str

    def __post_init__(self) -> None:
        if len(self.seed) != 2 * SEED_BYTES or set(self.seed) - set("0123456789abcdef"):
            raise InputError(f"a study's seed is {2 * SEED_BYTES} digits of 0-9 and a-f")

    @property
    def text(self) -> str:
        """The sealed text, a line each: the study, a digest of what is fixed in its file, and the seed."""
        fixed = hashlib.sha256(self.file.fixed).hexdigest()
        return f"footfall study 1\nstudy {self.file.study}\nfixed {fixed}\nseed {self.seed}\n"

    @property
    def seal(self) -> str:
        """The digest of the text, SHA-256 in hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def order_of(self, number: int) -> Order:
        """Return of each run of a runner, counted from 1 as they join, whether it is in the condition tried."""
        if self.file.design is Design.PARALLEL:
            return (self._is_tried(number),) * self.file.runs
        groups = enumerate(self.file.groups, start=1)
        return sum((self._block(f"runner {number} block {block}", size) for block, size in groups), ())

    def runners_in_blocks(self, count: int) -> tuple[tuple[int, ...], Order]:
        """Return the sizes of the blocks that so many runners of a parallel study are in, and the order of all these.

        The last block may have places that nobody took.
        """
        sizes: list[int] = []
        order: Order = ()
        for size, block in self._blocks_of_runners():
            if sum(sizes) >= count:
                break
            sizes.append(size)
            order += block
        return tuple(sizes), order

    def index_of(self, what: str, count: int) -> int:
        """Return which of so many equally likely things was drawn: a MAC of what it is for, as a number, modulo these.

        Orders of a block are counted as `orders_of` has them: by the places of the condition tried, the first ones
        first.
        """
        mac = hmac.digest(bytes.fromhex(self.seed), what.encode(), hashlib.sha256)
        return int.from_bytes(mac, "big") % count

    def _is_tried(self, number: int) -> bool:
        return self.runners_in_blocks(number)[1][number - 1]

    def _blocks_of_runners(self) -> Iterator[tuple[int, Order]]:
        sizes = self.file.blocks
        number = 0
        while True:
            number += 1
            size = sizes[self.index_of(f"size of block {number}", len(sizes))]
            yield size, self._block(f"block {number}", size)

    def _block(self, what: str, size: int) -> Order:
        orders = orders_of((size,))
        return tuple(bool(one) for one in orders[self.index_of(what, len(orders))])


def drawn(file: StudyFile, seed: bytes) -> Allocation:
    """Draw a study from 32 bytes that nobody can guess, as from `secrets.token_bytes`."""
    return Allocation(file, seed.hex())
