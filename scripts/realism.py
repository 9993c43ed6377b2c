"""Compare synthetic with real recordings: `python scripts/realism.py ../shared/data`.

Prints a markdown table of the same statistics of both, per site and activity. The real recordings are CSV files with
a sidecar and, where there is one, a truth file, in sub-folders of the given folder.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from footfall_processing.gait import Activity
from footfall_processing.samples import FloatArray
from footfall_processing.session import Side
from footfall_processing.synthetic import (
    Imperfections,
    Leg,
    Runner,
    RunPlan,
    SensorSetup,
    Site,
    run,
    simulate,
    stand,
    walk,
    worn_sensor,
)
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

BANDS_HZ = ((0.5, 5.0), (5.0, 20.0), (20.0, 50.0), (50.0, 100.0))


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """A recording's steady part: acceleration in g, angular rate in degrees a second, and strides where known."""

    group: str
    rate_hz: float
    acc_g: FloatArray
    gyr_dps: FloatArray | None
    strides: Sequence[tuple[int, int | None, int]]
    """First sample of the stride, of its swing (if known) and of the next stride."""
    speed_mps: float | None = None


def real_signals(folder: Path) -> Iterator[Signal]:
    """Read the recordings in the folder, each cut to where its strides are (or to its brisk part)."""
    for path in sorted(folder.glob("*/*.csv")):
        sidecar: dict[str, Any] = json.loads(path.with_suffix(".json").read_text())["sensors"][0]
        truth: dict[str, Any] = json.loads(path.with_suffix(".truth.json").read_text())
        activity = truth.get("activity")
        if activity not in ("walk", "run") or (path.parent.name, activity) == ("pyshoe-vicon", "walk"):
            # Those walks change pace within the recording, with strides of 0.5 to 1.6 m: no like for like.
            continue
        columns = np.genfromtxt(path, delimiter=",", skip_header=1)
        t, acc, gyr = columns[:, 0], columns[:, 1:4], columns[:, 4:7] if columns.shape[1] == 7 else None
        rate = float(sidecar["rate_hz"])
        grid = np.arange(t[0], t[-1], 1.0 / rate)
        acc = np.column_stack([np.interp(grid, t, axis) for axis in acc.T])
        gyr = None if gyr is None else np.column_stack([np.interp(grid, t, axis) for axis in gyr.T])
        known = [s for s in truth.get("strides", []) if s["next_ic_s"] and s["ic_s"] > t[0]]

        def index(s: float | None, first: float = float(t[0]), rate: float = rate) -> int | None:
            return None if s is None else round((s - first) * rate)

        strides = [
            (a, index(s["to_s"]), b)
            for s in known
            if (a := index(s["ic_s"])) is not None and (b := index(s["next_ic_s"])) is not None and b < len(grid)
        ]
        speeds = [s["speed_mps"] for s in known if s["speed_mps"]]
        virtual = " (markers)" if truth.get("virtual") else ""
        yield Signal(
            f"{path.parent.name} {sidecar['placement']} {activity}{virtual}",
            rate,
            acc,
            gyr,
            strides,
            float(np.median(speeds)) if speeds else None,
        )


