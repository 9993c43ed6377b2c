"""Exercises for the hip, easy to hard."""

from typing import Final

from footfall_coaching.exercises.exercise import Exercise, Group, Level, Measure

HIP_EXERCISES: Final = (
    Exercise(
        "hip-outwards",
        "Hip, outwards",
        Group.HIP,
        Measure.REPETITIONS,
        True,
        "the muscles at the side of the hip",
        (
            Level(
                "Open and close the knees, lying",
                "Lie on your side, hips and knees bent, feet together. Lift the upper knee as far as it goes "
                "without rolling back, and lower it slowly. The feet stay together.",
                "clam",
            ),
            Level(
                "Lift the leg, lying",
                "Lie on your side with the upper leg straight. Lift it as high as your hand is wide, heel first "
                "and toes pointing forward, and lower it slowly. The pelvis stays still.",
                "side-leg-raise",
            ),
            Level(
                "Walk sideways with a band",
                "Put an elastic band around both legs above the ankles and bend the knees a little. Step sideways"
                " until the band is tight, and let the other foot follow slowly. A step counts as one; go back "
                "the other way.",
                "band-walk",
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "bridge",
        "Bridge",
        Group.HIP,
        Measure.REPETITIONS,
        False,
        "the buttocks and the back of the thigh",
        (
            Level(
                "On both legs",
                "Lie on your back with the knees bent and the feet flat. Push through the heels until shoulders, "
                "hips and knees are in line. Stay for a breath, and lower slowly.",
                "bridge",
            ),
            Level(
                "With the feet on a step",
                "As on the floor, with the heels on a step or a sofa's edge. Push up until shoulders, hips and "
                "knees are in line, and lower slowly.",
                "bridge-raised",
            ),
            Level(
                "On one leg",
                "From the bridge on both legs, stretch one leg out in line with the thigh. Lower and lift the "
                "hips on the other leg, and keep them level. Change legs after each set.",
                "bridge-one-leg",
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "hip-hitch",
        "Hip hitch",
        Group.HIP,
        Measure.REPETITIONS,
        True,
        "the side of the hip that you stand on",
        (
            Level(
                "With a hand on the wall",
                "Stand on a step with one leg, the other hanging free, a hand on the wall. Keep the knee straight"
                " and let the free side of the pelvis sink. Lift it again until it is a little above level.",
                "hip-hitch",
            ),
            Level(
                "Free",
                "As with a hand on the wall, with both hands on the hips. Move the pelvis only; the knee stays "
                "straight.",
                "hip-hitch",
            ),
            Level(
                "With a weight",
                "As before, with a bag or bottle in the hand of the free side. Sink slowly and lift a little "
                "above level.",
                "hip-hitch",
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "hinge",
        "Hip hinge",
        Group.HIP,
        Measure.REPETITIONS,
        False,
        "the buttocks and the back of the thigh",
        (
            Level(
                "On both legs",
                "Stand with the feet as wide as the hips, knees a little bent. Push the hips back and let the "
                "straight trunk come forward until the back of the thigh is tight. Come up by pushing the hips "
                "forward.",
                "hinge",
            ),
            Level(
                "With a weight",
                "As before, with a weight held in front of the thighs; it stays close to the legs. The back stays"
                " straight.",
                "hinge",
            ),
            Level(
                "On one leg",
                "Stand on one leg, that knee a little bent. Let the trunk come forward while the other leg goes "
                "back in line with it, hips level. Come up slowly; change legs after each set.",
                "hinge-one-leg",
            ),
        ),
        "hip-and-knee",
    ),
)
