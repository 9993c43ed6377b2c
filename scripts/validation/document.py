"""The text of `docs/validation.md`; every number in it comes from the run."""

from collections.abc import Iterable, Sequence
from typing import Final

from validation import expectations, people, targets, unseen
from validation.agreement import MATCH_WITHIN_S, agreement
from validation.comparison import Comparison, Pair
from validation.measures import (
    BY_NAME,
    MEASURES,
    Share,
    is_forward,
    pairs_of,
    same_class,
    same_rearfoot,
    window_cadences,
)
from validation.references import ALL_FORCE_PLATE, GROUP_TEXTS, Group
from validation.tables import cells, ratio, short, table

SITES: Final = expectations.SITES
ALL_SITES: Final = expectations.SITES_AND_SIGNALS
ACTIVITIES: Final = {"run": "Running", "walk": "Walking"}

INTRODUCTION: Final = """\
# How accurate is Footfall?

Measured with Footfall {version}. This file is written by a script, all numbers come from its run:

    python scripts/validate.py
"""

EVIDENCE: Final = """\
## Where the figures come from

There are two kinds of evidence, and neither is enough alone.

- **Synthetic recordings** (`recordings/`). The truth is exact, and every number can be checked, peaks included. But the
  runner is a model; how far its signals are like real ones is in
  [validation/synthetic-realism.md](validation/synthetic-realism.md). How much of a session's time warm-up, run,
  cool-down and walking backwards are told rightly has a page of its own: [validation/phases.md](validation/phases.md).
- **Reference recordings** of people, made by others and not part of this repository, measured against force plates,
  motion capture or other devices. They are few: some runners on force treadmills, walkers, one person in a small room,
  and single runs. Contacts, angles and lengths of the runners were in sight when the estimators were built, and some
  constants were set on them: read their agreement as how well the methods fit. What to expect of another runner follows
  from how they differ from one another.

How to read the tables. Differences are Footfall minus reference. *Bias* is their mean, *SD* their standard deviation,
*limits* the 95 % limits of agreement (bias ± 1.96 SD). Strides are paired one to one by initial contact, no more than
{tolerance_ms:.0f} ms apart; *recall* is the share of true strides found, *precision* the share of Footfall's strides
that are true. *n* counts strides, which are many, of runners, who are few: the limits hold within these runners.
"""

NOT_VALIDATED: Final = """\
## What is not validated

- **Peak acceleration and peak tibial acceleration of real runners.** No recording at hand has a reference for them:
  sensors computed from markers carry no impact shock. The synthetic figures say how much of a peak is lost to the
  sensor's bandwidth and sampling rate, for a model's impact.
- **Contact time of a real shoe sensor against a force plate.** Force plates are at hand only with computed sensors,
  which are smooth and sit still on the segment. Against a Stryd pod there is one run, of two devices neither of which
  is a truth.
- **Initial contact and toe-off of real sensors in running**, for the same reason. In walking there is motion capture.
- **Sensors on the shin of real runners.** All shank references are computed from markers.
- **Forefoot strikes of real runners.** By the marker angle the runners land on the midfoot and the heel; a few strides
  only are just beyond the forefoot limit.
- **Pronation excursion and peak eversion rate of real runners.** No reference of the foot's roll is at hand. The
  excursion is held against the synthetic foot's roll, which is smoother and of one shape; the rate is not.
- **Shank tilt at contact of real runners.** The synthetic shank lands at 7° in every running stride: the figures tell
  of the offset, not of how well differences between strides are followed.
- **Vertical oscillation, vertical and leg stiffness.** They are formulas of contact and flight time (and mass, height,
  speed). The synthetic runner has legs but no body whose centre could rise and fall, and no recording of people carries
  one. Their errors follow from those of contact time, as docs/metrics.md says.
- **Flight time and duty factor** are not listed above: they follow from contact and stride time.
- **Rearfoot or not by the shank of runners on the forefoot.** The synthetic shank turns alike whatever the strike, so
  that what is told there means nothing.
- **Toe-off of the shank in walking.** The synthetic shank turns slowest just at toe-off, where a real one turns fastest
  (Aminian et al. 2002, doi:10.1016/S0021-9290(02)00008-8): its 40 to 50 ms of bias are the model's.
- **Shock index, fatigue drift, symmetry and variability.** They are computed from the validated metrics by their
  formulas, which tests hold; that they mean something for a runner is not shown by anything here.
- **Other people and other ground**: injured, young, old or very fast runners; trails, hills, soft ground, barefoot.
- **People who walk backwards.** Foot and shank flag it on the synthetic runner, whose steps are those of walking in
  reverse; Footfall does not claim to measure it.
- **Stride length and speed on hills and over long distances.**
- **Anything about injury, load on tissue or health.** Footfall reports movement.
"""


