"""What the pages are told of sensors: as the runs of the store left them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from footfall_gateway import wire
from footfall_gateway.ble import paired
from footfall_gateway.ble.paired import PairedSensor
from footfall_gateway.commands.kept_shelf import KeptShelf
from footfall_gateway.data_folder import store_path
from footfall_gateway.devices import Wearing
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.sinks.base import SensorReport, SessionEnd
from footfall_gateway.sessions.sinks.store import SharedStore, StoreSink
from footfall_gateway.store.database import Store
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.results.summary import summarize
from footfall_processing.session import Placement, Side
from gateway.recordings_for_tests import header

LEFT, RIGHT, NEVER = "C0:FF:EE:00:00:01", "C0:FF:EE:00:00:02", "C0:FF:EE:00:00:03"


def run(name: str, days_ago: int, firmware: str = "") -> RecordingHeader:
    told = header(name)
    began = told.session.started_utc
    assert began is not None
    settings = MappingProxyType({"firmware": firmware} if firmware else {})
    recorded = [
        replace(one, address=address.lower(), settings=settings)
        for one, address in zip(told.recorded_sensors, (LEFT, RIGHT), strict=True)
    ]
    session = replace(told.session, started_utc=began - timedelta(days=days_ago))
    return replace(told, session=session, recorded_sensors=tuple(recorded))


async def test_the_last_report_of_a_sensor_is_kept_with_its_run(tmp_path: Path) -> None:
    kept, newer = run("kept", 3), run("newer", 1, firmware="2.3.1")
    left, right = (sensor.id for sensor in kept.session.sensors)
    reports = [
        SensorHealth(left, t_s, LinkState.STREAMING, 200.0, 1000 * number, 10 * number, 0, 90 - number)
        for number, t_s in enumerate((10.0, 600.0), start=1)
    ]
    stranger = SensorHealth("nobody's", 1.0, LinkState.STREAMING, None, 0, 0, 0, 1)
    end = SessionEnd(summarize([], kept.session.sensors))
    async with SharedStore(store_path(tmp_path), print) as store:
        sink = StoreSink(store)
        await sink.open(kept, None)
        await sink.write([SensorReport(one, 0.0) for one in (*reports, stranger)])
        await sink.finish(end)
        cut_off = StoreSink(store)
        await cut_off.open(newer, None)
        await cut_off.write([SensorReport(reports[0], 0.0)])
        await cut_off.close()
    with Store.open(store_path(tmp_path)) as opened:
        summary = opened.session("kept").summary
        assert summary is not None
        assert wire.kept_health(summary) == {left: reports[-1]}
    sensors_file = tmp_path / "sensors.toml"
    mine = [
        PairedSensor(address, "footfall", Wearing(name, Placement.FOOT, Side.LEFT))
        for address, name in ((LEFT, "mine"), (NEVER, "unworn"))
    ]
    paired.save(sensors_file, {one.address: one for one in mine})
    shelf = KeptShelf(tmp_path, sensors_file)
    one, unworn = await shelf.owned()
    assert (one.name, one.health, one.firmware) == ("mine", reports[-1], "2.3.1")
    assert one.seen_utc == newer.session.started_utc, "it was heard in the run that was cut off, which kept nothing"
    assert kept.session.started_utc is not None
    assert one.health_utc == kept.session.started_utc + timedelta(seconds=600)
    assert (unworn.seen_utc, unworn.health) == (None, None)
    (other,) = await shelf.seen(kept.session.runner_name)
    assert (other.name, other.health) == (right, None), "one that is not paired here is known from runs"
    assert [worn.health for worn in await shelf.worn("kept")] == [reports[-1], None]
    assert await shelf.worn("unknown") == []
    with Store.open(store_path(tmp_path)) as opened:
        opened.log.discard("newer", kept.session.started_utc)
        opened.log.discard("kept", kept.session.started_utc)
    assert [found.seen_utc for found in await shelf.owned()] == [None, None], "what lies in the bin tells nothing"
