"""What a browser is told: one message, and the parts that it is made of."""

from dataclasses import dataclass
from typing import Final

from footfall_dashboards.live.closing import Balance, Closing
from footfall_dashboards.live.companions import Beside
from footfall_dashboards.live.cues import Cues
from footfall_dashboards.live.readings import Reading
from footfall_dashboards.live.sensors import SensorCard
from footfall_dashboards.live.splits import SplitTable
from footfall_processing.gait import Activity
from footfall_processing.metrics.catalogue import CONTACT_TIME, PEAK_ACC


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of the last minute.

    Parameters
    ----------
    key
        Of the row it shows.
    step
        The vertical axis begins and ends at multiples of this, so that it rarely moves.
    gap_s
        Strides farther apart are not joined by a line.
    """

    key: str
    label: str
    unit: str
    decimals: int
    step: float
    gap_s: float = 3.0


CHARTS: Final = (
    Chart("impact", PEAK_ACC.label, PEAK_ACC.shown_unit, PEAK_ACC.decimals, step=2.0),
    Chart("contact_time", CONTACT_TIME.label, CONTACT_TIME.shown_unit, CONTACT_TIME.decimals, step=50.0),
)


@dataclass(frozen=True, slots=True)
class Point:
    """One stride in the charts.

    Parameters
    ----------
    values, smoothed
        By chart key, in the units that people read: the stride's own value, and the leg's number with it, `None` before
        there are strides enough for one; only charts that this stride has a value for which enters averages.
    """

    leg: str
    t_s: float
    activity: Activity
    values: dict[str, float]
    smoothed: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class LegNote:
    """Why a leg's numbers stand still, empty while they don't; `attention` when something is wrong with its sensor."""

    text: str
    attention: bool


@dataclass(frozen=True, slots=True)
class Ways:
    """Paths of the pages around the live one: the runner's day, and where this run will be shown once it is over."""

    today: str
    run: str


@dataclass(frozen=True, slots=True)
class Heading:
    """What does not change during a session: the legs, the rows, the charts, and how the numbers are smoothed.

    `today` is the path of the runner's day; empty where there is no such page.
    """

    title: str
    today: str
    window_s: float
    legs: tuple[dict[str, str], ...]
    rows: tuple[dict[str, str], ...]
    charts: tuple[Chart, ...]
    smoothing: str


@dataclass(frozen=True, slots=True)
class Update:
    """One message to a browser: the state as it is now, and the points since its last message.

    Parameters
    ----------
    heading
        Sent first, and whenever the browser has missed points: then `points` is all of them. Otherwise `None`.
    state, elapsed, now_s
        What the runner is doing, and the session's time.
    cells
        By leg key, then row key.
    notes
        By leg key: why its numbers stand still; empty while strides keep coming.
    sides
        By leg key: the side that the movement speaks for, where none was said and it is told.
    advice
        What to check about the session as a whole; mostly empty.
    beside
        What heart rate strap, foot pod and treadmill say.
    splits
        The minutes and kilometres that are over.
    stand
        Where the run stands against its ceiling, every 100 m; empty where that is not known.
    cues
        What is to be heard since the last message, and how cues stand; `None` in a run without.
    slow
        Whether the numbers are of walking: they stand back, as a runner who walks looks at no number.
    """

    heading: Heading | None
    state: str
    slow: bool
    elapsed: str
    now_s: float
    cells: dict[str, dict[str, Reading]]
    notes: dict[str, LegNote]
    sides: dict[str, str]
    advice: str
    stand: str
    strides: dict[str, int]
    balance: tuple[Balance, ...]
    beside: tuple[Beside, ...]
    splits: tuple[SplitTable, ...]
    sensors: tuple[SensorCard, ...]
    points: tuple[Point, ...]
    closing: Closing | None
    cues: Cues | None
