"""Who looks at a page, and what a page may ask about accounts; the gateway keeps them."""

from collections.abc import Sequence
from typing import Final, Protocol

from starlette.types import Scope


class Account(Protocol):
    """Somebody who may log in."""

    @property
    def name(self) -> str:
        """As runs name their runner."""

    @property
    def role(self) -> str:
        """What the account is for: runner, coach or admin."""

    @property
    def stamp(self) -> str:
        """Another one after each change of password."""

    @property
    def coaches(self) -> Sequence[str]:
        """Who may see this runner's runs, as the runner agreed."""


class Accounts(Protocol):
    """All accounts. Its methods wait for the disk, `checked` and those that set passwords for the processor as well.

    Each raises `FootfallError` when accounts can't be read or written, or what is asked can't be done.
    """

    def key_of(self, name: str) -> str:
        """Return what all spellings of a name share; waits for nothing."""

    def all(self) -> Sequence[Account]:
        """Return all, by name."""

    def find(self, name: str) -> Account | None:
        """Return the account of a name, however it is spelt."""

    def checked(self, name: str, password: str) -> Account | None:
        """Return the account if the password is its own; takes as long when there is none of this name."""

    def may_see(self, viewer: str, runner: str) -> bool:
        """Tell whether an account may see a runner's runs: the one place that says so."""

    def add(self, name: str, role: str, password: str) -> None:
        """Make an account."""

    def set_password(self, name: str, password: str) -> None:
        """Change a password, which logs out whoever is logged in with the old one."""

    def remove(self, name: str) -> None:
        """Remove an account."""

    def agree(self, runner: str, coach: str) -> None:
        """Let a coach see a runner's runs."""

    def disagree(self, runner: str, coach: str) -> None:
        """Take that back."""


class Visitor(Protocol):
    """Who asks for a page."""

    @property
    def name(self) -> str:
        """The account's name; empty for whoever uses this computer."""

    async def may_see(self, runner: str) -> bool:
        """Tell whether a runner's runs may be shown, now: false also when the login has ended meanwhile.

        Parameters
        ----------
        runner
            As the run names its runner.
        """


class Owner:
    """Whoever uses this computer: what is kept on it can be read without any page."""

    name: Final = ""

    async def may_see(self, runner: str) -> bool:
        """Let everything be seen."""
        return True


OWNER: Final = Owner()
_KEY: Final = "footfall.visitor"


def let_in(scope: Scope, visitor: Visitor) -> Scope:
    """Return a request's scope with who asks in it."""
    return {**scope, _KEY: visitor}


def visitor_of(scope: Scope) -> Visitor:
    """Return who asks, as the login before the page found out."""
    visitor: Visitor = scope[_KEY]
    return visitor
