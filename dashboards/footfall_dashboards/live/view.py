"""What the page knows: takes the pipeline's events and says what changed since a browser last heard."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from statistics import fmean
from typing import Final

import msgspec

from footfall_coaching.cues.board import Board
from footfall_coaching.cues.cue import Cue
from footfall_coaching.load import Ceiling, Stand, km
from footfall_dashboards.live.closing import ACTIVITY_NAMES, Closing, balances, close, format_duration
from footfall_dashboards.live.companions import CompanionBoard
from footfall_dashboards.live.cues import CueBoard, Mute
from footfall_dashboards.live.pace import mi
from footfall_dashboards.live.readings import (
    ROWS,
    SMOOTHED_STRIDES,
    LegSensors,
    legs_of,
    read_leg,
    recent_strides,
    smoothed,
    trusted,
)
from footfall_dashboards.live.sensors import SensorCard, SensorWatch, sensor_names
from footfall_dashboards.live.splits import Splits
from footfall_dashboards.live.told import CHARTS, Heading, LegNote, Point, Update, Ways
from footfall_processing.companions import Companion, CompanionReading
from footfall_processing.gait import Activity, Doing, Impact, NowDoing, Stride
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.metrics.catalogue import Metric
from footfall_processing.plain_text import shown
from footfall_processing.results.sides import SideGuess, guess_side, may_be_swapped
from footfall_processing.results.summary import SessionSummary, is_averaged, stance_rolls_rad, summarize
from footfall_processing.results.windows import Window
from footfall_processing.session import Sensor, Side

WINDOW_S: Final = 60.0
"""The chart and the balance look this far back."""

STANDING_AFTER_S: Final = 3.0
"""Longer than any walking stride takes to be reported: no stride for this long means standing."""

SIDE_STRIDES: Final = 100
"""Strides of a sensor from which its side is told."""

SWAPPED: Final = "The sides may be swapped: each sensor moves as if it were on the other leg."

ONE_SIGNAL: Final = "Left and right are one signal that was given twice: they are not compared."

_DOING_WORDS: Final = {
    Doing.STANDING: "Standing",
    Doing.WALKING: ACTIVITY_NAMES[Activity.WALK],
    Doing.RUNNING: ACTIVITY_NAMES[Activity.RUN],
    Doing.STAIRS: "Stairs",
    Doing.OTHER: "Other movement",
}

_GAIT: Final = (Doing.WALKING, Doing.RUNNING, Doing.STAIRS)

MAX_WINDOW_STRIDES: Final = 400
"""A bound on memory, above what two legs of any runner can do in the window."""

MAX_RECENT_STRIDES: Final = 20
"""Strides of a sensor kept for its shown numbers, also through a long stop; more than enough trusted ones."""


STAND_STEP_M: Final = 100.0
"""How often it is told anew where a run stands."""


class LiveView:
    """A sink for the pipeline's events that any number of browsers can follow.

    There are no queues: a browser that is slow gets the newest state when it is ready again, and strides that left
    the window meanwhile are skipped for it and counted. Memory is bounded and `write` never waits.
    All methods belong to the event loop's thread.

    Parameters
    ----------
    sensors
        The session's sensors; events of others are ignored.
    companions
        What goes with them: heart rate straps, foot pods, treadmills.
    title
        What is being shown, such as the recording's name; may be empty.
    ways
        The pages around this one, where there are any.
    ceiling
        How far the run may go, where that is known.
    mute
        Mutes the run's cues; `None` where there are none.
    tells_health
        Whether the sensors' health comes; where it does not, as of a run that another program takes, none is shown.
    """

    def __init__(
        self,
        sensors: Sequence[Sensor],
        title: str = "",
        companions: Sequence[Companion] = (),
        ways: Ways | None = None,
        ceiling: Ceiling | None = None,
        mute: Mute | None = None,
        *,
        tells_health: bool = True,
    ) -> None:
        self._sensors = tuple(sensors)
        self._legs = legs_of(sensors)
        self._leg_of = {sensor_id: leg for leg in self._legs for sensor_id in leg.sensor_ids}
        names = sensor_names(sensors)
        self._watches = {sensor.id: SensorWatch(sensor, names[sensor.id]) for sensor in sensors}
        self._companion_watches = {one.id: SensorWatch(one, one.product) for one in companions}
        self._board = CompanionBoard(companions)
        self._window: deque[tuple[int, Stride, Point | None]] = deque(maxlen=MAX_WINDOW_STRIDES)
        self._stride_count = dict.fromkeys(names, 0)
        self._last_number = 0
        self._recent: dict[str, deque[Stride]] = {id_: deque(maxlen=MAX_RECENT_STRIDES) for id_ in names}
        self._rolls_rad: dict[str, deque[float]] = {id_: deque(maxlen=SIDE_STRIDES) for id_ in names}
        self._splits = Splits(sensors)
        self._doing: dict[str, NowDoing] = {}
        self._now_s = 0.0
        self._tells_health = tells_health
        self._ways = ways
        self._ceiling = ceiling
        self.mute = mute
        self._cues = CueBoard()
        self._ran_m = dict.fromkeys(names, 0.0)
        self._closing: Closing | None = None
        self._ended = False
        self._version = 0
        self._changed = asyncio.Event()
        self.skipped_strides = 0
        """Strides that some browser was too slow to be shown, over all browsers."""
        self.heading = Heading(
            title=shown(title),
            today="" if ways is None else ways.today,
            window_s=WINDOW_S,
            legs=tuple({"key": leg.key, "title": leg.title, "worn": leg.worn} for leg in self._legs),
            rows=tuple({"key": row.key, "label": row.label, "unit": row.unit} for row in ROWS),
            charts=tuple(chart for chart in CHARTS if any(not leg.sources[chart.key].reason for leg in self._legs)),
            smoothing=f"Numbers: median of the last {SMOOTHED_STRIDES} strides. Balance: the last minute of running.",
        )

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, whatever came of it."""
        return self._ended or self._closing is not None

    def write(self, item: Stride | Impact | Window | NowDoing | SensorHealth | CompanionReading) -> None:
        """Take the next event; returns at once."""
        if isinstance(item, CompanionReading):
            self._board.push(item)
            self._notify()
            return
        if isinstance(item, Window):
            self._splits.push(item)
            self._notify()
            return
        if isinstance(item, SensorHealth) and item.sensor_id in self._companion_watches:
            self._companion_watches[item.sensor_id].push(item)
            self._notify()
            return
        if item.sensor_id not in self._watches:
            return
        if isinstance(item, Stride):
            self._take_stride(item)
        elif isinstance(item, NowDoing):
            self._doing[item.sensor_id] = item
            self._now_s = max(self._now_s, item.t_s)
        elif isinstance(item, SensorHealth):
            self._watches[item.sensor_id].push(item)
            self._now_s = max(self._now_s, item.t_s)
        else:
            self._now_s = max(self._now_s, item.t_s)
        self._forget_old_strides()
        self._notify()

    def cue(self, cue: Cue) -> None:
        """Let those who look on give a cue, at once."""
        self._cues.push(cue)
        self._notify()

    def show_cues(self, board: Board | None) -> None:
        """Show how the cues stand; `None` while there are none."""
        if self._cues.show(board):
            self._notify()

    async def rest(self, at_most_s: float, since_number: int) -> None:
        """Wait before the next update, but not while a cue waits that is newer than that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._cues.newer_than(since_number)

    @property
    def cue_number(self) -> int:
        """The number of the newest cue; 0 before there is one."""
        return self._cues.number

    def pass_time(self, t_s: float) -> None:
        """Say that so much of the session has gone by without anything new."""
        self._now_s = max(self._now_s, t_s)
        self._forget_old_strides()
        self._notify()

    def finish(self, summary: SessionSummary, recording: str = "") -> None:
        """Show the session's summary; `recording` says where it lies."""
        self._closing = close(summary, self._legs, recording, "" if self._ways is None else self._ways.run)
        self._notify()

    def end(self) -> None:
        """Let the browsers go once they have the latest state: the server is about to stop."""
        self._ended = True
        self._notify()

    async def updates(self, heartbeat_s: float, *, miles: bool = False) -> AsyncIterator[bytes | None]:
        """Follow the session as one browser: each item is an `Update` as JSON, the first holds everything.

        Paces are of a kilometre, or with `miles` of a mile.
        Yields `None` when there was no news for `heartbeat_s`; ends after `end`, once the last state is delivered.
        """
        seen_version, seen_number, greeted = -1, 0, False
        seen_cue = self._cues.number
        while True:
            if seen_version == self._version:
                if self._ended:
                    return
                try:
                    async with asyncio.timeout(heartbeat_s):
                        await self._changed.wait()
                except TimeoutError:
                    yield None
                continue
            oldest = self._window[0][0] if self._window else self._last_number + 1
            missed = max(0, oldest - 1 - seen_number) if greeted else 0
            self.skipped_strides += missed
            afresh = missed > 0 or not greeted
            update = self._update(0 if afresh else seen_number, seen_cue, with_heading=afresh, miles=miles)
            seen_cue = self._cues.number
            seen_version, seen_number, greeted = self._version, self._last_number, True
            yield msgspec.json.encode(update)

    def _take_stride(self, stride: Stride) -> None:
        self._last_number += 1
        if stride.activity is Activity.RUN and stride.stride_length_m is not None:
            self._ran_m[stride.sensor_id] += stride.stride_length_m
        self._stride_count[stride.sensor_id] += 1
        self._recent[stride.sensor_id].append(stride)
        self._rolls_rad[stride.sensor_id].extend(stance_rolls_rad([stride]))
        self._window.append((self._last_number, stride, self._point(stride)))
        self._now_s = max(self._now_s, stride.next_contact_s)

    def _forget_old_strides(self) -> None:
        while self._window and self._now_s - self._window[0][1].next_contact_s > WINDOW_S:
            self._window.popleft()

    def _notify(self) -> None:
        self._version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def _update(self, seen_number: int, seen_cue: int, *, with_heading: bool, miles: bool) -> Update:
        lately = summarize((stride for _, stride, _ in self._window), self._sensors)
        told = {
            sensor.id: guess
            for sensor in self._sensors
            if (guess := guess_side(sensor.placement, self._rolls_rad[sensor.id])) is not None
        }
        return Update(
            heading=self.heading if with_heading else None,
            state=self._state(),
            slow=self._is_slow(),
            elapsed=format_duration(self._now_s),
            now_s=self._now_s,
            cells={leg.key: read_leg(leg, self._recent) for leg in self._legs},
            notes={leg.key: self._note(leg) for leg in self._legs},
            sides={
                leg.key: f"probably {guess.side.value} ({guess.confidence:.2f})"
                for leg in self._legs
                if leg.key not in set(Side) and (guess := told.get(leg.sensor_ids[0])) is not None
            },
            advice=self._advice(lately, told),
            stand=self._stand(miles=miles),
            strides={leg.key: max(self._stride_count[id_] for id_ in leg.sensor_ids) for leg in self._legs},
            balance=balances(lately),
            beside=self._board.now(self._now_s, self._ours, miles=miles)
            if self._closing is None
            else self._board.whole(miles=miles),
            splits=self._splits.tables(whole=self._closing is not None, miles=miles),
            sensors=self._cards(),
            points=tuple(point for number, _, point in self._window if number > seen_number and point is not None),
            closing=self._closing,
            cues=None if self.mute is None else self._cues.told(seen_cue, self._leg_of, miles=miles),
        )

    def _cards(self) -> tuple[SensorCard, ...]:
        watches = (*self._watches.values(), *self._companion_watches.values()) if self._tells_health else ()
        return tuple(watch.card() for watch in watches)

    def _stand(self, *, miles: bool = False) -> str:
        """Say where the run stands; every 100 m, so that nothing moves all the time."""
        if self._ceiling is None:
            return ""
        ran_m = max(self._ran_m.values(), default=0.0)
        if self._closing is None:
            ran_m -= ran_m % STAND_STEP_M
        way = mi if miles else km
        return Stand(ran_m, self._ceiling).told(way) if ran_m > 0.0 else self._ceiling.told(way)

    def _advice(self, lately: SessionSummary, told: Mapping[str, SideGuess]) -> str:
        if lately.one_signal:
            return ONE_SIGNAL
        return SWAPPED if may_be_swapped(self._sensors, told) else ""

    def _ours(self, metric: Metric) -> float | None:
        """Return what both legs measure of a metric now; `None` when nobody has stepped for a while."""
        found = [
            value
            for strides in self._recent.values()
            if strides and self._now_s - strides[-1].next_contact_s <= STANDING_AFTER_S
            if (value := smoothed(metric, recent_strides(strides))) is not None
        ]
        return fmean(found) if found else None

    def _point(self, stride: Stride) -> Point | None:
        if not trusted(stride):
            return None
        leg = self._leg_of[stride.sensor_id]
        recent = recent_strides(self._recent[stride.sensor_id])
        values: dict[str, float] = {}
        lines: dict[str, float | None] = {}
        for chart in self.heading.charts:
            source = leg.sources[chart.key]
            if source.sensor_id != stride.sensor_id or source.reason:
                continue
            value = source.metric.value(stride)
            if value is None or not is_averaged(stride, source.metric):
                continue
            line = smoothed(source.metric, [one for one in recent if is_averaged(one, source.metric)])
            values[chart.key] = round(source.metric.shown(value), source.metric.decimals)
            lines[chart.key] = None if line is None else round(source.metric.shown(line), source.metric.decimals)
        at_s = round(stride.initial_contact_s, 3)
        return Point(leg.key, at_s, stride.activity, values, lines) if values else None

    def _state(self) -> str:
        if self._closing is not None:
            return "Finished"
        latest = max(
            (strides[-1] for strides in self._recent.values() if strides),
            key=lambda stride: stride.next_contact_s,
            default=None,
        )
        stepping = latest is not None and self._now_s - latest.next_contact_s <= STANDING_AFTER_S
        streaming = {id_ for id_, watch in self._watches.items() if watch.state is LinkState.STREAMING}
        # a sensor whose link is lost does not know any more; one leg in gait says more than the other at rest
        doing = [now for id_, now in self._doing.items() if id_ in streaming]
        if doing:
            return _DOING_WORDS[max(doing, key=lambda now: (now.doing in _GAIT, now.t_s)).doing]
        if latest is not None and stepping:
            return ACTIVITY_NAMES[latest.activity]
        if streaming:
            return "Standing"
        return "Waiting" if latest is None else "No data" if self._tells_health else "No strides"

    def _is_slow(self) -> bool:
        newest = [strides[-1] for strides in self._recent.values() if strides]
        return bool(newest) and max(newest, key=lambda stride: stride.next_contact_s).activity is Activity.WALK

    def _note(self, leg: LegSensors) -> LegNote:
        ends = [self._recent[id_][-1].next_contact_s for id_ in leg.sensor_ids if self._recent[id_]]
        since_s = self._now_s - max(ends, default=self._now_s)
        if self._closing is not None or since_s <= STANDING_AFTER_S:
            return LegNote("", attention=False)
        trouble = next((text for id_ in leg.sensor_ids if (text := self._watches[id_].trouble)), "")
        return LegNote(trouble or f"{format_duration(since_s)} ago", attention=bool(trouble))
