"""A sensor's health in a runner's words: how it is, and what to do."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from footfall_dashboards.live.readings import NOTHING, SEGMENT_NAMES
from footfall_processing.companions import Companion
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.session import Sensor
from footfall_processing.short_names import short_names

RECENT_S: Final = 10.0
"""Loss and clipping within this time make a sensor ask for attention; older ones are only counted."""

LOSS_WORTH_SAYING: Final = 0.01
LOW_BATTERY_PERCENT: Final = 20
SLOW_RATE_FRACTION: Final = 0.9

_STATE_WORDS: Final = {
    LinkState.SEARCHING: ("Looking for the sensor", "Wake it with a tap and keep it near."),
    LinkState.CONNECTING: ("Connecting", ""),
    LinkState.STREAMING: ("Receiving", ""),
    LinkState.SILENT: ("Connected, but no data", "If it stays so, switch the sensor off and on."),
    LinkState.LOST: ("Connection lost", "It reconnects by itself; keep the sensor near."),
    LinkState.FINISHED: ("Finished", ""),
}

_TROUBLE_WORDS: Final = {
    LinkState.SEARCHING: "searching",
    LinkState.CONNECTING: "connecting",
    LinkState.SILENT: "no data",
    LinkState.LOST: "link lost",
}


class Level(StrEnum):
    """How much a sensor asks for: shown as colour, sign and word."""

    WAITING = "waiting"
    GOOD = "good"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class SensorCard:
    """One sensor's health, ready to show; `advice` is empty where nothing need be done."""

    id: str
    name: str
    level: Level
    state: str
    advice: str
    rate: str
    loss: str
    clipping: str
    battery: str


def sensor_names(sensors: Sequence[Sensor]) -> dict[str, str]:
    """Name each sensor by where it is worn, and by its id too where that alone is not clear."""
    plain = {
        s.id: f"{'' if s.side is None else s.side.value} {SEGMENT_NAMES[s.placement]}".strip().capitalize()
        for s in sensors
    }
    counts, names = Counter(plain.values()), short_names(plain)
    return {id_: name if counts[name] == 1 else f"{name} ({names[id_]})" for id_, name in plain.items()}


class SensorWatch:
    """Keeps the latest reports of one sensor or companion and says how it is doing."""

    def __init__(self, sensor: Sensor | Companion, name: str) -> None:
        self._id = sensor.id
        self._rate_hz = sensor.sampling_rate_hz if isinstance(sensor, Sensor) else None
        self._name = name
        self._reports: deque[SensorHealth] = deque(maxlen=100)

    @property
    def state(self) -> LinkState | None:
        """The link's state in the latest report; `None` before there is one."""
        return self._reports[-1].state if self._reports else None

    @property
    def trouble(self) -> str:
        """What keeps the data from coming, in a word or two; empty when they come or the session is over."""
        return "" if self.state is None else _TROUBLE_WORDS.get(self.state, "")

    def push(self, report: SensorHealth) -> None:
        """Take the next report."""
        self._reports.append(report)
        while report.t_s - self._reports[0].t_s > RECENT_S:
            self._reports.popleft()

    def card(self) -> SensorCard:
        """Return what to show."""
        if not self._reports:
            state, advice = _STATE_WORDS[LinkState.SEARCHING]
            return SensorCard(self._id, self._name, Level.WAITING, state, advice, NOTHING, NOTHING, NOTHING, NOTHING)
        latest = self._reports[-1]
        state, advice = _STATE_WORDS[latest.state]
        if latest.state is LinkState.FINISHED:
            advice = self._lasting(latest)[1]
            level = Level.ATTENTION if advice else Level.GOOD
        elif latest.state in (LinkState.SEARCHING, LinkState.CONNECTING):
            level = Level.WAITING
        else:
            what, complaint = ("", "") if advice else self._complaint(latest)
            state, advice = f"{state}, {what}" if what else state, advice or complaint
            level = Level.ATTENTION if advice else Level.GOOD
        return SensorCard(
            id=self._id,
            name=self._name,
            level=level,
            state=state,
            advice=advice,
            rate=NOTHING if latest.rate_hz is None else f"{latest.rate_hz:.0f} Hz",
            loss=NOTHING if self._rate_hz is None else f"{100.0 * latest.loss_fraction:.1f} %",
            clipping=NOTHING if self._rate_hz is None else self._clipping(latest),
            battery=NOTHING if latest.battery_percent is None else f"{latest.battery_percent} %",
        )

    @staticmethod
    def _clipping(latest: SensorHealth) -> str:
        return f"{latest.clipped_samples} samples" if latest.clipped_samples else "none"

    @staticmethod
    def _lasting(latest: SensorHealth) -> tuple[str, str]:
        """Say what is wrong with the signal itself, in a word or two and in a sentence: it stays so."""
        if latest.axes_disagree:
            return (
                "axes disagree",
                f"Gyroscope and accelerometer disagree: {latest.axes_disagree}. Angles and lengths are left out.",
            )
        if latest.held_samples > 1:
            return (
                "samples repeated",
                f"It sends each sample {latest.held_samples} times: it measures more slowly than it says.",
            )
        return "", ""

    def _complaint(self, latest: SensorHealth) -> tuple[str, str]:
        """Say what is wrong right now, in a word or two, and what it means or what to do; empty where nothing is."""
        before = self._reports[0] if len(self._reports) > 1 else None
        received = latest.received_samples - (before.received_samples if before else 0)
        lost = latest.lost_samples - (before.lost_samples if before else 0)
        clipped = latest.clipped_samples - (before.clipped_samples if before else 0)
        if received + lost > 0 and lost / (received + lost) >= LOSS_WORTH_SAYING:
            return "with losses", f"{100.0 * lost / (received + lost):.0f} % lost just now: bring the receiver nearer."
        lasting = self._lasting(latest)
        if lasting[0]:
            return lasting
        rejected = latest.rejected_packets - (before.rejected_packets if before else 0)
        if rejected > 0:
            return "part of it nonsense", f"{rejected} of its packets make no sense and are left out."
        if clipped > 0:
            return "over its range", "Landings go beyond its range: the true peaks are higher."
        if latest.battery_percent is not None and latest.battery_percent <= LOW_BATTERY_PERCENT:
            return "battery low", "Battery low: charge it after this run."
        nominal_hz = self._rate_hz
        if nominal_hz is not None and latest.rate_hz is not None and latest.rate_hz < SLOW_RATE_FRACTION * nominal_hz:
            return "too slowly", f"Slower than its {nominal_hz:.0f} Hz: peaks may read low."
        return "", ""
