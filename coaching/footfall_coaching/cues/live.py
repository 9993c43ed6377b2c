"""The cues of one run: landings and strides in, cues out, at once.

    impact      at each landing, the mean of five of the worse leg against the target: noise in six steps; or a tone of
                each leg that is above its own
    cadence     outside its band, at the speed that the target is for: a metronome at the target
    heel        more than so many of the last strides on the heel: a tone and words
    asymmetry   farther from the runner's own difference than it may be off: a tone and words

Noise and tones go on while impact is above its target, as in the programmes that were tried; all others are reminders,
with at least `QUIET_S` of quiet between two of a kind.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, stdev
from typing import Final, TypeAlias

from footfall_coaching.cues.asked import Asked, CadenceAsked, ImpactAsked
from footfall_coaching.cues.cue import LOUDEST, Cue, CueKind, Sound, silence
from footfall_coaching.cues.track import SETTLED_S, SHARE_STRIDES, STRIDES, Track, excess, of_leg
from footfall_coaching.legs import SURE
from footfall_coaching.programme.kind import SAME_SPEED
from footfall_coaching.programme.sessions import Now, Part, now_in
from footfall_coaching.try_out import events as tried
from footfall_processing.companions import POD_SPEED, TREADMILL_SPEED, CompanionReading
from footfall_processing.gait import Impact, Stride, Strike
from footfall_processing.metrics.catalogue import PEAK_ACC, PEAK_TIBIAL_ACC, Metric
from footfall_processing.results.summary import is_averaged
from footfall_processing.session import Placement, Sensor, Side

QUIET_S: Final = 30.0
"""Between two reminders of a kind."""
BEAT_LASTS_S: Final = 15.0
NOISE_LASTS_S: Final = 4.0
"""Noise that no landing renews ends: more than two strides of a runner."""
NOISE_RENEWED_S: Final = 2.0
PITCH_HZ: Final = 440.0
RIGHT_PITCH_HZ: Final = 660.0
"""The right leg's tone begins a fifth above the left one's; at the runner's own usual impact both are an octave up."""
BEAT_PITCH_HZ: Final = 880.0
REMINDER_PITCH_HZ: Final = 330.0
SPEED_HOLDS_S: Final = 15.0
"""A treadmill says its speed when it changes, or every few seconds."""

LiveEvent: TypeAlias = Impact | Stride | CompanionReading
"""What cues follow from; whatever else a run brings changes nothing."""


class Leg(StrEnum):
    """How a leg stands against its target, for the eye."""

    WITHIN = "within"
    ABOVE = "above"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Board:
    """What the live page shows of the cues.

    Parameters
    ----------
    is_muted
        Whether the runner muted them.
    now
        Where the programme's session or the try-out is, in words; empty without one.
    quiet
        Why nothing is cued just now, in words; empty where something may be.
    legs
        By sensor id, of impact; empty where that is not cued.
    """

    is_muted: bool
    now: str
    quiet: str
    legs: tuple[tuple[str, Leg], ...]


