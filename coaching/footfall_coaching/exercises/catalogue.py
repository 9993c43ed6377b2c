"""The exercises by their keys, and which of them a session has.

Exercise lists of the trials were not open to read: the choice of exercises and their levels is our own design, within
what the guideline recommends (Willy et al. 2019, doi:10.2519/jospt.2019.0302).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from footfall_coaching.exercises.exercise import Exercise, Track
from footfall_coaching.exercises.hip_exercises import HIP_EXERCISES
from footfall_coaching.exercises.knee_exercises import KNEE_EXERCISES
from footfall_coaching.exercises.other_exercises import OTHER_EXERCISES
from footfall_processing.errors import InputError

CATALOGUE: Final[Mapping[str, Exercise]] = MappingProxyType(
    {exercise.key: exercise for exercise in (*HIP_EXERCISES, *KNEE_EXERCISES, *OTHER_EXERCISES)}
)

TRACKS: Final[Mapping[Track, tuple[str, ...]]] = MappingProxyType(
    {
        Track.HIP: ("hip-outwards", "bridge", "hip-hitch", "hinge"),
        Track.KNEE: ("squat", "step-up", "step-down", "knee-straightening"),
        Track.COMBINED: ("hip-outwards", "squat", "bridge", "step-down"),
    }
)
"""What every session of a track has; the rest of the session comes in turn from `IN_TURN`."""
IN_TURN: Final[Mapping[Track, tuple[str, ...]]] = MappingProxyType(
    {
        Track.HIP: ("side-plank", "calf-raise", "front-plank", "bird-dog"),
        Track.KNEE: ("wall-sit", "calf-raise", "front-plank", "side-plank"),
        Track.COMBINED: (
            "side-plank",
            "step-up",
            "hip-hitch",
            "calf-raise",
            "wall-sit",
            "front-plank",
            "hinge",
            "bird-dog",
        ),
    }
)
WARM_UP: Final = ("leg-swing", "ankle-rock")
LATE: Final = "split-squat"


def exercise_of(key: str) -> Exercise:
    """Return an exercise; raises `InputError` where none has this key."""
    if key not in CATALOGUE:
        raise InputError(f"no exercise {key!r} is known here; there are {', '.join(CATALOGUE)}")
    return CATALOGUE[key]
