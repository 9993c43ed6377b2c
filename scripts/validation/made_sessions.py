"""Made-up sessions of running: warm-up, the run with its stops and changes of pace, cool-down, walking backwards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor, Side
from footfall_processing.synthetic import (
    HARD_SHOE,
    SOFT_SHOE,
    Imperfections,
    Leg,
    Loss,
    Phase,
    PhaseKind,
    Runner,
    RunPlan,
    SensorSetup,
    Site,
    run,
    simulate,
    stand,
    walk,
    walk_backward,
    worn_sensor,
)


class Part(StrEnum):
    """What a second of a session belongs to."""

    REST = "rest"
    """Standing, or walking amid the run or beside it."""
    WARM_UP = "warm-up"
    RUN = "run"
    COOL_DOWN = "cool-down"
    BACKWARD = "backward"


SENSORS: Final = {
    "foot": "foot",
    "shank": "shank",
    "foot, accelerometer alone": "foot",
    "shank, accelerometer alone": "shank",
}
"""What is worn, and which of the two sensors that is."""


@dataclass(frozen=True, slots=True)
class Made:
    """A session as it was made up.

    Parameters
    ----------
    name
        What is special about it.
    phases
        What was done, and of which part it is.
    runner
        Who did it.
    setups
        The sensors, on the foot and on the shank.
    begins_s
        When recording began: what came before was not recorded.
    lost_s
        Stretches that were not recorded either.
    jogged
        Which of warm-up and cool-down was run slowly: that is told by speed alone.
    turn_radius_m
        Of the circle that the way follows, `None` for straight on.
    """

    name: str
    phases: tuple[tuple[Part, Phase], ...]
    runner: Runner
    setups: tuple[SensorSetup, ...]
    begins_s: float = 0.0
    lost_s: tuple[tuple[float, float], ...] = ()
    jogged: frozenset[Part] = frozenset()
    turn_radius_m: float | None = None

    @property
    def plan(self) -> RunPlan:
        """All phases."""
        return RunPlan(tuple(phase for _, phase in self.phases), turn_radius_m=self.turn_radius_m)

    def parts(self) -> dict[int, Part]:
        """Return what each recorded second of the session belongs to."""
        ends_s = np.cumsum([phase.duration_s for _, phase in self.phases])
        found = {}
        for second in range(int(np.ceil(self.begins_s)), int(ends_s[-1])):
            if not any(begin_s - 1.0 < second < end_s for begin_s, end_s in self.lost_s):
                found[second] = self.phases[int(np.searchsorted(ends_s, second + 0.5))][0]
        return found

    def worn(self, seed: int) -> Iterator[tuple[str, Sensor, list[ImuBlock]]]:
        """Wear the sensors; yield what each of `SENSORS` recorded."""
        traces = simulate(self.plan, self.runner, self.setups, seed)
        for name, sensor_id in SENSORS.items():
            sensor = traces[sensor_id].setup.sensor
            blocks = [block for block in traces[sensor_id].blocks() if self._is_kept(block)]
            if name != sensor_id:
                sensor = replace(sensor, has_gyro=False, gyro_range_radps=None)
                blocks = [replace(block, gyr_radps=None) for block in blocks]
            yield name, sensor, blocks

    def _is_kept(self, block: ImuBlock) -> bool:
        at_s = float(block.t_s[0])
        return at_s >= self.begins_s and not any(begin_s <= at_s < end_s for begin_s, end_s in self.lost_s)


def made_up(seed: int) -> Made:
    """Make up a session: who runs, with which sensors, and what is done, is drawn."""
    rng = np.random.default_rng([seed, 13])
    speed_mps = float(rng.uniform(2.4, 3.9))
    runner = _runner(rng)
    rate_hz = float(rng.choice([100.0, 200.0, 400.0]))
    setups = tuple(_setup(place, rate_hz, rng) for place in ("foot", "shank"))
    kind = KINDS[seed % len(KINDS)]
    warm_up, cool_down = _ends(kind, speed_mps, rng)
    main = _main(kind, speed_mps, rng)
    first = stand(float(rng.uniform(5.0, 40.0)))
    last = stand(float(rng.uniform(5.0, 30.0)))
    backward = _backward(rng) if kind not in NOT_BACKWARD else ()
    if kind == "only backward":
        phases = [(Part.REST, first), *_backward(rng), (Part.REST, last)]
    else:
        phases = [(Part.REST, first), *warm_up, *main, *cool_down, *backward, (Part.REST, last)]
    jogged = {part for part, phase in phases if part is not Part.RUN and phase.kind is PhaseKind.RUN}
    radius_m = float(rng.choice([-1.0, 1.0]) * rng.uniform(20.0, 60.0)) if rng.random() < 0.3 else None
    begins_s = 0.0
    lost_s: tuple[tuple[float, float], ...] = ()
    if kind == "begun amid the run":
        begins_s = phases[0][1].duration_s + float(rng.uniform(20.0, 50.0))
    if kind == "a gap":
        middle_s = sum(phase.duration_s for _, phase in phases) * float(rng.uniform(0.3, 0.6))
        lost_s = ((middle_s, middle_s + float(rng.uniform(5.0, 90.0))),)
    return Made(kind, tuple(phases), runner, setups, begins_s, lost_s, frozenset(jogged), radius_m)


KINDS: Final = (
    "steady",
    "traffic lights",
    "slow running around it",
    "intervals",
    "begun amid the run",
    "run and walk",
    "a gap",
    "steps and stops",
    "only backward",
    "no warm-up",
)
NOT_BACKWARD: Final = ("intervals", "no warm-up")


def _runner(rng: np.random.Generator) -> Runner:
    strike_deg = float(rng.choice([16.0, 8.0, 2.0, -6.0]) + rng.uniform(-2.0, 2.0))
    legs = [
        Leg(strike_angle_deg=strike_deg + float(rng.uniform(-2.0, 2.0)), contact_factor=float(rng.uniform(0.95, 1.05)))
        for _ in range(2)
    ]
    shoe = HARD_SHOE if rng.random() < 0.3 else SOFT_SHOE
    return Runner(legs[0], legs[1], shoe, cadence_spm=float(rng.uniform(156.0, 184.0)))


def _setup(place: str, rate_hz: float, rng: np.random.Generator) -> SensorSetup:
    site = Site.DISTAL_SHANK if place == "shank" else Site.HEEL if rng.random() < 0.3 else Site.INSTEP
    sensor = worn_sensor(place, site, Side.LEFT if rng.random() < 0.5 else Side.RIGHT, rate_hz=rate_hz)
    turned = Rotation.random(rng=rng).as_rotvec(degrees=True)
    loss = Loss(0.02) if rng.random() < 0.3 else Loss()
    flaws = Imperfections(clock_ppm=float(rng.uniform(-100.0, 100.0)))
    return SensorSetup(sensor, site, (float(turned[0]), float(turned[1]), float(turned[2])), flaws, loss)


Phases = Sequence[tuple[Part, Phase]]


def _ends(kind: str, speed_mps: float, rng: np.random.Generator) -> tuple[Phases, Phases]:
    """Warm-up and cool-down."""
    if kind in ("begun amid the run", "no warm-up"):
        return (), [(Part.COOL_DOWN, walk(float(rng.uniform(150.0, 300.0)), float(rng.uniform(1.1, 1.6))))]
    if kind == "slow running around it":
        slow_mps = max(0.78 * speed_mps, 2.1)
        return (
            [(Part.WARM_UP, run(float(rng.uniform(240.0, 420.0)), slow_mps))],
            [(Part.COOL_DOWN, run(float(rng.uniform(180.0, 300.0)), slow_mps))],
        )
    warm_up = [(Part.WARM_UP, walk(float(rng.uniform(200.0, 360.0)), float(rng.uniform(1.2, 1.7))))]
    cool_down = [(Part.COOL_DOWN, walk(float(rng.uniform(150.0, 300.0)), float(rng.uniform(1.0, 1.6))))]
    if kind == "steps and stops":
        for own in (warm_up, cool_down):
            part, phase = own[0]
            half = replace(phase, duration_s=0.5 * phase.duration_s)
            own[:] = [(part, half), (part, stand(float(rng.uniform(4.0, 15.0)))), (part, half)]
    return warm_up, cool_down


def _main(kind: str, speed_mps: float, rng: np.random.Generator) -> Phases:
    """Return the run itself."""
    if kind == "intervals":
        fast_mps, slow_mps = min(1.25 * speed_mps, 4.8), 0.9 * speed_mps
        fast = [(Part.RUN, run(60.0, max(fast_mps, 2.2))), (Part.RUN, run(60.0, max(slow_mps, 2.1)))]
        return [(Part.RUN, run(300.0, speed_mps)), *(fast * 4), (Part.RUN, run(240.0, speed_mps))]
    if kind == "run and walk":
        bout = [
            (Part.RUN, run(180.0, speed_mps)),
            (Part.REST, walk(float(rng.uniform(45.0, 90.0)), float(rng.uniform(1.2, 1.6)))),
        ]
        return [*(bout * 3), (Part.RUN, run(240.0, speed_mps))]
    whole_s = float(rng.uniform(720.0, 1100.0))
    if kind == "traffic lights":
        stops = int(rng.integers(2, 5))
        bout_s = whole_s / (stops + 1)
        phases: list[tuple[Part, Phase]] = [(Part.RUN, run(bout_s, speed_mps))]
        for _ in range(stops):
            phases += [(Part.REST, stand(float(rng.uniform(8.0, 60.0)))), (Part.RUN, run(bout_s, speed_mps))]
        return phases
    return [(Part.RUN, run(whole_s, speed_mps, speed_mps + float(rng.uniform(-0.2, 0.2))))]


def _backward(rng: np.random.Generator) -> Phases:
    """Return a walk backwards, with stops to turn in."""
    whole_s, blocks = float(rng.uniform(300.0, 600.0)), int(rng.integers(1, 5))
    phases: list[tuple[Part, Phase]] = []
    for _ in range(blocks):
        phases += [
            (Part.REST, stand(float(rng.uniform(5.0, 12.0)))),
            (Part.BACKWARD, walk_backward(whole_s / blocks, float(rng.uniform(0.6, 1.2)))),
        ]
    return phases
