"""Charts as SVG, drawn on the server: both legs told apart by shape and line, gaps left open, each with its sentence.

A chart is an image to whoever can't see it: its name and its sentence stand in it. All looks are classes, which
`static/charts.css` colours, also for the dark and for print; text is in units of the drawing, which the style makes
larger on small screens.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from footfall_dashboards.runner.axes import Axis, placed
from footfall_dashboards.runner.html import text as shown_text

WIDTH: Final = 420.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 26.0, 30.0
MOST_MARKS: Final = 75
"""With more points of a line than this their marks would lie upon each other: only those stand out that have no
neighbour or that are doubtful."""
LETTER: Final = 13.0
"""Letters' middles are so far apart at least: a bold capital's width at the size that a phone shows."""

Place = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a line.

    Parameters
    ----------
    y
        `None` where there is none: the line breaks.
    low, high
        Its 95 % interval, where there is one.
    doubt
        Empty; `"clipped"` where landings went beyond the sensor's range, `"few"` where strides were too few for a
        value.
    """

    x: float
    y: float | None
    low: float | None = None
    high: float | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chart; `leg` is `"left"`, `"right"` or `"both"`, and says how it looks."""

    leg: str
    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the horizontal axis with a name, such as a pause; `kind` says how it looks."""

    begin: float
    end: float
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened, such as a new pair of shoes: a letter in the drawing, the words below it."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What a chart is called and what it says, in one sentence; `id` is unique on its page."""

    id: str
    title: str
    sentence: str


def line_chart(
    picture: Picture,
    lines: Sequence[Line],
    x: Axis,
    y: Axis,
    *,
    stretches: Sequence[Stretch] = (),
    notes: Sequence[Note] = (),
    gap: float | None = None,
    height: float = 190.0,
    level: tuple[float, str] | None = None,
) -> str:
    """Draw lines, and return a figure with its key, its sentence and its notes.

    Parameters
    ----------
    gap
        Points farther apart than this are not joined.
    level
        A value worth knowing, and its name: a thin line across.
    """
    at_x, at_y = placed(x, LEFT, WIDTH - RIGHT), placed(y, height - BOTTOM, TOP)
    parts = [_stretch(stretch, at_x, x, height) for stretch in stretches if stretch.end > x.low]
    parts += [*grid(y, at_y), *x_ticks(x, at_x, height), *_labels(x, y, height)]
    if level is not None and y.low <= level[0] <= y.high:
        parts.append(f'<path class="level" d="M{LEFT:g} {at_y(level[0]):.1f}H{WIDTH - RIGHT:g}"/>')
    for line in lines:
        parts += _drawn(line, at_x, at_y, height, gap)
    parts += note_marks(notes, at_x, height)
    key = line_key(lines) if len(lines) > 1 else ""
    doubts = {point.doubt for line in lines for point in line.points if point.doubt}
    told = "" if level is None else _key_item('<path class="level" d="M0 8H42"/>', level[1], "")
    return figure(picture, "".join(parts), height, key + told, _doubt_words(doubts), notes)


def figure(
    picture: Picture, drawing: str, height: float, key: str = "", below: str = "", notes: Sequence[Note] = ()
) -> str:
    """Return a drawing as a figure: key above, then the image, its sentence, and what its letters mean."""
    id, title, sentence = picture.id, shown_text(picture.title), shown_text(picture.sentence)
    listed = "".join(f"<li><b>{letter}</b> {shown_text(note.words)}</li>" for letter, note in _lettered(notes))
    return (
        f'<figure class="chart" id="{id}">'
        + (f'<p class="key">{key}</p>' if key else "")
        + f'<svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-labelledby="{id}-title {id}-desc">'
        f'<title id="{id}-title">{title}</title><desc id="{id}-desc">{sentence}</desc>{drawing}</svg>'
        f"<figcaption>{sentence}{below}</figcaption>"
        + (f'<ol class="notes">{listed}</ol>' if listed else "")
        + "</figure>"
    )


def small_curve(lines: Sequence[Line], sentence: str) -> str:
    """Draw lines without axes, for a row of a list; the two legs share a height, from half of the highest value on."""
    values = [point.y for line in lines for point in line.points if point.y is not None]
    ends = [point.x for line in lines for point in line.points]
    if not values:
        return ""
    x = Axis("", min(ends), max(max(ends), min(ends) + 1e-9), ())
    y = Axis("", min(0.5 * max(values), *values), max(*values, 1e-9), ())
    at_x, at_y = placed(x, 2.0, 98.0), placed(y, 30.0, 2.0)
    paths = "".join(
        f'<path class="{line.leg} line" d="{_path(part, at_x, at_y)}"/>'
        for line in lines
        for part in runs_of_points(line.points, None)
        if len(part) > 1
    )
    return f'<svg class="small" viewBox="0 0 100 32" role="img" aria-label="{shown_text(sentence)}">{paths}</svg>'


