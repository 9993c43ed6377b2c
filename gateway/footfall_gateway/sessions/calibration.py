"""A runner's stride lengths made to fit a session whose distance or speed is known."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Final

from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.analysis import Analysis
from footfall_gateway.store.database import KeptGain, Store
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity
from footfall_processing.results.summary import MIN_STRIDES, is_trusted
from footfall_processing.session import Session

if TYPE_CHECKING:
    from footfall_processing.results.calibration import LengthGain

KNOWN_SD: Final = 0.01
"""How sure a track's or a treadmill's figure is, and that all strides on it were found: 1 %."""


def learn_gains(
    analysis: Analysis, *, name: str, distance_m: float | None = None, speed_mps: float | None = None
) -> dict[str, "LengthGain"]:
    """Return for each sensor with stride lengths the gain that makes them fit a known distance, speed, or both.

    Parameters
    ----------
    analysis
        The session, with all gains 1.
    name
        How to call it when talking to people.
    distance_m, speed_mps
        The distance of all strides, the speed while running.

    Raises
    ------
    InputError
        When no sensor gives stride lengths, or a gain is beyond belief.
    """
    # imports SciPy, which most runs don't need
    from footfall_processing.results.calibration import KnownLength, length_gain

    gains = {}
    for sensor in analysis.header.session.sensors:
        measured = [stride for stride in analysis.strides if stride.sensor_id == sensor.id]
        lengths_m = [stride.stride_length_m for stride in measured if stride.stride_length_m is not None]
        speeds_mps = [
            stride.speed_mps
            for stride in measured
            if stride.activity is Activity.RUN and is_trusted(stride) and stride.speed_mps is not None
        ]
        known = []
        if distance_m is not None and lengths_m:
            # a stride whose length is not known was as long as the others
            known.append(KnownLength(fmean(lengths_m) * len(measured), distance_m, KNOWN_SD * distance_m))
        if speed_mps is not None and len(speeds_mps) >= MIN_STRIDES:
            known.append(KnownLength(median(speeds_mps), speed_mps, KNOWN_SD * speed_mps))
        if known:
            gains[sensor.id] = length_gain(known)
    if not gains:
        raise InputError(f"{name}: has no stride lengths to calibrate; they need a foot sensor with a gyroscope")
    return gains


def keep_gains(gains: Mapping[str, "LengthGain"], session: Session, runner_name: str, folder: Path) -> list[str]:
    """Keep the gains for the runner's later sessions; say of each what it is, and whether the store has it."""
    sensors = {sensor.id: sensor for sensor in session.sensors}
    kept = "kept for later sessions"
    try:
        make_folders(folder)
        with Store.open(store_path(folder)) as store:
            for sensor_id, gain in gains.items():
                site = sensors[sensor_id]
                store.keep_length_gain(
                    KeptGain(runner_name, site.placement, site.side, gain.factor, gain.sd, session.id)
                )
    except GatewayError as error:
        kept = f"not kept ({error})"
    return [
        f"{sensor_id}: stride lengths are multiplied by {gain.factor:.3f} ± {gain.sd:.3f}, {kept}"
        for sensor_id, gain in gains.items()
    ]


def with_own_gains(header: RecordingHeader, gains: Mapping[str, float]) -> RecordingHeader:
    """Give each sensor its gain by sensor id, whatever it had, and 1 to those that are not named."""
    session = header.session
    sensors = tuple(replace(sensor, length_gain=gains.get(sensor.id, 1.0)) for sensor in session.sensors)
    return replace(header, session=replace(session, sensors=sensors))
