"""Exercises for the knee, easy to hard; the last one only after two green weeks."""

from typing import Final

from footfall_coaching.exercises.exercise import Exercise, Group, Level, Measure

KNEE_EXERCISES: Final = (
    Exercise(
        "squat",
        "Squat to a chair",
        Group.KNEE,
        Measure.REPETITIONS,
        "the front of the thigh and the knee",
        (
            Level(
                "High seat",
                "Stand in front of a high seat or a table's edge with the feet as wide as the hips. Push the "
                "hips back and sit down slowly, then stand up without swinging. Knees point where the toes "
                "point.",
                "squat-high",
            ),
            Level(
                "Chair",
                "Stand in front of a chair. Push the hips back, sit down slowly until you touch it, and stand"
                " up again without swinging. Knees point where the toes point.",
                "squat",
            ),
            Level(
                "Chair, with a weight",
                "Stand in front of a chair, a weight held in front of the chest. Push the hips back, sit down"
                " slowly until you touch it, and stand up again without swinging. Knees point where the toes "
                "point.",
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
        "the front of the thigh, the buttocks and the knee",
        (
            Level(
                "Low step, 10 cm",
                "Put one foot flat on a low step. Stand up on that leg without pushing off with the other, "
                "and come down slowly. The knee stays above the foot.",
                "step-up",
                each_side=True,
            ),
            Level(
                "Stair, 20 cm",
                "Put one foot flat on a stair. Stand up on that leg without pushing off with the other, and "
                "come down slowly. The knee stays above the foot.",
                "step-up",
                each_side=True,
            ),
            Level(
                "Stair, with a weight",
                "Put one foot flat on a stair, a weight in each hand. Stand up on that leg without pushing "
                "off with the other, and come down slowly. If the knee falls inwards, take less weight.",
                "step-up",
                each_side=True,
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "step-down",
        "Step down",
        Group.KNEE,
        Measure.REPETITIONS,
        "the front of the thigh and the knee, as it gives way slowly",
        (
            Level(
                "Low step, 10 cm",
                "Stand on a low step with one leg. Bend that knee slowly until the other heel touches the "
                "floor in front, and come up again. Pelvis level, knee above the foot.",
                "step-down",
                each_side=True,
            ),
            Level(
                "Stair, 20 cm",
                "Stand on a stair with one leg, a hand on the rail. Bend that knee for three seconds until "
                "the other heel touches the step below, and come up again. Pelvis level, knee above the foot.",
                "step-down",
                each_side=True,
            ),
            Level(
                "Stair, free",
                "Stand on a stair with one leg, the rail beside you. Bend that knee for three seconds until "
                "the other heel touches the step below, and come up again. Stop a set when the knee falls "
                "inwards.",
                "step-down",
                each_side=True,
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "knee-straightening",
        "Straighten the knee",
        Group.KNEE,
        Measure.REPETITIONS,
        "the front of the thigh",
        (
            Level(
                "Sitting",
                "Sit on a chair with the thigh supported. Straighten the knee over two seconds, stay for one,"
                " and lower over three. The thigh stays on the seat.",
                "knee-straightening",
                each_side=True,
            ),
            Level(
                "With a band",
                "Sit on a chair, an elastic band from its leg to the ankle. Straighten the knee over two "
                "seconds, stay for one, and lower over three. Go only as far as it is comfortable.",
                "knee-straightening",
                each_side=True,
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "wall-sit",
        "Wall sit",
        Group.KNEE,
        Measure.HOLDS,
        "the front of the thigh, held still",
        (
            Level(
                "High",
                "Lean your back against a wall, feet a long step in front. Slide down a hand's length and "
                "stay. Breathe on; come up when the bell rings.",
                "wall-sit-high",
            ),
            Level(
                "Low",
                "Lean your back against a wall, feet a long step in front. Slide down until the thighs are "
                "nearly level, knees above the feet, and stay. Breathe on; come up when the bell rings.",
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
        "the front of the thigh, and behind the kneecap more than the others",
        (
            Level(
                "Shallow",
                "Stand in a long step with the front foot flat. Let the front knee come forward over the toes"
                " a little, and push back up. Hold on to something, and go no deeper than it is comfortable.",
                "split-squat-shallow",
                each_side=True,
            ),
            Level(
                "Halfway",
                "Stand in a long step with the front foot flat. Let the front knee come well over the toes, "
                "heel down, until the back knee is halfway to the floor. Push back up slowly; go no deeper "
                "than it is comfortable.",
                "split-squat",
                each_side=True,
            ),
            Level(
                "Deep",
                "Stand in a long step with the front foot flat. Let the front knee come well over the toes, "
                "heel down, until the back knee nearly touches the floor. Push back up slowly; go back to "
                "halfway when it hurts.",
                "split-squat",
                each_side=True,
            ),
        ),
        "knees-over-toes",
    ),
)