class LiveCues:
    """The cues of one run.

    What it is given comes in order of time, each sensor's landings and strides as the engine tells them; however they
    are cut, and however two sensors' events alternate between one landing and the next, the cues are the same. Memory
    is bounded.

    Parameters
    ----------
    sensors
        The session's.
    asked
        What is cued.
    goes_on
        Whether the session broke off and is taken up again: all of it up to now counts for the programme.
    """

    def __init__(self, sensors: Sequence[Sensor], asked: Asked, *, goes_on: bool = False) -> None:
        self._asked = asked
        self._tracks = {sensor.id: Track(sensor, goes_on=goes_on) for sensor in sensors}
        self._impact = {} if asked.impact is None else _impact_sensors(sensors, asked.impact)
        self._belt_mps: deque[tuple[float, float]] = deque(maxlen=64)
        self._pod_mps: deque[tuple[float, float]] = deque(maxlen=64)
        self._reminded_s: dict[CueKind, float] = {}
        self._noise_step = 0
        self._noise_s = -math.inf
        self._now_s = 0.0
        self._muted = False
        self._is_tried = False
        self._block: tried.PartBegun | None = None

    @property
    def is_muted(self) -> bool:
        """Whether nothing is given."""
        return self._muted

    def push(self, item: LiveEvent) -> tuple[Cue, ...]:
        """Take the next event; return what is to be heard now."""
        if isinstance(item, CompanionReading):
            for name, told in ((TREADMILL_SPEED, self._belt_mps), (POD_SPEED, self._pod_mps)):
                if name in item.values:
                    told.append((item.t_s, item.values[name]))
            return ()
        track = self._tracks.get(item.sensor_id)
        if track is None:
            return ()
        track.push(item)
        if isinstance(item, Stride):
            return ()
        self._now_s = item.t_s
        return tuple(self._at(item.t_s, track))

    def push_all(self, items: Iterable[LiveEvent]) -> list[Cue]:
        """Take what became known together, of all sensors, in any order among them; return what is to be heard now."""
        return [cue for item in sorted(items, key=_counts_from_s) for cue in self.push(item)]

    def mute(self, *, on: bool) -> tuple[Cue, ...]:
        """Mute, or not any more; return what ends what is heard."""
        self._muted = on
        return self._ended() if on else ()

    def take(self, event: tried.AnyEvent) -> tuple[Cue, ...]:
        """Follow a try-out: between its parts, and in usual ones, there is no cue."""
        match event:
            case tried.Begun():
                self._is_tried = True
            case tried.PartBegun():
                self._is_tried, self._block = True, event
            case tried.PartCut() | tried.PartDone() | tried.Paused():
                self._block = None
            case tried.Ended() | tried.Opened():
                self._is_tried, self._block = False, None
            case _:
                return ()
        return () if self._is_on(self._now_s) else self._ended()

    def board(self) -> Board:
        """Return what the live page shows now."""
        at_s = self._now_s
        quiet = "; ".join(self._asked.why_not) or self._why_quiet(at_s)
        legs = tuple((sensor_id, self._leg(sensor_id, at_s)) for sensor_id in self._impact)
        return Board(self._muted, self._words(at_s), quiet, legs)

    def _at(self, at_s: float, track: Track) -> list[Cue]:
        """Return the cues at a landing of a sensor."""
        if self._muted or not self._is_on(at_s):
            return list(self._ended())
        found = self._impact_cues(at_s, track)
        for reminder in (self._cadence(at_s), self._heel(at_s), self._asymmetry(at_s)):
            if reminder is not None and self._may_remind(reminder, at_s):
                self._reminded_s[reminder.kind] = at_s + reminder.lasts_s
                found.append(reminder)
        return found

    def _is_on(self, at_s: float) -> bool:
        if self._is_tried:
            return self._block is not None and self._block.is_cued
        now = self._session(at_s)
        return now is None or now.part is Part.CUED

    def _session(self, at_s: float) -> Now | None:
        if self._asked.session is None:
            return None
        return now_in(self._asked.session, max((track.active_s(at_s) for track in self._tracks.values()), default=0.0))

    def _words(self, at_s: float) -> str:
        if self._is_tried:
            if self._block is None:
                return "Between two blocks"
            return f"Block {self._block.part + 1}: {'with the cue' if self._block.is_cued else 'as usual'}"
        now = self._session(at_s)
        return "" if now is None else now.words

    def _may_remind(self, cue: Cue, at_s: float) -> bool:
        return at_s - self._reminded_s.get(cue.kind, -math.inf) >= QUIET_S

    # impact

    def _impact_cues(self, at_s: float, track: Track) -> list[Cue]:
        asked = self._asked.impact
        if asked is None or track.sensor.id not in self._impact:
            return []
        if not self._may_compare(at_s, needs_speed=False):
            return list(self._ended())
        if self._asked.tones:
            found = self._excess(track.sensor.id, at_s)
            return [_tone(at_s, track.sensor.side, found)] if found else []
        known = {id_: over for id_ in self._impact if (over := self._excess(id_, at_s)) is not None}
        if not known:
            return list(self._ended())
        worse = max(known, key=lambda id_: known[id_])
        step = math.ceil(LOUDEST * known[worse])
        if step == self._noise_step and (step == 0 or at_s - self._noise_s < NOISE_RENEWED_S):
            return []
        side = self._tracks[worse].sensor.side
        self._noise_step, self._noise_s = step, at_s
        if step == 0:
            return [silence(CueKind.IMPACT, Sound.NOISE, at_s)]
        words = f"{_leg_words(side)} lands above the target"
        return [Cue(CueKind.IMPACT, Sound.NOISE, at_s, side, step, 0.0, 0.0, NOISE_LASTS_S, words)]

    def _excess(self, sensor_id: str, at_s: float) -> float | None:
        """Return how far a leg is above its target; `None` where that is not known."""
        asked, track = self._asked.impact, self._tracks[sensor_id]
        if asked is None or track.why_quiet(at_s):
            return None
        mean_g = track.mean_g(self._impact[sensor_id], at_s)
        if mean_g is None:
            return None
        side = track.sensor.side
        return excess(mean_g, of_leg(asked.target_g, side), of_leg(asked.own_g, side))

    def _leg(self, sensor_id: str, at_s: float) -> Leg:
        over = self._excess(sensor_id, at_s) if self._may_compare(at_s, needs_speed=False) else None
        if over is None:
            return Leg.UNKNOWN
        return Leg.ABOVE if over > 0.0 else Leg.WITHIN

    def _ended(self) -> tuple[Cue, ...]:
        """End the noise, where there is any."""
        if self._noise_step == 0:
            return ()
        self._noise_step = 0
        return (silence(CueKind.IMPACT, Sound.NOISE, self._now_s),)

    # reminders

    def _cadence(self, at_s: float) -> Cue | None:
        asked = self._asked.cadence
        if asked is None or not self._may_compare(at_s, needs_speed=True):
            return None
        spm = self._cadence_spm(at_s)
        if spm is None or asked.low_spm <= spm <= asked.high_spm:
            return None
        return Cue(
            CueKind.CADENCE,
            Sound.BEAT,
            at_s,
            None,
            LOUDEST,
            BEAT_PITCH_HZ,
            asked.target_spm,
            BEAT_LASTS_S,
            f"{spm:.0f} steps a minute; {_band_words(asked)}",
        )

    def _cadence_spm(self, at_s: float) -> float | None:
        times_s = [
            stride.stride_time_s
            for track in self._tracks.values()
            if not track.why_quiet(at_s)
            for stride in track.lately(at_s)
        ]
        return 120.0 / fmean(times_s) if len(times_s) >= STRIDES else None

    def _heel(self, at_s: float) -> Cue | None:
        most_percent = self._asked.heel_percent
        if most_percent is None:
            return None
        strikes = [
            stride.strike
            for track in self._tracks.values()
            if not track.why_quiet(at_s)
            for stride in track.strides(at_s)
            if stride.strike is not None
        ]
        if len(strikes) < SHARE_STRIDES // 2:
            return None
        share = 100.0 * sum(strike is Strike.REARFOOT for strike in strikes) / len(strikes)
        if share <= most_percent:
            return None
        words = f"{share:.0f} % of your last {len(strikes)} strides landed on the heel"
        return Cue(CueKind.HEEL, Sound.TONE, at_s, None, LOUDEST, REMINDER_PITCH_HZ, 0.0, 0.0, words)

    def _asymmetry(self, at_s: float) -> Cue | None:
        asked = self._asked.asymmetry
        if asked is None or not self._may_compare(at_s, needs_speed=False):
            return None
        legs: dict[Side, list[float]] = {}
        for track in self._tracks.values():
            side = track.sensor.side
            if side is None or track.why_quiet(at_s) or not _gives(track.sensor, asked.metric):
                continue
            legs[side] = [
                value
                for stride in track.strides(at_s)
                if is_averaged(stride, asked.metric) and (value := asked.metric.value(stride)) is not None
            ]
        left, right = legs.get(Side.LEFT, []), legs.get(Side.RIGHT, [])
        if min(len(left), len(right)) < SHARE_STRIDES // 2:
            return None
        mean_left, mean_right = fmean(left), fmean(right)
        difference = 200.0 * (mean_left - mean_right) / (mean_left + mean_right) - asked.own_percent
        errors = [100.0 * stdev(values) / len(values) ** 0.5 / fmean(values) for values in (left, right)]
        sure = SURE * (asked.metric.legs_error_percent**2 + sum(error**2 for error in errors)) ** 0.5
        if abs(difference) <= max(asked.most_percent, math.hypot(sure, asked.own_error_percent)):
            return None
        side = Side.LEFT if difference > 0.0 else Side.RIGHT
        words = f"{_leg_words(side)} lands harder than in your usual runs, by {abs(difference):.0f} % of both"
        return Cue(CueKind.ASYMMETRY, Sound.TONE, at_s, side, LOUDEST, REMINDER_PITCH_HZ, 0.0, 0.0, words)

    # what keeps quiet

    def _may_compare(self, at_s: float, *, needs_speed: bool) -> bool:
        """Whether the speed is near enough to the one that targets are for; where it is not known, some go without."""
        own_mps = self._asked.own_speed_mps
        if own_mps is None:
            return not needs_speed
        mps = self._speed_mps(at_s)
        if mps is None:
            return not needs_speed
        return mps > 0.0 and abs(math.log(mps / own_mps)) <= SAME_SPEED

    def _speed_mps(self, at_s: float) -> float | None:
        """Return the speed then: the treadmill's, else that of the strides, else the foot pod's."""
        belt = _newest(self._belt_mps, at_s)
        if belt is not None:
            return belt
        speeds = [
            stride.speed_mps
            for track in self._tracks.values()
            for stride in track.lately(at_s)
            if stride.speed_mps is not None and at_s - stride.next_contact_s <= SPEED_HOLDS_S
        ]
        return fmean(speeds) if speeds else _newest(self._pod_mps, at_s)

    def _why_quiet(self, at_s: float) -> str:
        if self._muted:
            return "muted"
        if not self._is_on(at_s):
            return "no sound in this part"
        reasons = [track.why_quiet(at_s) for track in self._tracks.values()]
        if reasons and all(reasons):
            return reasons[0]
        if self._asked.cadence is not None and self._speed_mps(at_s) is None:
            return "cadence is not cued: nothing here tells the speed"
        if not self._may_compare(at_s, needs_speed=False):
            return "not at the speed that the target is for"
        return ""