def synthetic_signals(seed: int) -> Iterator[Signal]:
    """Simulate runners of the same kinds: shoes and shins, walking and running, three strike angles."""
    plans: dict[Activity, list[tuple[float, float]]] = {
        Activity.WALK: [(1.3, 20.0)],
        Activity.RUN: [(speed, strike) for speed in (2.5, 3.5, 4.5) for strike in (16.0, 3.0, -6.0)],
    }
    for activity, cases in plans.items():
        for speed, strike in cases:
            leg = Leg(strike_angle_deg=strike)
            move = walk if activity is Activity.WALK else run
            setups = [
                SensorSetup(
                    worn_sensor(f"{site}-{flaws.strap_hz}", site, Side.RIGHT, acc_range_g=16), site, imperfections=flaws
                )
                for site in (Site.INSTEP, Site.DISTAL_SHANK)
                for flaws in (Imperfections(), Imperfections(strap_hz=None, bandwidth_hz=20.0))
            ]
            traces = simulate(RunPlan((stand(3.0), move(30.0, speed))), Runner(leg, leg), setups, seed)
            for setup, trace in zip(setups, traces.values(), strict=True):
                rate = setup.sensor.sampling_rate_hz
                assert trace.samples.gyr_radps is not None
                seen = "" if setup.imperfections.strap_hz else " (below 20 Hz)"
                yield Signal(
                    f"synthetic {setup.sensor.placement} {activity}{seen}",
                    rate,
                    trace.samples.acc_mps2 / STANDARD_GRAVITY_MPS2,
                    trace.samples.gyr_radps / RADIANS_PER_DEGREE,
                    [
                        (round(s.initial_contact_s * rate), round(s.toe_off_s * rate), round(s.next_contact_s * rate))
                        for s in trace.strides
                        if s.activity is activity
                    ][2:],
                    speed,
                )


def statistics(signal: Signal) -> dict[str, float]:
    """Compute all statistics of one signal; what can't be known is missing."""
    rate = signal.rate_hz
    norm = np.linalg.norm(signal.acc_g, axis=1)
    strides = signal.strides or _strides_by_period(norm, rate)
    inside = slice(strides[0][0], strides[-1][2])
    part = norm[inside]
    out = {} if signal.speed_mps is None else {"speed": signal.speed_mps}
    out["stride time"] = float(np.median([(c - a) / rate for a, _, c in strides]))
    out["acc 5"], out["acc 50"], out["acc 95"] = (float(np.percentile(part, q)) for q in (5, 50, 95))
    out["peak"] = float(np.median([norm[a - 3 : c - 3].max() for a, _, c in strides if a >= 3]))
    power = np.abs(np.fft.rfft(part - part.mean())) ** 2
    frequency = np.fft.rfftfreq(len(part), 1.0 / rate)
    total = power[frequency >= BANDS_HZ[0][0]].sum()
    for low, high in BANDS_HZ:
        if rate / 2.0 >= 0.9 * high:
            band = (frequency >= low) & (frequency < high)
            out[f"{low:g}-{high:g} Hz"] = 100.0 * float(power[band].sum() / total)
    out["repeat"] = _repeat(part, round(out["stride time"] * rate))
    known = [(b - a) / (c - a) for a, b, c in strides if b is not None]
    if known:
        out["stance"] = 100.0 * float(np.median(known))
    if signal.gyr_dps is not None:
        gyr = np.linalg.norm(signal.gyr_dps, axis=1)
        out["gyr 50"], out["gyr 95"] = (float(np.percentile(gyr[inside], q)) for q in (50, 95))
        out["gyr still"] = float(np.median([gyr[a:c].min() for a, _, c in strides]))
        principal = signal.gyr_dps[inside] @ _main_axis(signal.gyr_dps[inside])
        swing = [principal[a - inside.start : c - inside.start] for a, _, c in strides]
        extremes = np.array([(s.min(), s.max()) for s in swing])
        out["gyr forward"], out["gyr back"] = sorted(np.abs(np.median(extremes, axis=0)), reverse=True)
        if " foot run" in signal.group and known:
            pitch = signal.gyr_dps @ _main_axis(signal.gyr_dps[inside])
            instants = np.array([_push_off_ms(pitch, a, b, rate) for a, b, _ in strides if b is not None])
            out["push trough"], out["push half"] = np.median(instants, axis=0)
    return out


def _push_off_ms(pitch: FloatArray, contact: int, toe_off: int, rate_hz: float) -> tuple[float, float]:
    """How long before toe-off the push-off is fastest, and how long after that half of its rate is gone, ms."""
    rate = pitch * -np.sign(pitch[toe_off])
    middle = (contact + toe_off) // 2
    at = middle + int(rate[middle : toe_off + round(0.03 * rate_hz)].argmin())
    half = at + int(np.argmax(rate[at:] > 0.5 * rate[at]))
    return 1e3 * (toe_off - at) / rate_hz, 1e3 * (half - at) / rate_hz


