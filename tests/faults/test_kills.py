"""A push that is killed; other processes are killed in the tests of what they do."""

import contextlib
from pathlib import Path
from random import Random

import pytest

from faults.effort import Tell, effort, tell
from footfall_gateway.cli import run
from footfall_gateway.data_folder import recordings_folder
from gateway.command_line import FEET
from killing import Footfall, compare, variables_of
from servers_influx import Influx

KILLS = effort(2, 25)


@pytest.mark.influx
def test_a_push_that_is_killed_is_made_good_by_the_next(
    tmp_path: Path, influxdb: Influx, record_property: Tell
) -> None:
    assert run(["replay", str(FEET), "--data-dir", str(tmp_path)]) == 0
    chance = Random(11)
    push = Footfall("push", "--demos", "--data-dir", str(tmp_path), environment=variables_of(influxdb.settings))
    killed = 0
    for _ in range(KILLS):
        push.start()
        with contextlib.suppress(AssertionError):  # it was faster
            push.live_on(chance.uniform(0.0, 4.0))
        killed += push.status is None
        push.kill()
    push.start()
    assert push.wait() == 0, push.said()
    outcome = compare(sorted(recordings_folder(tmp_path).glob("*.mcap")), tmp_path, ("push",) * killed, influxdb)
    tell(
        record_property,
        tries=killed,
        items=outcome.strides,
        lost=outcome.lost + outcome.different + outcome.wrong_points,
        doubled=outcome.doubled,
    )
