"""A run's minutes as the store keeps them: by column, and read once somebody looks at one, since a list needs none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Final, TypeVar, overload

import msgspec

from footfall_coaching.run import DistanceSource, LegPart, Minute
from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import parse_msgpack
from footfall_processing.gait import Activity, Strike
from footfall_processing.session import Placement, Side

NameT = TypeVar("NameT")
OtherT = TypeVar("OtherT")

_WHAT: Final = "a run's minutes"


class _Leg(msgspec.Struct):
    """One sensor's strides of one activity; `minute` says of which minutes, and the others have as many values."""

    side: Side | None
    placement: Placement
    activity: Activity
    minute: list[Annotated[int, msgspec.Meta(ge=0)]] = []
    strides: list[int] = []
    clipped_strides: list[int] = []
    medians: dict[str, list[float | None]] = {}
    strikes: dict[Strike, list[float | None]] = {}


class _Course(msgspec.Struct, omit_defaults=True):
    begin_s: list[float]
    end_s: list[float]
    distance_m: list[float | None]
    legs: list[_Leg]
    speeds_mps: dict[DistanceSource, list[float | None]] = {}
    slope_percent: list[float | None] = []
    heart_rate_bpm: list[float | None] = []
    backward_s: list[float] = []
    """The last ones are empty where no minute has one, as all that an older Footfall kept."""


class _Row(Mapping[NameT, float]):
    """What columns have at one place."""

    __slots__ = ("_columns", "_place")

    def __init__(self, columns: Mapping[NameT, list[float | None]], place: int) -> None:
        self._columns = columns
        self._place = place

    def __getitem__(self, name: NameT) -> float:
        value = self._columns[name][self._place]
        if value is None:
            raise KeyError(name)
        return value

    @overload
    def get(self, name: NameT, /) -> float | None: ...
    @overload
    def get(self, name: NameT, /, default: float | OtherT) -> float | OtherT: ...
    def get(self, name: NameT, /, default: float | OtherT | None = None) -> float | OtherT | None:
        # without an exception for each of the thousands that a page asks for in vain
        column = self._columns.get(name)
        value = None if column is None else column[self._place]
        return default if value is None else value

    def __iter__(self) -> Iterator[NameT]:
        return (name for name, values in self._columns.items() if values[self._place] is not None)

    def __len__(self) -> int:
        return sum(values[self._place] is not None for values in self._columns.values())

    def __repr__(self) -> str:
        return repr(dict(self))


class KeptMinutes(Sequence[Minute]):
    """A run's minutes; `OutsideError` at the first look when they can't be read."""

    def __init__(self, written: bytes) -> None:
        self._written = written
        self._read: list[Minute] | None = None

    @overload
    def __getitem__(self, index: int) -> Minute: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Minute]: ...
    def __getitem__(self, index: int | slice) -> Minute | Sequence[Minute]:
        return self._all()[index]

    def __iter__(self) -> Iterator[Minute]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == list(other)

    def __repr__(self) -> str:
        return repr(self._all())

    def _all(self) -> list[Minute]:
        if self._read is None:
            self._read = _minutes(parse_msgpack(self._written, _Course, _WHAT))
            self._written = b""
        return self._read


def written_minutes(minutes: Iterable[Minute]) -> bytes:
    """Return what `KeptMinutes` reads: the minutes, their legs in the order of placement, side and activity."""
    minutes = list(minutes)
    course = _Course([], [], [], [])
    sources = sorted({source for minute in minutes for source in minute.speeds_mps})
    course.speeds_mps = {source: [minute.speeds_mps.get(source) for minute in minutes] for source in sources}
    if any(minute.slope_percent is not None for minute in minutes):
        course.slope_percent = [minute.slope_percent for minute in minutes]
    if any(minute.heart_rate_bpm is not None for minute in minutes):
        course.heart_rate_bpm = [minute.heart_rate_bpm for minute in minutes]
    if any(minute.backward_s for minute in minutes):
        course.backward_s = [minute.backward_s for minute in minutes]
    legs: dict[tuple[Placement, Side | None, Activity, int], _Leg] = {}
    for number, minute in enumerate(minutes):
        course.begin_s.append(minute.begin_s)
        course.end_s.append(minute.end_s)
        course.distance_m.append(minute.distance_m)
        seen: dict[tuple[Placement, Side | None, Activity], int] = {}
        for part in minute.legs:
            whose = (part.placement, part.side, part.activity)
            seen[whose] = seen.get(whose, 0) + 1
            leg = legs.setdefault((*whose, seen[whose]), _Leg(part.side, part.placement, part.activity))
            _append(leg, part, number)
    course.legs = [legs[whose] for whose in sorted(legs, key=lambda whose: [str(part) for part in whose])]
    return msgspec.msgpack.encode(course)


def _append(leg: _Leg, part: LegPart, number: int) -> None:
    before = len(leg.minute)
    leg.minute.append(number)
    leg.strides.append(part.strides)
    leg.clipped_strides.append(part.clipped_strides)
    for name in part.medians.keys() - leg.medians.keys():
        leg.medians[name] = [None] * before
    for strike in part.strikes.keys() - leg.strikes.keys():
        leg.strikes[strike] = [None] * before
    for name, values in leg.medians.items():
        values.append(part.medians.get(name))
    for strike, shares in leg.strikes.items():
        shares.append(part.strikes.get(strike))


def _minutes(course: _Course) -> list[Minute]:
    count = len(course.begin_s)
    slopes, hearts = (column or [None] * count for column in (course.slope_percent, course.heart_rate_bpm))
    backward = course.backward_s or [0.0] * count
    of_minutes: tuple[Sequence[object], ...]
    of_minutes = (course.end_s, course.distance_m, slopes, hearts, backward, *course.speeds_mps.values())
    if any(len(column) != count for column in of_minutes):
        raise OutsideError(f"{_WHAT}: have columns of several lengths")
    legs: list[list[LegPart]] = [[] for _ in range(count)]
    for leg in course.legs:
        columns: tuple[Sequence[object], ...] = (
            leg.strides,
            leg.clipped_strides,
            *leg.medians.values(),
            *leg.strikes.values(),
        )
        if any(len(column) != len(leg.minute) for column in columns) or max(leg.minute, default=-1) >= count:
            raise OutsideError(f"{_WHAT}: have columns of several lengths")
        for place, number in enumerate(leg.minute):
            legs[number].append(
                LegPart(
                    leg.side,
                    leg.placement,
                    leg.activity,
                    leg.strides[place],
                    leg.clipped_strides[place],
                    _Row(leg.medians, place),
                    _Row(leg.strikes, place),
                )
            )
    speeds = [_Row(course.speeds_mps, place) if course.speeds_mps else {} for place in range(count)]
    times = zip(course.begin_s, course.end_s, course.distance_m, legs, speeds, slopes, hearts, backward, strict=True)
    return [Minute(*one) for one in times]
