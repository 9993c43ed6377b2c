"""Sessions of the store as people name them."""

from pathlib import Path
from typing import Final

from footfall_gateway.data_folder import store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.say import Say
from footfall_gateway.store.database import Store, StoredSession

LAST: Final = "last"
"""Names the newest session that somebody ran."""
HOW_TO_FILL_IT: Final = (
    "`footfall live` and `footfall record` put a run there, and `footfall add FILE` one that you have"
)
ONLY_DEMOS: Final = "Only demos are in the store, which nobody ran; last is the newest of them."


def open_store(folder: Path) -> Store:
    """Open a data folder's store.

    Raises
    ------
    GatewayError
        When there is none yet, or it can't be opened.
    """
    path = store_path(folder)
    if not path.exists():
        raise GatewayError(f"{path}: there is no store yet; {HOW_TO_FILL_IT}, or name another with --data-dir")
    return Store.open(path)


def find_session(store: Store, name: str, folder: Path, say: Say) -> StoredSession:
    """Return a session by its id, or the newest that somebody ran; where all are demos the newest of them, and say so.

    Raises
    ------
    GatewayError
        When it is not in the store, or nothing is.
    """
    if name != LAST:
        return store.session(name)
    sessions = store.sessions()
    if not sessions:
        raise GatewayError(f"{store_path(folder)}: holds no session yet; {HOW_TO_FILL_IT}")
    run = next((session for session in sessions if not session.header.is_demo), None)
    if run is None:
        say(ONLY_DEMOS)
    return run or sessions[0]


def find_run(store: Store, name: str, folder: Path) -> StoredSession:
    """Return a session by its id, or the newest that somebody ran, which no demo is.

    Raises
    ------
    GatewayError
        When it is not in the store, or nothing is.
    """
    if name != LAST:
        return store.session(name)
    run = next((session for session in store.sessions() if not session.header.is_demo), None)
    if run is None:
        raise GatewayError(f"{store_path(folder)}: holds no run yet, and demos are none; {HOW_TO_FILL_IT}")
    return run
