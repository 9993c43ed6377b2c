"""What the commands that take a run cue while it goes on."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Final

from cyclopts import Parameter

from footfall_coaching.cues.asked import Asked, OwnValues, by_wish
from footfall_coaching.cues.cue import CueKind
from footfall_gateway.devices import PROFILES
from footfall_gateway.errors import GatewayError
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.sinks.cues import Ask
from footfall_gateway.settings import CueName
from footfall_processing.errors import InputError

SPEED: Final = "speed"
"""The name of the target that says at which speed the others hold, in m/s."""
STANCE_S: Final = 0.15
"""A cue that is given later than this after a landing's peak, and heard 40 ms later, comes with the foot in the air."""
_NAMES: Final = (*CueKind, SPEED)
_SPEEDS_MPS: Final = (0.5, 12.0)

OwnValuesFor = Callable[[RecordingHeader], Awaitable[OwnValues]]


@dataclass(frozen=True, slots=True)
class CueWish:
    """What a runner asks to be cued.

    Parameters
    ----------
    targets
        By kind, in its unit.
    speed_mps
        The speed that they are for; `None` for that of the usual runs.
    is_heard
        Whether this computer's loudspeaker gives them.
    """

    kinds: tuple[CueKind, ...]
    targets: Mapping[CueKind, float]
    speed_mps: float | None
    tones: bool
    is_heard: bool

    def asked(self, own_values: OwnValuesFor, *, quick: bool) -> Ask:
        """Return what tells what is cued in a run; own values that can't be had end no run.

        The one place where options, settings, a runner's own values and the sensors come together to that.

        Parameters
        ----------
        quick
            Whether sensors that can are asked for short packets.
        """

        async def ask(header: RecordingHeader) -> Asked:
            try:
                own = await own_values(header)
            except GatewayError as error:
                unknown = f"Your own values are not known: {error}."
                own = OwnValues(unknown, unknown)
            found = by_wish(self.kinds, self.targets, own, self.speed_mps, tones=self.tones)
            return replace(found, why_not=(*found.why_not, *_slow_ones(header, quick=quick)))

        return ask


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class CueOptions:
    """Options of commands that cue a runner.

    Parameters
    ----------
    cue
        What to be reminded of: impact, cadence, heel, asymmetry; give it several times for several. Quiet where the
        signal is poor, while walking, and in the first strides. The key M mutes, here and on the page.
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

    def wish(self) -> CueWish | None:
        """Return what is asked for; `None` for nothing.

        Raises
        ------
        InputError
            When a target makes no sense.
        """
        kinds = tuple(map(CueKind, self.cue))
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


def _slow_ones(header: RecordingHeader, *, quick: bool) -> list[str]:
    """Tell of sensors whose radio is too slow for a cue while the foot is still on the ground."""
    delays_s = {
        recorded.sensor.id: PROFILES[recorded.profile].cue_delay_s(quick=quick) for recorded in header.recorded_sensors
    }
    return [
        f"Cues of {sensor_id} come up to {1e3 * delay_s:.0f} ms after the landing, within the stride and not the "
        "stance: its packets are long."
        for sensor_id, delay_s in delays_s.items()
        if delay_s > STANCE_S
    ]


def _target(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    if name not in _NAMES:
        raise InputError(f"--target {text}: give one of {', '.join(_NAMES)}, and a number, such as impact=6")
    try:
        return name, float(value)
    except ValueError:
        raise InputError(f"--target {text}: give a number, such as {name}=6") from None


NO_CUES: Final = CueOptions()
