"""The one table at the top: what a user of this sensor at this site may expect."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from validation.agreement import agreement
from validation.comparison import Comparison, Pair
from validation.measures import BY_NAME, Measure, mean_cadence_spm, pairs_of, same_rearfoot
from validation.people import found_share, no_gait, recordings_by_runner, walked
from validation.references import Group
from validation.tables import number, table
from validation.unseen import runners

SITES: Final = ("foot", "shank")
ALONE: Final = "accelerometer only"
SITES_AND_SIGNALS: Final = (*SITES, *(f"{site}, {ALONE}" for site in SITES))

ALSO_JOGS: Final = ("llio-walk-foot",)
"""Groups of walking whose label does not say which strides are run."""

NOT_VALID: Final = {
    "initial_contact_s": "a real shoe sensor in running was never held against a force plate",
    "contact_time_s": "below 50 Hz; as initial contact",
    "foot_strike_angle_deg": "before the foot was flat once; on slopes it is against the ground",
    "stride_length_m": "below 90 Hz; in curves tighter than 8 m; on hills",
    "speed_mps": "as stride length",
    "peak_acc_g": "clipped strides; below 100 Hz; people: the figures are of the model alone",
    "peak_tibial_acc_g": "clipped strides; below 190 Hz; people: as peak acceleration",
}

INTRODUCTION: Final = """\
## What you may expect

Of a runner or walker whom nobody has measured, by where the sensor is and whether it has a gyroscope. Errors of single
metrics: how far a runner's mean is off, typically (root mean square over the {people} runners on force treadmills,
whose sensors are computed from markers), and in brackets where 95 of 100 new runners lie. Such a bias stays much the
same for one runner, so changes within a runner are seen far better than this. What the figures come from stands below.
"""


def section(synthetic: Sequence[Comparison], groups: Sequence[Group], without_gyro: Sequence[Group]) -> str:
    """Write the table."""
    both = (*groups, *without_gyro)
    of = {site: [_only(group, site) for group in both] for site in SITES_AND_SIGNALS}
    rows: list[tuple[str, ...]] = [
        _row("Running strides found (worst runner)", of, _found, "the first seconds of a recording"),
        _row("Cadence over 10 s, running [steps/min]", of, _cadence, "fewer than 3 strides; changes of pace"),
        _row("Walking: strides found / expected", of, _walking_found, "shuffling, steps of less than half a metre"),
        _row("Walking called running", of, _called_running, "race walking; jogging at walking speed"),
        _row("False strides an hour, no gait", of, _false, "other movements than those tried: cycling, chairs, jumps"),
    ]
    for name in ("initial_contact_s", "contact_time_s", "foot_strike_angle_deg", "stride_length_m", "speed_mps"):
        measure = BY_NAME[name]
        label = f"{measure.label} [{measure.unit}]"
        rows.append(_row(label, of, _of_measure(measure), NOT_VALID[name]))
    rows.append(_row("Rearfoot or not, right of those answered", of, _rearfoot, "walking; near the limit of 8°"))
    for name in ("peak_acc_g", "peak_tibial_acc_g"):
        measure = BY_NAME[name]
        cells = (_of_model(measure, synthetic, site) for site in SITES_AND_SIGNALS)
        rows.append((f"{measure.label} [%], model", *cells, NOT_VALID[name]))
    rows.append(("Pronation, eversion rate, shank tilt, stiffness", *("not validated",) * 2, "–", "–", "see the end"))
    people = len({who for site in SITES for who in recordings_by_runner(groups, site)})
    head = (
        "",
        "foot",
        "shank",
        "foot, accelerometer alone",
        "shank, accelerometer alone",
        "not shown for",
    )
    return f"{INTRODUCTION.format(people=people)}\n{table(head, rows)}"


def _row(
    label: str, of: dict[str, list[Group]], cell: Callable[[Sequence[Group], str], str], not_valid: str
) -> tuple[str, ...]:
    return (label, *(cell(groups, site.partition(",")[0]) for site, groups in of.items()), not_valid)


def _only(group: Group, site: str) -> Group:
    """The recordings of a group that are of that site and signal."""
    kept = [k for k, comparison in enumerate(group.comparisons) if comparison.site == site]
    return Group(
        group.name,
        group.measures,
        [group.comparisons[k] for k in kept],
        group.windows,
        [group.truths[k] for k in kept],
    )


def _found(groups: Sequence[Group], site: str) -> str:
    by_runner = {who: found_share(recordings) for who, recordings in recordings_by_runner(groups, site).items()}
    if not by_runner:
        return "–"
    hits, of = (sum(getattr(share, name) for share in by_runner.values()) for name in ("count", "of"))
    worst = min(share.count / share.of for share in by_runner.values() if share.of)
    return f"{hits / of:.3f} ({worst:.2f})"


def _cadence(groups: Sequence[Group], site: str) -> str:
    errors = []
    for recordings in recordings_by_runner(groups, site).values():
        for comparison, truth in recordings:
            for window in truth.get("cadence_windows", []):
                spm = mean_cadence_spm(comparison.found, (window["start_s"], window["end_s"]))
                errors += [] if spm is None else [spm - window["spm"]]
    return f"{agreement(errors).mae:.2f}" if errors else "–"


def _walking_found(groups: Sequence[Group], _: str) -> str:
    people = [found for persons in walked(groups).values() for found in persons.values()]
    ratios = [math.fsum(found.ratios) / len(found.ratios) for found in people]
    return f"{math.fsum(ratios) / len(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else "–"


def _called_running(groups: Sequence[Group], _: str) -> str:
    labelled = [group for group in groups if group.name not in ALSO_JOGS]
    people = [found for persons in walked(labelled).values() for found in persons.values()]
    running, strides = sum(found.running for found in people), sum(found.strides for found in people)
    return f"{100.0 * running / strides:.1f} %" if strides else "–"


def _false(groups: Sequence[Group], _: str) -> str:
    found = no_gait(groups)
    return f"{found['all'].per_hour:.0f}" if found else "–"


def _of_measure(measure: Measure) -> Callable[[Sequence[Group], str], str]:
    def cell(groups: Sequence[Group], site: str) -> str:
        found = runners(groups, site, measure)
        if found is None:
            return "–"
        low, high = (number(end, measure) for end in found.new_runner)
        return f"{number(found.typical, measure)} ({low} to {high})"

    return cell


def _rearfoot(groups: Sequence[Group], site: str) -> str:
    share = same_rearfoot(_running_pairs(groups, site))
    return f"{share.count / share.of:.2f}" if share.of else "–"


def _running_pairs(groups: Sequence[Group], site: str) -> list[Pair]:
    return [pair for found in recordings_by_runner(groups, site).values() for one, _ in found for pair in one.pairs]


def _of_model(measure: Measure, synthetic: Iterable[Comparison], site: str) -> str:
    found = measure.agreement(pairs_of([one for one in synthetic if one.site == site], "run"))
    return f"{number(found.bias, measure)} ± {number(found.sd, measure)}" if found.n > 1 else "–"
