"""What the pages ask of the log of runs, which the gateway keeps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from footfall_coaching.answers import Effort, Pain, Shoe, SignNote
from footfall_coaching.course import Courses
from footfall_coaching.message import Message
from footfall_coaching.plan_events import PlanEvent
from footfall_coaching.run import DistanceSource, Run
from footfall_coaching.try_out.seal import Opening
from footfall_processing.gait import Stride


class Diary(Protocol):
    """The log of runs of several runners; the unnamed runner, whose data folder it is, has an empty name.

    No method blocks the event loop. Each raises `FootfallError`, which says what to do, when the log can't be read or
    written, or what is asked makes no sense (`run` of an unknown id returns `None`).
    """

    @property
    def courses(self) -> Courses:
        """Where courses of its runs are kept, so that no page finds again what another found."""

    async def runners(self) -> Sequence[str]:
        """Return whose runs or answers there are, by name."""

    async def runs(self, runner_name: str) -> Sequence[Run]:
        """Return a runner's runs, newest first, those without a date last; without what lies in the bin."""

    async def run(self, session_id: str) -> Run | None:
        """Return one run, also from the bin."""

    async def closer(self, run: Run) -> Run:
        """Return a short run with its course by ten seconds; a longer one as it is."""

    async def bin(self, runner_name: str) -> Sequence[Run]:
        """Return what was discarded, newest first."""

    async def pains(self, runner_name: str) -> Sequence[Pain]:
        """Return all that hurt, the earliest first."""

    async def signs(self, runner_name: str) -> Sequence[SignNote]:
        """Return all signs that the runner told, the earliest first."""

    async def efforts(self, runner_name: str) -> Sequence[Effort]:
        """Return how runs were."""

    async def shoes(self, runner_name: str) -> Sequence[Shoe]:
        """Return the runner's shoes, the earliest first."""

    async def told(self, runner_name: str, *rules: str) -> Sequence[Message]:
        """Return the ledger: all messages, of these rules where any is named, the earliest first."""

    async def plan_events(self, runner_name: str) -> Sequence[PlanEvent]:
        """Return what happened in a runner's programmes, exercises and try-outs, in the order in which it was told."""

    async def note_plan(self, runner_name: str, *events: PlanEvent, told: Sequence[Message] = ()) -> None:
        """Keep events of a runner's plan and what is told of them, all or none.

        An event of a session that was told before takes that one's place.
        """

    async def opening_of(self, runner_name: str, seal: str) -> Opening | None:
        """Return what the seal of a try-out is opened with; no page shows of it what has not come yet."""

    async def note_opening(self, runner_name: str, opening: Opening) -> None:
        """Keep what a try-out's seal is opened with, apart from its events, before the try-out begins."""

    async def strides_from(self, runner_name: str, begin_utc: datetime) -> tuple[str, float, Sequence[Stride]] | None:
        """Return the runner's session that goes on, a moment in its seconds, and its strides from then on.

        `None` where no session is kept that has strides after it.
        """

    async def note(self, *answers: Pain | SignNote | Effort | Shoe) -> None:
        """Keep answers, all or none; each takes the place of the one before it on the same thing."""

    async def tell(self, *messages: Message) -> None:
        """Keep messages in the ledger; one that is there already is not kept again."""

    async def rename(self, session_id: str, title: str) -> None:
        """Give a run a title, or take it away."""

    async def redate(self, session_id: str, started_utc: datetime) -> None:
        """Say when a run began."""

    async def wore(self, session_id: str, shoe: str) -> None:
        """Say which shoes a run was in, afterwards."""

    async def ran(self, session_id: str, runner_name: str) -> None:
        """Say who ran, afterwards; empty for nobody named. What was told of the run goes along."""

    async def went(self, session_id: str, distance_m: float | None, source: DistanceSource) -> None:
        """Say how far was run; `None` leaves it to the sensors again."""

    async def discard(self, session_id: str) -> None:
        """Put a run into the bin: it counts nowhere."""

    async def bring_back(self, session_id: str) -> None:
        """Take a run out of the bin."""

    async def empty_bin(self, runner_name: str) -> None:
        """Remove what lies in a runner's bin for good, recordings too."""
