"""A club's months in InfluxDB: runs that the real pipeline computed, written as the processor writes them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

from footfall_coaching.answers import Pain, PainSite, Phase, Shoe
from footfall_coaching.load import MOST_RATIO, Ceiling, Stand
from footfall_gateway.formats.inputs import open_input
from footfall_gateway.influx.points import lines_of, pain_line, shoe_line
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.decoding import decode_packets
from footfall_gateway.sessions.sinks.base import SensorReport
from footfall_processing.gait import Stride
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.pipeline import analyze
from footfall_processing.results.summary import SessionSummary, summarize
from footfall_processing.results.windows import WINDOW_KINDS, Window, cut_into_windows
from footfall_processing.session import Side

RECORDINGS: Final = Path(__file__).resolve().parents[2] / "recordings"
NOW: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
NOW_MS: Final = int(NOW.timestamp() * 1000)
HEALTH_EVERY_S: Final = 5
SIGNS_IN_RUNNER: Final = "zoë O'Neil/2 (left)"
SIGNS_IN_SHOE: Final = "1080 v13 (2E)/blue"
"""Grafana escapes no value that begins with a digit, unless told to."""


@dataclass(frozen=True, eq=False)
class Run:
    """A recording as the pipeline sees it, repeated until it lasts as long as a run."""

    header: RecordingHeader
    strides: tuple[Stride, ...]

    @cached_property
    def items(self) -> tuple[SessionSummary | Window, ...]:
        """What the pipeline makes of the strides."""
        sensors = self.header.session.sensors
        windows = [w for kind in WINDOW_KINDS.values() for w in cut_into_windows(self.strides, sensors, kind)]
        return (summarize(self.strides, sensors), *windows)

    @cached_property
    def distance_m(self) -> float:
        """The way of the sensor which saw most of it."""
        ways_m = defaultdict[str, float](float)
        for stride in self.strides:
            ways_m[stride.sensor_id] += stride.stride_length_m or 0.0
        return max(ways_m.values())

    @property
    def duration_s(self) -> float:
        return max(stride.next_contact_s for stride in self.strides)

    def cut(self, share: float) -> "Run":
        """Keep the beginning."""
        end_s = share * self.duration_s
        return replace(self, strides=tuple(s for s in self.strides if s.next_contact_s < end_s))

    def one_legged(self) -> "Run":
        """Leave out all sensors but the left leg's."""
        left = tuple(sensor for sensor in self.header.session.sensors if sensor.side is Side.LEFT)
        header = replace(self.header, session=replace(self.header.session, sensors=left))
        return Run(header, tuple(s for s in self.strides if s.side is Side.LEFT))

    def at_3_mps(self) -> "Run":
        """Lengthen all strides so that those of its slower part, which is run at 2.7 m/s, are of 3 m/s."""
        lengthened = (
            replace(s, stride_length_m=None if s.stride_length_m is None else s.stride_length_m * 3.0 / 2.7)
            for s in self.strides
        )
        return replace(self, strides=tuple(lengthened))

    def longer_on_the_left(self, by_s: float) -> "Run":
        """Lengthen the left leg's contacts."""
        return replace(
            self,
            strides=tuple(
                replace(s, toe_off_s=s.toe_off_s + by_s) if s.side is Side.LEFT and s.toe_off_s is not None else s
                for s in self.strides
            ),
        )


def read_run(name: str, times: int = 6) -> Run:
    """Run the pipeline over a recording, and put its strides one after the other so many times."""
    opened = open_input([RECORDINGS / name])
    strides = analyze(opened.header.session.sensors, decode_packets(opened.header, opened.packets))
    return Run(opened.header, tuple(_later(s, n * opened.duration_s) for n in range(times) for s in strides))


def _later(stride: Stride, by_s: float) -> Stride:
    return replace(
        stride,
        initial_contact_s=stride.initial_contact_s + by_s,
        toe_off_s=None if stride.toe_off_s is None else stride.toe_off_s + by_s,
        next_contact_s=stride.next_contact_s + by_s,
    )


