"""The document's pictures: Bland–Altman plots, and strides with their events."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from footfall_processing.samples import FloatArray, ImuBlock
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2
from validation.agreement import agreement
from validation.comparison import Comparison, Pair, analyzed, compare_recording
from validation.measures import BY_NAME

BLUE, ORANGE, GREY = "#1f5fa8", "#c2561a", "#666666"

PLOTTED: Final = (
    ("foot", "contact_time_s", "Contact time, foot", "ms", 1e3),
    ("shank", "contact_time_s", "Contact time, shank", "ms", 1e3),
    ("foot", "foot_strike_angle_deg", "Foot strike angle", "°", 1.0),
    ("foot", "stride_length_m", "Stride length", "m", 1.0),
    ("foot", "speed_mps", "Speed", "m/s", 1.0),
    ("shank", "peak_tibial_acc_g", "Peak tibial acceleration", "g", 1.0),
)
COLUMNS: Final = 3


@contextmanager
def _style() -> Iterator[None]:
    """Plain looks; and the same input gives the same bytes: no random ids, text as text."""
    with mpl.rc_context():
        plt.rc("svg", hashsalt="footfall", fonttype="none")
        plt.rc("font", size=9)
        plt.rc("axes", grid=True)
        plt.rc("axes.spines", top=False, right=False)
        plt.rc("grid", alpha=0.3)
        plt.rc("legend", frameon=False)
        yield


def bland_altman(sites: Mapping[str, Sequence[Pair]], path: Path) -> None:
    """Difference against mean of both, for running, from the pairs of each site; what has none is left out."""
    paired = [
        (plotted, [pair for pair in sites[plotted[0]] if BY_NAME[plotted[1]].error(pair) is not None])
        for plotted in PLOTTED
    ]
    shown = [(plotted, pairs) for plotted, pairs in paired if pairs]
    rows = -(-len(shown) // COLUMNS)
    with _style():
        figure, axes = plt.subplots(rows, COLUMNS, figsize=(11.0, 3.1 * rows), squeeze=False)
        for axis in axes.flat[len(shown) :]:
            axis.set_axis_off()
        for axis, ((_, name, label, unit, scale), pairs) in zip(axes.flat, shown, strict=False):
            true = scale * np.array([pair.true[name] for pair in pairs], float)
            found = scale * np.array([pair.found[name] for pair in pairs], float)
            _bland_altman(axis, true, found)
            axis.set_title(f"{label}, n = {len(pairs)}", loc="left", fontsize=9)
            axis.set_xlabel(f"mean of both [{unit}]")
            axis.set_ylabel(f"Footfall − reference [{unit}]")
        figure.tight_layout()
        figure.savefig(path, dpi=80, metadata={"Software": None})
        plt.close(figure)


def _bland_altman(axis: Axes, true: FloatArray, found: FloatArray) -> None:
    difference = found - true
    axis.plot(0.5 * (true + found), difference, ".", color=BLUE, alpha=0.35, markersize=4, markeredgewidth=0)
    limits = agreement(difference.tolist())
    axis.axhline(0.0, color=GREY, linewidth=0.8)
    axis.axhline(limits.bias, color=ORANGE, linewidth=1.2)
    for limit in (limits.lower, limits.upper):
        axis.axhline(limit, color=ORANGE, linewidth=1.0, linestyle="--")
    largest = max(np.abs(difference).max(initial=0.0), abs(limits.lower), abs(limits.upper))
    axis.set_ylim(-1.15 * largest, 1.15 * largest)


def example_strides(recording: Path, path: Path) -> None:
    """Acceleration and angular rate of two running strides, foot above shank, with true and found events."""
    comparisons = compare_recording(recording)
    sensors, blocks, _ = analyzed([recording])
    with _style():
        figure, axes = plt.subplots(2, len(sensors), figsize=(11.0, 5.2), sharex="col", squeeze=False)
        for column, comparison in enumerate(comparisons):
            own = [block for block in blocks if block.sensor_id == comparison.sensor.id]
            _example(axes[0, column], axes[1, column], comparison, own)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=4)
        figure.tight_layout(rect=(0.0, 0.05, 1.0, 1.0))
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def _example(force: Axes, rate: Axes, comparison: Comparison, blocks: Sequence[ImuBlock]) -> None:
    running = [pair for pair in comparison.pairs if pair.true["activity"] == "run"]
    middle = len(running) // 2
    shown = running[middle : middle + 2]
    begin_s, end_s = shown[0].true["initial_contact_s"] - 0.15, shown[-1].true["next_contact_s"] + 0.15
    t_s = np.concatenate([block.t_s for block in blocks])
    acc_g = np.concatenate([block.acc_mps2 for block in blocks]) / STANDARD_GRAVITY_MPS2
    gyr_dps = np.concatenate([block.gyr_radps for block in blocks if block.gyr_radps is not None]) / RADIANS_PER_DEGREE
    inside = (t_s >= begin_s) & (t_s <= end_s)
    time_s = t_s[inside] - shown[0].true["initial_contact_s"]
    force.plot(time_s, np.linalg.norm(acc_g[inside], axis=1), color=GREY, linewidth=1.0)
    for k, shade in enumerate(("0.15", "0.45", "0.7")):
        rate.plot(time_s, gyr_dps[inside, k], color=shade, linewidth=0.9)
    for which, style in (("true", "-"), ("found", "--")):
        for name, color in (("initial_contact_s", ORANGE), ("toe_off_s", BLUE)):
            events = [getattr(pair, which)[name] for pair in shown] + (
                [getattr(shown[-1], which)["next_contact_s"]] if name == "initial_contact_s" else []
            )
            for axis in (force, rate):
                for k, event_s in enumerate(events):
                    label = f"{name.removesuffix('_s').replace('_', ' ')}, {which}" if k == 0 else None
                    at_s = event_s - shown[0].true["initial_contact_s"]
                    axis.axvline(at_s, color=color, linestyle=style, linewidth=1.1, label=label)
    force.set_title(f"{comparison.recording}, {comparison.sensor.id}", loc="left", fontsize=9)
    force.set_ylabel("resultant acceleration [g]")
    rate.set_ylabel("angular rate, sensor axes [°/s]")
    rate.set_xlabel("time since initial contact [s]")