def write(
    version: str,
    synthetic: Sequence[Comparison],
    groups: Sequence[Group],
    without_gyro: Sequence[Group],
    score_table: str | None,
) -> str:
    """Write the document; `without_gyro` are the groups once more, as if their sensors had no gyroscope."""
    of_people: tuple[str, ...] = ()
    if groups:
        of_people = (targets.section(synthetic, groups), unseen.section(groups), people.section(groups, without_gyro))
    parts = [
        INTRODUCTION.format(version=version),
        *((expectations.section(synthetic, groups, without_gyro),) if groups else ()),
        EVIDENCE.format(tolerance_ms=1e3 * MATCH_WITHIN_S),
        _at_a_glance(synthetic, groups),
        *of_people,
        _synthetic(synthetic),
        _references(groups, score_table),
        NOT_VALIDATED,
    ]
    return "\n".join(parts)


def _at_a_glance(synthetic: Sequence[Comparison], groups: Sequence[Group]) -> str:
    rows = []
    for site in SITES:
        for measure in MEASURES:
            ours = measure.agreement(pairs_of(_of_site(synthetic, site), "run"))
            chosen = [group for group in groups if group.name in ALL_FORCE_PLATE[site] and measure in group.measures]
            theirs = measure.agreement(pair for group in chosen for pair in _pairs(group))
            if ours.n or theirs.n:
                rows.append((measure.label, site, measure.unit, *cells(ours, measure), *cells(theirs, measure)))
    head = ("metric", "site", "unit", *("n", "bias", "SD", "limits") * 2)
    return (
        "## At a glance: running\n\n"
        "Left: synthetic recordings, whole strides. Right: runners on force treadmills, sensors computed from "
        "markers; a dash where they can't carry the metric. The model's strides are more alike, and turn more sharply "
        "at toe-off, than people's: where the left SD is smaller, believe the right one.\n\n"
        + table(head, rows)
        + "\n![Bland–Altman plots of the synthetic recordings](validation/bland-altman-synthetic.png)\n"
        + ("\n![Bland–Altman plots of the runners](validation/bland-altman-treadmill.png)\n" if groups else "")
        + "\nSolid: bias; dashed: 95 % limits of agreement. Running, whole strides. No peaks of people: no reference.\n"
    )


def _synthetic(synthetic: Sequence[Comparison]) -> str:
    return "\n".join(
        (
            "## Synthetic recordings\n",
            "The same path as `footfall analyze`. *Accelerometer only* is the same recording with the gyroscope "
            "taken away.\n",
            "### Strides found\n",
            "*False* strides lie where the truth has others; *unlisted* ones in the steps into and out of stands, "
            "which the truth leaves out. *Doubted* strides carry the flag `low_confidence`. Backward steps are left "
            "out here.\n",
            _found(synthetic),
            *(_site(synthetic, site) for site in ALL_SITES),
            _cadence_windows(synthetic),
            _by_recording(synthetic),
            _strikes(synthetic),
            _imperfect(synthetic),
            _backward(synthetic),
            "![Two running strides of foot and shank with true and found events](validation/strides.svg)\n",
            "Two strides of `tired-runner`, with the true (solid) and found (dashed) events; below, the angular rate "
            "about the sensor's three axes.\n",
        )
    )


