"""A runner's numbers as CSV, in the catalogue's names and units: for the tools of whoever wants to look for himself."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from footfall_coaching.answers import Pain
from footfall_coaching.counted import counted
from footfall_coaching.course import speeds, told_speed
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.matched import Matched
from footfall_coaching.run import DistanceSource, LegPart, Run
from footfall_processing.gait import Strike
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.plain_text import shown
from footfall_processing.session import Side

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_LEG: Final = ("side", "placement", "activity", "strides", "clipped_strides", *STRIDE_METRICS)
_STRIKES: Final = tuple(f"{strike.value}_share" for strike in Strike)


def runs_csv(runs: Iterable[Run], found: Iterable[Matched], impact_name: str) -> str:
    """Return a line for each leg and activity of each run that counts, with its impact at the usual speed.

    The ends of that are of the 95 % interval of the run's own mean: how days differ (`matched`) is not in it.
    """
    at_usual: Mapping[tuple[str, Side | None], Matched] = {(one.session_id, one.side): one for one in found}
    matched = [f"{impact_name}_at_usual_speed{part}" for part in ("", "_low", "_high")]
    head = ["session_id", "started_utc", "title", "shoe", "duration_s", "running_s", "walking_s", "distance_m"]
    rows: list[list[str]] = [[*head, "distance_source", *_LEG, *_STRIKES, *matched]]
    for when, run in counted(runs):
        whole = [run.duration_s, run.running_s, run.walking_s, run.distance_m]
        first = [run.session_id, _moment(when), _text(run.title), _text(run.shoe), *(_number(value) for value in whole)]
        for leg in run.legs:
            one = at_usual.get((run.session_id, leg.side)) if impact_name in leg.medians else None
            at = ["", "", ""] if one is None else [_number(value) for value in (one.value, one.low, one.high)]
            rows.append([*first, run.distance_source or "", *_leg(leg), *_strikes(leg), *at])
    return _written(rows)


def pains_csv(pains: Iterable[Pain], felt: FeltWhen) -> str:
    """Return a line for each pain: the day on which it was felt, and when it was told."""
    rows = [["felt_on", "noted_utc", "session_id", "phase", "site", "side", "level"]]
    rows += [
        [
            f"{felt.day(p)}",
            _moment(p.noted_utc),
            p.session_id,
            p.phase,
            p.site or "",
            p.side or "",
            f"{p.level}",
        ]
        for p in pains
    ]
    return _written(rows)


def minutes_csv(run: Run) -> str:
    """Return a line for each leg and activity of each minute of a run, with what others say of the minute."""
    head = ["begin_s", "end_s", "distance_m"]
    others = ["running_mps", "running_mps_source", "slope_percent", "watch_mps", "heart_rate_bpm"]
    rows: list[list[str]] = [[*head, *_LEG, *_STRIKES, *others]]
    for minute, speed_mps in zip(run.minutes, speeds(run), strict=True):
        first = [_number(minute.begin_s), _number(minute.end_s), _number(minute.distance_m)]
        told = told_speed(minute)
        last = [
            _number(speed_mps),
            "" if told is None else told[1].value,
            _number(minute.slope_percent),
            _number(minute.speeds_mps.get(DistanceSource.WATCH)),
            _number(minute.heart_rate_bpm),
        ]
        legs = [[*_leg(leg), *_strikes(leg)] for leg in minute.legs] or [[""] * len((*_LEG, *_STRIKES))]
        rows += [[*first, *leg, *last] for leg in legs]
    return _written(rows)


def _leg(leg: LegPart) -> list[str]:
    values = [_number(leg.medians.get(name)) for name in STRIDE_METRICS]
    return [leg.side or "", leg.placement, leg.activity, f"{leg.strides}", f"{leg.clipped_strides}", *values]


def _strikes(leg: LegPart) -> list[str]:
    return [_number(leg.strikes.get(strike, 0.0)) if leg.strikes else "" for strike in Strike]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S%z}"


def _text(given: str) -> str:
    """Return a text as a spreadsheet takes it for a text, not for a formula."""
    words = shown(given)
    return f"'{words}" if words.startswith(_FORMULA) else words


def _written(rows: Sequence[Sequence[str]]) -> str:
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(rows)
    return lines.getvalue()
