"""The cues of a run as its runner's plan has them: today's session of a programme, and the blocks of a try-out."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

from footfall_coaching.cues.asked import Asked, OwnValues, by_try_out
from footfall_coaching.cues.by_plan import beside_session, by_session
from footfall_coaching.plan_events import PlanEvent, try_outs
from footfall_coaching.try_out.events import AnyEvent, Begun, Ended, Opened
from footfall_gateway.clock import Clock
from footfall_gateway.errors import GatewayError
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.sinks.cues import CueSink
from footfall_gateway.sessions.sinks.store import SharedStore
from footfall_gateway.store.database import Store
from footfall_gateway.store.standing import plan_for
from footfall_processing.errors import FootfallError

STANCE_S: Final = 0.15
"""A cue that is given later than this after a landing's peak, and heard 40 ms later, comes with the foot in the air."""
LOOK_S: Final = 1.0
"""Between two looks at what the runner told on a page; blocks last two minutes."""
FRESH: Final = timedelta(hours=1)
"""A test of which nothing was told for longer before the run is not what this run is for."""

Wished = Callable[[OwnValues], Asked]


class PlanCues:
    """What is cued in one run after another of a runner who may follow a plan.

    Parameters
    ----------
    store
        Where the plan is kept; what can't be read ends no run.
    runner_name
        Whose.
    wished
        What the runner asks for, given the own values; `None` for what the plan asks for.
    follows
        Whether the plan is followed.
    quick
        Whether sensors that can are asked for short packets.
    tones
        Impact as a tone of each leg.
    zone
        Days are those of this zone, by default the computer's.
    """

    def __init__(
        self,
        store: SharedStore,
        runner_name: str,
        wished: Wished | None,
        *,
        follows: bool = True,
        quick: bool = False,
        tones: bool = False,
        zone: tzinfo | None = None,
    ) -> None:
        self._store = store
        self._runner_name = runner_name
        self._wished = wished
        self._follows = follows
        self._quick = quick
        self._tones = tones
        self._zone = zone
        self._asked = Asked()
        self._own = OwnValues("", "")
        self._began_utc: datetime | None = None
        self._looked_utc: datetime | None = None
        self._taken: Sequence[AnyEvent] = ()

    async def ask(self, header: RecordingHeader) -> Asked:
        """Return what is cued in a run that begins.

        The one place where a runner's wish and plan, own values and sensors come together to that.
        """
        self._looked_utc, self._taken = None, ()
        self._own, self._began_utc = await _own(self._store.own_values_for, header), header.session.started_utc
        asked = None if self._wished is None else self._wished(self._own)
        if self._follows and self._began_utc is not None:
            try:
                now = self._began_utc.astimezone(self._zone or LocalZone())
                plan = await self._store.plan_for(self._runner_name, now)
            except GatewayError as error:
                unread = f"Your plan can't be read: {error}."
                asked = Asked(why_not=(unread,)) if asked is None else asked
            else:
                asked = by_session(plan, tones=self._tones) if asked is None else beside_session(asked, plan)
        self._asked = Asked() if asked is None else asked
        if not self._asked.is_empty:
            slow = _slow_ones(header, quick=self._quick)
            self._asked = replace(self._asked, why_not=(*self._asked.why_not, *slow))
        return self._asked

    async def follow(self, cues: CueSink, clock: Clock) -> None:
        """Give a try-out's steps to the cues as they are told on the page, for as long as nobody cancels this."""
        while True:
            with suppress(GatewayError):  # the store says so where it keeps strides; it is looked at again
                if cues.is_open:
                    await self._look(cues)
            await clock.sleep(LOOK_S)

    async def _look(self, cues: CueSink) -> None:
        told_utc = await self._store.last_step_utc(self._runner_name)
        if told_utc in (None, self._looked_utc) or not self._is_fresh(told_utc):
            return
        test = _latest(await self._store.plan_events(self._runner_name))
        if test[: len(self._taken)] != list(self._taken):  # another test, if perhaps in the same order
            self._taken = ()
        new = test[len(self._taken) :]
        self._taken, self._looked_utc = test, told_utc
        for event in new:
            if isinstance(event, Begun):
                cues.set_cues(by_try_out(event.plan, self._own, tones=self._tones))
            cues.take(event)
            if isinstance(event, Ended):
                cues.set_cues(self._asked)

    def _is_fresh(self, told_utc: datetime | None) -> bool:
        return told_utc is not None and self._began_utc is not None and told_utc >= self._began_utc - FRESH


async def _own(values_for: Callable[[RecordingHeader], Awaitable[OwnValues]], header: RecordingHeader) -> OwnValues:
    try:
        return await values_for(header)
    except GatewayError as error:
        unknown = f"Your own values are not known: {error}."
        return OwnValues(unknown, unknown)


def _latest(events: Sequence[PlanEvent]) -> list[AnyEvent]:
    """Return the events of the latest test; none where none was begun."""
    tests = try_outs(events)
    return tests[-1] if tests else []


def may_ask(path: Path, runner_name: str, now: datetime) -> bool:
    """Tell whether a runner's plan asks for cues today, or a try-out goes on; not where no store can be read.

    Parameters
    ----------
    path
        The store; where there is none it is not made.
    now
        Days are those of its zone.
    """
    if not path.exists():
        return False
    try:
        with Store.open(path) as store:
            test = _latest(store.plans.events(runner_name))
            return plan_for(store, runner_name, now).session is not None or (
                bool(test) and not isinstance(test[-1], Ended | Opened)
            )
    except FootfallError:
        return False


def _slow_ones(header: RecordingHeader, *, quick: bool) -> list[str]:
    """Tell of sensors whose radio is too slow for a cue while the foot is still on the ground."""
    from footfall_gateway.devices import PROFILES  # looks for packages that bring drivers: not at each start

    delays_s = {
        recorded.sensor.id: PROFILES[recorded.profile].cue_delay_s(quick=quick)
        for recorded in header.recorded_sensors
        if recorded.profile in PROFILES
    }
    return [
        f"Cues of {sensor_id} come up to {1e3 * delay_s:.0f} ms after the landing, within the stride and not the "
        "stance: its packets are long."
        for sensor_id, delay_s in delays_s.items()
        if delay_s > STANCE_S
    ]
