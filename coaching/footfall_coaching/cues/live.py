"""The cues of one run: landings and strides in, cues out, at once.

    impact      at each landing, the mean of five of the worse leg against the target: noise in six steps; or a tone of
                each leg that is above its own
    cadence     outside its band, at the speed that the target is for: a metronome at the target
    heel        more than so many of the last strides on the heel: a tone and words
    asymmetry   farther from the runner's own difference than it may be off: a tone and words

    block       a block of a try-out or a check is over: three short high tones (`blocks`)

Noise and tones go on while impact is above its target, as in the programmes that were tried; all others are reminders,
with at least `QUIET_S` of quiet between two of a kind.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from footfall_coaching.cues.asked import Asked, ImpactAsked
from footfall_coaching.cues.blocks import Blocks
from footfall_coaching.cues.board import Board, Held, Standing
from footfall_coaching.cues.cue import LOUDEST, Cue, CueKind, Sound, silence
from footfall_coaching.cues.matched_speed import MatchedSpeed
from footfall_coaching.cues.measures import asymmetry_then, cadence_then, gives, heel_then, leg_words
from footfall_coaching.cues.track import SETTLED_S, STOP_S, Track, excess, of_leg
from footfall_coaching.programme.sessions import Now, Part, now_in
from footfall_coaching.try_out import events as tried
from footfall_processing.companions import CompanionReading
from footfall_processing.gait import Impact, Stride
from footfall_processing.metrics.catalogue import PEAK_ACC, PEAK_TIBIAL_ACC, Metric
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
TOO_FAST: Final = "faster than the target is for"
TOO_SLOW: Final = "slower than the target is for"

LiveEvent: TypeAlias = Impact | Stride | CompanionReading
"""What cues follow from; whatever else a run brings changes nothing."""


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
        What is cued, until `set_asked` says otherwise.
    goes_on
        Whether the session broke off and is taken up again: all of it up to now counts for the programme.
    """

    def __init__(self, sensors: Sequence[Sensor], asked: Asked, *, goes_on: bool = False) -> None:
        self._asked = asked
        self._sensors = tuple(sensors)
        self._tracks = {sensor.id: Track(sensor, goes_on=goes_on) for sensor in sensors}
        self._impact = _impact_sensors(sensors, asked.impact)
        self._speed = MatchedSpeed(self._tracks.values())
        self._reminded_s: dict[CueKind, float] = {}
        self._noise_step = 0
        self._noise_s = -math.inf
        self._beats_until_s = -math.inf
        self._now_s = 0.0
        self._cued_s = 0.0
        self._muted = False
        self._blocks = Blocks()

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to tell of cues: none is asked for, and no try-out goes on."""
        return self._asked.is_empty and not self._asked.why_not and not self._blocks.goes_on

    @property
    def cued_s(self) -> float:
        """For how long the cue was on so far, in no try-out; while it was quiet as all was well, too."""
        return self._cued_s

    @property
    def is_muted(self) -> bool:
        """Whether nothing is given."""
        return self._muted

    def push(self, item: LiveEvent) -> tuple[Cue, ...]:
        """Take the next event; return what is to be heard now."""
        if isinstance(item, CompanionReading):
            self._speed.push(item)
            return ()
        track = self._tracks.get(item.sensor_id)
        if track is None:
            return ()
        track.push(item)
        if isinstance(item, Stride):
            return ()
        if self._is_on(item.t_s) and not (self._muted or self._blocks.goes_on or self._asked.is_empty):
            self._cued_s += min(max(item.t_s - self._now_s, 0.0), STOP_S)
        self._now_s = item.t_s
        return tuple(self._at(item.t_s, track))

    def push_all(self, items: Iterable[LiveEvent]) -> list[Cue]:
        """Take what became known together, of all sensors, in any order among them; return what is to be heard now."""
        return [cue for item in sorted(items, key=_counts_from_s) for cue in self.push(item)]

    def mute(self, *, on: bool) -> tuple[Cue, ...]:
        """Mute, or not any more; return what ends what is heard."""
        self._muted = on
        return self._ended() if on else ()

    def set_asked(self, asked: Asked) -> tuple[Cue, ...]:
        """Cue something else from now on; return what ends what is heard.

        What was learnt of the run stays, so no first strides are waited for again; so do the pauses between reminders,
        and muting.
        """
        self._asked = asked
        self._impact = _impact_sensors(self._sensors, asked.impact)
        return self._ended()

    def take(self, event: tried.AnyEvent) -> tuple[Cue, ...]:
        """Follow a try-out: between its parts, in usual ones, and where the cue is nothing to be heard, all is silent.

        Nothing but the end of a block is to be heard where tape or shoes are tried, and where it is checked what a
        runner recalls.
        """
        self._blocks.take(event)
        return () if self._is_on(self._now_s) else self._ended()

    def board(self) -> Board:
        """Return what the live page shows now; how legs stand is a cue as well, so parts without the cue go without."""
        at_s, is_on = self._now_s, self._is_on(self._now_s)
        legs = tuple((sensor_id, self._leg(sensor_id, at_s) if is_on else Held.UNKNOWN) for sensor_id in self._impact)
        measures = tuple(self._measures(at_s)) if is_on else ()
        targets_g = tuple((sensor_id, self._target_g(sensor_id)) for sensor_id in self._impact)
        quiet = self._why_quiet(at_s)
        speed_mps = self._asked.own_speed_mps if quiet in (TOO_FAST, TOO_SLOW) else None
        why_not = self._asked.why_not
        return Board(self._muted, self._words(at_s), quiet, why_not, legs, measures, targets_g, speed_mps)

    def _at(self, at_s: float, track: Track) -> list[Cue]:
        """Return the cues at a landing of a sensor."""
        over = self._blocks.landed(at_s)
        if self._muted:
            return list(self._ended())
        if not self._is_on(at_s):
            return [*self._ended(), *over]
        found = self._impact_cues(at_s, track)
        for measure in self._measures(at_s):
            if measure.kind is CueKind.CADENCE and measure.held is Held.UNKNOWN:
                found += self._beats_ended()
            elif measure.held is Held.BEYOND and self._may_remind(measure.kind, at_s):
                reminder = self._reminder(measure, at_s)
                self._reminded_s[reminder.kind] = at_s + reminder.lasts_s
                found.append(reminder)
        return found

    def _is_on(self, at_s: float) -> bool:
        if self._blocks.goes_on:
            return self._blocks.is_cued(at_s)
        now = self._session(at_s)
        return now is None or now.part is Part.CUED

    def _session(self, at_s: float) -> Now | None:
        if self._asked.session is None:
            return None
        return now_in(self._asked.session, max((track.active_s(at_s) for track in self._tracks.values()), default=0.0))

    def _words(self, at_s: float) -> str:
        if self._blocks.goes_on:
            return self._blocks.words(at_s)
        now = self._session(at_s)
        return "" if now is None else now.words

    def _may_remind(self, kind: CueKind, at_s: float) -> bool:
        return at_s - self._reminded_s.get(kind, -math.inf) >= QUIET_S

    # impact

    def _impact_cues(self, at_s: float, track: Track) -> list[Cue]:
        if track.sensor.id not in self._impact:
            return []
        if not self._is_impact_near(at_s):
            return list(self._noise_ended())
        if self._asked.tones:
            found = self._excess(track.sensor.id, at_s)
            return [_tone(at_s, track.sensor.side, found)] if found else []
        known = {id_: over for id_ in self._impact if (over := self._excess(id_, at_s)) is not None}
        if not known:
            return list(self._noise_ended())
        worse = max(known, key=lambda id_: known[id_])
        step = math.ceil(LOUDEST * known[worse])
        if step == self._noise_step and (step == 0 or at_s - self._noise_s < NOISE_RENEWED_S):
            return []
        side = self._tracks[worse].sensor.side
        self._noise_step, self._noise_s = step, at_s
        if step == 0:
            return [silence(CueKind.IMPACT, Sound.NOISE, at_s)]
        words = f"{leg_words(side)} lands above the target"
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

    def _target_g(self, sensor_id: str) -> float:
        asked = self._asked.impact
        return math.inf if asked is None else of_leg(asked.target_g, self._tracks[sensor_id].sensor.side)

    def _leg(self, sensor_id: str, at_s: float) -> Held:
        over = self._excess(sensor_id, at_s) if self._is_impact_near(at_s) else None
        if over is None:
            return Held.UNKNOWN
        return Held.BEYOND if over > 0.0 else Held.WITHIN

    # what ends

    def _ended(self) -> tuple[Cue, ...]:
        """End what is heard, where anything is."""
        return (*self._noise_ended(), *self._beats_ended())

    def _noise_ended(self) -> tuple[Cue, ...]:
        if self._noise_step == 0:
            return ()
        self._noise_step = 0
        return (silence(CueKind.IMPACT, Sound.NOISE, self._now_s),)

    def _beats_ended(self) -> tuple[Cue, ...]:
        if self._beats_until_s <= self._now_s:
            return ()
        self._beats_until_s = -math.inf
        return (silence(CueKind.CADENCE, Sound.BEAT, self._now_s),)

    # reminders

    def _measures(self, at_s: float) -> list[Standing]:
        """Return how all stand that are reminded of, as far as the speed lets them be compared."""
        asked, tracks = self._asked, self._tracks.values()
        found: list[Standing] = []
        if asked.cadence is not None:
            may = self._speed.is_near(asked.own_speed_mps, at_s, if_unknown=False)
            unknown = Standing(CueKind.CADENCE, Held.UNKNOWN)
            found.append(cadence_then(asked.cadence, tracks, at_s) if may else unknown)
        if asked.heel_percent is not None:
            found.append(heel_then(asked.heel_percent, tracks, at_s))
        if asked.asymmetry is not None:
            unknown = Standing(CueKind.ASYMMETRY, Held.UNKNOWN)
            found.append(asymmetry_then(asked.asymmetry, tracks, at_s) if self._is_near(at_s) else unknown)
        return found

    def _reminder(self, measure: Standing, at_s: float) -> Cue:
        cadence = self._asked.cadence
        if measure.kind is CueKind.CADENCE and cadence is not None:
            spm = cadence.target_spm
            self._beats_until_s = at_s + BEAT_LASTS_S
            return Cue(measure.kind, Sound.BEAT, at_s, None, LOUDEST, BEAT_PITCH_HZ, spm, BEAT_LASTS_S, measure.words)
        return Cue(measure.kind, Sound.TONE, at_s, measure.side, LOUDEST, REMINDER_PITCH_HZ, 0.0, 0.0, measure.words)

    # what keeps quiet

    def _is_near(self, at_s: float) -> bool:
        """Whether the speed is the one that targets are for; impact goes without where nobody knows."""
        return self._speed.is_near(self._asked.own_speed_mps, at_s, if_unknown=True)

    def _is_impact_near(self, at_s: float) -> bool:
        impact = self._asked.impact
        return (impact is not None and impact.at_any_speed) or self._is_near(at_s)

    def _why_quiet(self, at_s: float) -> str:
        asked = self._asked
        if self._muted:
            return "muted"
        if asked.is_empty:
            return "nothing is cued"
        if not self._is_on(at_s):
            return "no sound in this part"
        reasons = [track.why_quiet(at_s) for track in self._tracks.values()]
        if reasons and all(reasons):
            return reasons[0]
        if asked.cadence is not None and self._speed.at(at_s) is None:
            return "cadence is not cued: nothing here tells the speed"
        if asked.heel_percent is None and not self._is_impact_near(at_s):
            return TOO_FAST if self._speed.is_above(asked.own_speed_mps, at_s) else TOO_SLOW
        return ""


def _counts_from_s(item: LiveEvent) -> float:
    return item.next_contact_s + SETTLED_S if isinstance(item, Stride) else item.t_s


def _impact_sensors(sensors: Sequence[Sensor], asked: ImpactAsked | None) -> dict[str, Metric]:
    """Return by which metric each sensor's landings are held against the target, of one sensor a leg."""
    found: dict[str, Metric] = {}
    if asked is None:
        return found
    for sensor in sensors:
        tells_shin = sensor.placement is Placement.SHANK and sensor.has_gyro
        metric = asked.metric or (PEAK_TIBIAL_ACC if tells_shin else PEAK_ACC)
        if gives(sensor, metric) and of_leg(asked.target_g, sensor.side) < math.inf:
            found[sensor.id] = metric
    # a shin sensor without gyroscope gives the same metric as one on the foot, and not the same values
    feet = [sensor.id for sensor in sensors if sensor.placement is Placement.FOOT and found.get(sensor.id) is PEAK_ACC]
    legs = {sensor.side for sensor in sensors if sensor.id in feet}
    return {
        sensor.id: found[sensor.id]
        for sensor in sensors
        if sensor.id in found and not (sensor.side in legs and sensor.id not in feet)
    }


def _tone(at_s: float, side: Side | None, over: float) -> Cue:
    pitch_hz = (RIGHT_PITCH_HZ if side is Side.RIGHT else PITCH_HZ) * 2.0**over
    words = f"{leg_words(side)} lands above the target"
    return Cue(CueKind.IMPACT, Sound.TONE, at_s, side, LOUDEST, pitch_hz, 0.0, 0.0, words)
