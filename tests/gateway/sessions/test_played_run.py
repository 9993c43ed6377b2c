"""What is lost of a session while it is played is told: in words, and in the exit status."""

from functools import partial
from pathlib import Path

import pytest

from footfall_gateway.cli import run
from footfall_gateway.sessions import played_run
from footfall_gateway.virtual.models.footfall import footfall_sensor
from footfall_gateway.virtual.sensor import Faults
from gateway.command_line import FEET


@pytest.mark.parametrize("speed", ["max", "200"])
def test_packets_that_nobody_heard_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], speed: str
) -> None:
    replay = ["replay", str(FEET), "--data-dir", str(tmp_path), "--speed", speed, "--duration", "20"]
    assert run(replay) == 0
    capsys.readouterr()
    monkeypatch.setattr(played_run, "footfall_sensor", partial(footfall_sensor, faults=Faults(drops_s=(5.0,))))
    assert run(replay) == 2
    assert "packets were played while their sensor was not connected" in capsys.readouterr().err
