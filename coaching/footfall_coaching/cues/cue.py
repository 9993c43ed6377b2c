"""A cue as it is given: plain values for a loudspeaker, a page, a broker."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from footfall_processing.session import Side

VERSION: Final = 2
"""Of the rules: the same landings and strides give the same cues as long as it stays."""
LOUDEST: Final = 5
"""Noise has six steps: 0 for silence, then 20 % each up to 100 %."""


class CueKind(StrEnum):
    """What is reminded of."""

    IMPACT = "impact"
    CADENCE = "cadence"
    HEEL = "heel"
    """The share of strides that land on the heel."""
    ASYMMETRY = "asymmetry"
    """Left against right, against the runner's own difference."""
    BLOCK = "block"
    """A block of a try-out or a check is over: told, and no reminder."""


class Sound(StrEnum):
    """How a cue is heard."""

    NOISE = "noise"
    """A layer of noise, in six steps of loudness, until the next one or until it lapses."""
    TONE = "tone"
    """One short tone; of an impact its pitch follows the excess."""
    BEAT = "beat"
    """A metronome: short tones, so many a minute."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue.

    Parameters
    ----------
    at_s
        Session seconds of the landing that it was given at.
    side
        The leg that it is of; `None` where it is of both, or nobody said.
    step
        How loud, from 0 for silence to `LOUDEST`.
    pitch_hz
        Of a tone or a beat; 0 of noise.
    beats_per_min
        Of a beat; 0 of all else.
    lasts_s
        When it lapses by itself: a sensor that is lost leaves no noise behind. 0 of one short tone.
    words
        The same for the eye; empty for silence.
    version
        Of the rules that gave it.
    """

    kind: CueKind
    sound: Sound
    at_s: float
    side: Side | None
    step: int
    pitch_hz: float
    beats_per_min: float
    lasts_s: float
    words: str
    version: int = VERSION

    @property
    def is_silence(self) -> bool:
        """Whether it only ends what is heard of its kind."""
        return self.step == 0


def silence(kind: CueKind, sound: Sound, at_s: float) -> Cue:
    """Return what ends a sound at once."""
    return Cue(kind, sound, at_s, None, 0, 0.0, 0.0, 0.0, "")
