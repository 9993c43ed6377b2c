"""A try-out as cues follow it: whether the cue is on in the block that is run, and when that block is over."""

import math
from typing import Final

from footfall_coaching.cues.cue import LOUDEST, Cue, CueKind, Sound
from footfall_coaching.try_out import events as tried
from footfall_coaching.try_out.plan import Cue as TriedCue
from footfall_coaching.try_out.plan import Kind, Plan, part_words

OVER_PITCH_HZ: Final = 1320.0
OVER_BEATS_PER_MIN: Final = 300.0
OVER_LASTS_S: Final = 0.6
"""Three tones."""


class Blocks:
    """The blocks of the try-out, or check, that goes on in a run; none at first.

    A block is cued for as long as it is to last, counted from its first landing: of whoever closes its page nothing is
    heard beyond that.
    """

    def __init__(self) -> None:
        self.goes_on = False
        """Whether a try-out goes on: then its blocks alone are cued."""
        self._plan: Plan | None = None
        self._block: tried.PartBegun | None = None
        self._until_s: float | None = None
        self._is_told = False

    def take(self, event: tried.AnyEvent) -> None:
        """Take what was told of a try-out."""
        match event:
            case tried.Begun():
                self.goes_on, self._plan = True, event.plan
            case tried.PartBegun():
                self.goes_on, self._block, self._until_s, self._is_told = True, event, None, False
            case tried.PartCut() | tried.PartDone() | tried.Paused():
                self._block = None
            case tried.Ended() | tried.Opened():
                self.goes_on, self._plan, self._block = False, None, None

    def is_cued(self, at_s: float) -> bool:
        """Tell whether the cue is on: in a cued block, of a cue that is to be heard."""
        plan = self._plan
        is_heard = plan is None or (plan.kind is Kind.BLOCKS and plan.cue is not TriedCue.CONDITION)
        return is_heard and self._block is not None and self._block.is_cued and not self._is_over(at_s)

    def landed(self, at_s: float) -> tuple[Cue, ...]:
        """Take a landing; return what tells that the block is over, of a usual one too, each once."""
        if self._block is None:
            return ()
        if self._until_s is None:
            plan = self._plan
            self._until_s = math.inf if plan is None or plan.kind is Kind.RUNS else at_s + plan.part_s
        if self._is_told or not self._is_over(at_s):
            return ()
        self._is_told = True
        beat = (at_s, None, LOUDEST, OVER_PITCH_HZ, OVER_BEATS_PER_MIN, OVER_LASTS_S)
        return (Cue(CueKind.BLOCK, Sound.BEAT, *beat, f"Block {self._block.part + 1} is over"),)

    def words(self, at_s: float) -> str:
        """Return where it stands."""
        if self._block is None:
            return "Between two blocks"
        if self._is_over(at_s):
            return f"Block {self._block.part + 1} is over: say so on the page Try-out"
        if self._plan is not None:
            return part_words(self._plan, self._block.part, self._block.is_cued).rstrip(".")
        return f"Block {self._block.part + 1}: {'with the cue' if self._block.is_cued else 'as usual'}"

    def _is_over(self, at_s: float) -> bool:
        return self._until_s is not None and at_s >= self._until_s
