"""Cues to samples: two sounds, noise and tone, synthesised; no file is played."""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from footfall_coaching.cues.cue import LOUDEST, Cue, Sound

RATE_HZ: Final = 44_100
TONE_S: Final = 0.12
BEAT_S: Final = 0.05
RAMP_S: Final = 0.01
"""A sound begins and ends so softly that it does not click."""
NOISE_LEVEL: Final = 0.35
TONE_LEVEL: Final = 0.5
MOST_WAITING: Final = 64
"""Cues; more than any run gives while one period is played. Older ones would come too late anyhow."""
MOST_TONES: Final = 2
"""At once, one for each leg, the second softer: what was given late and all together must not add up to a blow."""
MOST_DELAYS: Final = 100_000

Samples = NDArray[np.float32]


class Mixer:
    """Mixes what is heard. `play` is for any thread, `render` for the loudspeaker's own.

    Parameters
    ----------
    now_s
        The clock that delays are measured with.

    Attributes
    ----------
    delays_s
        Of each cue, from `play` to the first period of samples that has it.
    """

    def __init__(self, now_s: Callable[[], float] = time.perf_counter) -> None:
        self.delays_s: deque[float] = deque(maxlen=MOST_DELAYS)
        self._now_s = now_s
        self._waiting: deque[tuple[Cue | None, float]] = deque(maxlen=MOST_WAITING)
        """`None` ends all that is heard: what is heard is `render`'s alone to change, as it runs beside."""
        self._noise = _noise()
        self._noise_at = 0
        self._level = 0.0
        self._wanted_level = 0.0
        self._noise_left = 0
        self._tones: list[Samples] = []
        self._beat: Samples = np.zeros(0, np.float32)
        self._beat_every = 0
        self._beat_in = 0
        self._beats_left = 0

    def play(self, cue: Cue) -> None:
        """Let a cue be heard with the next period of samples."""
        self._waiting.append((cue, self._now_s()))

    def hush(self) -> None:
        """Let nothing be heard from the next period on that was given before."""
        self._waiting.append((None, self._now_s()))

    def render(self, frames: int) -> NDArray[np.int16]:
        """Return the next samples, of one channel at `RATE_HZ`."""
        began_s = self._now_s()
        while self._waiting:
            cue, given_s = self._waiting.popleft()
            if cue is None:
                self._noise_left = self._beats_left = 0
                self._tones = []
                continue
            self._take(cue)
            self.delays_s.append(began_s - given_s)
        mixed = self._render_noise(frames)
        self._add_beats(mixed)
        self._add_tones(mixed)
        return (np.clip(mixed, -1.0, 1.0) * 32_767.0).astype(np.int16)

    def _take(self, cue: Cue) -> None:
        share = cue.step / LOUDEST
        if cue.sound is Sound.NOISE:
            self._wanted_level = NOISE_LEVEL * share
            self._noise_left = round(cue.lasts_s * RATE_HZ)
        elif cue.sound is Sound.TONE and not cue.is_silence:
            if len(self._tones) < MOST_TONES:
                level = TONE_LEVEL * share / (1 + len(self._tones))
                self._tones = [*self._tones, level * _tone(cue.pitch_hz, TONE_S)]
        elif cue.sound is Sound.BEAT:
            self._beats_left = 0 if cue.is_silence else round(cue.lasts_s * RATE_HZ)
            if self._beats_left:
                self._beat = TONE_LEVEL * share * _tone(cue.pitch_hz, BEAT_S)
                self._beat_every, self._beat_in = round(60.0 / cue.beats_per_min * RATE_HZ), 0

    def _render_noise(self, frames: int) -> Samples:
        wanted = self._wanted_level if self._noise_left > 0 else 0.0
        self._noise_left = max(0, self._noise_left - frames)
        if wanted == 0.0 and self._level == 0.0:
            return np.zeros(frames, np.float32)
        # louder and softer at the same pace, so that a step is heard and never clicks
        step = NOISE_LEVEL / (4.0 * RAMP_S * RATE_HZ)
        way = wanted - self._level
        levels = self._level + np.sign(way) * np.minimum(step * np.arange(1, frames + 1), abs(way))
        at = (self._noise_at + np.arange(frames)) % len(self._noise)
        self._noise_at = int((self._noise_at + frames) % len(self._noise))
        self._level = float(levels[-1]) if frames else self._level
        mixed: Samples = (self._noise[at] * levels).astype(np.float32)
        return mixed

    def _add_beats(self, mixed: Samples) -> None:
        if self._beats_left <= 0:
            return
        while self._beat_in < min(len(mixed), self._beats_left):
            _add(mixed, self._beat, self._beat_in)
            rest = self._beat[len(mixed) - self._beat_in :]
            if len(rest):
                self._tones.append(np.concatenate([np.zeros(len(mixed), np.float32), rest]))
            self._beat_in += self._beat_every
        self._beat_in -= len(mixed)
        self._beats_left -= len(mixed)

    def _add_tones(self, mixed: Samples) -> None:
        rests = []
        for tone in self._tones:
            _add(mixed, tone, 0)
            if len(tone) > len(mixed):
                rests.append(tone[len(mixed) :])
        self._tones = rests


def _add(mixed: Samples, sound: Samples, begin: int) -> None:
    part = sound[: len(mixed) - begin]
    mixed[begin : begin + len(part)] += part


def _tone(pitch_hz: float, length_s: float) -> Samples:
    n = round(length_s * RATE_HZ)
    ramp = min(round(RAMP_S * RATE_HZ), n // 2)
    envelope = np.ones(n)
    envelope[:ramp] = np.linspace(0.0, 1.0, ramp)
    envelope[n - ramp :] = np.linspace(1.0, 0.0, ramp)
    tone: Samples = (envelope * np.sin(2.0 * math.pi * pitch_hz / RATE_HZ * np.arange(n))).astype(np.float32)
    return tone


def _noise() -> Samples:
    """Two seconds, a little softer in the highs than white noise; the same each time."""
    white = np.random.default_rng(13).standard_normal(2 * RATE_HZ + 3)
    soft = np.convolve(white, np.full(4, 0.25), mode="valid")
    noise: Samples = (soft / np.abs(soft).max()).astype(np.float32)
    return noise
