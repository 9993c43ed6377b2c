"""Which of the owner's sensors `footfall arm` and `footfall fetch` talk to."""

from collections.abc import Sequence
from pathlib import Path

from footfall_gateway import console
from footfall_gateway.ble.paired import PairedSensor
from footfall_gateway.devices import PROFILES
from footfall_gateway.errors import GatewayError
from footfall_gateway.onboard.recorders import RECORDERS
from footfall_gateway.sessions.sensor_run import paired_sensors


def own_recorders(sensors_file: Path, names: Sequence[str]) -> list[PairedSensor]:
    """Return the paired sensors that can record by themselves: those that are named, or all.

    Raises
    ------
    GatewayError
        When a name is nobody's, or no sensor can.
    """
    own = [one for one in paired_sensors(sensors_file).values() if isinstance(one, PairedSensor)]
    if unknown := [name for name in names if name not in {one.id for one in own}]:
        raise GatewayError(f"no paired sensor is called {unknown[0]!r}; `footfall pair` lists them")
    asked = [one for one in own if not names or one.id in names]
    able = [one for one in asked if one.profile in RECORDERS]
    for one in asked:
        if one not in able:
            console.remark(
                f"without {one.id}: {PROFILES[one.profile].product} can't record by itself, as Footfall knows it"
            )
    if not able:
        raise GatewayError("none of these sensors can record by itself: take the computer along (footfall record)")
    return able
