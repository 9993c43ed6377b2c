"""The catalogue's second part: what Footfall reports for a window or a session, beside the stride metrics' medians."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from footfall_processing.metrics.catalogue import DRIFTING, SHARED
from footfall_processing.metrics.drift import BLOCK_S, MIN_BLOCKS, MOST_BLOCKS
from footfall_processing.metrics.symmetry import STEP_TIME, STEP_TIME_LEGS_ERROR_PERCENT
from footfall_processing.results.sides import MIN_SIDE_STRIDES
from footfall_processing.results.summary import MIN_STRIDES, MOST_CLIPPED, Missing


@dataclass(frozen=True, slots=True)
class SessionMetric:
    """One number, or one number for each stride metric, that Footfall reports for many strides.

    Parameters
    ----------
    name
        The field's name in the summary's JSON.
    label, unit
        How people read it; the unit is `"as the metric"` where it is the stride metric's own.
    definition, source, known_error, limits
        As in `Metric`.
    needs
        What must be there for it not to be left out.
    """

    name: str
    label: str
    unit: str
    definition: str
    source: str
    needs: str
    known_error: str
    limits: str


_SESSION_METRICS: Final = (
    SessionMetric(
        name="sd",
        label="Variability",
        unit="as the metric; cv_percent in %",
        definition="Standard deviation of a metric from stride to stride (n - 1), and as `cv_percent` in percent of "
        "its mean.",
        source="Definition",
        needs=f"{MIN_STRIDES} strides; 5 in windows of 10 s. No cv_percent for angles, whose zero is a convention",
        known_error="Holds the measurement's own scatter: a contact time read with an SD of 5 ms has at least that SD. "
        "With n strides, the SD itself is uncertain by about 1 / √(2 n): 22 % for 10.",
        limits="Over a session, changes of speed and slope count as variability; windows are better for that.",
    ),
    SessionMetric(
        name="left_share_percent",
        label="Left share",
        unit="%",
        definition="100 left / (left + right) of the legs' medians while running; 50 is even. Over the same steps: of "
        "the left strides that have exactly one right contact inside, and of the right strides that begin with it. "
        "`left_share_error_percent` is how far it may be off, with 95 % confidence, by the sensors' difference and the "
        "strides' scatter: a share no farther from 50 is called even.",
        source="Definition",
        needs=f"a left and a right sensor of one placement, {MIN_STRIDES} such pairs of running strides",
        known_error="That of the metric in each leg, where the two legs' errors differ: straps differ. As a standard "
        "deviation of the symmetry index: "
        + ", ".join(f"{metric.label.lower()} {metric.legs_error_percent:g} %" for metric in SHARED)
        + f", step time {STEP_TIME_LEGS_ERROR_PERCENT:g} %. On force plates it was 2 % of contact "
        "time for feet and 4 % for shanks (virtual sensors of five people); the others follow from the metric's error.",
        limits="There is no agreed limit beyond which a difference matters; compare with the runner's own usual.",
    ),
    SessionMetric(
        name="symmetry_index_percent",
        label="Symmetry index",
        unit="%",
        definition="100 (left - right) / (0.5 (left + right)) of the legs' medians while running; 0 is even, positive "
        "where the left is greater.",
        source="The usual symmetry index, see doi:10.1186/s13102-021-00355-4, with left minus right",
        needs="as left share",
        known_error="Four times that of the left share.",
        limits="As left share. Not given for angles, where it runs to infinity near zero: see left_minus_right.",
    ),
    SessionMetric(
        name="left_minus_right",
        label="Difference of the legs",
        unit="as the metric",
        definition="Median of the left leg minus that of the right while running; also for foot strike angle and shank "
        "tilt.",
        source="Definition",
        needs="as left share",
        known_error="That of the metric in each leg, where the two legs' errors differ.",
        limits="As left share.",
    ),
    SessionMetric(
        name=STEP_TIME,
        label="Step time",
        unit="s",
        definition="Time from the other foot's initial contact to this foot's, for each foot and activity; the two "
        "steps of a stride add up to the stride time.",
        source="Definition",
        needs=f"a sensor on each foot, or on each shin; {MIN_STRIDES} strides with exactly one contact of "
        "the other foot inside",
        known_error="A shift between the two sensors' clocks makes one foot's steps longer and the other's shorter by "
        "as much; so does a difference in how the two contacts are read. Two separately recorded files "
        "share a clock only as well as their time columns do: a difference is told from some two strides on, where "
        "both sensors saw the legs start and stop, and not below.",
        limits="Null for a single sensor. A difference of less than 5 ms is not to be told from the clocks' error.",
    ),
    SessionMetric(
        name="side_guesses",
        label="Side by movement",
        unit="–",
        definition="For each sensor the side that its movement speaks for, with a confidence from 0.80 to 0.90: from "
        "the roll of foot or shin over its long axis, second half of stance less first half, which is mirrored "
        "in the other leg. `sides_may_be_swapped` is true where both sensors of a pair move as if they were "
        "on the other leg.",
        source="The foot rolls inwards as it takes the load, and outwards again; the shin's upper end goes outwards "
        "with the hip's adduction, and comes back (an explanation of what was seen, not tested). "
        "Confidence: logistic, 6.3° for a factor of e in the odds",
        needs=f"a gyroscope, {MIN_SIDE_STRIDES} strides; nothing is told where the roll is below 9°",
        known_error="`python scripts/sides.py`, labelled recordings of others with enough strides: 25 of 29 feet (five "
        "people; 16 recordings are one person's right foot) and 10 of 10 shins (three runners, computed from "
        "markers) are told as labelled, 3 feet are not told, and 1 is told otherwise: a shoe sensor labelled "
        "right that rolls like the left ones, and whose label could not be checked. Synthetic: 9 of 9 feet; "
        "3 shins are not told. The roll was picked among some thirty measures, and its scale and thresholds "
        "set, on these same recordings: expect less of other people.",
        limits="An inference on how most people move: a foot that supinates as it takes the load looks like the other "
        "one. No recording of a real shin sensor was available. It changes nothing: what the user said stays.",
    ),
    SessionMetric(
        name="distance_m",
        label="Distance",
        unit="m",
        definition="Sum of the lengths of the strides found; `distance_strides` says of how many it is.",
        source="As stride length",
        needs="a foot sensor with a gyroscope",
        known_error="That of stride length, whose bias does not average out. Stretches without data, strides not "
        "found, and those whose length is withheld are missing from it.",
        limits="The way of the foot, without the way during breaks.",
    ),
    SessionMetric(
        name="shock_index_g",
        label="Shock index",
        unit="g",
        definition="(Σ peak⁴)^(1/4) over all strides of a leg and activity that are not clipped, of the resultant peak "
        "and, on the shin, of the peak tibial acceleration.",
        source="The form of the daily loading history of Carter, Fyhrie & Whalen 1987, J Biomech 20:785-794; the "
        "exponent 4 is a convention",
        needs=f"peaks; withheld where more than {100.0 * MOST_CLIPPED:g} % of the strides are clipped, since the "
        "hardest landings count most",
        known_error="That of the peaks: a tenth too high makes the index a tenth too high. It grows with the fourth "
        "root of the strides, so a missed stride in a hundred is a quarter of a percent.",
        limits="Made of accelerations of a sensor. Not the load of a tissue, and no measure of the risk of injury: "
        "peak tibial acceleration hardly goes with the compression of the tibia (r = 0.04 ± 0.14, "
        "Zandbergen et al. 2023). Compare only the same sensor, place, strap and sampling rate.",
    ),
    SessionMetric(
        name="missing",
        label="Why there is no average",
        unit="–",
        definition="For each metric that the sensor can measure and that has no average, why: "
        + "; ".join(f"`{reason.value}`, {reason.words}" for reason in Missing)
        + ".",
        source="Definition",
        needs="strides",
        known_error="None: it is counted.",
        limits="What the sensor can't measure at all is not listed.",
    ),
    SessionMetric(
        name="drift",
        label="Drift",
        unit="as the metric, per 10 min and per km",
        definition=f"Change over the session of {', '.join(metric.label.lower() for metric in DRIFTING)} while "
        f"running: the Theil-Sen slope over medians of {BLOCK_S:.0f} s, with its 95 % confidence "
        f"interval. With more than {MOST_BLOCKS} stretches, which is two hours, neighbours are taken together.",
        source="Sen 1968, J Am Stat Assoc 63:1379-1389",
        needs=f"{MIN_BLOCKS} stretches of {BLOCK_S:.0f} s with 5 strides each; per km also stride lengths",
        known_error="The interval takes the stretches as independent; where pace or terrain wander slowly it is too "
        "narrow.",
        limits="Not fatigue as such: speed, slope and surface move every one of these metrics. Read it beside the "
        "drift of speed, and on even ground.",
    ),
)

SESSION_METRICS: Final = MappingProxyType({metric.name: metric for metric in _SESSION_METRICS})
"""Every metric of a session by its name."""
