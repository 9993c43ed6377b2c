"""Made-up but plausible strides, impacts and health reports, for the page's tests: no signal, only events."""

import random
from collections.abc import Iterator, Sequence

from footfall_processing.gait import Activity, Impact, Stride, StrideFlag, Strike
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

FEET = (
    Sensor("foot-left", Placement.FOOT, Side.LEFT, 200.0, acc_range_mps2=157.0),
    Sensor("foot-right", Placement.FOOT, Side.RIGHT, 200.0, acc_range_mps2=157.0),
)
SHINS = (
    Sensor("shin-left", Placement.SHANK, Side.LEFT, 400.0),
    Sensor("shin-right", Placement.SHANK, Side.RIGHT, 400.0),
)
ACCELEROMETERS = (
    Sensor("pod-left", Placement.FOOT, Side.LEFT, 104.0, has_gyro=False),
    Sensor("pod-right", Placement.FOOT, Side.RIGHT, 104.0, has_gyro=False),
)


def stride_at(
    sensor: Sensor,
    initial_contact_s: float,
    *,
    stride_time_s: float = 0.700,
    contact_time_s: float = 0.240,
    impact_g: float = 8.0,
    angle_deg: float = 12.0,
    activity: Activity = Activity.RUN,
    quality: tuple[StrideFlag, ...] = (),
) -> Stride:
    """Make one stride that carries what its sensor supports."""
    strike = Strike.REARFOOT if angle_deg > 8.0 else Strike.MIDFOOT if angle_deg > -1.6 else Strike.FOREFOOT
    on_foot = sensor.placement is Placement.FOOT and sensor.has_gyro
    impact_mps2 = impact_g * STANDARD_GRAVITY_MPS2
    return Stride(
        sensor_id=sensor.id,
        side=sensor.side,
        activity=activity,
        initial_contact_s=initial_contact_s,
        toe_off_s=initial_contact_s + contact_time_s if sensor.has_gyro else None,
        next_contact_s=initial_contact_s + stride_time_s,
        peak_acc_mps2=impact_mps2,
        peak_tibial_acc_mps2=0.9 * impact_mps2 if sensor.placement is Placement.SHANK and sensor.has_gyro else None,
        foot_strike_angle_rad=angle_deg * RADIANS_PER_DEGREE if on_foot else None,
        strike=strike if on_foot else None,
        strike_confidence=0.9 if on_foot else None,
        quality=quality,
    )


def run_of(
    sensors: Sequence[Sensor],
    duration_s: float,
    *,
    start_s: float = 2.0,
    activity: Activity = Activity.RUN,
    seed: int = 7,
) -> Iterator[Stride | Impact | SensorHealth]:
    """Make up a steady, slightly uneven run (or walk): an impact for each landing, a report each second."""
    chance = random.Random(seed)
    running = activity is Activity.RUN
    stride_time_s = 0.70 if running else 1.08
    due_s = {sensor.id: start_s + (0.5 * stride_time_s if sensor.side is Side.RIGHT else 0.0) for sensor in sensors}
    by_id = {sensor.id: sensor for sensor in sensors}
    report_s = start_s
    while True:
        sensor = by_id[min(due_s, key=lambda id_: due_s[id_])]
        at_s = due_s[sensor.id]
        if at_s >= start_s + duration_s:
            return
        while report_s <= at_s:
            for reporting in sensors:
                yield streaming(reporting, report_s)
            report_s += 1.0
        right = sensor.side is Side.RIGHT
        stride = stride_at(
            sensor,
            at_s,
            stride_time_s=stride_time_s * chance.gauss(1.0, 0.012),
            contact_time_s=(0.247 if right else 0.239) * (1.0 if running else 2.7) * chance.gauss(1.0, 0.02),
            impact_g=(9.1 if right else 8.3) * (1.0 if running else 0.35) * chance.gauss(1.0, 0.07),
            angle_deg=chance.gauss(11.0 if right else 13.5, 1.5),
            activity=activity,
        )
        due_s[sensor.id] = stride.next_contact_s
        yield Impact(sensor.id, sensor.side, at_s + 0.03, stride.peak_acc_mps2 or 0.0, clipped=False)
        yield stride


def streaming(sensor: Sensor, t_s: float, *, battery_percent: int | None = 81) -> SensorHealth:
    """Report a healthy sensor with a little loss."""
    received = int(t_s * sensor.sampling_rate_hz)
    return SensorHealth(
        sensor_id=sensor.id,
        t_s=t_s,
        state=LinkState.STREAMING,
        rate_hz=sensor.sampling_rate_hz * 0.998,
        received_samples=received,
        lost_samples=received // 800,
        clipped_samples=0,
        battery_percent=battery_percent,
    )


def lost(sensor: Sensor, t_s: float) -> SensorHealth:
    """Report a sensor that went out of reach."""
    received = int(t_s * sensor.sampling_rate_hz)
    return SensorHealth(sensor.id, t_s, LinkState.LOST, None, received, received // 800, 0, 64)
