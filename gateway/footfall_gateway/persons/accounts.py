"""Who may log in: an account is of the person whose name it has, and so is what others agreed to with that name."""

from pathlib import Path

import msgspec

from footfall_gateway.accounts import Account, AccountsFile
from footfall_gateway.archives import ArchiveWriter
from footfall_gateway.persons.person import Person


class AccountsPlace:
    """The accounts of a data folder."""

    title = "Login"

    def whose(self, folder: Path) -> list[tuple[str, str]]:
        """See `Place`: an account is of no session."""
        return [(account.name, "") for account in AccountsFile(folder).all()]

    def has(self, folder: Path, person: Person) -> list[str]:
        """See `Place`."""
        return [f"an account, as {account.role}" for account in self._of(folder, person)]

    def samples(self, folder: Path, person: Person) -> list[bytes]:
        """See `Place`: the hash of the password."""
        return [account.password_hash.encode() for account in self._of(folder, person)]

    def export(self, folder: Path, person: Person, archive: ArchiveWriter) -> None:
        """See `Place`: all but what would let somebody try passwords."""
        for account in self._of(folder, person):
            content = {"name": account.name, "role": account.role, "coaches": account.coaches}
            archive.add("login.json", msgspec.json.format(msgspec.json.encode(content)) + b"\n")

    def remove(self, folder: Path, person: Person) -> None:
        """See `Place`."""
        for account in self._of(folder, person):
            AccountsFile(folder).remove(account.name)
        AccountsFile(folder).clear_unwritten()

    @staticmethod
    def _of(folder: Path, person: Person) -> list[Account]:
        return [account for account in AccountsFile(folder).all() if account.name in person.spellings]
