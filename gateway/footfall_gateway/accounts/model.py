"""An account, and the one rule of who may see whose runs.

::

    FootfallError
    └── GatewayError
        └── AccountError     an account can't be made, changed or used; the message says what to do
"""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from footfall_gateway.errors import GatewayError
from footfall_gateway.outside import shortened, shown

MOST_NAME_CHARACTERS: Final = 100
MOST_ACCOUNTS: Final = 500
MOST_COACHES: Final = 50
"""That one runner agrees to."""

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_NAME_CHARACTERS)]


class AccountError(GatewayError):
    """An account can't be made, changed or used; the message says what to do."""


class Role(StrEnum):
    """What an account is for."""

    RUNNER = "runner"
    COACH = "coach"
    ADMIN = "admin"


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who may log in.

    Parameters
    ----------
    name
        As runs name their runner.
    role
        What the account is for.
    password_hash
        Argon2's, with its parameters and salt.
    stamp
        Another one after each change of password: a login is good for the stamp that it was made with.
    coaches
        Who may see this runner's runs, by the name of their accounts; what the runner agreed to.
    """

    name: _Name
    role: Role
    password_hash: Annotated[str, msgspec.Meta(max_length=512)]
    stamp: Annotated[str, msgspec.Meta(min_length=16, max_length=64)]
    coaches: Annotated[tuple[_Name, ...], msgspec.Meta(max_length=MOST_COACHES)] = ()


def key_of(name: str) -> str:
    """Return what two spellings of one name share: `ANN ` logs in as `Ann`."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def checked_name(name: str) -> str:
    """Return a name for an account as runs spell it; `AccountError` when it can be none."""
    if not name or name != name.strip() or len(name) > MOST_NAME_CHARACTERS or not name.isprintable():
        raise AccountError(
            f"{shown(shortened(name))!r} can't be an account's name: give 1 to {MOST_NAME_CHARACTERS} letters, "
            "as --runner names the runner"
        )
    return name


def may_see(accounts: Mapping[str, Account], viewer: str, runner: str) -> bool:
    """Tell whether somebody may see a runner's runs: one's own, and a coach those of runners who agreed.

    An admin manages accounts, which takes nobody's runs. A run without a runner's name is nobody's.

    Parameters
    ----------
    accounts
        All there are, by `key_of` their name.
    viewer
        The name of an account.
    runner
        As the run names its runner.
    """
    account = accounts.get(key_of(viewer))
    if account is None or not runner:
        return False
    if account.name == runner:
        return True
    theirs = accounts.get(key_of(runner))
    return (
        account.role is Role.COACH and theirs is not None and theirs.name == runner and account.name in theirs.coaches
    )
