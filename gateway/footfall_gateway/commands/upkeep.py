"""What `footfall process` sees to beside its sessions: removals that are not done, and what is kept for long enough."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from footfall_gateway.clock import Clock
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.mqtt.broker import BrokerAddress
from footfall_gateway.persons.person import counted
from footfall_gateway.persons.removal import Outcome, nobody_else, remove_elsewhere, remove_here
from footfall_gateway.persons.retention import Retention, expired, remove_expired
from footfall_gateway.persons.task import kept_tasks
from footfall_gateway.say import Say
from footfall_processing.errors import FootfallError

logger = logging.getLogger(__name__)

DAY_S: Final = 86_400.0
AGAIN_S: Final = 300.0
"""What could not be reached is tried again after so long."""


def finish_removals(folder: Path, others: Sequence[str], say: Say) -> None:
    """Finish what was interrupted in the data folder, before anything in it is used; blocks on the disk.

    Names are not said: what a service says is kept in logs.

    Parameters
    ----------
    others
        The services that may use the folder beside the one that calls, and must not now.
    """
    for kept in kept_tasks(folder):
        if kept.task.here:
            try:
                with nobody_else(folder, services=others):
                    outcome = remove_here(folder, kept, lambda _: None)
            except FootfallError as error:
                say(f"A person's removal was interrupted, and can't be finished now: {error}")
                continue
            left = f"something is left: {'; '.join(outcome.remains)}" if outcome.remains else "nothing is left here"
            say(f"A person's removal was interrupted; it went on: {left}.")


async def see_to(
    folder: Path, influx: InfluxSettings | None, broker: BrokerAddress, retention: Retention, clock: Clock, say: Say
) -> None:
    """Remove elsewhere what is to be removed as soon as that can be reached, and daily what is old enough; for ever."""
    next_day_s, said = clock.now_s(), ""
    while True:
        try:
            left = await asyncio.to_thread(_remove_elsewhere, folder, influx, broker)
            if left and left != said:
                say(f"A person's removal is not done: {left}. It is tried again.")
            elif said and not left:
                say("A person's removal is done everywhere.")
            said = left
            if clock.now_s() >= next_day_s:
                next_day_s = clock.now_s() + DAY_S
                await asyncio.to_thread(_remove_expired, folder, retention, clock, say)
        except Exception as error:  # whatever is wrong, sessions go on, and the next time it may be right
            say(f"Not removed now: {error}")
            logger.info("upkeep", exc_info=error)
        await clock.sleep(min(AGAIN_S if said else DAY_S, max(next_day_s - clock.now_s(), 1.0)))


def _remove_elsewhere(folder: Path, influx: InfluxSettings | None, broker: BrokerAddress) -> str:
    outcome = Outcome()
    for kept in kept_tasks(folder):
        if not kept.task.here:
            remove_elsewhere(kept, influx, broker, outcome)
    return "; ".join(outcome.later)


def _remove_expired(folder: Path, retention: Retention, clock: Clock, say: Say) -> None:
    gone = expired(folder, retention, clock.utc_now())
    if gone:
        remove_expired(folder, gone)
        whole = sum(one.with_results for one in gone)
        say(
            f"Kept for long enough, and removed: {counted(whole, 'session')}, and of more "
            f"{counted(len(gone) - whole, 'recording')}."
        )
