"""Exercises for the knee, easy to hard; the last one only after two green weeks."""

from typing import Final

from footfall_coaching.exercises.exercise import Exercise, Group, Level, Measure

KNEE_EXERCISES: Final = (
    Exercise(
        "squat",
        "Squat to a chair",
        Group.KNEE,
        Measure.REPETITIONS,
        False,
        "the front of the thigh and the knee",
        (
            Level(
                "High seat",
                "Stand in front of a high seat or a table's edge with the feet as wide as the hips. Push the hips"
                " back and sit down slowly, then stand up without swinging. Knees point where the toes point.",
                "squat-high",
            ),
            Level(
                "Chair",
                "Stand in front of a chair. Push the hips back, sit down slowly until you touch it, and stand up "
                "again without swinging. Knees point where the toes point.",
                "squat",
            ),
            Level(
                "Chair, with a weight",
                "As before, with a weight held in front of the chest. Touch the chair and come up.",
                "squat",
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "step-up",
        "Step up",
        Group.KNEE,
        Measure.REPETITIONS,
        True,
        "the front of the thigh, the buttocks and the knee",
        (
            Level(
                "Low step, 10 cm",
                "Put one foot flat on a low step. Stand up on that leg without pushing off with the other, and "
                "come down slowly. The knee stays above the foot.",
                "step-up",
            ),
            Level(
                "Stair, 20 cm",
                "As before, on a stair. Stand up on the upper leg alone, and come down slowly.",
                "step-up",
            ),
            Level(
                "Stair, with a weight",
                "As before, with a weight in each hand. If the knee falls inwards, take a lighter one.",
                "step-up",
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "step-down",
        "Step down",
        Group.KNEE,
        Measure.REPETITIONS,
        True,
        "the front of the thigh and the knee, as it gives way slowly",
        (
            Level(
                "Low step, 10 cm",
                "Stand on a low step with one leg. Bend that knee slowly until the other heel touches the floor "
                "in front, and come up again. Pelvis level, knee above the foot.",
                "step-down",
            ),
            Level(
                "Stair, 20 cm",
                "As before, from a stair, with a hand on the rail. Take three seconds on the way down.",
                "step-down",
            ),
            Level(
                "Stair, free",
                "As before, without the hand. Stop a set when the knee falls inwards.",
                "step-down",
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "knee-straightening",
        "Straighten the knee",
        Group.KNEE,
        Measure.REPETITIONS,
        True,
        "the front of the thigh",
        (
            Level(
                "Sitting",
                "Sit on a chair with the thigh supported. Straighten the knee over two seconds, stay for one, and"
                " lower over three.",
                "knee-straightening",
            ),
            Level(
                "With a band",
                "As before, with an elastic band from the chair's leg to the ankle. Straighten only as far as it "
                "is comfortable.",
                "knee-straightening",
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "wall-sit",
        "Wall sit",
        Group.KNEE,
        Measure.HOLDS,
        False,
        "the front of the thigh, held still",
        (
            Level(
                "High",
                "Lean your back against a wall, feet a long step in front. Slide down a hand's length and stay. "
                "Breathe on; come up when the bell rings.",
                "wall-sit-high",
            ),
            Level(
                "Low",
                "As before, and slide down until the thighs are nearly level. Knees stay above the feet.",
                "wall-sit",
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "split-squat",
        "Split squat, knee over the toes",
        Group.LATE,
        Measure.REPETITIONS,
        True,
        "the front of the thigh, and behind the kneecap more than the others",
        (
            Level(
                "Shallow",
                "Stand in a long step with the front foot flat. Let the front knee come forward over the toes a "
                "little, and push back up. Hold on to something, and go no deeper than it is comfortable.",
                "split-squat-shallow",
            ),
            Level(
                "Halfway",
                "As before, until the knee is well over the toes and the back knee halfway to the floor. Heel "
                "down; push back up slowly.",
                "split-squat",
            ),
            Level(
                "Deep",
                "As before, until the back knee nearly touches the floor. Only when halfway has been without pain.",
                "split-squat",
            ),
        ),
        "knees-over-toes",
    ),
)
