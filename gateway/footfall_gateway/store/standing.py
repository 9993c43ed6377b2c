"""Where a session of the store stands against its runner's ceiling."""

from footfall_coaching.load import Stand, stand_of
from footfall_gateway.store.database import Store


def standing_of(store: Store, session_id: str) -> Stand | None:
    """Return where a run stands against the ceiling as it was when it began; `None` of what is no run of the log.

    That is a session that goes on, was cut off or lies in the bin, and a demo.
    """
    run = store.log.run(session_id)
    runs = [] if run is None else store.log.runs(run.runner_name)
    if run is None or run.is_demo or run.session_id not in {one.session_id for one in runs}:
        return None
    return stand_of(run, runs)