def _found(synthetic: Sequence[Comparison]) -> str:
    rows = []
    for site in ALL_SITES:
        for c in _of_site(synthetic, site):
            true = [stride for stride in c.true if not stride["backward"]]
            missed = [stride for stride in c.missed if not stride["backward"]]
            backward = [(s["initial_contact_s"], s["next_contact_s"]) for s in c.true if s["backward"]]
            false = [s for s in c.false if not any(a <= s["initial_contact_s"] < b for a, b in backward)]
            hits = len(true) - len(missed)
            doubted = sum("low_confidence" in stride["quality"] for stride in c.found)
            forward = [pair for pair in c.pairs if not pair.true["backward"]]
            rows.append(
                (
                    c.recording,
                    c.sensor.id,
                    "yes" if c.sensor.has_gyro else "no",
                    str(len(true)),
                    str(len(missed)),
                    str(len(false)),
                    str(len(c.unlisted)),
                    str(doubted),
                    ratio(hits, len(true)),
                    ratio(hits, hits + len(false)),
                    str(same_class(forward, "activity")),
                )
            )
    head = ("recording", "sensor", "gyroscope", "true", "missed", "false", "unlisted", "doubted", "recall", "precision")
    return table((*head, "walk or run right"), rows)


def _site(synthetic: Sequence[Comparison], site: str) -> str:
    rows = []
    for measure in MEASURES:
        both = [measure.agreement(pairs_of(_of_site(synthetic, site), activity)) for activity in ACTIVITIES]
        if any(result.n for result in both):
            rows.append((measure.label, measure.unit, *(cell for result in both for cell in cells(result, measure))))
    head = ("metric", "unit", *("n", "bias", "SD", "limits") * 2)
    return f"### {site.capitalize()}: running (left), walking (right), whole strides\n\n" + table(head, rows)


def _cadence_windows(synthetic: Sequence[Comparison]) -> str:
    cadence = BY_NAME["cadence_spm"]
    rows = []
    for c in (c for site in ALL_SITES for c in _of_site(synthetic, site)):
        true, found = window_cadences(c)
        answered = [(a, b) for a, b in zip(true, found, strict=True) if b is not None]
        result = agreement(b - a for a, b in answered)
        gyroscope = "yes" if c.sensor.has_gyro else "no"
        written = cells(result, cadence)
        rows.append((c.recording, c.sensor.id, gyroscope, str(Share(len(answered), len(true))), *written[1:]))
    head = ("recording", "sensor", "gyroscope", "windows answered", "bias", "SD", "limits")
    return (
        "### Cadence over 10 s [steps/min]\n\nWhat an accelerometer alone is best at: where its "
        "contacts are less exact, the strides between them are still counted. Steady windows only.\n\n"
        + table(head, rows)
    )


def _by_recording(synthetic: Sequence[Comparison]) -> str:
    names = (
        "initial_contact_s",
        "toe_off_s",
        "contact_time_s",
        "foot_strike_angle_deg",
        "stride_length_m",
        "peak_acc_g",
        "peak_tibial_acc_g",
    )
    measures = [BY_NAME[name] for name in names]
    rows = []
    for c in (c for site in SITES for c in _of_site(synthetic, site)):
        for activity, label in ACTIVITIES.items():
            pairs = pairs_of([c], activity)
            if pairs:
                written = (short(measure.agreement(pairs), measure) for measure in measures)
                rows.append((c.recording, c.sensor.id, label.lower(), str(len(pairs)), *written))
    head = ("recording", "sensor", "gait", "n", *(f"{measure.label} [{measure.unit}]" for measure in measures))
    return "### By recording: bias ± SD, whole strides\n\n" + table(head, rows)


