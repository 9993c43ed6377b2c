"""`footfall login`: who may look at pages from other computers."""

import getpass
import sys
from pathlib import Path
from shlex import quote
from typing import Annotated, Final

from cyclopts import Parameter
from rich.table import Table

from footfall_gateway import console
from footfall_gateway.accounts import AccountError, AccountsFile, Role
from footfall_gateway.accounts.passwords import FEWEST_CHARACTERS
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder
from footfall_gateway.data_folder import store_path
from footfall_gateway.outside import shown
from footfall_gateway.runner_names import as_compared
from footfall_gateway.store.database import Store

_MOST_READ: Final = 4096

Name = Annotated[str, Parameter(name="NAME")]
FromStdin = Annotated[bool, Parameter(name="--stdin")]


def add(name: Name, /, *, role: Role, stdin: FromStdin = False, data_dir: DataFolder = DEFAULT_DATA_FOLDER) -> None:
    """Make an account. Its password is asked for; nobody sees it, and it is no argument that others could read.

    Parameters
    ----------
    name
        As runs name their runner, with --runner.
    role
        A runner sees the runs of that name; a coach also those of the runners who agreed; an admin makes and removes
        accounts on the page /account, which lets nobody see a run.
    stdin
        Read the password from standard input: its first line.
    data_dir
        Where accounts are kept: the folder of the command that serves the page.
    """
    accounts = AccountsFile(data_dir)
    if accounts.find(name) is not None:
        raise AccountError(f"there is an account {shown(name)} already; footfall login password changes its password")
    accounts.add(name, role, _new_password(stdin))
    console.stdout_console().print(f"{name} may log in, as {role}.")
    if role is Role.RUNNER and (told := _without_runs(data_dir, name)):
        console.remark(told)


def password(name: Name, /, *, stdin: FromStdin = False, data_dir: DataFolder = DEFAULT_DATA_FOLDER) -> None:
    """Change an account's password. Whoever is logged in with the old one is logged out.

    Parameters
    ----------
    name
        The account.
    stdin
        Read the password from standard input: its first line.
    data_dir
        Where accounts are kept.
    """
    accounts = AccountsFile(data_dir)
    account = accounts.require(name)
    accounts.set_password(account.name, _new_password(stdin))
    console.stdout_console().print(f"{account.name} has a new password, and is logged out everywhere.")


def list_accounts(*, data_dir: DataFolder = DEFAULT_DATA_FOLDER) -> None:
    """List the accounts, and which coaches each runner agreed to.

    Parameters
    ----------
    data_dir
        Where accounts are kept.
    """
    table = Table("Name", "Role", "Coaches who may see the runs")
    accounts = AccountsFile(data_dir).all()
    for account in accounts:
        table.add_row(account.name, account.role, ", ".join(account.coaches) or console.MISSING)
    console.stdout_console().print(
        table if accounts else "No accounts yet. Make one: footfall login add NAME --role runner"
    )


def remove(name: Name, /, *, data_dir: DataFolder = DEFAULT_DATA_FOLDER) -> None:
    """Remove an account: it is logged out, and what runners agreed to with it is void. Runs stay.

    Parameters
    ----------
    name
        The account.
    data_dir
        Where accounts are kept.
    """
    accounts = AccountsFile(data_dir)
    account = accounts.require(name)
    accounts.remove(account.name)
    console.stdout_console().print(f"{account.name} can't log in any more.")


RunnerAccount = Annotated[str, Parameter(name="RUNNER")]
CoachAccount = Annotated[str, Parameter(name="COACH")]


def agree(runner: RunnerAccount, coach: CoachAccount, /, *, data_dir: DataFolder = DEFAULT_DATA_FOLDER) -> None:
    """Let a coach see a runner's runs. It is the runner's to say; the page /account lets runners do it themselves.

    Parameters
    ----------
    runner
        The account of whose runs they are.
    coach
        The account of who sees them, or saw them.
    data_dir
        Where accounts are kept.
    """
    accounts = AccountsFile(data_dir)
    accounts.agree(runner, coach)
    console.stdout_console().print(
        f"{accounts.require(coach).name} may see the runs of {accounts.require(runner).name}."
    )


def disagree(runner: RunnerAccount, coach: CoachAccount, /, *, data_dir: DataFolder = DEFAULT_DATA_FOLDER) -> None:
    """Let a coach no longer see a runner's runs.

    Parameters
    ----------
    runner
        The account of whose runs they are.
    coach
        The account of who sees them, or saw them.
    data_dir
        Where accounts are kept.
    """
    accounts = AccountsFile(data_dir)
    accounts.require(coach)
    accounts.disagree(runner, coach)
    out = console.stdout_console()
    out.print(f"{accounts.require(coach).name} may not see the runs of {accounts.require(runner).name}.")


def _without_runs(folder: Path, name: str) -> str:
    """Say that no run has an account's name, and which names there are; empty where one has."""
    path = store_path(folder)
    names: set[str] = set()
    if path.exists():
        with Store.open(path) as store:
            names = store.log.names()
    if as_compared(name) in {as_compared(one) for one in names}:
        return ""
    told = ", ".join(shown(one) for one in sorted(names - {""}, key=str.casefold))
    there = [f"there are runs of {told}" if told else "", "some have no name" if "" in names else ""]
    which = " and ".join(one for one in there if one) or "there are none yet"
    return (
        f"No run has the name {shown(name)} until now: {which}. New ones get it with --runner {quote(shown(name))}, "
        "those that are there with footfall sessions runner."
    )


def _new_password(stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline(_MOST_READ).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise AccountError("there is no terminal to type the password at: give it on standard input, with --stdin")
    typed = getpass.getpass(f"New password, {FEWEST_CHARACTERS} characters or more: ")
    if typed != getpass.getpass("The same again: "):
        raise AccountError("the two passwords differ; try again")
    return typed
