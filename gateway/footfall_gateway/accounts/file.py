"""Accounts in one file of the data folder, which only its owner can read; several programs may use it at once."""

import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
from argon2 import Parameters

from footfall_gateway.accounts.model import (
    MOST_ACCOUNTS,
    MOST_COACHES,
    Account,
    AccountError,
    Role,
    checked_name,
    key_of,
    may_see,
)
from footfall_gateway.accounts.passwords import PARAMETERS, Hasher, check_new
from footfall_gateway.data_folder import accounts_path
from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import NoSuchFileError, parse_json, read_file, shortened, shown
from footfall_gateway.own_files import make_own_folder, touch_own

MOST_BYTES: Final = 1 << 20
_NEW: Final = ".accounts-"
"""How the file is called while it is written."""


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    accounts: list[Account]


class AccountsFile:
    """The accounts of a data folder. What another program changes is seen at the next question.

    Its methods may wait for the disk, and those that take a password compute for tenths of a second: call them from
    threads.

    Parameters
    ----------
    folder
        The data folder; the file is made with the first account.
    parameters
        What hashing a password costs.
    """

    def __init__(self, folder: Path, parameters: Parameters = PARAMETERS) -> None:
        self._path = accounts_path(folder)
        self._hasher = Hasher(parameters)
        self._nobody = self._hasher.nobodys_hash()
        self._read: tuple[tuple[int, int, int], Mapping[str, Account]] | None = None

    def key_of(self, name: str) -> str:
        """Return what all spellings of a name share."""
        return key_of(name)

    def all(self) -> list[Account]:
        """Return the accounts, by name.

        Raises
        ------
        AccountError
            When the file can't be read; as all methods do.
        """
        return [account for _, account in sorted(self._by_key().items())]

    def find(self, name: str) -> Account | None:
        """Return the account of a name, however it is spelt."""
        return self._by_key().get(key_of(name))

    def may_see(self, viewer: str, runner: str) -> bool:
        """Tell whether an account may see a runner's runs."""
        return may_see(self._by_key(), viewer, runner)

    def checked(self, name: str, password: str) -> Account | None:
        """Return the account if the password is its own; it takes as long to find that there is none of this name."""
        account = self.find(name)
        matched = self._hasher.matches(password, self._nobody if account is None else account.password_hash)
        if account is None or not matched:
            return None
        if self._hasher.is_outdated(account.password_hash):
            with suppress(AccountError):
                self._replace(account, password_hash=self._hasher.hashed(password))
        return account

    def add(self, name: str, role: str, password: str) -> None:
        """Make an account; `AccountError` when there is one of this name, or role or password are not taken."""
        checked_name(name)
        if role not in tuple(Role):
            raise AccountError(f"an account's role is one of {', '.join(Role)}, not {shown(shortened(role))!r}")
        check_new(password, name)
        account = Account(name, Role(role), self._hasher.hashed(password), _new_stamp())
        with self._changing() as accounts:
            if (there := accounts.get(key_of(name))) is not None:
                raise AccountError(
                    f"there is an account {shown(there.name)} already; remove it first, or choose another"
                )
            if len(accounts) >= MOST_ACCOUNTS:
                raise AccountError(f"there are {MOST_ACCOUNTS} accounts, and can't be more; remove one first")
            accounts[key_of(name)] = account

    def set_password(self, name: str, password: str) -> None:
        """Change a password; whoever is logged in with the old one is logged out."""
        account = self.require(name)
        check_new(password, account.name)
        self._replace(account, password_hash=self._hasher.hashed(password), stamp=_new_stamp())

    def remove(self, name: str) -> None:
        """Remove an account; if it is a coach's, also what runners agreed to, so that no later one inherits it."""
        with self._changing() as accounts:
            gone = accounts.pop(self._known(accounts, name))
            for key, account in accounts.items():
                left = tuple(coach for coach in account.coaches if coach != gone.name)
                accounts[key] = msgspec.structs.replace(account, coaches=left)

    def agree(self, runner: str, coach: str) -> None:
        """Let a coach see a runner's runs; `AccountError` when one of them is none."""
        with self._changing() as accounts:
            theirs, coaching = accounts[self._known(accounts, runner)], accounts.get(key_of(coach))
            # the same words whether or not there is such an account: runners ask, who may not know who else is here
            if coaching is None or coaching.role is not Role.COACH or coaching.name == theirs.name:
                raise AccountError(
                    f"there is no coach {shown(shortened(coach))}; `footfall login list` shows the accounts there are"
                )
            coaches = tuple(sorted({*theirs.coaches, coaching.name}))
            if len(coaches) > MOST_COACHES:
                raise AccountError(f"{shown(theirs.name)} agreed to {MOST_COACHES} coaches, and can't to more")
            accounts[key_of(runner)] = msgspec.structs.replace(theirs, coaches=coaches)

    def disagree(self, runner: str, coach: str) -> None:
        """Take back what a runner agreed to; nothing happens when it was not."""
        with self._changing() as accounts:
            theirs = accounts[self._known(accounts, runner)]
            left = tuple(one for one in theirs.coaches if key_of(one) != key_of(coach))
            accounts[key_of(runner)] = msgspec.structs.replace(theirs, coaches=left)

    def clear_unwritten(self) -> None:
        """Remove what programs that were killed while they wrote have left."""
        if any(self._path.parent.glob(f"{_NEW}*")):
            with self._changing():
                pass

    def require(self, name: str) -> Account:
        """Return the account of a name; `AccountError` when there is none."""
        accounts = self._by_key()
        return accounts[self._known(accounts, name)]

    def _known(self, accounts: Mapping[str, Account], name: str) -> str:
        key = key_of(name)
        if key not in accounts:
            raise AccountError(
                f"there is no account {shown(shortened(name))}; `footfall login list` shows those there are"
            )
        return key

    def _replace(self, account: Account, **changes: str) -> None:
        with self._changing() as accounts:
            key = self._known(accounts, account.name)
            accounts[key] = msgspec.structs.replace(accounts[key], **changes)

    def _by_key(self) -> Mapping[str, Account]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise AccountError(f"{self._path}: can't be read ({error.strerror})") from error
        version = (status.st_mtime_ns, status.st_size, status.st_ino)
        if self._read is None or self._read[0] != version:
            self._read = (version, self._parsed())
        return self._read[1]

    def _parsed(self) -> dict[str, Account]:
        try:
            content = parse_json(read_file(self._path, MOST_BYTES), _Content, str(self._path), MOST_BYTES)
        except NoSuchFileError:
            return {}
        except OutsideError as error:
            raise AccountError(f"{error}; mend it, or remove it and add the accounts again") from error
        return {key_of(account.name): account for account in content.accounts}

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Account]]:
        """Give the accounts to change, and write them: whole or not at all, one program after the other."""
        try:
            make_own_folder(self._path.parent)
            lock_path = self._path.with_suffix(".lock")
            touch_own(lock_path)
            with lock_path.open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                for left in self._path.parent.glob(f"{_NEW}*"):
                    left.unlink(missing_ok=True)  # of one that was killed while it wrote
                accounts = self._parsed()
                yield accounts
                self._write(accounts)
        except OSError as error:
            raise AccountError(f"{error.filename or self._path}: can't be written ({error.strerror})") from error

    def _write(self, accounts: Mapping[str, Account]) -> None:
        text = msgspec.json.format(msgspec.json.encode(_Content(list(accounts.values()))), indent=1)
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=_NEW)  # 0600 whatever the umask
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def remove_account(folder: Path, name: str) -> bool:
    """Remove a person's account from a data folder, if there is one; tell whether there was.

    Raises
    ------
    AccountError
        When the file can't be read or written.
    """
    accounts = AccountsFile(folder)
    if accounts.find(name) is None:
        return False
    accounts.remove(name)
    return True


def _new_stamp() -> str:
    return secrets.token_urlsafe(18)