def run_lines(
    run: Run,
    runner: str,
    shoe: str,
    *,
    ended: datetime,
    longest_before_m: float,
    strides_too: bool = False,
    ending: LinkState | None = None,
) -> Iterator[str]:
    """Write a run that ended at a time; `ending` is the link of its first sensor in the last three minutes."""
    begun = ended - timedelta(seconds=run.duration_s)
    session = replace(
        run.header.session,
        id=f"{begun:%Y%m%dT%H%M%SZ}-{runner[:3]}",
        started_utc=begun,
        runner_name=runner,
        shoe=shoe,
    )
    header = replace(run.header, session=session)
    for item in run.items:
        if strides_too or not isinstance(item, Window) or item.kind != "10s":
            yield from lines_of(item, header)
    if longest_before_m > 0.0:
        ceiling = Ceiling(MOST_RATIO * longest_before_m, longest_before_m, "", "")
        yield from lines_of(Stand(run.distance_m, ceiling), header)
    if strides_too:
        for stride in run.strides:
            yield from lines_of(stride, header)
        for report in _reports(run, ending):
            yield from lines_of(report, header)
    if runner == "ann":
        level = session.started_utc.toordinal() % 4 if session.started_utc else 0
        yield pain_line(Pain(runner, session.id, begun, Phase.DURING, PainSite.KNEE, Side.LEFT, level), header)


def _reports(run: Run, ending: LinkState | None) -> Iterator[SensorReport]:
    for number, sensor in enumerate(run.header.session.sensors):
        for t_s in range(0, int(run.duration_s), HEALTH_EVERY_S):
            stopped = ending is not None and number == 0 and t_s > run.duration_s - 180
            heard_s = run.duration_s - 180 if stopped else t_s
            health = SensorHealth(
                sensor_id=sensor.id,
                t_s=float(t_s),
                state=ending if stopped and ending is not None else LinkState.STREAMING,
                rate_hz=None if stopped else sensor.sampling_rate_hz,
                received_samples=int(heard_s * sensor.sampling_rate_hz),
                lost_samples=int(heard_s * sensor.sampling_rate_hz * 0.004),
                clipped_samples=number,
                battery_percent=84 - t_s // 300,
            )
            yield SensorReport(health, lag_s=0.0 if stopped else 0.5)


def club_lines() -> Iterator[str]:
    """Ann runs every fourth day with sensors on her feet; Ben, with his on the shins, and Cleo are less steady.

    Ben's latest runs have longer contacts on the left, and his left sensor fell silent just now. Cleo's run of today is
    three times as long as any before. Zoë walks and runs with one sensor only; her name and her shoe's have signs that
    mean something in regular expressions.
    """
    feet, shins = read_run("rearfoot-runner.mcap").at_3_mps(), read_run("shin-pair.mcap")
    yield from _season("ann", feet, shoes=("Blue daily", "Racer / 2.0"))
    yield from _season("ben", shins, shoes=("Trail",), latest=shins.longer_on_the_left(0.02), ending=LinkState.SILENT)
    short = feet.cut(0.3)
    yield from _season("cleo", short, shoes=("",), last=feet)
    walking = read_run("walk-run-intervals.mcap").one_legged()
    yield from _season(SIGNS_IN_RUNNER, walking, shoes=(SIGNS_IN_SHOE,))


def _season(
    runner: str,
    run: Run,
    *,
    shoes: Sequence[str],
    latest: Run | None = None,
    last: Run | None = None,
    ending: LinkState | None = None,
) -> Iterable[str]:
    """Write a run every fourth day up to now; `latest` are those of the last two weeks, `last` is that of today."""
    for ago in range(0, 100, 4):
        chosen = last if ago == 0 and last else latest if ago < 14 and latest else run
        yield from run_lines(
            chosen,
            runner,
            shoes[ago // 4 % len(shoes)],
            ended=NOW - timedelta(days=ago),
            longest_before_m=run.distance_m if ago < 96 else 0.0,
            strides_too=ago == 0,
            ending=ending if ago == 0 else None,
        )
    for number, shoe in enumerate(filter(None, shoes)):
        yield shoe_line(Shoe(runner, NOW - timedelta(days=100 - number), shoe))
