"""What the commands that take a run cue while it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Final

from cyclopts import Parameter

from footfall_coaching.cues.asked import LIMITS, Asked, OwnValues, by_wish
from footfall_coaching.cues.cue import CueKind
from footfall_gateway.settings import CueName
from footfall_processing.errors import InputError
from footfall_processing.plain_number import plain_number

NONE: Final = "none"
SPEED: Final = "speed"
"""The name of the target that says at which speed the others hold, in m/s."""
_NAMES: Final = (*LIMITS, SPEED)
_SPEEDS_MPS: Final = (0.5, 12.0)


@dataclass(frozen=True, slots=True)
class CueWish:
    """What a runner asks to be cued.

    Parameters
    ----------
    kinds
        What of; empty for what the runner's plan asks for.
    targets
        By kind, in its unit.
    speed_mps
        The speed that they are for; `None` for that of the usual runs.
    is_heard
        Whether this computer's loudspeaker gives them.
    follows_plan
        Whether the runner's plan is followed: today's session, where nothing else is asked for, and try-outs.
    """

    kinds: tuple[CueKind, ...]
    targets: Mapping[CueKind, float]
    speed_mps: float | None
    tones: bool
    is_heard: bool
    follows_plan: bool = False

    def asked(self, own: OwnValues) -> Asked:
        """Return what is cued by it, given a runner's own values."""
        return by_wish(self.kinds, self.targets, own, self.speed_mps, tones=self.tones)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class CueOptions:
    """Options of commands that cue a runner.

    Parameters
    ----------
    cue
        What to be reminded of: impact, cadence, heel, asymmetry; give it several times for several, or none. Quiet
        where the signal is poor, while walking, and in the first strides. The key M mutes, here and on the page.
        Without it a run of a programme that you follow is cued as its session asks, and a try-out's blocks as they
        come.
    target
        Against what, in place of your own usual runs: impact=6 (g), cadence=172 (steps a minute), heel=50 (% of strides
        on the heel), asymmetry=10 (% from your own), and speed=2.8 (m/s), at which these hold.
    tones
        Impact as a tone of each leg, higher with the excess, in place of noise in six steps.
    quiet
        No sound from this computer: cues are shown on the page, which can give them, and told to listeners.
    """

    cue: Annotated[tuple[CueName, ...], Parameter(env_var="FOOTFALL_CUE", show_default=False, negative="")] = ()
    target: Annotated[tuple[str, ...], Parameter(env_var="FOOTFALL_TARGET", show_default=False, negative="")] = ()
    tones: Annotated[bool, Parameter(env_var="FOOTFALL_TONES", negative="")] = False
    quiet: Annotated[bool, Parameter(env_var="FOOTFALL_QUIET", negative="")] = False

    def of_a_run(self) -> CueWish | None:
        """Return what is asked for in a run of one's own, whose plan is followed; `None` for no cues at all.

        Raises
        ------
        InputError
            When a target makes no sense.
        """
        wish = self.wish()
        if wish is not None:
            return replace(wish, follows_plan=True)
        return None if NONE in self.cue else CueWish((), {}, None, self.tones, not self.quiet, follows_plan=True)

    def wish(self) -> CueWish | None:
        """Return what is asked for; `None` for nothing.

        Raises
        ------
        InputError
            When a target makes no sense.
        """
        if NONE in self.cue and len(self.cue) > 1:
            raise InputError("--cue none goes with no other cue")
        kinds = tuple(CueKind(name) for name in self.cue if name != NONE)
        targets = dict(map(_target, self.target))
        speed_mps = targets.pop(SPEED, None)
        low, high = _SPEEDS_MPS
        if speed_mps is not None and not low <= speed_mps <= high:
            raise InputError(f"a speed of {speed_mps:g} m/s is not within {low:g} and {high:g} m/s")
        wish = CueWish(
            kinds, {CueKind(name): value for name, value in targets.items()}, speed_mps, self.tones, not self.quiet
        )
        # what makes no sense is told before sensors are looked for
        by_wish(wish.kinds, wish.targets, OwnValues("", ""), wish.speed_mps)
        return wish if kinds else None


def _target(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    if name not in _NAMES:
        raise InputError(f"--target {text}: give one of {', '.join(_NAMES)}, and a number, such as impact=6")
    number = plain_number(value)
    if number is None:
        raise InputError(f"--target {text}: give a number, such as {name}=6")
    return name, number


NO_CUES: Final = CueOptions()
