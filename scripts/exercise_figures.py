"""Stick figures with limbs of one length and joints that bend the right way, as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

Point = tuple[float, float]

TORSO: Final = 36.0
UPPER_ARM: Final = 17.0
FOREARM: Final = 17.0
THIGH: Final = 26.0
SHIN: Final = 26.0
FOOT: Final = 11.0
HEAD: Final = 7.5
GROUND: Final = 122.0
RIGHT: Final = (1.0, 0.0)
LEFT: Final = (-1.0, 0.0)
UP: Final = (0.0, -1.0)
DOWN: Final = (0.0, 1.0)


def bend(begin: Point, end: Point, first: float, second: float, towards: Point) -> tuple[Point, Point]:
    """Return the joint between two parts of a limb, on the side it bends to, and its end, as far as it reaches."""
    dx, dy = end[0] - begin[0], end[1] - begin[1]
    away = math.hypot(dx, dy)
    reach = min(away, first + second - 0.01)
    ux, uy = dx / away, dy / away
    end = (begin[0] + ux * reach, begin[1] + uy * reach)
    along = (first**2 - second**2 + reach**2) / (2.0 * reach)
    off = math.sqrt(max(0.0, first**2 - along**2))
    side = 1.0 if -uy * towards[0] + ux * towards[1] >= 0.0 else -1.0
    return (begin[0] + along * ux - side * off * uy, begin[1] + along * uy + side * off * ux), end


@dataclass(frozen=True)
class Bent:
    """A leg of which the knee is given too."""

    knee: Point
    ankle: Point


@dataclass(frozen=True)
class Figure:
    """A figure seen from the side.

    Parameters
    ----------
    hip
        Where the hip is.
    trunk_deg
        Where the shoulder is from the hip: 90 above, 0 to the right.
    facing
        Where the front of the body looks: knees bend to it, elbows away from it.
    near, far
        Where each ankle is.
    near_toe_deg, far_toe_deg
        Where the toes are from the ankle: 0 to the right, 90 above; by default flat on the floor.
    hands
        Where each hand is, or elbow and hand.
    head_deg
        Where the head is from the shoulder; by default in line with the trunk.
    """

    hip: Point
    trunk_deg: float
    near: Point | Bent
    far: Point | Bent | None = None
    facing: Point = RIGHT
    near_toe_deg: float | None = None
    far_toe_deg: float | None = None
    hands: Sequence[Sequence[Point]] = field(default_factory=tuple)
    head_deg: float | None = None

    @property
    def shoulder(self) -> Point:
        """Where the shoulder is."""
        turn = math.radians(self.trunk_deg)
        return (self.hip[0] + TORSO * math.cos(turn), self.hip[1] - TORSO * math.sin(turn))

    def drawn(self) -> str:
        """Return the figure: the far limbs pale."""
        turn = math.radians(self.trunk_deg if self.head_deg is None else self.head_deg)
        x, y = self.shoulder
        head = (x + (HEAD + 4.5) * math.cos(turn), y - (HEAD + 4.5) * math.sin(turn))
        ahead = 1.0 if self.facing[0] * math.sin(turn) + self.facing[1] * math.cos(turn) >= 0.0 else -1.0
        nose = (head[0] + ahead * (HEAD + 3.0) * math.sin(turn), head[1] + ahead * (HEAD + 3.0) * math.cos(turn))
        parts = []
        if self.far is not None:
            parts.append(self._leg(self.far, self.far_toe_deg, pale=True))
        parts += [self._arm(points, pale=bool(number)) for number, points in enumerate(self.hands)][::-1]
        parts.append(self._leg(self.near, self.near_toe_deg, pale=False))
        parts.append(line([self.hip, self.shoulder]))
        parts.append(line([head, nose], 'stroke-width="4"'))
        parts.append(circle(head))
        return "".join(parts)

    def _leg(self, to: Point | Bent, toe_deg: float | None, *, pale: bool) -> str:
        if isinstance(to, Bent):
            knee, ankle = to.knee, to.ankle
        else:
            knee, ankle = bend(self.hip, to, THIGH, SHIN, self.facing)
        flat = -15.0 if self.facing[0] >= 0.0 else 195.0
        turn = math.radians(flat if toe_deg is None else toe_deg)
        toe = (ankle[0] + FOOT * math.cos(turn), ankle[1] - FOOT * math.sin(turn))
        return line([self.hip, knee, ankle, toe], PALE if pale else "")

    def _arm(self, points: Sequence[Point], *, pale: bool) -> str:
        if len(points) == 2:
            return line([self.shoulder, *points], PALE if pale else "")
        back = (-self.facing[0], -self.facing[1])
        elbow, hand = bend(self.shoulder, points[0], UPPER_ARM, FOREARM, back)
        return line([self.shoulder, elbow, hand], PALE if pale else "")


@dataclass(frozen=True)
class Front:
    """A figure seen from the front: ankles, and how far the pelvis is tilted, the right of the picture up."""

    middle: Point
    left: Point
    right: Point
    tilt_px: float = 0.0

    def drawn(self) -> str:
        """Return the figure with its hands on the hips."""
        x, y = self.middle
        hips = ((x - 9.0, y + self.tilt_px), (x + 9.0, y - self.tilt_px))
        neck = (x, y - TORSO)
        parts = []
        for hip, ankle, out in ((hips[0], self.left, LEFT), (hips[1], self.right, RIGHT)):
            knee, foot = bend(hip, ankle, THIGH, SHIN, out)
            parts.append(line([hip, knee, foot, (foot[0] + 5.0 * out[0], foot[1] + 4.0)]))
        for hip, way in ((hips[0], -1.0), (hips[1], 1.0)):
            shoulder, elbow = (x + way * 11.0, neck[1] + 2.0), (x + way * 22.0, y - 17.0)
            parts.append(line([neck, shoulder, elbow, (hip[0], hip[1] - 2.0)]))
        parts += [line([hips[0], hips[1]], 'stroke-width="7"'), line([(x, y), neck])]
        parts.append(circle((x, neck[1] - HEAD - 4.0)))
        return "".join(parts)


PALE: Final = 'opacity=".4"'
PROP: Final = 'stroke-width="3" opacity=".55"'


def line(points: Sequence[Point], more: str = "") -> str:
    """Return a line through points."""
    path = "L".join(f"{x:.0f} {y:.0f}" for x, y in points)
    return f'<path d="M{path}"{" " if more else ""}{more}/>'


def circle(middle: Point) -> str:
    """Return a head."""
    return f'<circle cx="{middle[0]:.0f}" cy="{middle[1]:.0f}" r="{HEAD:.1f}" fill="currentColor"/>'


def prop(*points: Point) -> str:
    """Return something that a figure stands, sits or leans on."""
    return line(points, PROP)


def box(left: float, right: float, top: float) -> str:
    """Return a step."""
    return prop((left, GROUND), (left, top), (right, top), (right, GROUND))


def chair(left: float, right: float, seat: float) -> str:
    """Return a chair with its back at the left."""
    return prop((left, seat - 34.0), (left, GROUND)) + prop((left, seat), (right, seat), (right, GROUND))


def floor() -> str:
    """Return the floor of a panel."""
    return line([(2.0, GROUND + 3.0), (138.0, GROUND + 3.0)], 'stroke-width="2" opacity=".4"')


def mat() -> str:
    """Return a mat, seen from a little above."""
    return prop((4.0, 122.0), (18.0, 84.0), (140.0, 84.0), (136.0, 122.0), (4.0, 122.0))


def arrow(begin: Point, end: Point, more: str = 'stroke-width="3.5"') -> str:
    """Return an arrow."""
    turn = math.atan2(end[1] - begin[1], end[0] - begin[0])
    tips = [(end[0] - 8.0 * math.cos(turn + way), end[1] - 8.0 * math.sin(turn + way)) for way in (0.6, -0.6)]
    path = f"M{begin[0]:.0f} {begin[1]:.0f}L{end[0]:.0f} {end[1]:.0f}"
    path += f"M{tips[0][0]:.0f} {tips[0][1]:.0f}L{end[0]:.0f} {end[1]:.0f}L{tips[1][0]:.0f} {tips[1][1]:.0f}"
    return f'<path d="{path}" {more}/>'


def picture(title: str, described: str, start: str, end: str, ground: str | None = None) -> str:
    """Return a whole drawing: how it starts at the left, how it ends at the right, an arrow between them."""
    below = floor() if ground is None else ground
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-6 -10 322 140" role="img" fill="none" stroke="currentColor" '
        'stroke-width="5.5" stroke-linecap="round" stroke-linejoin="round">'
        f"<title>{title}</title><desc>{described}</desc>"
        f"<g>{below}{start}</g>{arrow((145.0, 75.0), (165.0, 75.0))}"
        f'<g transform="translate(170)">{below}{end}</g></svg>\n'
    )
