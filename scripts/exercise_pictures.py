"""Draw the exercises' pictures: `python scripts/exercise_pictures.py` writes them beside the runner's pages."""

from pathlib import Path
from typing import Final

from exercise_figures import (
    DOWN,
    LEFT,
    UP,
    Bent,
    Figure,
    Front,
    Point,
    arrow,
    box,
    chair,
    line,
    mat,
    picture,
    prop,
)

PICTURES: Final = Path(__file__).parents[1] / "dashboards/footfall_dashboards/runner/static/exercises"

WALL: Final = prop((24.0, 18.0), (24.0, 125.0))


Arm = tuple[Point, ...]
Leg = Point | Bent


def standing(x: float) -> Figure:
    """Return somebody who stands and looks to the right."""
    return Figure((x, 66.2), 90.0, (x, 118.0), hands=(((x - 3.0, 47.0), (x + 4.0, 63.0)),))


def on_back(hip: Point, slope_deg: float, ankle: Point, far: Point | None = None) -> Figure:
    """Return somebody on the back, head at the left."""
    arm = ((30.0, 119.0), (46.0, 120.0))
    far_toe = None if far is None else 60.0
    return Figure(hip, 180.0 + slope_deg, ankle, far, UP, -10.0, far_toe, (arm,), 183.0)


def on_all_fours(near: Leg, near_arm: Arm, far_arm: Arm, toe_deg: float = 190.0) -> Figure:
    """Return somebody on hands and knees, head at the right."""
    kneeling = Bent((58.0, 119.0), (34.0, 118.0))
    return Figure((58.0, 93.0), 11.0, near, kneeling, DOWN, toe_deg, 190.0, (near_arm, far_arm))


def plank(hip: Point, slope_deg: float, leg: Leg, arm: Arm, toe_deg: float) -> Figure:
    """Return somebody who looks down, head at the right."""
    return Figure(hip, slope_deg, leg, None, DOWN, toe_deg, hands=(arm,))


def on_side(hip: Point, slope_deg: float, near: Leg, far: Leg | None, *arms: Arm) -> Figure:
    """Return somebody who lies on the side and looks at you, head at the right."""
    return Figure(hip, slope_deg, near, far, DOWN, 200.0, 200.0, arms)


def hanging(hip: Point) -> tuple[Arm]:
    """Return an arm that hangs from the shoulder of an upright trunk."""
    return (((hip[0] - 2.0, hip[1] - 18.0), (hip[0] + 8.0, hip[1] - 4.0)),)


