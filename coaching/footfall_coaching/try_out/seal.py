"""The drawn order, sealed: a digest of it goes into the recording before the first part, and is opened at the end.

Whoever has the recording can tell that the order was not changed to suit what came out: `Opening.text` goes through any
program for SHA-256, such as `sha256sum`. The nonce keeps the digest from giving the order away, of which there may be
only 70. Until the end the opening is kept apart from the recording, and nobody but the program looks into it; each part
is revealed when it begins (`Progress.cue_of_next`).
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from footfall_coaching.try_out.orders import Order, drawn, is_one_of
from footfall_coaching.try_out.plan import Plan
from footfall_processing.errors import InputError

NONCE_BYTES: Final = 32
LETTERS: Final = {False: "u", True: "c"}
"""A usual part and a cued one, as they stand in the sealed text."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a seal is opened with.

    Parameters
    ----------
    plan
        What was tried.
    order
        Of each part whether it is a cued one.
    nonce
        64 hexadecimal digits that nobody can guess.
    """

    plan: Plan
    order: Order
    nonce: str

    def __post_init__(self) -> None:
        if not is_one_of(self.order, self.plan.groups):
            raise InputError("this order is none of those that could be drawn")
        if len(self.nonce) != 2 * NONCE_BYTES or set(self.nonce) - set("0123456789abcdef"):
            raise InputError(f"a nonce is {2 * NONCE_BYTES} digits of 0-9 and a-f")

    @property
    def text(self) -> str:
        """The sealed text: what was tried in which groups, the order and the nonce, a line each."""
        plan = self.plan
        lines = (
            "footfall try-out 1",
            f"kind {plan.kind}",
            f"cue {plan.cue}",
            f"condition {plan.condition}",
            f"groups {' '.join(str(count) for count in plan.groups)}",
            f"order {''.join(LETTERS[is_cued] for is_cued in self.order)}",
            f"nonce {self.nonce}",
        )
        return "".join(f"{line}\n" for line in lines)

    @property
    def seal(self) -> str:
        """The digest of the text, SHA-256 in hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def draw(plan: Plan, random: Random, nonce: bytes) -> Opening:
    """Draw the order of a test.

    Parameters
    ----------
    random
        What the order is drawn from: `random.SystemRandom` outside of tests.
    nonce
        32 bytes that nobody can guess, as from `secrets.token_bytes`.
    """
    return Opening(plan, drawn(plan.groups, random), nonce.hex())


def opens(seal: str, opening: Opening, revealed: Sequence[bool] = ()) -> bool:
    """Tell whether an opening is that of a seal, and parts were revealed as it says, as far as they were."""
    as_said = tuple(revealed) == opening.order[: len(revealed)]
    return as_said and hmac.compare_digest(seal.encode(), opening.seal.encode())
