"""The page about capacity says what its script makes of the figures, and the figures come from what is there."""

import re
import shlex

import pytest
import yaml

import capacity
from deploy.compose_file import REPOSITORY, SERVICES


def test_the_page_is_what_the_script_makes() -> None:
    page = capacity.DOCUMENT.read_text(encoding="utf-8")
    assert capacity.filled(page) == page, "renew it: python scripts/capacity.py --write"


@pytest.mark.parametrize("figure", [*capacity.OF_A_RUNNER, *capacity.BOUNDS], ids=lambda figure: figure.what)
def test_each_figure_has_a_source(figure: capacity.Figure) -> None:
    if figure.source != "assumed":
        (path,) = [word for word in shlex.split(figure.source) if "/" in word or "." in word]
        assert (REPOSITORY / path).is_file()
    assert figure.value > 0


def test_bounds_are_those_that_are_deployed() -> None:
    settings = (REPOSITORY / "deploy" / "mosquitto" / "mosquitto.conf").read_text()
    assert re.search(rf"^max_connections {capacity.CONNECTIONS.value}$", settings, re.MULTILINE)
    assert SERVICES["processor"]["mem_limit"] == "1g"
    assert capacity.ALLOWED.value < 1024
    assert yaml.safe_load(SERVICES["mosquitto"]["mem_limit"].rstrip("m")) > 256, "what one queue may hold"


def test_what_is_reckoned_grows_with_the_runners_and_names_the_tightest() -> None:
    tightest = capacity.limits_of_a_stack()[0]
    assert capacity.stacks_for(int(tightest.runners)) == 1
    assert capacity.stacks_for(int(tightest.runners) + 1) == 2
    assert capacity.cores_for(2_000) == pytest.approx(2 * capacity.cores_for(1_000))
    assert capacity.bottleneck(1).startswith("none; ")
    shared = capacity.limits_of_all_stacks()
    assert [limit.runners for limit in shared] == sorted(limit.runners for limit in shared)
    for limit in shared:
        assert capacity.bottleneck(int(limit.runners) + 1).startswith(limit.what)


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for"):
        capacity.filled("# Capacity\n")
