"""Make the recordings of `recordings/` and their truth: `python scripts/make_recordings.py recordings`.

Each comes from the synthetic runner by a plan, a runner and a seed that stand below, as a gateway would have recorded
it: packets of the Footfall profile with their arrival times. Files that exist are replaced.
"""

import argparse
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from footfall_gateway.devices import footfall
from footfall_gateway.packets import SYNTHETIC_ADDRESSES, RawPacket, RecordedSensor, RecordingHeader
from footfall_gateway.recordings.decoding import decode_packets
from footfall_gateway.recordings.recording import RecordingWriter
from footfall_processing.session import Session, Side
from footfall_processing.synthetic import (
    HARD_SHOE,
    SOFT_SHOE,
    Imperfections,
    Leg,
    Loss,
    Runner,
    RunPlan,
    SensorSetup,
    SensorTrace,
    Site,
    StrideTruth,
    run,
    simulate,
    stand,
    walk,
    walk_backward,
    worn_sensor,
)
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

SOFTWARE: Final = "Footfall synthetic runner"
STARTED_UTC: Final = datetime(2026, 5, 3, 7, 30, tzinfo=UTC)

# A radio delivers no earlier than this, and then at connection events of this interval, now and then late.
_LATENCY_S, _CONNECTION_INTERVAL_S, _LATE_S = 0.008, 0.015, 0.006


@dataclass(frozen=True, slots=True)
class Entry:
    """One recording: its name, what happens in it, and how it is made."""

    name: str
    story: str
    plan: RunPlan
    runner: Runner
    setups: tuple[SensorSetup, ...]
    seed: int

    @property
    def header(self) -> RecordingHeader:
        """What the recording says of itself."""
        sensors = tuple(setup.sensor for setup in self.setups)
        session = Session(f"synthetic-{self.name}", STARTED_UTC, sensors, SOFTWARE)
        recorded = tuple(
            RecordedSensor(sensor, footfall.NAME, address=f"{SYNTHETIC_ADDRESSES}{k:02X}", name=f"Footfall {sensor.id}")
            for k, sensor in enumerate(sensors, start=1)
        )
        return RecordingHeader(session, recorded)