def pictures() -> dict[str, str]:
    """Return each drawing by its name."""
    under, in_front = ((118.0, 114.0), (134.0, 114.0)), ((94.0, 116.0), (82.0, 120.0))
    low_leg = Bent((45.0, 113.0), (23.0, 100.0))
    open_leg = Bent((43.0, 79.0), (23.0, 97.0))
    front_arm, lower_arm = ((92.0, 104.0), (80.0, 113.0)), ((116.0, 97.0), (132.0, 98.0))
    clam = [on_side((65.0, 95.0), 2.0, leg, low_leg, front_arm, lower_arm) for leg in (low_leg, open_leg)]
    raise_ = [
        on_side((64.0, 112.0), 4.0, ankle, (12.0, 117.0), in_front, under) for ankle in ((12.0, 112.0), (22.0, 80.0))
    ]
    raised = box(84.0, 132.0, 99.0)
    drawn: dict[str, str] = {}
    drawn["bridge"] = picture(
        "Bridge",
        "Lying on the back, knees bent and feet flat; then hips lifted until shoulders, hips and knees are in line.",
        on_back((56.0, 116.0), 0.0, (82.0, 118.0)).drawn(),
        on_back((53.0, 101.0), 24.0, (82.0, 118.0)).drawn(),
    )
    drawn["bridge-raised"] = picture(
        "Bridge with the feet on a step",
        "Lying on the back, heels on a step; then hips lifted until shoulders, hips and knees are in line.",
        raised + on_back((56.0, 116.0), 0.0, (92.0, 95.0)).drawn(),
        raised + on_back((49.0, 95.0), 36.0, (92.0, 95.0)).drawn(),
    )
    drawn["bridge-one-leg"] = picture(
        "Bridge on one leg",
        "Lying on the back, one foot on the floor, the other leg stretched out; then hips lifted, thighs side by side.",
        on_back((56.0, 116.0), 0.0, (82.0, 118.0), (104.0, 96.0)).drawn(),
        on_back((53.0, 101.0), 24.0, (82.0, 118.0), (101.0, 80.0)).drawn(),
    )
    drawn["clam"] = picture(
        "Open and close the knees",
        "Lying on the side with knees bent and feet together; then the upper knee lifted, feet still together.",
        clam[0].drawn(),
        clam[1].drawn(),
        mat(),
    )
    drawn["side-leg-raise"] = picture(
        "Lift the leg, lying",
        "Lying on the side with straight legs; then the upper leg lifted.",
        raise_[0].drawn(),
        raise_[1].drawn(),
    )
    narrow, wide = ((58.0, 117.0), (84.0, 117.0)), ((44.0, 117.0), (98.0, 117.0))
    drawn["band-walk"] = picture(
        "Walk sideways with a band",
        "From the front: a band around both legs above the ankles, knees a little bent; then one foot steps sideways.",
        _banded(Front((71.0, 67.0), *narrow), narrow),
        _banded(Front((71.0, 69.5), *wide), wide),
    )
    level = prop((30.0, 56.0), (114.0, 56.0)).replace('opacity=".55"', 'opacity=".55" stroke-dasharray="2 7"')
    step = box(30.0, 70.0, 114.0)
    drawn["hip-hitch"] = picture(
        "Hip hitch",
        "From the front, standing on a step with one leg: the free side of the pelvis sinks; then it is lifted.",
        step + level + Front((71.0, 61.0), (60.0, 108.0), (80.0, 118.0), -5.0).drawn(),
        step + level + Front((71.0, 51.0), (60.0, 108.0), (80.0, 98.0), 5.0).drawn(),
    )
    drawn["hinge"] = picture(
        "Hip hinge",
        "Standing; then hips pushed back and the straight trunk leaning forward, knees a little bent.",
        standing(64.0).drawn(),
        Figure((46.0, 70.0), 18.0, (62.0, 118.0), hands=(((80.0, 76.0), (78.0, 93.0)),)).drawn(),
    )
    drawn["hinge-one-leg"] = picture(
        "Hip hinge on one leg",
        "Standing on one leg; then the trunk leaning forward and the other leg going back in line with it.",
        Figure((64.0, 67.0), 90.0, (64.0, 118.0), (57.0, 112.0), hands=(((62.0, 48.0), (67.0, 64.0)),)).drawn(),
        Figure(
            (60.0, 69.0), 12.0, (66.0, 118.0), (9.0, 76.0), far_toe_deg=265.0, hands=(((94.0, 78.0), (93.0, 95.0)),)
        ).drawn(),
    )
    for name, title, seat, hip in (
        ("squat-high", "Squat to a high seat", 80.0, 74.0),
        ("squat", "Squat to a chair", 92.0, 86.0),
    ):
        thing = chair(18.0, 46.0, seat)
        drawn[name] = picture(
            title,
            "Standing in front of a seat; then hips pushed back until they touch it, arms forward.",
            thing + standing(68.0).drawn(),
            thing + Figure((42.0, hip), 58.0, (64.0, 118.0), hands=(((74.0, hip - 20.0), (91.0, hip - 23.0)),)).drawn(),
        )
    stair = box(76.0, 132.0, 107.0)
    drawn["step-up"] = picture(
        "Step up",
        "One foot on a step; then standing on that leg on the step, the other foot free.",
        stair + Figure((68.0, 67.0), 82.0, (90.0, 103.0), (62.0, 118.0), hands=(((71.0, 49.0), (80.0, 63.0)),)).drawn(),
        stair + Figure((92.0, 51.3), 90.0, (92.0, 103.0), (84.0, 97.0), hands=hanging((92.0, 51.0))).drawn(),
    )
    low = box(14.0, 64.0, 105.0)
    drawn["step-down"] = picture(
        "Step down",
        "Standing on a step with one leg; then that knee bent until the other heel touches the floor in front.",
        low + Figure((50.0, 50.0), 90.0, (50.0, 101.0), (64.0, 99.0), hands=(((48.0, 31.0), (53.0, 47.0)),)).drawn(),
        low
        + Figure(
            (46.0, 69.0), 78.0, (50.0, 101.0), (72.0, 115.0), far_toe_deg=15.0, hands=(((54.0, 52.0), (68.0, 60.0)),)
        ).drawn(),
    )
    on_chair = chair(26.0, 62.0, 85.0)
    held = (((40.0, 60.0), (52.0, 76.0)),)
    drawn["knee-straightening"] = picture(
        "Straighten the knee",
        "Sitting on a chair with the knee bent; then the knee straightened until the leg is level.",
        on_chair + Figure((40.0, 79.0), 92.0, (68.0, 105.0), (62.0, 112.0), hands=held).drawn(),
        on_chair + Figure((40.0, 79.0), 92.0, (92.0, 76.0), (62.0, 112.0), near_toe_deg=65.0, hands=held).drawn(),
    )
    for name, title, hip in (("wall-sit-high", "Wall sit, high", 84.0), ("wall-sit", "Wall sit, low", 93.0)):
        drawn[name] = picture(
            title,
            "Leaning with the back against a wall, feet in front; then slid down and held.",
            WALL + Figure((33.0, 74.0), 90.0, (59.0, 118.0), hands=(((33.0, 55.0), (38.0, 71.0)),)).drawn(),
            WALL + Figure((33.0, hip), 90.0, (59.0, 118.0), hands=(((36.0, hip - 19.0), (50.0, hip - 10.0)),)).drawn(),
        )
    flat = plank((68.0, 116.0), 4.0, Bent((42.0, 118.0), (18.0, 118.0)), ((104.0, 120.0), (121.0, 120.0)), 190.0)
    drawn["front-plank"] = picture(
        "Front plank",
        "Lying on the front; then lifted on forearms and toes, shoulders, hips and heels in line.",
        flat.drawn(),
        plank((68.0, 107.0), 7.0, (15.5, 113.0), ((104.0, 120.0), (121.0, 120.0)), 265.0).drawn(),
    )
    drawn["front-plank-knees"] = picture(
        "Front plank on the knees",
        "Lying on the front; then lifted on forearms and knees, shoulders, hips and knees in line.",
        flat.drawn(),
        plank((68.0, 110.0), 13.0, Bent((43.0, 118.0), (21.0, 104.0)), ((103.0, 119.0), (120.0, 120.0)), 150.0).drawn(),
    )
    elbow = ((103.0, 119.0), (118.0, 121.0))
    above = ((104.0, 85.0), (107.0, 68.0))
    drawn["side-plank"] = picture(
        "Side plank",
        "On the side on one forearm; then hips lifted, shoulders, hips and feet in line.",
        on_side((67.0, 117.0), 25.0, (15.0, 116.0), (16.0, 119.0), ((88.0, 106.0), (74.0, 112.0)), elbow).drawn(),
        on_side((68.0, 107.0), 9.0, (15.0, 115.0), (17.0, 119.0), above, elbow).drawn(),
    )
    bent = Bent((44.0, 119.0), (30.0, 104.0))
    drawn["side-plank-knees"] = picture(
        "Side plank on the knees",
        "On the side on one forearm, knees bent; then hips lifted, shoulders, hips and knees in line.",
        on_side((67.0, 117.0), 25.0, bent, None, ((88.0, 106.0), (74.0, 112.0)), elbow).drawn(),
        on_side((68.0, 108.0), 10.0, bent, None, above, elbow).drawn(),
    )
    kneeling = Bent((58.0, 119.0), (34.0, 118.0))
    near_arm, far_arm = ((94.0, 103.0), (94.0, 120.0)), ((92.0, 103.0), (91.0, 120.0))
    start = on_all_fours(kneeling, near_arm, far_arm).drawn()
    drawn["bird-dog-leg"] = picture(
        "Leg out, on all fours",
        "On hands and knees; then one leg stretched out behind, level with the back.",
        start,
        on_all_fours((5.5, 90.0), near_arm, far_arm, 240.0).drawn(),
    )
    drawn["bird-dog"] = picture(
        "Arm and leg out, on all fours",
        "On hands and knees; then one leg stretched out behind and the other side's arm stretched out in front.",
        start,
        on_all_fours((5.5, 90.0), near_arm, ((110.0, 78.0), (127.0, 71.0)), 240.0).drawn(),
    )
    wall = prop((104.0, 18.0), (104.0, 125.0))
    at_wall = (((84.0, 48.0), (100.0, 44.0)),)
    for name, title, behind in (
        ("calf-raise", "Calf raise", None),
        ("calf-raise-one-leg", "Calf raise on one leg", (52.0, 102.0)),
    ):
        drawn[name] = picture(
            title,
            "Standing with a hand on the wall; then risen on the toes with a straight knee.",
            wall + Figure((68.0, 66.2), 90.0, (68.0, 118.0), behind, far_toe_deg=250.0, hands=at_wall).drawn(),
            wall
            + Figure(
                (70.0, 57.2),
                90.0,
                (70.0, 109.0),
                None if behind is None else (54.0, 93.0),
                near_toe_deg=300.0,
                far_toe_deg=250.0,
                hands=(((86.0, 39.0), (101.0, 36.0)),),
            ).drawn()
            + arrow((48.0, 70.0), (48.0, 50.0), 'stroke-width="3" opacity=".7"'),
        )
    drawn["ankle-rock"] = picture(
        "Knee to the wall",
        "Standing in front of a wall, one foot close to it; then that knee brought to the wall, heel on the floor.",
        wall + Figure((64.0, 72.0), 82.0, (84.0, 118.0), (42.0, 118.0), hands=(((84.0, 44.0), (101.0, 42.0)),)).drawn(),
        wall + Figure((77.0, 80.0), 78.0, (84.0, 118.0), (42.0, 118.0), hands=(((92.0, 58.0), (102.0, 48.0)),)).drawn(),
    )
    on_rail = (((58.0, 50.0), (72.0, 60.0)),)
    drawn["leg-swing"] = picture(
        "Leg swings",
        "Standing on one leg: the other one swings forward; then back.",
        Figure((66.0, 67.0), 90.0, (104.0, 101.0), (66.0, 118.0), near_toe_deg=20.0, hands=on_rail).drawn(),
        Figure((66.0, 67.0), 88.0, (32.0, 104.0), (66.0, 118.0), near_toe_deg=-60.0, hands=on_rail).drawn(),
    )
    for name, title, low_hip in (
        ("split-squat-shallow", "Split squat, shallow", (70.0, 79.0)),
        ("split-squat", "Split squat, knee over the toes", (72.0, 91.0)),
    ):
        drawn[name] = picture(
            title,
            "Standing in a long step; then the front knee bent forward over the toes, heel on the floor.",
            Figure(
                (60.0, 72.0), 90.0, (84.0, 118.0), (34.0, 112.0), far_toe_deg=290.0, hands=hanging((60.0, 72.0))
            ).drawn(),
            Figure(low_hip, 88.0, (84.0, 118.0), (34.0, 112.0), far_toe_deg=290.0, hands=hanging(low_hip)).drawn(),
        )
    back = arrow((92.0, 24.0), (130.0, 24.0), 'stroke-width="3.5" opacity=".7"')
    rails = prop((34.0, 66.0), (118.0, 66.0)) + prop((34.0, 66.0), (34.0, 125.0)) + prop((118.0, 66.0), (118.0, 125.0))
    drawn["backward-walking"] = picture(
        "Walk backwards",
        "Looking to the left, walking to the right between rails: one foot reaches back, toes first; then the other.",
        back
        + rails
        + Figure(
            (68.0, 68.0), 90.0, (60.0, 118.0), (88.0, 113.0), LEFT, None, 235.0, (((74.0, 48.0), (62.0, 62.0)),)
        ).drawn(),
        back
        + rails
        + Figure(
            (78.0, 68.0), 90.0, (98.0, 113.0), (70.0, 118.0), LEFT, 235.0, None, (((84.0, 48.0), (72.0, 62.0)),)
        ).drawn(),
    )
    return drawn


def _banded(figure: Front, ankles: tuple[tuple[float, float], tuple[float, float]]) -> str:
    (left, y), (right, _) = ankles
    return figure.drawn() + line(
        [(left - 3.0, y - 10.0), (right + 3.0, y - 10.0)], 'stroke-width="3" stroke-dasharray="1 5"'
    )


def main() -> None:
    """Write every drawing."""
    PICTURES.mkdir(exist_ok=True)
    for name, drawing in pictures().items():
        (PICTURES / f"{name}.svg").write_text(drawing, encoding="utf-8")


if __name__ == "__main__":
    main()
