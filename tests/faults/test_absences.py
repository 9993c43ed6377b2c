"""The broker, and the database, are away for an hour of a run."""

import contextlib
from pathlib import Path

import msgspec
import pytest

import servers
import servers_influx
from faults.effort import Tell, effort, tell
from faults.long_runs import long_recording
from footfall_gateway.data_folder import recordings_folder
from killing import Footfall, compare, send_what_waits, variables_of, wait_until_complete

AWAY_S = effort(60.0, 3600.0)


@pytest.mark.broker
@pytest.mark.influx
@pytest.mark.parametrize("victim", ["broker", "database"])
def test_a_server_that_is_away_gets_everything_once_it_is_back(
    tmp_path: Path, victim: str, record_property: Tell
) -> None:
    """The time is the session's, which is played as fast as the computer can."""
    played = long_recording(tmp_path / "long.mcap", AWAY_S + 60.0)
    for name in ("broker", "influx"):
        (tmp_path / name).mkdir()
    with contextlib.ExitStack() as stack:
        broker = stack.enter_context(servers.mosquitto(tmp_path / "broker"))
        influx = stack.enter_context(servers_influx.influxdb(tmp_path / "influx"))
        at = ("--broker", f"mqtt://127.0.0.1:{broker.port}")
        there, here = tmp_path / "gateway", tmp_path / "processor"
        processor = Footfall("process", *at, "--data-dir", str(here), environment=variables_of(influx.settings))
        gateway = Footfall(
            "gateway", *at, "--data-dir", str(there), "--name", "track", "--replay", str(played), "--speed", "max"
        )
        stack.callback(gateway.kill)
        stack.callback(processor.kill)
        processor.start()
        processor.wait_for("Waiting for gateways")
        away = broker if victim == "broker" else influx.server
        away.kill()
        gateway.start()
        gateway.wait_for("is over" if victim == "broker" else "Waiting until")
        if victim == "database":
            assert gateway.wait() == 0, gateway.said()
            wait_until_complete(processor, here, 1)
        away.start()
        if victim == "broker":
            assert gateway.wait() == 0, gateway.said()
            wait_until_complete(processor, here, 1)
        said = processor.said() + gateway.said()
        assert ("can't be reached" in said) or ("Points wait" in said), said
        processor.interrupt()
        send_what_waits(here, influx.settings)
        outcome = compare(sorted(recordings_folder(there).glob("*.mcap")), here, (victim,), influx)
    assert outcome.is_whole, msgspec.json.encode(outcome)
    tell(
        record_property,
        tries=1,
        items=outcome.strides,
        lost=outcome.lost + outcome.wrong_points,
        doubled=outcome.doubled,
        note=f"{AWAY_S / 60.0:g} min of the run",
    )