def _counts_from_s(item: LiveEvent) -> float:
    return item.next_contact_s + SETTLED_S if isinstance(item, Stride) else item.t_s


def _impact_sensors(sensors: Sequence[Sensor], asked: ImpactAsked) -> dict[str, Metric]:
    """Return by which metric each sensor's landings are held against the target, of one sensor a leg."""
    found: dict[str, Metric] = {}
    for sensor in sensors:
        tells_shin = sensor.placement is Placement.SHANK and sensor.has_gyro
        metric = asked.metric or (PEAK_TIBIAL_ACC if tells_shin else PEAK_ACC)
        if _gives(sensor, metric) and of_leg(asked.target_g, sensor.side) < math.inf:
            found[sensor.id] = metric
    # a shin sensor without gyroscope gives the same metric as one on the foot, and not the same values
    feet = [sensor.id for sensor in sensors if sensor.placement is Placement.FOOT and found.get(sensor.id) is PEAK_ACC]
    legs = {sensor.side for sensor in sensors if sensor.id in feet}
    return {
        sensor.id: found[sensor.id]
        for sensor in sensors
        if sensor.id in found and not (sensor.side in legs and sensor.id not in feet)
    }


def _gives(sensor: Sensor, metric: Metric) -> bool:
    return (
        sensor.placement in metric.sites
        and sensor.sampling_rate_hz >= metric.min_rate_hz
        and (sensor.has_gyro or not metric.needs_gyro)
    )


def _tone(at_s: float, side: Side | None, over: float) -> Cue:
    pitch_hz = (RIGHT_PITCH_HZ if side is Side.RIGHT else PITCH_HZ) * 2.0**over
    words = f"{_leg_words(side)} lands above the target"
    return Cue(CueKind.IMPACT, Sound.TONE, at_s, side, LOUDEST, pitch_hz, 0.0, 0.0, words)


def _leg_words(side: Side | None) -> str:
    return "The leg" if side is None else f"The {side.value} leg"


def _band_words(asked: CadenceAsked) -> str:
    return f"aim for {asked.low_spm:.0f} to {asked.high_spm:.0f}"


def _newest(told: deque[tuple[float, float]], at_s: float) -> float | None:
    known = [value for t_s, value in told if t_s <= at_s and at_s - t_s <= SPEED_HOLDS_S]
    return known[-1] if known else None