def leg_mark(leg: str) -> str:
    """Return a leg's sign, as on the live page: a filled circle for the left, an open diamond for the right."""
    return f'<svg class="mark {leg}" viewBox="0 0 16 16" aria-hidden="true">{_SIGNS[leg]}</svg>'


def line_key(lines: Iterable[Line]) -> str:
    """Say which line is whose."""
    return "".join(
        _key_item(
            f'<path class="{line.leg} line" d="M0 8H42"/><g transform="translate(13 0)">{_SIGNS[line.leg]}</g>',
            line.name,
            line.leg,
        )
        for line in lines
    )


def runs_of_points(points: Sequence[Point], gap: float | None) -> list[list[Point]]:
    """Cut a line where a value is missing, or where the next one is farther away than `gap`."""
    parts: list[list[Point]] = [[]]
    before: Point | None = None
    for point in points:
        if point.y is None:
            parts.append([])
            before = None
            continue
        if before is not None and gap is not None and point.x - before.x > gap:
            parts.append([])
        parts[-1].append(point)
        before = point
    return [part for part in parts if part]


_SIGNS: Final = {
    "left": '<circle class="left dot" cx="8" cy="8" r="6"/>',
    "right": '<path class="right diamond" d="M8 1.5 14.5 8 8 14.5 1.5 8Z"/>',
    "both": '<rect class="both dot" x="3" y="3" width="10" height="10"/>',
}


def _drawn(line: Line, at_x: Place, at_y: Place, height: float, gap: float | None) -> list[str]:
    parts = runs_of_points(line.points, gap)
    drawn: list[str] = []
    for part in parts:
        drawn += _intervals(line.leg, part, at_x, at_y)
    joined = " ".join(_path(part, at_x, at_y) for part in parts if len(part) > 1)
    if joined:
        drawn.append(f'<path class="{line.leg} line" d="{joined}"/>')
    many = len(line.points) > MOST_MARKS
    marked = [p for part in parts if not many or len(part) == 1 for p in part]
    if marked:
        look = "diamond" if line.leg == "right" else "dot"
        shape = "".join(_sign_at(line.leg, at_x(p.x), at_y(p.y)) for p in marked if p.y is not None)
        drawn.append(f'<path class="{line.leg} {look}" d="{shape}"/>')
    clipped = [p for p in line.points if p.doubt == "clipped"]
    if clipped:
        tops = "".join(
            f"M{at_x(p.x):.1f} {(at_y(p.y) if p.y is not None else height - BOTTOM) - 11:.1f}l3.5 6h-7z"
            for p in clipped
        )
        drawn.append(f'<path class="{line.leg} clipped" d="{tops}"/>')
    few = [p for p in line.points if p.doubt == "few"]
    if few:
        drop = 3.0 if line.leg == "right" else 9.0
        crosses = "".join(f"M{at_x(p.x) - 2:.1f} {height - BOTTOM - drop - 2:.1f}l4 4m0 -4l-4 4" for p in few)
        drawn.append(f'<path class="{line.leg} few" d="{crosses}"/>')
    return drawn


def _sign_at(leg: str, x: float, y: float) -> str:
    if leg == "right":
        return f"M{x:.1f} {y - 3.2:.1f}l3.2 3.2 -3.2 3.2 -3.2 -3.2z"
    if leg == "left":
        return f"M{x - 2.4:.1f} {y:.1f}a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0 -4.8 0z"
    return f"M{x - 2:.1f} {y - 2:.1f}h4v4h-4z"


def _intervals(leg: str, part: Sequence[Point], at_x: Place, at_y: Place) -> list[str]:
    known = [(p.x, p.low, p.high) for p in part if p.low is not None and p.high is not None]
    if len(known) == 1:
        ((x, low, high),) = known
        return [f'<path class="{leg} whisker" d="M{at_x(x):.1f} {at_y(low):.1f}V{at_y(high):.1f}"/>']
    if not known:
        return []
    around = [(x, high) for x, _, high in known] + [(x, low) for x, low, _ in reversed(known)]
    way = "L".join(f"{at_x(x):.1f} {at_y(y):.1f}" for x, y in around)
    return [f'<path class="{leg} interval" d="M{way}Z"/>']


