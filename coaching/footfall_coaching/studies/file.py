"""A study as its organiser fixes it before the first runner joins.

Two designs. *Alternating*: each runner runs in both conditions, in blocks of runs with as many of each, in an order of
the runner's own: so each is held against herself. *Parallel*: each runner has one condition, drawn in blocks of runners
as they join; for what can't be put on for one run and left off for the next.
"""

import re
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final

import msgspec

from footfall_coaching.answers import WORST_PAIN, PainSite, Phase
from footfall_coaching.light_rule import Colour
from footfall_coaching.try_out.orders import MOST_CHANCE, count_of
from footfall_processing.errors import InputError
from footfall_processing.plain_text import shown

VERSION: Final = 1
MOST_RUNNERS: Final = 500
MOST_RUNS: Final = 60
MOST_PARTS: Final = 6000
"""Runners times runs: so that all are drawn ten thousand times in seconds."""
MOST_BLOCK: Final = 12
"""Of parts: a block's orders are 924 at most."""
LEAST_SCATTER: Final = 0.001
"""Nothing that is measured of runners varies by less."""
SHORTEST_CONSENT: Final = 40
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


class Measure(StrEnum):
    """What is compared: those that a try-out has."""

    PAIN = "pain"
    """From 0 to 10, of the place that the file names, of the worse side."""
    IMPACT = "impact"
    """At the runner's usual speed, of both legs, as a ratio."""
    CADENCE = "cadence"
    """At the runner's usual speed, as a ratio."""


class Design(StrEnum):
    """Who runs in which condition."""

    ALTERNATING = "alternating"
    PARALLEL = "parallel"


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    pass


class Joining(_Part, frozen=True):
    """Who may join, and when a run of the study may be run.

    Parameters
    ----------
    light
        `green`, or `amber` where amber days will do; on red nobody joins, and nothing is drawn.
    runs_before
        So many runs of the six weeks before must be in the log, with the primary measure.
    least_pain
        What the runs before hurt on average, at least: from little pain none can be taken away.
    confirm
        What the organiser sees to and Footfall can't know, such as age.
    """

    light: Colour = Colour.GREEN
    runs_before: Annotated[int, msgspec.Meta(ge=0, le=MOST_RUNS)] = 0
    least_pain: Annotated[float, msgspec.Meta(ge=0.0, le=WORST_PAIN)] = 0.0
    confirm: Annotated[tuple[str, ...], msgspec.Meta(max_length=20)] = ()

    def __post_init__(self) -> None:
        if self.light not in (Colour.GREEN, Colour.AMBER):
            raise InputError(f"light: give green or amber, not {self.light}: on red nobody runs for a study")
        for line in self.confirm:
            _require_line(line, "confirm", 300)


class Stopping(_Part, frozen=True):
    """When it stops, whatever comes out.

    Parameters
    ----------
    runner_after_red_runs
        A runner stops after so many runs of the study whose light is red.
    study_after_runners
        The study stops after so many runners have stopped so; `None` where only its organiser stops it.
    """

    runner_after_red_runs: Annotated[int, msgspec.Meta(ge=1, le=3)] = 1
    study_after_runners: Annotated[int, msgspec.Meta(ge=1, le=MOST_RUNNERS)] | None = None


class Consent(_Part, frozen=True):
    """What runners agree to, and which version of it."""

    version: str
    text: str

    def __post_init__(self) -> None:
        _require_line(self.version, "version", 40)
        if not SHORTEST_CONSENT <= len(self.text.strip()) <= 20_000:
            raise InputError("text: is what runners agree to, of 40 to 20,000 characters; write it out")
        if any(shown(line) != line for line in self.text.splitlines()):
            raise InputError("text: has characters that can't be seen; take them out")

    @property
    def digest(self) -> str:
        """What one text of a version is told from another by."""
        return sha256(self.text.encode()).hexdigest()


class Assumed(_Part, frozen=True):
    """How the primary measure varies, as far as the organiser knows it: what can be seen follows from it.

    Parameters
    ----------
    run_to_run, runner_to_runner
        Standard deviations: of pain in points, of impact and cadence as a share. The second is of runners' means, or of
        how these change by themselves where each is held against the runs before.
    """

    run_to_run: Annotated[float, msgspec.Meta(ge=LEAST_SCATTER, le=WORST_PAIN)] | None = None
    runner_to_runner: Annotated[float, msgspec.Meta(ge=LEAST_SCATTER, le=WORST_PAIN)] | None = None


