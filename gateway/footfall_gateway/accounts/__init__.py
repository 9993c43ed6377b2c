"""Who may look at pages beyond this computer: names, roles, passwords, and which coaches a runner agreed to."""

from footfall_gateway.accounts.file import AccountsFile, remove_account
from footfall_gateway.accounts.model import Account, AccountError, Role

__all__ = ["Account", "AccountError", "AccountsFile", "Role", "remove_account"]
