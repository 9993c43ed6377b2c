"""A run that has come into the store as the session of its runner's programme."""

import logging
from dataclasses import replace
from datetime import datetime, tzinfo

from footfall_coaching.plan_events import programme_events
from footfall_coaching.programme.events import Ran
from footfall_coaching.programme.recognised import recognised
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.store.database import Store
from footfall_gateway.store.sqlite_file import PassingError
from footfall_processing.errors import FootfallError

logger = logging.getLogger(__name__)


def tell_programme(store: Store, session_id: str, told_utc: datetime, zone: tzinfo | None = None) -> tuple[str, ...]:
    """Keep that a run is the session which its runner's programme asked for on that day; return what to say of it.

    Where that can't be made out, as an answer or another run can't be read, it is logged, and the run stays as it is.

    Parameters
    ----------
    zone
        Days are those of this zone, by default the computer's.

    Raises
    ------
    PassingError
        When the store can't be read or written for now.
    """
    try:
        run = store.log.run(session_id)
        kept = [] if run is None else programme_events(store.plans.events(run.runner_name))
        if run is None or not kept:
            return ()
        name, answers = run.runner_name, store.answers
        runs = store.log.runs(name)
        if run.session_id not in {one.session_id for one in runs}:  # it lies in the bin
            return ()
        found = recognised(run, kept, runs, answers.pains(name), answers.signs(name), zone or LocalZone())
        if found is None:
            return ()
        store.plans.note(name, told_utc, found.ran)
    except PassingError:
        raise
    except FootfallError as error:
        logger.warning("session %s: whether it is one of a programme can't be told: %s", session_id, error)
        return ()
    return (found.words,)


def tell_cued(store: Store, session_id: str, told_utc: datetime, cued_minutes: float) -> None:
    """Keep how long the cue was on in a run that is a session of its runner's programme; of any other do nothing.

    Raises
    ------
    PassingError
        When the store can't be read or written for now.
    """
    try:
        run = store.log.run(session_id)
        kept = [] if run is None else programme_events(store.plans.events(run.runner_name, with_bin=True))
        ran = next((one for one in kept if isinstance(one, Ran) and one.session_id == session_id), None)
        if run is not None and ran is not None:
            store.plans.note(run.runner_name, told_utc, replace(ran, cued_minutes=min(cued_minutes, ran.minutes)))
    except PassingError:
        raise
    except FootfallError as error:
        logger.warning("session %s: how long its cue was on can't be kept: %s", session_id, error)