def _main_axis(gyr: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.svd(gyr - gyr.mean(axis=0), full_matrices=False)[2][0])


def _repeat(values: FloatArray, lag: int) -> float:
    """Highest autocorrelation near a lag."""
    x = values - values.mean()
    around = range(max(lag - lag // 8, 1), lag + lag // 8)
    return max(float(np.corrcoef(x[:-k], x[k:])[0, 1]) for k in around)


def _strides_by_period(norm: FloatArray, rate: float) -> list[tuple[int, int | None, int]]:
    """Cut brisk running into equal strides by its period, for recordings without known contacts."""
    brisk = np.convolve(np.abs(norm - 1.0), np.ones(round(5 * rate)) / round(5 * rate), mode="same") > 0.6
    edges = np.flatnonzero(np.diff(brisk.astype(int), prepend=0, append=0))
    spans = edges.reshape(-1, 2)
    first, last = spans[np.argmax(spans[:, 1] - spans[:, 0])]
    x = norm[first:last] - norm[first:last].mean()
    lags = np.arange(round(0.55 * rate), round(1.0 * rate))
    period = int(lags[np.argmax([np.corrcoef(x[:-k], x[k:])[0, 1] for k in lags])])
    return [(a, None, a + period) for a in range(first, last - period, period)]


COLUMNS = {
    "speed": ("speed m/s", "{:.1f}"),
    "stride time": ("stride s", "{:.2f}"),
    "stance": ("stance %", "{:.0f}"),
    "acc 5": ("acc p5 g", "{:.1f}"),
    "acc 50": ("p50", "{:.1f}"),
    "acc 95": ("p95", "{:.1f}"),
    "peak": ("peak per stride g", "{:.1f}"),
    "0.5-5 Hz": ("power % <5 Hz", "{:.0f}"),
    "5-20 Hz": ("5-20", "{:.0f}"),
    "20-50 Hz": ("20-50", "{:.0f}"),
    "50-100 Hz": ("50-100", "{:.0f}"),
    "repeat": ("stride autocorr.", "{:.2f}"),
    "gyr 50": ("gyro p50 °/s", "{:.0f}"),
    "gyr 95": ("p95", "{:.0f}"),
    "gyr still": ("least per stride", "{:.0f}"),
    "gyr forward": ("pitch rate, larger peak", "{:.0f}"),
    "gyr back": ("smaller peak", "{:.0f}"),
    "push trough": ("push-off fastest, ms before toe-off", "{:.0f}"),
    "push half": ("half gone, ms later", "{:.0f}"),
}


def table(signals: list[Signal]) -> str:
    """Write one row a group: the median over its recordings, and the range where there are several."""
    groups: dict[str, list[dict[str, float]]] = {}
    for signal in signals:
        groups.setdefault(signal.group, []).append(statistics(signal))
    lines = [
        "| recordings | n | " + " | ".join(title for title, _ in COLUMNS.values()) + " |",
        "| --- | --- |" + " --- |" * len(COLUMNS),
    ]
    for group, rows in sorted(groups.items(), key=lambda item: (_kind(item[0]), item[0])):
        cells = []
        for key, (_, form) in COLUMNS.items():
            values = [row[key] for row in rows if key in row]
            if not values:
                cells.append("")
                continue
            low, middle, high = (form.format(v) for v in (min(values), float(np.median(values)), max(values)))
            cells.append(middle if low == high else f"{middle} ({low} to {high})")
        lines.append(f"| {group} | {len(rows)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _kind(group: str) -> str:
    return " ".join(group.split()[1:3])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Compare synthetic with real recordings.")
    parser.add_argument("data", type=Path, help="folder of the real recordings, such as ../shared/data")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(table([*real_signals(arguments.data), *synthetic_signals(arguments.seed)]))


if __name__ == "__main__":
    main()
