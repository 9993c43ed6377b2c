"""Which runner a command is about, where a data folder is shared by several."""

from collections.abc import Collection
from pathlib import Path

from footfall_gateway.errors import GatewayError
from footfall_gateway.runner_names import as_compared
from footfall_processing.plain_text import shown


def whose(path: Path, names: Collection[str], runner: str, what: str) -> str:
    """Return the name of the runner that is meant, as the store has it.

    Where none is named it is the one who has no name, or else the only one that there is.

    Parameters
    ----------
    path
        The store.
    names
        Whose there is anything; one at least.
    runner
        As it was given; empty for not at all.
    what
        What is asked for, such as "report".

    Raises
    ------
    GatewayError
        Where nothing is known of this runner, or several could be meant; it names those that there are.
    """
    same = [name for name in names if as_compared(name) == as_compared(runner)]
    if same:
        return same[0]
    if not runner and len(names) == 1:
        return next(iter(names))
    known = ", ".join(shown(name) for name in sorted(names, key=str.casefold) if name)
    if not runner:
        raise GatewayError(f"{path}: holds runs of {known}; say whose {what} with --runner")
    raise GatewayError(
        f"{path}: holds no run of {shown(runner)!r}; "
        + (f"it has runs of {known}" if known else "its runs have no name: leave --runner out")
    )