def _strikes(synthetic: Sequence[Comparison]) -> str:
    rows = []
    for c in _of_site(synthetic, "foot"):
        pairs = pairs_of([c], "run") + pairs_of([c], "run", whole=False)
        true = {
            name: sum(pair.true["strike"] == name for pair in pairs) for name in ("rearfoot", "midfoot", "forefoot")
        }
        counts = ", ".join(f"{count} {name}" for name, count in true.items() if count)
        rows.append((c.recording, c.sensor.id, counts, str(same_class(pairs, "strike")), str(same_rearfoot(pairs))))
    head = ("recording", "sensor", "true", "three classes right", "rearfoot or not right")
    return (
        "### Strike pattern, running\n\nA runner whose angle lies near a limit (8.0° and −1.6°) is told right half of "
        "the time at best: look at the angle.\n\n" + table(head, rows)
    )


def _imperfect(synthetic: Sequence[Comparison]) -> str:
    rows, gap_rows = [], []
    for c in (c for site in SITES for c in _of_site(synthetic, site)):
        forward = [stride for stride in c.true if not stride["backward"]]
        clips = [(p, c.raw.clips(p.true["initial_contact_s"], p.true["next_contact_s"])) for p in c.pairs]
        flagged = [(clipped, "acc_clipped" in p.found["quality"]) for p, clipped in clips]
        if any(clipped or flag for clipped, flag in flagged):
            on_clipped = [flag for clipped, flag in flagged if clipped]
            on_whole = [flag for clipped, flag in flagged if not clipped]
            rows.append(
                (
                    c.recording,
                    c.sensor.id,
                    str(Share(sum(on_clipped), len(on_clipped))),
                    str(Share(sum(on_whole), len(on_whole))),
                    short(BY_NAME["peak_acc_g"].agreement(_clipped(c)), BY_NAME["peak_acc_g"]),
                    short(BY_NAME["stride_length_m"].agreement(_clipped(c)), BY_NAME["stride_length_m"]),
                )
            )
        with_gap = [s for s in forward if c.raw.has_gap(s["initial_contact_s"], s["next_contact_s"])]
        missed = {stride["initial_contact_s"] for stride in c.missed}
        lost = sum(stride["initial_contact_s"] in missed for stride in with_gap)
        lost_whole = sum(s["initial_contact_s"] in missed for s in forward) - lost
        if with_gap:
            gap_rows.append(
                (
                    c.recording,
                    c.sensor.id,
                    str(Share(len(with_gap), len(forward))),
                    str(Share(lost, len(with_gap))),
                    str(Share(lost_whole, len(forward) - len(with_gap))),
                )
            )
    clip_head = ("recording", "sensor", "clipped strides flagged", "others flagged", "peak [%]", "length [cm]")
    gap_head = ("recording", "sensor", "strides with lost samples", "of these not found", "of the others not found")
    return (
        "### Clipping and lost samples\n\n"
        "A clipped stride has a sample at the end of the accelerometer's range between its contacts. Its true peak is "
        "higher than any number could tell: the flag `acc_clipped` says so, and averages leave its peak out. Bias ± SD "
        "of peak and stride length on clipped strides:\n\n"
        + table(clip_head, rows)
        + "\nLost packets are bridged only where they are short; a stride that can't be told is left out:\n\n"
        + table(gap_head, gap_rows)
    )


def _clipped(c: Comparison) -> list[Pair]:
    return [
        pair
        for pair in c.pairs
        if is_forward(pair.true, "run") and c.raw.clips(pair.true["initial_contact_s"], pair.true["next_contact_s"])
    ]


def _backward(synthetic: Sequence[Comparison]) -> str:
    rows = []
    for c in synthetic:
        backward = [stride for stride in c.true if stride["backward"]]
        if backward:
            pairs = [pair for pair in c.pairs if pair.true["backward"]]
            spans = [(stride["initial_contact_s"], stride["next_contact_s"]) for stride in backward]
            reported = [s for s in c.found if any(a <= s["initial_contact_s"] < b for a, b in spans)]
            flagged = sum("backward" in stride["quality"] for stride in reported)
            wrongly = sum("backward" in stride["quality"] for stride in c.found) - flagged
            rows.append(
                (
                    c.recording,
                    c.sensor.id,
                    c.site,
                    str(len(backward)),
                    str(len(pairs)),
                    str(len(reported)),
                    str(flagged),
                    str(wrongly),
                )
            )
    head = (
        "recording",
        "sensor",
        "site",
        "true",
        "paired within 100 ms",
        "reported meanwhile",
        "of these flagged",
        "others flagged",
    )
    return (
        "### Walking backwards\n\nBackward steps land on the toes; the definitions of the events don't fit. Footfall "
        "flags them as `backward`, and must not be led astray by them. They are in no other table.\n\n"
        + table(head, rows)
    )


