"""The drawings of the exercises: one for each, small, told to screen readers, and as the script draws them."""

from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest

import exercise_pictures
from footfall_coaching.exercises.catalogue import CATALOGUE

PICTURES: Final = Path(exercise_pictures.PICTURES)
SVG: Final = "{http://www.w3.org/2000/svg}"
NEEDED: Final = {level.picture for exercise in CATALOGUE.values() for level in exercise.levels}


def test_each_exercise_has_its_drawing_and_none_is_left_over() -> None:
    assert {path.stem for path in PICTURES.iterdir()} == NEEDED


def test_drawings_are_as_the_script_draws_them() -> None:
    for name, drawn in exercise_pictures.pictures().items():
        assert (PICTURES / f"{name}.svg").read_text(encoding="utf-8") == drawn, "run scripts/exercise_pictures.py"


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_drawing_is_small_and_told_in_words(name: str) -> None:
    content = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert len(content) < 3000
    root = ElementTree.fromstring(content)
    assert root.get("stroke") == "currentColor"
    title, described = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text
    assert described is not None
    assert "; then " in (described.text or "")
    assert not [one for one in root.iter() if one.tag in (f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject")]
