"""Exercises for the hip, easy to hard."""

from typing import Final

from footfall_coaching.exercises.exercise import Exercise, Group, Level, Measure

HIP_EXERCISES: Final = (
    Exercise(
        "hip-outwards",
        "Hip, outwards",
        Group.HIP,
        Measure.REPETITIONS,
        "the muscles at the side of the hip",
        (
            Level(
                "Open and close the knees, lying",
                "Lie on your side, hips and knees bent, feet together. Lift the upper knee as far as it goes "
                "without rolling back, and lower it slowly. The feet stay together.",
                "clam",
                each_side=True,
            ),
            Level(
                "Lift the leg, lying",
                "Lie on your side with the upper leg straight. Lift it as high as your hand is wide, heel "
                "first and toes pointing forward, and lower it slowly. The pelvis stays still.",
                "side-leg-raise",
                each_side=True,
            ),
            Level(
                "Walk sideways with a band",
                "Put an elastic band around both legs above the ankles and bend the knees a little. Step "
                "sideways until the band is tight, and let the other foot follow slowly. A step counts as "
                "one; go back the other way.",
                "band-walk",
                each_side=True,
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "bridge",
        "Bridge",
        Group.HIP,
        Measure.REPETITIONS,
        "the buttocks and the back of the thigh",
        (
            Level(
                "On both legs",
                "Lie on your back with the knees bent and the feet flat. Push through the heels until "
                "shoulders, hips and knees are in line. Stay for a breath, and lower slowly.",
                "bridge",
            ),
            Level(
                "With the feet on a step",
                "Lie on your back with the heels on a step or a sofa's edge, knees bent. Push through the "
                "heels until shoulders, hips and knees are in line. Stay for a breath, and lower slowly.",
                "bridge-raised",
            ),
            Level(
                "On one leg",
                "Lie on your back, one foot flat on the floor, the other leg stretched out. Push through the "
                "heel until shoulders, hips and knees are in line, hips level. Stay for a breath, and lower "
                "slowly.",
                "bridge-one-leg",
                each_side=True,
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "hip-hitch",
        "Hip hitch",
        Group.HIP,
        Measure.REPETITIONS,
        "the side of the hip that you stand on",
        (
            Level(
                "With a hand on the wall",
                "Stand on a step with one leg, the other hanging free, a hand on the wall. Keep the knee "
                "straight and let the free side of the pelvis sink. Lift it again until it is a little above "
                "level.",
                "hip-hitch",
                each_side=True,
            ),
            Level(
                "Free",
                "Stand on a step with one leg, the other hanging free, hands on the hips. Keep the knee "
                "straight and let the free side of the pelvis sink. Lift it again until it is a little above "
                "level.",
                "hip-hitch",
                each_side=True,
            ),
            Level(
                "With a weight",
                "Stand on a step with one leg, a bag or bottle in the hand of the free side. Keep the knee "
                "straight and let the free side of the pelvis sink slowly. Lift it again until it is a little"
                " above level.",
                "hip-hitch",
                each_side=True,
            ),
        ),
        "hip-and-knee",
    ),
    Exercise(
        "hinge",
        "Hip hinge",
        Group.HIP,
        Measure.REPETITIONS,
        "the buttocks and the back of the thigh",
        (
            Level(
                "On both legs",
                "Stand with the feet as wide as the hips, knees a little bent. Push the hips back and let the"
                " straight trunk come forward until the back of the thigh is tight. Come up by pushing the "
                "hips forward.",
                "hinge",
            ),
            Level(
                "With a weight",
                "Stand with the feet as wide as the hips, a weight held in front of the thighs. Push the hips"
                " back and let the straight trunk come forward; the weight stays close to the legs. Come up "
                "by pushing the hips forward.",
                "hinge",
            ),
            Level(
                "On one leg",
                "Stand on one leg, that knee a little bent. Let the trunk come forward while the other leg "
                "goes back in line with it, hips level. Come up slowly.",
                "hinge-one-leg",
                each_side=True,
            ),
        ),
        "hip-and-knee",
    ),
)