def _worn(
    site: Site,
    side: Side,
    mount_rotation_deg: tuple[float, float, float],
    *,
    acc_range_g: float = 16.0,
    clock_ppm: float = 0.0,
    loss: Loss | None = None,
) -> SensorSetup:
    sensor = worn_sensor(f"{site.placement}-{side}", site, side, acc_range_g=acc_range_g)
    return SensorSetup(
        sensor,
        site,
        mount_rotation_deg,
        Imperfections(clock_ppm=clock_ppm, jitter_s=2e-5),
        loss or Loss(),
        footfall.samples_per_packet(has_gyro=True),
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two sensors strapped on as they came to hand."""

    left: tuple[float, float, float] = (5.0, -28.0, 12.0)
    right: tuple[float, float, float] = (-4.0, -24.0, 171.0)
    sites: tuple[Site, Site] = (Site.INSTEP, Site.INSTEP)
    acc_range_g: float = 16.0
    loss: tuple[Loss, Loss] = field(default_factory=lambda: (Loss(), Loss()))

    def setups(self) -> tuple[SensorSetup, ...]:
        """Return both sensors; their clocks run apart by a little."""
        return (
            _worn(
                self.sites[0],
                Side.LEFT,
                self.left,
                acc_range_g=self.acc_range_g,
                clock_ppm=11.0,
                loss=self.loss[0],
            ),
            _worn(
                self.sites[1],
                Side.RIGHT,
                self.right,
                acc_range_g=self.acc_range_g,
                clock_ppm=-17.0,
                loss=self.loss[1],
            ),
        )


SHOES: Final = _Pair(acc_range_g=32.0)
_SHINS: Final = _Pair((0.0, 8.0, 25.0), (3.0, 172.0, -20.0), (Site.DISTAL_SHANK, Site.DISTAL_SHANK), 32.0)

ENTRIES: Final = (
    Entry(
        "rearfoot-runner",
        "Stands, walks, then runs at rising speed (2.4 to 3.9 m/s); the left leg lands harder as it tires. "
        "The demo plays this one.",
        RunPlan((stand(6), walk(16, 1.3), run(30, 2.4, 2.8), run(40, 2.8, 3.4), run(20, 3.4, 3.9), stand(8))),
        Runner(
            left=Leg(strike_angle_deg=16.0, landing_factor=1.02, fatigue_landing_per_min=0.25),
            right=Leg(strike_angle_deg=14.0, fatigue_landing_per_min=0.03),
        ),
        SHOES.setups(),
        seed=2026,
    ),
    Entry(
        "forefoot-runner",
        "A light-footed runner who lands on the ball of the foot at 3.2 and 4.2 m/s, with a stop between.",
        RunPlan((stand(5), run(35, 3.2), stand(6), run(30, 4.2), stand(6))),
        Runner(
            left=Leg(strike_angle_deg=-8.0, toe_out_deg=4.0),
            right=Leg(strike_angle_deg=-6.5, toe_out_deg=5.0),
            cadence_spm=176.0,
        ),
        SHOES.setups(),
        seed=31,
    ),
    Entry(
        "walk-run-intervals",
        "Walks and runs in turn, steps backwards once, as in a return-to-running programme.",
        RunPlan(
            (
                stand(5),
                walk(14, 1.4),
                run(16, 2.6),
                walk(12, 1.5),
                run(16, 3.0),
                stand(6),
                walk_backward(10, 0.8),
                stand(5),
                run(14, 2.8),
                walk(8, 1.2),
            )
        ),
        Runner(left=Leg(strike_angle_deg=5.0), right=Leg(strike_angle_deg=4.0)),
        SHOES.setups(),
        seed=47,
    ),
    Entry(
        "tired-runner",
        "Runs at 3.0 m/s while tiring unevenly: the right leg stays longer on the ground, lands ever harder and "
        "flatter. One sensor on the right shoe, one on the right shin.",
        RunPlan((stand(6), run(100, 3.0), stand(6))),
        Runner(
            left=Leg(strike_angle_deg=13.0),
            right=Leg(
                strike_angle_deg=12.0,
                landing_factor=1.05,
                contact_factor=1.06,
                fatigue_landing_per_min=0.25,
                fatigue_strike_deg_per_min=4.0,
            ),
            cadence_spm=160.0,
        ),
        (
            _worn(Site.INSTEP, Side.RIGHT, (0.0, -25.0, 95.0), acc_range_g=32.0, clock_ppm=6.0),
            _worn(Site.DISTAL_SHANK, Side.RIGHT, (178.0, 0.0, 15.0), acc_range_g=32.0, clock_ppm=-9.0),
        ),
        seed=59,
    ),
    Entry(
        "shin-pair",
        "A rearfoot runner with hard shoes and high impact; sensors on both shins, at 2.8 and 3.6 m/s.",
        RunPlan((stand(6), walk(10, 1.3), run(35, 2.8), run(30, 3.6), stand(6))),
        Runner(
            left=Leg(strike_angle_deg=20.0, landing_factor=1.1),
            right=Leg(strike_angle_deg=18.0),
            shoe=HARD_SHOE,
            cadence_spm=158.0,
        ),
        _SHINS.setups(),
        seed=73,
    ),
    Entry(
        "lossy-link",
        "A bad radio link: 3 and 10 % of the packets are lost in bursts. The sensors clip at 8 g.",
        RunPlan((stand(5), walk(10, 1.3), run(60, 3.3), stand(5))),
        Runner(shoe=SOFT_SHOE.stiffened(1.3)),
        replace(SHOES, acc_range_g=8.0, loss=(Loss(0.03, 3.0), Loss(0.10, 5.0))).setups(),
        seed=97,
    ),
)


def recorded_packets(entry: Entry) -> tuple[list[RawPacket], dict[str, list[dict[str, Any]]]]:
    """Simulate an entry; return its packets in order of arrival, and the truth per sensor on the recording's axis."""
    traces = simulate(entry.plan, entry.runner, entry.setups, entry.seed)
    packets, truth = [], {}
    for k, trace in enumerate(traces.values()):
        arrived = _packets(trace, np.random.default_rng((entry.seed, k)), device_start_s=21.7 + 40.9 * k)
        packets += arrived
        place = _axis(entry, trace, arrived)
        truth[trace.setup.sensor.id] = [_truth(stride, place) for stride in trace.strides]
    packets.sort(key=lambda packet: (packet.received_s, packet.sensor_id))
    return packets, truth


def _packets(trace: SensorTrace, rng: np.random.Generator, device_start_s: float) -> list[RawPacket]:
    sensor, samples = trace.setup.sensor, trace.samples
    assert sensor.acc_range_mps2 is not None
    assert sensor.gyro_range_radps is not None
    assert samples.gyr_radps is not None
    acc = np.rint(samples.acc_mps2 * (footfall.CODES / sensor.acc_range_mps2)).astype(np.int16)
    gyr = np.rint(samples.gyr_radps * (footfall.CODES / sensor.gyro_range_radps)).astype(np.int16)
    clock = 1.0 + trace.setup.imperfections.clock_ppm * 1e-6
    size = trace.setup.samples_per_packet
    packets, before_s = [], 0.0
    late_s = rng.exponential(_LATE_S, len(samples.packet_lost))
    for k, lost in enumerate(samples.packet_lost):
        rows = slice(k * size, (k + 1) * size)
        t_s = samples.t_s[rows]
        sent_s = float(t_s[-1]) / clock + _LATENCY_S + late_s[k]
        event_s = np.ceil(sent_s / _CONNECTION_INTERVAL_S) * _CONNECTION_INTERVAL_S
        before_s = max(round(float(event_s), 6), before_s + 1e-4)
        if lost:
            continue
        data = footfall.encode_samples(
            footfall.SamplesPacket(
                sequence=k & 0xFFFF,
                device_time_us=round((device_start_s + float(t_s[0])) * 1e6),
                interval_ns=round(1e9 / sensor.sampling_rate_hz),
                acc_range_g=round(sensor.acc_range_mps2 / STANDARD_GRAVITY_MPS2),
                gyro_range_dps=round(sensor.gyro_range_radps / RADIANS_PER_DEGREE),
                acc=acc[rows],
                gyr=gyr[rows],
            )
        )
        packets.append(RawPacket(before_s, sensor.id, footfall.SAMPLES, data))
    return packets


def _axis(entry: Entry, trace: SensorTrace, arrived: list[RawPacket]) -> Callable[[float], float]:
    """Return what places an instant of the simulation on the axis that decoding gives the sensor's packets.

    A decoder goes by when packets arrive, and corrects itself as it learns how late the first ones were.
    """
    size = trace.setup.samples_per_packet
    own_s = trace.samples.t_s[::size][~trace.samples.packet_lost]
    decoded_s = np.concatenate([block.t_s for block in decode_packets(entry.header, arrived)])[::size]
    return lambda instant_s: instant_s + float(np.interp(instant_s, own_s, decoded_s - own_s))


def _truth(stride: StrideTruth, place: Callable[[float], float]) -> dict[str, Any]:
    axial = stride.peak_axial_acc_mps2
    return {
        "side": stride.side.value,
        "activity": stride.activity.value,
        "backward": stride.backward,
        "initial_contact_s": round(place(stride.initial_contact_s), 5),
        "toe_off_s": round(place(stride.toe_off_s), 5),
        "next_contact_s": round(place(stride.next_contact_s), 5),
        "peak_acc_g": round(stride.peak_acc_mps2 / STANDARD_GRAVITY_MPS2, 3),
        "peak_tibial_acc_g": None if axial is None else round(axial / STANDARD_GRAVITY_MPS2, 3),
        "foot_strike_angle_deg": round(stride.strike_angle_rad / RADIANS_PER_DEGREE, 2),
        "strike": stride.strike.value,
        "stride_length_m": round(stride.stride_length_m, 4),
        "speed_mps": round(stride.speed_mps, 4),
        "shank_tilt_deg": _degrees(stride.shank_tilt_rad),
        "pronation_excursion_deg": _degrees(stride.eversion_rad),
    }


def _degrees(angle_rad: float | None) -> float | None:
    return None if angle_rad is None else round(angle_rad / RADIANS_PER_DEGREE, 2)


def write(entry: Entry, folder: Path) -> str:
    """Write a recording and its truth; return its row of the table in the README."""
    path, truth_path = folder / f"{entry.name}.mcap", folder / f"{entry.name}.truth.json"
    path.unlink(missing_ok=True)
    packets, truth = recorded_packets(entry)
    with RecordingWriter(path, entry.header, batch_interval_s=5.0, sync_interval_s=60.0) as writer:
        for packet in packets:
            writer.write(packet)
    about = {
        "recording": path.name,
        "source": "synthetic, exact by construction: recordings/README.md",
        "licence": "CC0-1.0",
        "seed": entry.seed,
    }
    per_sensor = ",\n".join(
        f'  "{sensor_id}": [\n' + ",\n".join(f"   {json.dumps(stride)}" for stride in strides) + "\n  ]"
        for sensor_id, strides in truth.items()
    )
    text = json.dumps(about, indent=1).removesuffix("\n}") + f',\n "sensors": {{\n{per_sensor}\n }}\n}}\n'
    truth_path.write_text(text, encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sensors = ", ".join(setup.sensor.id for setup in entry.setups)
    rate = f"{entry.setups[0].sensor.sampling_rate_hz:.0f} Hz"
    return (
        f"| [{path.name}]({path.name}) | {sensors} | {rate} | {entry.plan.duration_s:.0f} s | {entry.story} "
        f"| {entry.seed} | `{digest}` |"
    )


README: Final = """\
# Recordings

Synthetic runs in Footfall's own format (`docs/recording-format.md`), to try everything without hardware and to test
with exact truth. Nobody was recorded: they are made by `python scripts/make_recordings.py recordings`, each from a
plan, a runner and a seed. Licence: CC0-1.0.

| file | sensors | rate | length | what happens | seed | SHA-256 |
| --- | --- | --- | --- | --- | --- | --- |
{rows}

Each has a `.truth.json` with every stride of each sensor: contacts, toe-off, peaks at 2 kHz before the sensor's
filter and range, strike angle and class, stride length and speed, tilt of the shank at contact, pronation excursion:
on the recording's axis and in the units of `footfall analyze --json`. Stands, and the steps into and out of them, are
not listed as strides.

How the signals come about: `processing/footfall_processing/synthetic/`. How close they are to real ones, and where
they are not: [docs/validation/synthetic-realism.md](../docs/validation/synthetic-realism.md).
"""


def main() -> None:
    """Write all recordings and the README."""
    parser = argparse.ArgumentParser(description="Make the synthetic recordings and their truth.")
    parser.add_argument("folder", type=Path, help="where to write them, such as recordings")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    rows = "\n".join(write(entry, folder) for entry in ENTRIES)
    (folder / "README.md").write_text(README.format(rows=rows), encoding="utf-8")


if __name__ == "__main__":
    main()
