"""Exercises for trunk, calf and ankle, warming up, and walking backwards."""

from typing import Final

from footfall_coaching.exercises.exercise import Exercise, Group, Level, Measure

OTHER_EXERCISES: Final = (
    Exercise(
        "front-plank",
        "Front plank",
        Group.CORE,
        Measure.HOLDS,
        "the front of the trunk",
        (
            Level(
                "On the knees",
                "Lie on your front, and lift yourself on forearms and knees until shoulders, hips and knees "
                "are in line. Stay, and breathe on.",
                "front-plank-knees",
            ),
            Level(
                "On the toes",
                "Lie on your front, and lift yourself on forearms and toes until shoulders, hips and heels "
                "are in line. Stay, and breathe on; don't let the back sag.",
                "front-plank",
            ),
        ),
        "core",
    ),
    Exercise(
        "side-plank",
        "Side plank",
        Group.CORE,
        Measure.HOLDS,
        "the side of the trunk and of the hip",
        (
            Level(
                "On the knees",
                "Lie on your side on the forearm, knees bent behind you. Lift the hips until shoulders, hips "
                "and knees are in line. Stay, and breathe on.",
                "side-plank-knees",
                each_side=True,
            ),
            Level(
                "On the feet",
                "Lie on your side on the forearm, legs straight. Lift the hips until shoulders, hips and feet"
                " are in line. Stay, and breathe on.",
                "side-plank",
                each_side=True,
            ),
        ),
        "core",
    ),
    Exercise(
        "bird-dog",
        "Arm and leg out, on all fours",
        Group.CORE,
        Measure.REPETITIONS,
        "the back and the buttocks",
        (
            Level(
                "Leg alone",
                "On hands and knees, stretch one leg out behind you until it is level with the back. Stay for"
                " a breath and bring it back. The pelvis does not turn.",
                "bird-dog-leg",
                each_side=True,
            ),
            Level(
                "Arm and leg",
                "On hands and knees, stretch one leg out behind you and the arm of the other side in front, "
                "until they are level with the back. Stay for a breath and bring them back. The pelvis does "
                "not turn.",
                "bird-dog",
                each_side=True,
            ),
        ),
        "core",
    ),
    Exercise(
        "calf-raise",
        "Calf raise",
        Group.CALF,
        Measure.REPETITIONS,
        "the calf and the Achilles tendon",
        (
            Level(
                "On both legs",
                "Stand with a hand on the wall. Rise on your toes with the knees straight, stay for a second,"
                " and lower over two.",
                "calf-raise",
            ),
            Level(
                "On one leg",
                "Stand on one leg with a hand on the wall. Rise on the toes with the knee straight, stay for "
                "a second, and lower over two.",
                "calf-raise-one-leg",
                each_side=True,
            ),
        ),
        "foot-and-ankle",
    ),
    Exercise(
        "ankle-rock",
        "Knee to the wall",
        Group.MOBILITY,
        Measure.REPETITIONS,
        "how far the ankle bends",
        (
            Level(
                "Standing",
                "Stand in front of a wall, one foot a hand's width from it. Bring that knee to the wall with "
                "the heel on the floor, and back. Move the foot away until the knee just reaches.",
                "ankle-rock",
                each_side=True,
            ),
        ),
        "ankle-mobility",
    ),
    Exercise(
        "leg-swing",
        "Leg swings",
        Group.WARM_UP,
        Measure.REPETITIONS,
        "nothing much: it gets you moving",
        (
            Level(
                "With a hand on the wall",
                "Stand sideways to a wall with a hand on it. Swing the outer leg forward and back, loose and "
                "no higher than is comfortable. The trunk stays upright.",
                "leg-swing",
                each_side=True,
            ),
        ),
        "warm-up",
    ),
    Exercise(
        "backward-walking",
        "Walk backwards",
        Group.WALKING,
        Measure.MINUTES,
        "the front of the thigh and the calf",
        (
            Level(
                "Comfortable speed",
                "Walk backwards at a comfortable speed on a treadmill with a rail, or on a clear path with "
                "somebody beside you. Toes touch first, then the heel. Look round often.",
                "backward-walking",
            ),
        ),
        "backward-walking",
    ),
)