def _path(part: Sequence[Point], at_x: Place, at_y: Place) -> str:
    return "M" + "L".join(f"{at_x(p.x):.1f} {at_y(p.y):.1f}" for p in part if p.y is not None)


def grid(y: Axis, at_y: Place) -> list[str]:
    """Draw the lines across of a vertical axis, and its numbers."""
    lines = "".join(f"M{LEFT:g} {at_y(value):.1f}H{WIDTH - RIGHT:g}" for value, _ in y.ticks)
    texts = "".join(f'<text x="{LEFT - 6:g}" y="{at_y(value):.1f}" dy=".35em">{text}</text>' for value, text in y.ticks)
    return [f'<path class="grid" d="{lines}"/>', f'<g class="ticks" text-anchor="end">{texts}</g>']


def x_ticks(x: Axis, at_x: Place, height: float) -> list[str]:
    """Draw the horizontal axis and its numbers."""
    base = height - BOTTOM
    lines = "".join(f"M{at_x(value):.1f} {base:g}v4" for value, _ in x.ticks)
    texts = "".join(
        f'<text x="{at_x(value):.1f}" y="{base + 8:g}" dy=".75em">{shown_text(text)}</text>' for value, text in x.ticks
    )
    return [
        f'<path class="axis" d="M{LEFT:g} {base:g}H{WIDTH - RIGHT:g}{lines}"/>',
        f'<g class="ticks" text-anchor="middle">{texts}</g>',
    ]


def _labels(x: Axis, y: Axis, height: float) -> list[str]:
    labels = [f'<text class="unit" x="2" y="{TOP - 14:g}">{shown_text(y.label)}</text>'] if y.label else []
    if x.label:
        labels.append(f'<text class="unit" x="2" y="{height - BOTTOM + 8:g}" dy=".75em">{shown_text(x.label)}</text>')
    return labels


def _stretch(stretch: Stretch, at_x: Place, x: Axis, height: float) -> str:
    begin, end = at_x(max(stretch.begin, x.low)), at_x(min(stretch.end, x.high))
    if end <= begin:
        return ""
    top = TOP
    return (
        f'<rect class="stretch {stretch.kind}" x="{begin:.1f}" y="{top:g}" width="{end - begin:.1f}" '
        f'height="{height - BOTTOM - top:g}"/>'
    )


def _lettered(notes: Sequence[Note]) -> list[tuple[str, Note]]:
    return [(chr(ord("A") + number % 26), note) for number, note in enumerate(notes)]


def note_marks(notes: Sequence[Note], at_x: Place, height: float) -> list[str]:
    """Draw where something happened, with its letter."""
    marks = []
    lettered = list(_lettered(notes))
    xs = [min(max(at_x(note.x), LEFT), WIDTH - RIGHT) for _, note in lettered]
    for (letter, _), x, letter_x in zip(lettered, xs, apart(xs), strict=True):
        marks.append(
            f'<path class="note" d="M{x:.1f} {TOP:g}V{height - BOTTOM:g}"/>'
            f'<text class="letter" x="{letter_x:.1f}" y="{TOP - 5:g}" text-anchor="middle">{letter}</text>'
        )
    return marks


def apart(xs: Sequence[float]) -> list[float]:
    """Return places, in rising order, moved so that letters there lie beside each other, as far as there is room."""
    moved: list[float] = []
    for x in xs:
        moved.append(max(x, moved[-1] + LETTER) if moved else x)
    most = WIDTH - RIGHT
    for number in range(len(moved) - 1, -1, -1):
        moved[number] = min(moved[number], most)
        most = max(LEFT, moved[number] - LETTER)
    return moved


def _key_item(drawing: str, name: str, leg: str) -> str:
    svg = f'<svg class="sample" viewBox="0 0 42 16" aria-hidden="true">{drawing}</svg>'
    return f'<span class="{leg}">{svg}{shown_text(name)}</span> '


def _doubt_words(doubts: Iterable[str]) -> str:
    words = {
        "clipped": "△ landings went beyond the sensor's range there: the true impact is higher.",
        "few": "× too few strides for a value.",
    }
    told = [words[doubt] for doubt in sorted(doubts)]
    return "".join(f'<span class="doubt">{shown_text(text)}</span>' for text in told)
