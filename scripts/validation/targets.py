"""The targets that were set for the signal processing, and what is measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from validation import conditions
from validation.agreement import Agreement
from validation.comparison import Comparison, Pair
from validation.conditions import SPEEDS_MPS, Condition
from validation.measures import BY_NAME, Share, is_forward, pairs_of, same_class, same_rearfoot
from validation.references import FORCE_PLATE, Group
from validation.tables import table
from validation.unseen import runners

RUNNING: Final = (*FORCE_PLATE["foot"], *FORCE_PLATE["shank"], "rbds-noforce-foot", "rbds-noforce-shank", "pyshoe-run")
RUNNING_ONLY: Final = ("adept-run", "wmf-run")
"""Without reference strides, but the runner ran."""


@dataclass(frozen=True, slots=True)
class Row:
    """One target; `reached` for each of its parts."""

    of: str
    target: str
    measured: str
    reached: tuple[bool, ...]

    @property
    def verdict(self) -> str:
        """In a word."""
        return "yes" if all(self.reached) else "in part" if any(self.reached) else "**no**"


def section(synthetic: Sequence[Comparison], groups: Sequence[Group]) -> str:
    """Write the table, and what limits the references."""
    by_name = {group.name: group for group in groups}
    rows = [*_people(by_name), *_synthetic(synthetic)]
    cells = [(row.of, row.target, row.measured, row.verdict) for row in rows]
    return (
        "## Targets\n\nWhat the project set out to reach. Angles, lengths and events as above; MAE is the mean size of "
        "the differences, RMSE their root mean square. Targets on speed and latency are "
        "measured by `benchmarks/`.\n\n"
        + table(("recordings", "target", "measured", "reached"), cells)
        + "\n"
        + _weak(by_name)
    )


def _people(groups: dict[str, Group]) -> Iterator[Row]:
    present = [groups[name] for name in RUNNING if name in groups]
    yield _found("all running", present, 0.99, 0.997)
    if "pyshoe-run" in groups:
        group = groups["pyshoe-run"]
        yield _found("pyshoe-run", [group], 0.98, 0.99)
        length, speed = (_agreement(group, name).rmse for name in ("stride_length_m", "speed_mps"))
        yield Row(
            "pyshoe-run",
            "RMSE: length ≤ 0.05 m, speed ≤ 0.07 m/s",
            f"{length / 100.0:.4f} m, {speed:.4f} m/s",
            (length <= 5.0, speed <= 0.07),
        )
    for site, bias_ms, sd_ms, mae_ms in (("foot", 8.0, 6.0, 11.0), ("shank", 10.0, 12.0, 16.0)):
        for group in (groups[name] for name in FORCE_PLATE[site] if name in groups):
            yield _contact(group, bias_ms, sd_ms)
            duration = _agreement(group, "contact_time_s")
            parts = [("MAE", duration.mae, mae_ms)]
            if site == "foot":
                parts.insert(0, ("\\|bias\\|", abs(duration.bias), 10.0))
            yield _limits(group.name, "contact time", "ms", parts)
    for name in (*FORCE_PLATE["foot"], "rbds-noforce-foot"):
        if name in groups:
            angle = _agreement(groups[name], "foot_strike_angle_deg")
            yield _limits(name, "foot angle", "°", [("MAE", angle.mae, 2.5)])
            share = same_rearfoot(_pairs(groups[name]))
            yield Row(name, "rearfoot or not ≥ 0.92", str(share), (_at_least(share, 0.92),))
    angles = runners(list(groups.values()), "foot", BY_NAME["foot_strike_angle_deg"])
    if angles is not None:
        worst = max(map(abs, angles.left_out.values()))
        yield Row(
            "foot, force plate", "foot angle on a runner left out ≤ 4°", f"bias up to {worst:.1f}°", (worst <= 4.0,)
        )
    yield from _between_runners(groups)
    if "wmf-run" in groups:
        windows = groups["wmf-run"].windows
        yield _limits("wmf-run", "cadence", "steps/min", [("MAE", windows.cadence_spm.mae, 0.3)], decimals=2)
        yield _limits("wmf-run", "contact time against Stryd", "ms", [("MAE", windows.contact_time_ms.mae, 20.0)])
    if "adept-run" in groups:
        cadence = groups["adept-run"].windows.cadence_spm
        yield _limits("adept-run", "cadence, steady windows", "steps/min", [("MAE", cadence.mae, 0.2)], decimals=2)
    if "gaitmap-walk" in groups:
        group = groups["gaitmap-walk"]
        yield _found("gaitmap-walk", [group], 0.99, 0.99)
        yield _contact(group, 8.0, 6.0)
        yield _limits("gaitmap-walk", "contact time", "ms", [("MAE", _agreement(group, "contact_time_s").mae, 12.0)])
    share = _walk_or_run(groups)
    yield Row("all with a reference", "walk or run ≥ 0.998", str(share), (_at_least(share, 0.998),))


def _between_runners(groups: dict[str, Group]) -> Iterator[Row]:
    """How the runners of one source differ from one another."""
    for site, name, between, worst, mae in (
        ("foot", "initial_contact_s", 5.0, 10.0, None),
        ("foot", "contact_time_s", 6.0, 12.0, 9.0),
        ("foot", "foot_strike_angle_deg", 2.5, 5.0, 2.5),
        ("shank", "contact_time_s", None, 14.0, None),
    ):
        group, measure = groups.get(f"hamloop-{site}"), BY_NAME[name]
        found = None if group is None else runners([group], site, measure)
        if group is not None and found is not None:
            parts = [("SD between runners", found.between, between), ("worst", abs(found.worst), worst)]
            parts.append(("MAE", _agreement(group, name).mae, mae))
            limited = [(label, value, limit) for label, value, limit in parts if limit is not None]
            yield _limits(group.name, measure.label.lower(), measure.unit, limited)


def _synthetic(synthetic: Sequence[Comparison]) -> Iterator[Row]:
    with_gyro = [c for c in synthetic if c.sensor.has_gyro]
    peaks = BY_NAME["peak_tibial_acc_g"].agreement(pairs_of(with_gyro, "run"))
    yield Row(
        "synthetic, 200 Hz",
        "peak tibial acceleration within 5 %",
        f"bias {peaks.bias:.1f} %, MAE {peaks.mae:.1f} %".replace("-", "−"),
        (peaks.mae <= 5.0,),
    )
    flags = [
        "acc_clipped" in pair.found["quality"]
        for c in with_gyro
        for pair in c.pairs
        if c.raw.clips(pair.true["initial_contact_s"], pair.true["next_contact_s"])
    ]
    clipped = Share(sum(flags), len(flags))
    yield Row("synthetic", "every clip flagged", str(clipped), (_at_least(clipped, 1.0),))
    found = true = false = total = 0
    for c in with_gyro:
        missed = {stride["initial_contact_s"] for stride in c.missed}
        ours = [
            s["initial_contact_s"] in missed
            for s in c.true
            if is_forward(s, "run") and not c.raw.has_gap(s["initial_contact_s"], s["next_contact_s"])
        ]
        found, true = found + ours.count(False), true + len(ours)
        false += sum(stride["activity"] == "run" for stride in c.false)
        total += sum(stride["activity"] == "run" for stride in c.found)
    yield _strikes("synthetic recordings, strides without lost samples", Share(found, true), Share(false, total))
    yield from _conditions()


def _conditions() -> Iterator[Row]:
    """Runs made for this table: 2 to 6 m/s, rear-, mid- and forefoot strikes, mounted at random."""
    runs = [
        (Condition("all samples"), SPEEDS_MPS, 30.0),
        (Condition("5 % of packets lost", loss=0.05), SPEEDS_MPS, 40.0),
        (Condition("10 % of packets lost", loss=0.10), SPEEDS_MPS, 40.0),
        (Condition("10 % uphill", grade=0.1), (2.5, 4.0), 30.0),
        (Condition("10 % downhill", grade=-0.1), (2.5, 4.0), 30.0),
        (Condition("in a circle of 8 m", turn_radius_m=8.0), (2.5, 4.0), 30.0),
    ]
    for condition, speeds_mps, run_s in runs:
        results = list(conditions.sensed(condition, speeds_mps=speeds_mps, run_s=run_s))
        for site in conditions.SITES:
            counts = conditions.strikes(r for r in results if r.trace.setup.sensor.id == site)
            recall, wrong = Share(counts.hits, counts.true), Share(counts.false, counts.found)
            yield _strikes(f"synthetic {site}, {condition.name}", recall, wrong)
    for rate_hz, within in ((200.0, 5.0), (400.0, 2.0)):
        off = conditions.peak_errors_percent(
            conditions.sensed(Condition("peaks", rate_hz=rate_hz), ["shank"], run_s=15.0)
        )
        yield Row(
            f"synthetic shank, {rate_hz:.0f} Hz, 2 to 6 m/s",
            f"peak tibial acceleration within {within:g} %",
            f"bias {off.mean():.1f} %, MAE {np.abs(off).mean():.1f} %".replace("-", "−"),
            (bool(np.abs(off).mean() <= within),),
        )
    for site in conditions.SITES:
        for gyro in (True, False):
            after_s = conditions.alignment_s(site, gyro=gyro)
            yield Row(
                f"synthetic {site}{'' if gyro else ', accelerometer only'}, begun amid a run",
                "alignment known within 5 s",
                f"median {np.median(after_s):.1f} s, worst {max(after_s):.1f} s of {len(after_s)}",
                (max(after_s) <= 5.0,),
            )


def _strikes(of: str, recall: Share, wrong: Share) -> Row:
    reached = (_at_least(recall, 0.995), wrong.count <= 0.001 * wrong.of)
    return Row(of, "strikes found ≥ 0.995, false ≤ 0.001", f"{recall}, {wrong}", reached)


def _weak(groups: dict[str, Group]) -> str:
    parts = ["### Where the reference is too weak for its target\n"]
    if "pyshoe-run" in groups:
        group = groups["pyshoe-run"]
        missed = [(c, s["initial_contact_s"]) for c in group.comparisons for s in c.missed]
        near = sum(min((abs(f["initial_contact_s"] - t) for f in c.found), default=1.0) <= 0.25 for c, t in missed)
        strides = _true([group])
        offset = BY_NAME["initial_contact_s"].agreement(_pairs(group))
        parts.append(
            f"- **pyshoe**: its contact is the instant the foot becomes slower than 0.8 m/s, not the landing; Footfall "
            f"stands {_signed(offset.bias, 0)} ± {offset.sd:.0f} ms from it, within a tolerance of 100 ms. Of "
            f"{len(missed)} strides not found, {near} have one of Footfall's within 250 ms. With {strides} "
            f"strides, each moves recall by {1.0 / strides:.3f}: a recall within two strides of its target says no "
            "more than that it is near. Timing of events can't be read from it at all; length and speed can."
        )
    if "wmf-run" in groups:
        windows = groups["wmf-run"].windows
        moved = windows.shifted_cadence_spm
        parts.append(
            "- **wmf, cadence**: the reference is another pod whose clock was stretched by 3 % and moved until the "
            f"cadences fitted, over {windows.cadence_spm.n} windows. MAE with the windows moved, as an error of that "
            f"fit would move them:{_moved(moved)} One stride that enters or leaves a window at a change of pace is "
            f"felt. The best of these shifts gives {_least(moved):.2f}; a best picked out of nine on so few windows "
            "flatters. The fit of the clocks may account for that much of it, and is not shown to account for "
            "all of it. No shift is applied."
        )
        parts.append(
            f"- **wmf, contact time**: Footfall reads {_signed(windows.contact_time_ms.bias, 0)} ms against the Stryd, "
            "steadily. The pod's own bias against a force plate is unknown, and it smooths. Against force plates "
            "Footfall's bias is in the table above; it is not bent to another device."
        )
    if "adept-run" in groups:
        windows = groups["adept-run"].windows
        parts.append(
            "- **adept, cadence**: the step rate comes from a sensor on the hip, by another step finder. MAE with the "
            f"windows moved:{_moved(windows.shifted_cadence_spm)} The best of these gives "
            f"{_least(windows.shifted_cadence_spm):.2f}, so a shift of the clocks explains little. The bias is "
            f"{_signed(windows.cadence_spm.bias, 2)} steps/min: what is left is scatter between two finders, and one "
            "reference can't tell which of the two errs."
        )
        parts.append(_label_of_adept(groups["adept-run"]))
    return "\n".join(parts) + "\n"


def _moved(shifted: Mapping[float, Agreement]) -> str:
    return " " + ", ".join(f"{result.mae:.2f} ({_signed(s, 2)} s)" for s, result in shifted.items()) + "."


def _least(shifted: Mapping[float, Agreement]) -> float:
    return min(result.mae for result in shifted.values())


def _label_of_adept(group: Group) -> str:
    walked = [(c, s["initial_contact_s"]) for c in group.comparisons for s in c.found if s["activity"] != "run"]
    in_steady = sum(any(a <= at_s < b for a, b in group.windows.steady_s[c.recording]) for c, at_s in walked)
    return (
        "- **adept, walk or run**: the whole recording is labelled as running, its stops included. Of Footfall's "
        f"{sum(len(c.found) for c in group.comparisons)} strides {len(walked)} are walking, {in_steady} of them in the "
        "windows that the reference calls steady. What the runner did in the others is not known."
    )


def _pairs(group: Group) -> list[Pair]:
    return [pair for comparison in group.comparisons for pair in comparison.pairs]


def _true(groups: Sequence[Group]) -> int:
    return sum(len(c.true) for group in groups for c in group.comparisons)


def _agreement(group: Group, name: str) -> Agreement:
    return BY_NAME[name].agreement(_pairs(group))


def _found(of: str, groups: Sequence[Group], recall: float, precision: float) -> Row:
    hits = sum(len(_pairs(group)) for group in groups)
    false = sum(len(c.false) for group in groups for c in group.comparisons)
    found, right = Share(hits, _true(groups)), Share(hits, hits + false)
    return Row(
        of,
        f"recall ≥ {recall}, precision ≥ {precision}",
        f"{found}, {right}",
        (_at_least(found, recall), _at_least(right, precision)),
    )


def _contact(group: Group, bias_ms: float, sd_ms: float) -> Row:
    contact = _agreement(group, "initial_contact_s")
    parts = [("\\|bias\\|", abs(contact.bias), bias_ms), ("SD", contact.sd, sd_ms)]
    return _limits(group.name, "initial contact", "ms", parts, decimals=2)


def _limits(of: str, what: str, unit: str, parts: Sequence[tuple[str, float, float]], decimals: int = 1) -> Row:
    """One row out of (statistic, measured, at most)."""
    target = ", ".join(f"{name} ≤ {most:g}" for name, _, most in parts)
    measured = ", ".join(f"{value:.{decimals}f}" for _, value, _ in parts)
    return Row(of, f"{what}: {target} {unit}", f"{measured} {unit}", tuple(value <= most for _, value, most in parts))


def _walk_or_run(groups: dict[str, Group]) -> Share:
    shares = [same_class(_pairs(group), "activity") for group in groups.values()]
    for group in (groups[name] for name in RUNNING_ONLY if name in groups):
        strides = [stride for c in group.comparisons for stride in c.found]
        shares.append(Share(sum(stride["activity"] == "run" for stride in strides), len(strides)))
    return Share(sum(share.count for share in shares), sum(share.of for share in shares))


def _at_least(share: Share, least: float) -> bool:
    return share.count >= least * share.of


def _signed(value: float, decimals: int) -> str:
    return f"{value:+.{decimals}f}".replace("-", "−")
