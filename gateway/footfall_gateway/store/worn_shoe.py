"""Which shoe a session that begins now is run in."""

from pathlib import Path

from footfall_gateway.store.database import Store


def worn_shoe(store_path: Path, runner_name: str) -> str:
    """Return the shoe that the runner noted last; empty where none was, or where there is no store yet.

    Raises
    ------
    StoreError
        When the store can't be read.
    """
    if not store_path.exists():
        return ""
    with Store.open(store_path) as store:
        noted = [shoe.name for shoe in store.answers.shoes(runner_name)]
    return noted[-1] if noted else ""