def _references(groups: Sequence[Group], score_table: str | None) -> str:
    if not groups:
        return (
            "## Reference recordings\n\nNot measured in this run: the reference recordings were not at hand. They are "
            "not part of this repository.\n"
        )
    parts = ["## Reference recordings\n", "### What they are\n", _described(groups), "### Strides found\n"]
    parts += [_found_in(groups), "### Agreement by group\n", _agreement_in(groups), "### Windows of 10 s\n"]
    parts += [
        "Where a reference gives means of windows instead of strides; only windows that it calls steady. The second "
        "device's contact time and speed are no truth.\n",
        _windows_in(groups),
    ]
    if score_table is not None:
        parts += [
            "### The recordings' own scoring\n",
            "The folder brings its own script, written apart from Footfall. Its table, as printed by "
            "`python score.py 'footfall analyze {csv} --json' .`; times in ms, angles in degrees, lengths in m. It "
            "also times against proxies, which says little (pyshoe). `str3/2` holds against whole-trial labels which "
            "the marker angle itself contradicts; `kin3/2` against the angle's own class.\n",
            f"```\n{score_table}\n```\n",
        ]
    return "\n".join(parts)


def _described(groups: Sequence[Group]) -> str:
    rows = [(group.name, *GROUP_TEXTS[group.name]) for group in groups if group.name in GROUP_TEXTS]
    return table(("group", "who", "sensor and source", "reference", "limits"), rows)


def _found_in(groups: Sequence[Group]) -> str:
    rows = []
    for group in groups:
        true = sum(len(c.true) for c in group.comparisons)
        false = sum(len(c.false) for c in group.comparisons)
        pairs = _pairs(group)
        strides = sum(len(c.found) for c in group.comparisons)
        rows.append(
            (
                group.name,
                str(len(group.comparisons)),
                str(strides),
                str(true) if true else "–",
                ratio(len(pairs), true),
                ratio(len(pairs), len(pairs) + false) if true else "–",
                str(same_class(pairs, "activity")),
                str(same_class(pairs, "strike")),
                str(same_rearfoot(pairs)),
            )
        )
    head = ("group", "recordings", "strides out", "true", "recall", "precision", "walk or run right")
    return table((*head, "three strike classes right", "rearfoot or not right"), rows)


def _agreement_in(groups: Sequence[Group]) -> str:
    rows = []
    for group in groups:
        for measure in group.measures:
            result = measure.agreement(_pairs(group))
            if result.n:
                rows.append((group.name, measure.label, measure.unit, *cells(result, measure)))
    return table(("group", "metric", "unit", "n", "bias", "SD", "limits"), rows)


def _windows_in(groups: Sequence[Group]) -> str:
    rows = []
    for group in groups:
        windows = group.windows
        for result, name in (
            (windows.cadence_spm, "cadence_spm"),
            (windows.contact_time_ms, "contact_time_s"),
            (windows.speed_mps, "speed_mps"),
        ):
            if result.n:
                measure = BY_NAME[name]
                rows.append((group.name, measure.label, measure.unit, *cells(result, measure)))
    return table(("group", "metric", "unit", "windows", "bias", "SD", "limits"), rows)


def _pairs(group: Group) -> list[Pair]:
    return [pair for comparison in group.comparisons for pair in comparison.pairs]


def _of_site(comparisons: Iterable[Comparison], site: str) -> list[Comparison]:
    return [comparison for comparison in comparisons if comparison.site == site]
