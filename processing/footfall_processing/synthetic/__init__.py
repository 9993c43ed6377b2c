"""A synthetic runner: signals with exact truth for tests and recordings. Never a part of the pipeline."""

from footfall_processing.synthetic.impact import HARD_SHOE, SOFT_SHOE, Shoe
from footfall_processing.synthetic.plan import (
    Leg,
    Phase,
    PhaseKind,
    Runner,
    RunPlan,
    run,
    stand,
    walk,
    walk_backward,
)
from footfall_processing.synthetic.sensor import (
    IDEAL,
    Imperfections,
    Loss,
    Samples,
    SensorSetup,
    Site,
    worn_sensor,
)
from footfall_processing.synthetic.simulate import SensorTrace, StrideTruth, simulate, strike_class

__all__ = [
    "HARD_SHOE",
    "IDEAL",
    "SOFT_SHOE",
    "Imperfections",
    "Leg",
    "Loss",
    "Phase",
    "PhaseKind",
    "RunPlan",
    "Runner",
    "Samples",
    "SensorSetup",
    "SensorTrace",
    "Shoe",
    "Site",
    "StrideTruth",
    "run",
    "simulate",
    "stand",
    "strike_class",
    "walk",
    "walk_backward",
    "worn_sensor",
]