class StudyFile(_Part, frozen=True, kw_only=True):
    """A study's file.

    Parameters
    ----------
    footfall_study
        Version of this form of file.
    study
        What it is called: small letters, digits and hyphens.
    question, organiser
        A line each: what is asked; who answers for it and how to reach them.
    conditions
        The usual one and the one that is tried, as they stand after "today".
    runs
        Of each runner.
    block
        How many runs of a runner (alternating), or runners (parallel), make a block with as many of both conditions.
        Several sizes, each as likely, keep whoever counts from knowing the last of a block; of runners only.
    runners
        How many are planned.
    ends
        The last day, in any case.
    primary, beside
        What the study is judged by, and what else is told.
    pain_of, pain_when
        The place whose pain counts, and when it is told.
    """

    footfall_study: int
    study: str
    question: str
    organiser: str
    design: Design
    conditions: tuple[str, str]
    runs: Annotated[int, msgspec.Meta(ge=1, le=MOST_RUNS)]
    block: int | tuple[int, ...]
    runners: Annotated[int, msgspec.Meta(ge=1, le=MOST_RUNNERS)]
    ends: date
    primary: Measure
    consent: Consent
    beside: tuple[Measure, ...] = ()
    pain_of: PainSite | None = None
    pain_when: Phase = Phase.DURING
    joining: Joining = Joining()
    stopping: Stopping = Stopping()
    assumed: Assumed = Assumed()

    def __post_init__(self) -> None:
        if self.footfall_study != VERSION:
            raise InputError(f"footfall-study: is {self.footfall_study}, and this Footfall reads {VERSION}")
        if not _NAME.fullmatch(self.study):
            raise InputError("study: give a name of small letters, digits and hyphens, such as tape-and-knee")
        _require_line(self.question, "question", 300)
        _require_line(self.organiser, "organiser", 300)
        for words in self.conditions:
            _require_line(words, "conditions", 60)
        if self.conditions[0] == self.conditions[1]:
            raise InputError("conditions: are the same; name the usual one, then the one that is tried")
        self._check_block()
        if Measure.PAIN in self.measures and self.pain_of is None:
            raise InputError(f"pain-of: say whose pain counts: one of {', '.join(PainSite)}")
        if self.primary in self.beside or len(set(self.beside)) < len(self.beside):
            raise InputError("beside: names a measure twice, or the primary one; name each once")
        if self.joining.least_pain and (self.primary is not Measure.PAIN or not self.joining.runs_before):
            raise InputError("joining.least-pain: needs pain as the primary measure, and runs-before to know it from")

    def _check_block(self) -> None:
        is_runs = self.design is Design.ALTERNATING
        if not self.blocks or any(size % 2 or not 2 <= size <= MOST_BLOCK for size in self.blocks):
            raise InputError(f"block: give even numbers from 2 to {MOST_BLOCK}, half of each condition")
        if self.runners * self.runs > MOST_PARTS:
            raise InputError(f"runners: times runs are more than {MOST_PARTS:,}; make several studies of it")
        if is_runs and (len(self.blocks) > 1 or self.runs % self.blocks[0]):
            raise InputError(f"block: take one size that {self.runs} runs can be cut into, or other runs")
        if not is_runs and self.runners < 2 * max(self.blocks):
            raise InputError("runners: two blocks of runners are the least; plan more, or make block smaller")
        groups = self.groups * self.runners if is_runs else (min(self.blocks),) * (self.runners // min(self.blocks))
        if count_of(groups) < 2.0 / MOST_CHANCE:  # of large studies it is beyond any float
            raise InputError(
                f"runs: with so few, even the clearest result comes by chance more often than 1 in "
                f"{round(1 / MOST_CHANCE)}; take more runs or runners"
            )

    @property
    def blocks(self) -> tuple[int, ...]:
        """The sizes of blocks."""
        return (self.block,) if isinstance(self.block, int) else self.block

    @property
    def groups(self) -> tuple[int, ...]:
        """The blocks of one runner's runs; none of a study in which each has one condition."""
        return self.blocks * (self.runs // self.blocks[0]) if self.design is Design.ALTERNATING else ()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All that is looked at, the primary one first."""
        return (self.primary, *self.beside)

    @property
    def fixed(self) -> bytes:
        """All that can't change once it has begun: everything but whom to reach, and the text that is agreed to."""
        told = msgspec.to_builtins(self)
        return msgspec.json.encode({name: told[name] for name in sorted(told) if name not in FREE})


FREE: Final = frozenset({"consent", "organiser"})


def changed(before: StudyFile, now: StudyFile) -> list[str]:
    """Return which fields changed that can't, as they stand in the file."""
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(now)
    return [name for name in new if name not in FREE and old[name] != new[name]]


def _require_line(text: str, field: str, most: int) -> None:
    if not text.strip() or len(text) > most or shown(text) != text:
        raise InputError(f"{field}: needs one line of 1 to {most} characters that can be seen")
